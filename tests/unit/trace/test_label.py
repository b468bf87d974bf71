"""What stands on a label."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from suxin.ledger.claim_code import key_of, parse_code
from suxin.ledger.errors import Refused
from suxin.ledger.identifier import ITEM
from suxin.trace.label import draw_labels, make_label, new_item
from suxin.trace.link import parse_link

GTIN, OWN = "/01/09501101530003", "/s/91512081MA62K0260E/tea-250g"
BASE = "https://suxin.example"


class Drawn:
    """Bytes that look random and are the same each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, count: int) -> bytes:
        self.asked.append(count)
        return sha256(f"{len(self.asked)}".encode()).digest()[:count]


@pytest.mark.parametrize("product", [GTIN, OWN])
def test_new_items_are_items_and_no_two_are_alike(product: str) -> None:
    random = Drawn()
    items = [new_item(product, random) for _ in range(50)]
    assert len(set(items)) == 50
    assert all(re.fullmatch(ITEM, item) and item.startswith(f"{product}/21/") for item in items)
    assert min(random.asked) * 8 >= 66


def test_a_label_carries_a_digital_link_and_its_words() -> None:
    label = make_label(f"{GTIN}/21/3FJ8S0QW1KZR", BASE, None, "L-2026")
    link = parse_link(label.link)
    assert (link.root, link.path) == (BASE, (("01", GTIN[4:]), ("10", "L-2026"), ("21", "3FJ8S0QW1KZR")))
    assert label.words == "(01)09501101530003(10)L-2026(21)3FJ8S0QW1KZR"
    assert (label.tear_off, label.claim) == ("", "")


def test_a_shops_own_number_needs_no_gtin() -> None:
    label = make_label(f"{OWN}/21/3FJ8S0QW1KZR", BASE + "/", None)
    assert label.link == f"{BASE}{OWN}/21/3FJ8S0QW1KZR"
    assert label.words == "tea-250g · 3FJ8S0QW1KZR"


def test_the_secret_stands_behind_the_hash_sign_only() -> None:
    label = make_label(f"{GTIN}/21/3FJ8S0QW1KZR", BASE, Drawn())
    address, _, fragment = label.claim_link.partition("#")
    assert address == label.link
    assert label.tear_off not in address
    code = parse_code(fragment.removeprefix("claim="))
    assert fragment == f"claim={label.tear_off}"
    assert (label.claim, label.parcel_claim) == (key_of(code, "item").public_text, key_of(code, "parcel").public_text)
    assert label.claim != label.parcel_claim


@pytest.mark.parametrize(
    ("item", "lot", "code"),
    [
        (f"{GTIN}/21/short", "", "subject-malformed"),
        ("/01/09501101530004/21/3FJ8S0QW1KZR", "", "check-digit"),
        (f"{GTIN}/21/3FJ8S0QW1KZR", "a lot", "subject-malformed"),
        (f"{GTIN}/21/3FJ8S0QW1KZR", "x" * 21, "subject-malformed"),
        ("", "", "subject-malformed"),
    ],
)
def test_what_is_no_item_gets_no_label(item: str, lot: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        make_label(item, BASE, None, lot)
    assert refusal.value.code == code


def test_classes_that_are_none_get_no_items() -> None:
    for product in ("/01/1", "tea", f"{GTIN}/21/x", "/01/09501101530004"):
        with pytest.raises(Refused):
            new_item(product, Drawn())


def test_codes_come_in_the_order_of_their_texts() -> None:
    texts = ["https://suxin.example/a", "https://suxin.example/bb", "https://suxin.example/c"]
    assert [code.text for code in draw_labels(texts)] == texts

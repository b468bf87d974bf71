"""Who may erase what, on which ground: each row of docs/formats/erasure.md, against the rules that the book runs."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.tale import DAY, Tale
from fakes.world import Signer, seed

from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused
from suxin.trace.retention import day_ms, day_of, retention

HASH = b64u(seed("words"))


class Sold:
    """A reviewed item, a parcel with a code, a complaint, its answer, and a regulator."""

    def __init__(self) -> None:
        self.tale = tale = Tale()
        self.shop = tale.firm("merchant")
        self.office = tale.office("market")
        offer = tale.list(self.shop)
        self.item = tale.make(self.shop)
        self.code = Signer.nobody("code")
        self.box = Signer.nobody("box")
        self.stranger = Signer.nobody("stranger")
        sale = {"currency": "CNY", "price_minor": 39_900, "order": HASH, "claim": self.code.public}
        self.sale = tale.say(self.shop, "sale", {"item": self.item, "offer": offer}, sale)
        carrier = tale.firm("courier")
        parcel = {"contents": {"count": 1, "root": HASH}, "origin": "330702", "destination": "310115", "number": HASH}
        waybill = {"waybill": f"{carrier.actor[5:]}/{1:022d}"}
        self.consign = tale.say(self.shop, "consign", waybill, parcel | {"claim": self.box.public})
        about = {"item": self.item, "offer": offer}
        self.review = tale.say(self.code, "review", about, {"kind": "first", "stars": 2, "text": HASH})
        words = {"category": "quality", "against": "seller", "text": HASH}
        self.complaint = tale.say(self.stranger, "complaint", {"item": self.item}, words)
        self.reply = tale.say(self.shop, "reply", {}, {"text": HASH}, ref=self.review)

    def says(self, by: Signer, of: Entry, **body: Any) -> str:
        """What becomes of an erasure: "" where it is admitted, else the refusal's code."""
        try:
            self.tale.say(by, "erasure", {}, {"ground": "request"} | body, ref=of)
        except Refused as refused:
            by.n -= 1
            return refused.code
        return ""


@pytest.fixture(scope="module")
def sold() -> Sold:
    return Sold()


def test_everybody_takes_back_her_own_words(sold: Sold) -> None:
    assert sold.says(sold.code, sold.review) == ""
    assert sold.says(sold.stranger, sold.complaint) == ""


def test_the_buyer_has_what_lies_beside_her_sale_and_her_parcel_erased(sold: Sold) -> None:
    assert sold.says(sold.code, sold.sale) == ""
    assert sold.says(sold.box, sold.consign) == ""
    assert sold.says(sold.box, sold.sale) == "no-authority"
    assert sold.says(sold.code, sold.consign) == "no-authority"


def test_a_key_that_a_claim_bound_is_the_buyers_too() -> None:
    sold = Sold()
    owner = Signer.nobody("owner")
    assert sold.says(owner, sold.sale) == "no-authority"
    sold.tale.say(sold.code, "claim", {"item": sold.item}, {"owner": owner.public})
    assert sold.says(owner, sold.sale) == ""


def test_nobody_erases_anothers_words(sold: Sold) -> None:
    for of in (sold.review, sold.reply, sold.sale, sold.consign):
        assert sold.says(sold.stranger, of) == "no-authority"
    assert sold.says(sold.code, sold.complaint) == "no-authority"
    assert sold.says(sold.code, sold.reply) == "no-authority"
    for ground in ("law", "request", "term", "repair"):
        assert sold.says(sold.shop, sold.review, ground=ground) == "no-authority"
        assert sold.says(sold.shop, sold.reply, ground=ground) == "no-authority"


@pytest.mark.parametrize(
    "body",
    [
        {"ground": "law"},
        {"ground": "term"},
        {"ground": "repair"},
        {"until": "2029-01-01"},
        {"index": 9, "leaf": HASH},
    ],
)
def test_a_consumer_asks_and_does_nothing_else(sold: Sold, body: dict[str, Any]) -> None:
    assert sold.says(sold.code, sold.review, **body) == "no-authority"


def test_an_office_needs_a_ground_of_its_own(sold: Sold) -> None:
    allowed = {("operator", "law"), ("operator", "request"), ("operator", "term"), ("regulator", "law"), ("regulator", "term")}
    for name, by in (("operator", sold.tale.root), ("regulator", sold.office)):
        for ground in ("law", "request", "term", "repair"):
            expected = "" if (name, ground) in allowed else "no-authority"
            assert sold.says(by, sold.review, ground=ground) == expected, (name, ground)


def test_a_seal_ends_on_a_later_day(sold: Sold) -> None:
    today = day_of(sold.tale.now)
    assert sold.says(sold.tale.root, sold.review, ground="law", until=today) == "field-invalid"
    assert sold.says(sold.tale.root, sold.review, ground="law", until=day_of(sold.tale.now + DAY)) == ""


def test_what_is_withheld_is_named_rightly_and_may_be(sold: Sold) -> None:
    root, review = sold.tale.root, sold.review
    assert sold.says(root, review, ground="law", index=review.index, leaf=HASH) == ""
    assert sold.says(root, review, ground="law", index=review.index - 1, leaf=HASH) == "field-invalid"
    assert sold.says(root, review, ground="law", index=review.index) == "field-missing"
    assert sold.says(root, review, ground="law", leaf=HASH) == "field-missing"
    assert sold.says(root, sold.sale, ground="law", index=sold.sale.index, leaf=HASH) == "erasure-type"


def test_what_holds_nothing_of_a_person_is_not_erased(sold: Sold) -> None:
    (made,) = [entry for entry in sold.tale.entries if entry.statement.type == "item"]
    for of in (made, sold.tale.entries[-1]):
        assert sold.says(sold.tale.root, of, ground="law") == "erasure-type"


# -- how long what is kept ---------------------------------------------------------------------------------------------


def test_every_value_that_can_be_erased_has_its_class() -> None:
    from suxin.trace.erasing import BESIDE

    table = retention()
    assert {kind for kind, _ in table.classes} == BESIDE
    assert all(one.source for one in table.classes.values())
    assert table.access_days >= 3 * 365


def test_terms_end_on_a_day_of_china() -> None:
    trade = retention().of("sale", "/body/order")
    sold_ms = day_ms("2026-11-22") + 1
    assert trade.kept_until(sold_ms) == "2029-11-22"
    assert trade.is_kept(sold_ms, day_ms("2029-11-22") - 1)
    assert not trade.is_kept(sold_ms, day_ms("2029-11-22"))
    assert not trade.is_due(sold_ms, sold_ms + trade.keep_days * DAY - 1)
    assert trade.is_due(sold_ms, sold_ms + trade.keep_days * DAY)


def test_a_review_is_kept_by_no_law_and_erased_by_no_clock() -> None:
    words = retention().of("review", "/body/text")
    assert not words.is_kept(0, 0)
    assert not words.is_due(0, 100 * 365 * DAY)


def test_what_the_table_does_not_name_is_kept_and_never_erased_unasked() -> None:
    other = retention().of("item", "/body/secret")
    assert other.is_kept(0, 365 * DAY)
    assert not other.is_due(0, 100 * 365 * DAY)

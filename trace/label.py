"""What stands on a label: the code of one item, the words under it, and the tear-off code that lies under the flap. Pure.

Serials and tear-off codes come from the random bytes given: a serial that can be counted on lets a stranger guess its
neighbours. Source: DESIGN 3.5; ui.md section 4; docs/formats/claim.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..ledger.claim_code import CODE_SIZE, format_code, key_of
from ..ledger.errors import Refused
from ..ledger.identifier import CLASS, ITEM, LOT, check_class, class_of
from .link import build_link, format_elements, format_link
from .qr import QrCode
from .qr_table import draw_many

SERIAL_LETTERS: Final = 14  # of 32: 70 bits
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is misread when typed

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Label:
    """One label.

    Attributes:
        item: Key of the item.
        link: Address in its code.
        words: What stands under the code for people: the GS1 elements, or a shop's own numbers.
        tear_off: The secret, as printed; "" for a label without.
        claim_link: Address in the tear-off's code; the secret stands behind `#`, which no browser sends.
        claim: The public half that belongs into `sale`, or "".
        parcel_claim: The public half that belongs into `consign` when the item travels alone, or "".
    """

    item: str
    link: str
    words: str
    tear_off: str = ""
    claim_link: str = ""
    claim: str = ""
    parcel_claim: str = ""


def new_item(product: str, random: Random) -> str:
    """A new item of a class, with a serial that nobody can guess.

    Raises:
        Refused: `subject-malformed`, `check-digit`.
    """
    if not re.fullmatch(CLASS, product):
        raise Refused("subject-malformed", "a class is /01/{gtin14} or /s/{uscc}/{number}")
    check_class(product, "")
    bits = int.from_bytes(random(-(-5 * SERIAL_LETTERS // 8)), "big")
    return f"{product}/21/" + "".join(_ALPHABET[bits >> (5 * place) & 31] for place in range(SERIAL_LETTERS))


def make_label(item: str, base: str, random: Random | None, lot: str = "") -> Label:
    """The label of an item.

    Args:
        item: Its key.
        base: Address that the code starts with, `https://suxin.example`.
        random: Where a tear-off code comes from; None for a label without.
        lot: Number of its lot, without the class.

    Raises:
        Refused: `subject-malformed`, `check-digit`, `link-malformed`.
    """
    product = class_of(item)
    if not re.fullmatch(ITEM, item) or (lot and not re.fullmatch(LOT, f"{product}/10/{lot}")):
        raise Refused("subject-malformed", "an item is /01/{gtin14}/21/{serial} or /s/{uscc}/{number}/21/{serial}")
    check_class(product, "")
    serial = item.rpartition("/")[2]
    if item.startswith("/01/"):
        link = build_link([("01", item[4:18]), *([("10", lot)] if lot else []), ("21", serial)], base)
        address, words = format_link(link), format_elements(link)
    else:
        address = base.rstrip("/") + item
        words = f"{product.rpartition('/')[2]} · {serial}" + (f" · {lot}" if lot else "")
    if random is None:
        return Label(item, address, words)
    code = random(CODE_SIZE)
    printed = format_code(code)
    claims = key_of(code, "item").public_text, key_of(code, "parcel").public_text
    return Label(item, address, words, printed, f"{address}#claim={printed}", *claims)


def draw_labels(texts: Sequence[str]) -> list[QrCode]:
    """The codes of many labels, in their order; those of one length are drawn at once."""
    groups: dict[int, list[int]] = {}
    for at, text in enumerate(texts):
        groups.setdefault(len(text.encode()), []).append(at)
    drawn: dict[int, QrCode] = {}
    for places in groups.values():
        drawn.update(zip(places, draw_many([texts[at] for at in places]), strict=True))
    return [drawn[at] for at in range(len(texts))]

"""A served book with a shop in it that prints tear-off codes: each purchase is delivered, and its code lies in the box."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from fakes.house import CARRIER
from fakes.served import Pen, Served, hash_of, served

from suxin.ledger.claim_code import format_code, key_of
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.merkle import root_of

SELLER = "uscc:91110000600037341L"
CLASS = "/01/09501101530003"
OFFER = f"{SELLER}{CLASS}"
PLACE = {"district": "330702"}


@dataclass(frozen=True)
class Purchase:
    """One item in a buyer's hands.

    Attributes:
        item: Its key, which is its path too.
        code: What is printed under the flap.
        waybill: The parcel it came in.
    """

    item: str
    code: str
    waybill: str


class Shop:
    """A seller, a carrier, and what they sell."""

    def __init__(self, site: Served) -> None:
        self.site = site
        clock = site.house.clock
        self.seller, self.carrier = Pen(SELLER, 3, clock), Pen(CARRIER, 1, clock)
        self._count = itertools.count(1)
        for pen, role in ((self.seller, "merchant"), (self.carrier, "courier")):
            site.post_event(pen.register(role)).raise_for_status()
        title = {"en": "Longjing tea", "zh": "龙井茶"}
        body = {"event": "open", "title": title, "category": "food", "price_minor": 12_900, "currency": "CNY"}
        self.write(self.seller, "listing", {"offer": OFFER}, body)

    def write(self, pen: Pen, type_name: str, subjects: dict[str, Any], body: dict[str, Any]) -> str:
        """Record a statement; returns its name."""
        raw = pen.raw(type_name, subjects, body)
        self.site.post_event(pen.line(raw)).raise_for_status()
        return hash_of(raw)

    def buy(self) -> Purchase:
        """Somebody buys an item; it is made, sold, sent and delivered."""
        number = next(self._count)
        item, waybill = f"{CLASS}/21/buy{number:08d}", f"{CARRIER[5:]}/{number:022d}"
        code, salt = (sha256(f"{kind} {number}".encode()).digest() for kind in ("code", "salt"))
        code = code[:16]
        self.write(self.seller, "item", {"item": item}, {})
        sale = {"price_minor": 12_900, "currency": "CNY", "claim": key_of(code, "item").public_text}
        self.write(self.seller, "sale", {"item": item, "offer": OFFER}, sale)
        contents = {"count": 1, "root": b64u(root_of([content_leaf(salt, f"p:{item}")]))}
        consign = {"contents": contents, "origin": "330702", "destination": "310115", "claim": key_of(code, "parcel").public_text}
        name = self.write(self.seller, "consign", {"waybill": waybill}, consign)
        opened = {"consign": name, "piece": 1, "pieces": 1, "position": 0, "salt": b64u(salt), "path": []}
        self.write(self.seller, "dispatch", {"item": item, "waybill": waybill}, opened)
        self.write(self.carrier, "delivery", {"waybill": waybill}, {"method": "in_person", "place": PLACE})
        return Purchase(item, format_code(code), waybill)


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """A served shop in a folder."""
    with served(folder) as site:
        yield Shop(site)

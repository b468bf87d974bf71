"""A served book with a few actors in it: a carrier, a seller, a buyer, a second carrier with a revoked key, one that left."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fakes.house import CARRIER, OTHER
from fakes.served import Change, Pen, Served, served

from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import statement_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import root_of

SELLER = "uscc:91110000600037341L"
LEFT = "uscc:91330782MA28A0001M"
CLASS = "/01/09501101530003"
ITEM = f"{CLASS}/21/aaaaaaaaaaa"
OFFER = f"{SELLER}{CLASS}"
# A telephone number stands in every parcel that is written here, right ones too, where a facility's code is due:
# whatever an answer or a log line repeats of a statement is found by it.
PHONE = "13812345678"
PLACE = {"district": "330702", "facility": PHONE}


class Village:
    """Actors and rows for them.

    Attributes:
        site: The served book.
        carrier, other, seller, buyer: Actors in good standing.
        revoked: A pen with the second carrier's revoked key.
        left: A carrier that has left the book.
        stranger: A consumer who has bought nothing.
        recorded: A scan that stands in the book, its very bytes.
    """

    def __init__(self, site: Served) -> None:
        self.site = site
        clock = site.house.clock
        self.carrier, self.other = Pen(CARRIER, 1, clock), Pen(OTHER, 2, clock)
        self.seller, self.left = Pen(SELLER, 3, clock), Pen(LEFT, 4, clock)
        self.buyer = Pen(f"anon:{SigningKey(bytes([5]) * 32).public_text}", 5, clock)
        self.revoked = Pen(OTHER, 6, clock)
        self.stranger = Pen(f"anon:{SigningKey(bytes([9]) * 32).public_text}", 9, clock)
        self._parcels = itertools.count(1)

    def settle(self) -> None:
        """Write what the tests take for granted."""
        for pen, role in ((self.carrier, "courier"), (self.other, "courier"), (self.seller, "merchant"), (self.left, "courier")):
            self.site.post_event(pen.register(role)).raise_for_status()
        for event in ("add", "revoke"):
            body = {"event": event, "key": self.revoked.key.public_text}
            self._write(self.other, "key", {"party": OTHER}, body)
        self._write(self.left, "actor", {"party": LEFT}, {"event": "leave", "role": "courier"})
        title = {"en": "Longjing tea", "zh": "龙井茶"}
        body = {"event": "open", "title": title, "category": "food", "price_minor": 12_900, "currency": "CNY"}
        self._write(self.seller, "listing", {"offer": OFFER}, body)
        self._write(self.seller, "item", {"item": ITEM}, {})
        sale = {"price_minor": 12_900, "currency": "CNY", "claim": self.buyer.key.public_text}
        self._write(self.seller, "sale", {"item": ITEM, "offer": OFFER}, sale)
        self.recorded = self.scan()
        self.site.post_event(self.carrier.line(self.recorded)).raise_for_status()

    def _write(self, pen: Pen, type_name: str, subjects: dict[str, Any], body: dict[str, Any]) -> None:
        self.site.post_event(pen.line(pen.raw(type_name, subjects, body))).raise_for_status()

    def waybill(self, of: str = CARRIER) -> dict[str, str]:
        """A parcel nobody has spoken of."""
        return {"waybill": f"{of[5:]}/{next(self._parcels):022d}"}

    def scan(self, change: Change | None = None, body: dict[str, Any] | None = None) -> bytes:
        """Bytes of the carrier's scan of a new parcel, good before the change."""
        return self.carrier.raw("scan", self.waybill(), {"code": "PICKED_UP", "place": PLACE} | (body or {}), change)

    def good(self) -> bytes:
        """A row that is recorded."""
        return self.carrier.line(self.scan())

    def header(self, raws: list[bytes], more: dict[str, Any] | None = None) -> dict[str, Any]:
        """Header of a batch of the carrier's rows, right unless `more` says otherwise."""
        first = json.loads(raws[0])
        root = b64u(root_of([statement_hash(raw) for raw in raws]))
        made = {name: first[name] for name in ("at", "book", "key", "n", "v")} | {"root": root, "size": len(raws)}
        return {name: value for name, value in (made | (more or {})).items() if value is not None}


@contextmanager
def village(folder: Path, **more: Any) -> Iterator[Village]:
    """A served village in a folder."""
    with served(folder, **more) as site:
        found = Village(site)
        found.settle()
        yield found

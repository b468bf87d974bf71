"""A book in memory for the folds: actors sign, the rules of the trade admit, stories are read back. No database.

Time stands still unless a test moves it: `tale.now` is when the next statement is received, and what it claims unless
the test says `at=`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakes.world import BOOK, Signer, company, gtin, seed

from suxin.courier.facts import CourierFile
from suxin.courier.file import courier_page
from suxin.courier.page import CourierPage
from suxin.ledger import canonical
from suxin.ledger.closure import Closure, close_story
from suxin.ledger.commitment import content_leaf
from suxin.ledger.directory import DIRECTORY_TYPES, Directory
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import copy_for_ref, parse_statement
from suxin.trace.lifecycle import TradeRules
from suxin.trace.material import Material
from suxin.trace.page import TracePage, WaybillPage
from suxin.trace.record import RecordRow, ScanFold
from suxin.trace.story import Story
from suxin.trace.timeline import trace_page
from suxin.trace.waybill import waybill_page

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_795_305_600_000  # 2026-11-22T00:00:00Z
HAM = f"/01/{gtin(690_123_456_789)}"
PHOTO = [{"bytes": 81_920, "kind": "photo", "sha256": b64u(seed("photo"))}]
PAPER = [{"bytes": 81_920, "kind": "document", "sha256": b64u(seed("paper"))}]
CITY, FAR = "330702", "310115"


def serial(number: int, product: str = HAM) -> str:
    """Key of one item."""
    return f"{product}/21/serial-{number:08d}"


class Tale:
    """One book; the operator approves every registration."""

    def __init__(self) -> None:
        self.now = START
        self.entries: list[Entry] = []
        self.root = Signer.new(ROOT_ACTOR, "root")
        self.directory = Directory(self.root.key.public, bytes(32))
        self._rules = TradeRules()
        self._states: dict[str, Story] = {}
        self._firms = 0
        self.texts: dict[bytes, str] = {}

    # Who there is

    def firm(self, role: str, **body: Any) -> Signer:
        """A registered and approved firm."""
        self._firms += 1
        signer = Signer.new(f"uscc:{company(self._firms)}")
        name = {"zh": f"{role}{self._firms}", "en": f"{role} {self._firms}"}
        fields = {"event": "register", "key": signer.public, "name": name, "role": role} | body
        self.approve(self.say(signer, "actor", {"party": signer.actor}, fields))
        return signer

    def approve(self, registration: Entry) -> Entry:
        return self.say(self.root, "confirm", {}, {"kind": "approves"}, ref=registration)

    def office(self, kind: str = "postal") -> Signer:
        signer = Signer.new(f"auth:{kind}:330700")
        fields = {"event": "register", "key": signer.public, "role": "regulator"}
        self.approve(self.say(signer, "actor", {"party": signer.actor}, fields))
        return signer

    def device(self, firm: Signer, name: str = "scanner") -> Signer:
        signer = Signer.new(f"dev:{name.ljust(22, '0')}")
        subjects = {"party": signer.actor, "company": firm.actor}
        self.say(firm, "actor", subjects, {"event": "register", "key": signer.public, "role": "device"})
        return signer

    # What is said

    def say(
        self, signer: Signer, kind: str, subjects: dict[str, str], body: dict[str, Any], *, at: int | None = None,
        ref: Entry | None = None, batched: bool = False, **more: Any,
    ) -> Entry:  # fmt: skip
        """Sign a statement and record it, as one entry, a second after the one before."""
        self.now += 1_000
        signer.n += 1
        index = len(self.entries) + 1
        value: dict[str, Any] = {
            "actor": signer.actor, "at": moment_text(self.now if at is None else at), "body": body, "book": BOOK,
            "id": f"01990000-0000-7000-8000-{index:012x}", "key": signer.key_text, "n": signer.n, "subjects": subjects,
            "type": kind, "v": 1,
        } | more  # fmt: skip
        if ref is not None:
            value |= {"ref": ref.name, "re": copy_for_ref(ref.statement)}
        statement = parse_statement(canonical.dump(value))
        watched = {name: self._state(name) for name in self._rules.watched(statement)}
        self._rules.judge(statement, self.now, self.directory, watched, lambda i: self.entries[i - 1].statement)
        entry = Entry(index, self.now, statement, batched)
        self.entries.append(entry)
        for name in filter(self._rules.keeps, statement.streams):
            self._rules.fold(self._state(name), statement, index)
        if kind in DIRECTORY_TYPES:
            self.directory.fold(statement, index, self.now)
        return entry

    def _state(self, name: str) -> Story:
        return self._states.setdefault(name, self._rules.blank(name))

    def list(self, seller: Signer, product: str = HAM, **body: Any) -> str:
        """Open an offer; gives its key."""
        offer = f"{seller.actor}{product}"
        title = {"zh": "金华火腿", "en": "Ham"}
        fields = {"category": "food", "currency": "CNY", "event": "open", "price_minor": 39_900, "title": title}
        self.say(seller, "listing", {"offer": offer}, fields | body)
        return offer

    def make(self, maker: Signer, number: int = 1, lot: str = "", **more: Any) -> str:
        """Make an item; gives its key."""
        subjects = {"item": serial(number)} | ({"lot": f"{HAM}/10/{lot}"} if lot else {})
        self.say(maker, "item", subjects, {"made_on": "2026-05-01"}, **more)
        return serial(number)

    def sell(self, seller: Signer, item: str, *, body: dict[str, Any] | None = None, **more: Any) -> Signer:
        """Sell an item with a tear-off code; gives the code."""
        code = Signer.nobody(f"code of {item} {self.now}")
        fields = {"price_minor": 39_900, "currency": "CNY", "claim": code.public} | (body or {})
        self.say(seller, "sale", {"item": item, "offer": f"{seller.actor}{HAM}"}, fields, **more)
        return code

    def consign(
        self, shipper: Signer, carrier: Signer, ref: str, items: Sequence[str] = (), *, body: dict[str, Any] | None = None,
        pieces: tuple[int, int] = (1, 1), dispatched_at: int | None = None, **more: Any,
    ) -> tuple[str, Entry, Signer]:  # fmt: skip
        """Hand a parcel over and dispatch its items; gives waybill, consign and the parcel's code."""
        waybill = f"{carrier.actor[5:]}/{ref.ljust(22, '0')}"
        names = list(items) or ["/nothing"]
        salts = [seed(f"salt {ref} {name}") for name in names]
        leaves = [content_leaf(salt, f"p:{name}") for salt, name in zip(salts, names, strict=True)]
        code = Signer.nobody(f"parcel {ref}")
        contents = {"count": len(leaves), "root": b64u(root_of(leaves))}
        fields = {"contents": contents, "destination": FAR, "origin": CITY, "claim": code.public} | (body or {})
        consign = self.say(shipper, "consign", {"waybill": waybill}, fields, **more)
        piece, of = pieces
        for position, name in enumerate(items):
            path = [b64u(part) for part in inclusion_path(position, len(leaves), nodes_of(leaves))]
            opening = {"consign": consign.name, "path": path, "position": position, "salt": b64u(salts[position])}
            both = {"item": name, "waybill": waybill}
            self.say(shipper, "dispatch", both, opening | {"piece": piece, "pieces": of}, at=dispatched_at, **more)
        return waybill, consign, code

    def scan(self, signer: Signer, waybill: str, code: str, *, next_: str = "", at: int | None = None, **more: Any) -> Entry:
        subjects = {"waybill": waybill} | ({"next": next_} if next_ else {})
        body = {"code": code, "place": {"district": CITY}} | more.pop("body", {})
        return self.say(signer, "scan", subjects, body, at=at, **more)

    def deliver(self, signer: Signer, waybill: str, method: str = "in_person", **more: Any) -> Entry:
        body = {"method": method, "place": {"district": FAR}} | more.pop("body", {})
        return self.say(signer, "delivery", {"waybill": waybill}, body, **more)

    def confirm(self, signer: Signer, entry: Entry, kind: str, **more: Any) -> Entry:
        return self.say(signer, "confirm", {}, {"kind": kind}, ref=entry, **more)

    # What is shown

    def read(self, names: Sequence[str]) -> dict[str, list[Entry]]:
        return {name: [e for e in self.entries if name in e.statement.streams] for name in names}

    def closure(self, stream: str) -> Closure:
        return close_story(stream, self.read)

    def material(self, stream: str) -> Material:
        closure = self.closure(stream)
        return Material(closure.streams, closure.directory(Directory(self.root.key.public, bytes(32))), self.now, self.texts.get)

    def trace(self, item: str) -> TracePage:
        return trace_page(item, self.material(f"p:{item}"), lambda uscc: (0, 0, 0, 0))

    def waybill(self, waybill: str) -> WaybillPage:
        return waybill_page(waybill, self.material(f"w:{waybill}"), lambda uscc: (0, 0, 0, 0))

    def file(self, carrier: Signer) -> CourierFile:
        file = CourierFile(carrier.actor[5:])
        file.take(self.read([f"c:{carrier.actor[5:]}"])[f"c:{carrier.actor[5:]}"], self.directory)
        return file

    def courier(self, carrier: Signer) -> CourierPage:
        standing = self.read([f"a:{carrier.actor}"])[f"a:{carrier.actor}"]
        return courier_page(self.file(carrier), self.directory, self.now, standing)


def rows_of(page: TracePage | WaybillPage) -> list[RecordRow]:
    """Every row of a page, folded and nested ones included."""
    found = []
    for part in page.record:
        for row in part.rows if isinstance(part, ScanFold) else (part,):
            found += [row, *row.replies]
    return found


def row_at(page: TracePage | WaybillPage, entry: Entry) -> RecordRow:
    """The row of one entry; there is exactly one."""
    (row,) = [row for row in rows_of(page) if row.ref.index == entry.index]
    return row

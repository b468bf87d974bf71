"""A city's parcels, made up: an item is made, sold, consigned, dispatched, scanned four times and delivered, many orders at once.

Each statement is signed by itself, and they stand in epochs of up to 5,000. Other benches take books from here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from suxin.ledger import canonical
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import Genesis, Period, Root
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import copy_for_ref, parse_statement
from suxin.ledger.store.book import Book
from suxin.ledger.store.highwater import Highwater
from suxin.ledger.store.job import Job
from suxin.ledger.store.packing import CheckedRow
from suxin.ledger.store.recovery import create_book, open_writer
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sequencer import Sequencer, Writer
from suxin.ledger.store.waitline import Waiting
from suxin.trace.lifecycle import TradeRules
from suxin.trace.story import Story

BOOK = "suxin.example/bench"
START = 1_795_305_600_000
CARRIER, MAKER = "91512081MA62K0260E", "91350100M000100Y43"
GROUP = 5_000
ALIVE = 2_000  # orders under way at a time
SCANS = ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")
PLACE = {"district": "330702", "facility": "JH-HUB-01"}


Row = tuple[bytes, bytes, bytes]  # statement, signature, public key


class City:
    """Signs what happens, deterministically."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.keys = {actor: SigningKey(bytes([number]) * 32) for number, actor in enumerate((ROOT_ACTOR, CARRIER, MAKER), 1)}
        self.counters = dict.fromkeys(self.keys, 0)
        self.now = START
        self.orders = 0

    def sign(self, actor: str, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: object) -> Row:
        self.counters[actor] += 1
        key = self.keys[actor]
        tail = self.random.getrandbits(74)
        text = f"{self.now:012x}"
        identity = f"{text[:8]}-{text[8:]}-7{tail >> 62:03x}-8{tail >> 50 & 0xFFF:03x}-{tail & 0xFFFFFFFFFFFF:012x}"
        value = {
            "actor": actor if actor == ROOT_ACTOR else f"uscc:{actor}", "at": moment_text(self.now), "body": body, "book": BOOK,
            "id": identity, "key": b64u(key.key_id), "n": self.counters[actor], "subjects": subjects, "type": type_name, "v": 1,
        }  # fmt: skip
        raw = canonical.dump(value | more)
        return raw, key.sign_statement(raw), key.public

    def firms(self) -> Iterator[Row]:
        for actor, role in ((CARRIER, "courier"), (MAKER, "merchant")):
            body = {"event": "register", "key": self.keys[actor].public_text, "role": role}
            entered = self.sign(actor, "actor", {"party": f"uscc:{actor}"}, body)
            yield entered
            statement = parse_statement(entered[0])
            more = {"ref": b64u(statement.hash), "re": copy_for_ref(statement)}
            yield self.sign(ROOT_ACTOR, "confirm", {}, {"kind": "approves"}, **more)
        title = {"category": "general", "currency": "CNY", "event": "open", "price_minor": 990, "title": {"en": "Toy"}}
        yield self.sign(MAKER, "listing", {"offer": self.offer}, title)

    offer = f"uscc:{MAKER}/s/{MAKER}/TOY-1"

    def order(self) -> Iterator[Row]:
        """One order's life, a statement at a time."""
        self.orders += 1
        item, waybill = f"/s/{MAKER}/TOY-1/21/{self.orders:015d}", f"{CARRIER}/{self.orders:022d}"
        salt = self.orders.to_bytes(32, "big")
        yield self.sign(MAKER, "item", {"item": item}, {"made_on": "2026-11-01", "weight_g": 310})
        sale = {"channel": "platform", "currency": "CNY", "price_minor": 990}
        yield self.sign(MAKER, "sale", {"item": item, "offer": self.offer}, sale)
        contents = {"count": 1, "root": b64u(content_leaf(salt, f"p:{item}"))}
        consign = self.sign(
            MAKER, "consign", {"waybill": waybill}, {"contents": contents, "destination": "310115", "origin": "330702"}
        )
        yield consign
        name = b64u(parse_statement(consign[0]).hash)
        opened = {"consign": name, "path": [], "piece": 1, "pieces": 1, "position": 0, "salt": b64u(salt)}
        yield self.sign(MAKER, "dispatch", {"item": item, "waybill": waybill}, opened)
        for code in SCANS:
            yield self.sign(CARRIER, "scan", {"waybill": waybill}, {"code": code, "place": PLACE, "time_source": "device"})
        yield self.sign(CARRIER, "delivery", {"waybill": waybill}, {"method": "locker", "place": PLACE})

    def rows(self, count: int) -> Iterator[Row]:
        made = 0
        for row in self.firms():
            made += 1
            yield row
        alive: list[Iterator[Row]] = []
        while made < count:
            place = self.random.randrange(ALIVE)
            if place >= len(alive):
                alive.append(self.order())
                place = len(alive) - 1
            step = next(alive[place], None)
            if step is None:
                alive[place] = self.order()
            else:
                made += 1
                yield step


def build(folder: Path, count: int) -> None:
    """Make the book through the real admission and sequencer; its rows are parsed, and known to be signed."""
    url = f"sqlite:///{folder / 'book.db'}"
    migrate(url)
    city = City()
    log = SigningKey(bytes([9]) * 32)
    with Book.open(url, writable=True) as book:
        genesis = Genesis(
            ["ed25519"], BOOK, START, 17, "sha-256", "genesis", log.public_text, f"{BOOK}/1", Period("2026-10-01", "2027-01-01"),
            Root(ROOT_ACTOR, city.keys[ROOT_ACTOR].public_text), True, 1,
        )  # fmt: skip
        create_book(book, genesis)
        sequencer = open_writer(book, TradeRules(), Writer(log, Highwater(folder / "marks"), lambda: city.now))
        group: list[Row] = []
        for row in city.rows(count):
            group.append(row)
            if len(group) == GROUP:
                _commit(sequencer, city, group)
                group = []
        if group:
            _commit(sequencer, city, group)


def _commit(sequencer: Sequencer[Story], city: City, rows: list[Row]) -> None:
    city.now += 300
    checked = [CheckedRow(parse_statement(raw), None, public) for raw, _, public in rows]
    waiting = Waiting(Job(checked, [row[0] for row in rows], [row[1] for row in rows]), Future())
    sequencer.commit([waiting])
    bad = [outcome for outcome in waiting.future.result(0) if not hasattr(outcome, "index")]
    if bad:
        raise SystemExit(f"not recorded: {bad[0]}")

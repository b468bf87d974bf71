"""Bundles: their size in a book of a million streams, and what making and checking one costs.

    python bench/prove.py [--streams 1000000] [--leaves 5000000] [--rounds 41]

Size: a book on paper whose map has that many streams and whose log that many leaves, nearly all of them made up; an item with
14 streams, its parcel scanned by a device. Counted is what stands beside entries, batches and texts, whose signatures are the
entries' own. Cost: a real book in SQLite whose map has as many streams; the floor is reading the story's streams, as leaves,
from the same database, and for the check a bare loop over the same signatures. CPU time; rounds are interleaved.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import thread_time

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the invented people of the tests

from fakes.house import Firm, House
from fakes.paper import Paper, witness_of
from fakes.paper_tales import CARRIER, ITEM, LOT, MAKER, OFFER, PRICE, STREAM, WAYBILL, opening
from fakes.world import Signer, seed
from nacl.bindings import crypto_sign_open

from suxin.api.bundles import make_bundle
from suxin.client.statement import Draft, Signed
from suxin.ledger.bundle import parse_bundle
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.canonical import JsonValue
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import STATEMENT_TAG, leaf_hash, node_hash
from suxin.ledger.map import Map
from suxin.ledger.merkle import frontier_of, inclusion_path
from suxin.ledger.store.bundle_source import KEPT
from suxin.trace.lifecycle import TradeRules

STREAMS = 14  # DESIGN section 8
BYTES_AIM = 14 * 1024  # beside entries and signatures
RATIO_AIM = 4  # making a bundle to reading its entries
SCANS = ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")
PLACE = {"district": "330702"}
Record = tuple[bytes, int, bytes]


def records(count: int) -> list[Record]:
    """Streams of other people."""
    draw = random.Random(1)
    return [(draw.randbytes(32), draw.randrange(1, 9), draw.randbytes(32)) for _ in range(count)]


def say(case: str, values: Sequence[float], unit: str, floors: Sequence[float], on: Sequence[str]) -> None:
    value, floor = median(values), median(floors)
    line = {"bench": "prove", "case": case, "value": round(value, 2), "unit": unit, "floor": round(floor, 2)}
    spread = {"ratio": round(value / floor, 3), "rounds": len(values), "min": round(min(values), 2), "max": round(max(values), 2)}
    print(json.dumps(line | spread | {"on": list(on)}), flush=True)


# -- size --------------------------------------------------------------------------------------------------------------


class _Tall(list[bytes]):
    """Leaves of a log of which only leaf 0 and the newest are known."""

    def __init__(self, genesis: bytes, unknown: int) -> None:
        super().__init__([genesis])
        self.unknown = unknown

    def __len__(self) -> int:
        return super().__len__() + self.unknown

    def at(self, index: int) -> bytes:
        return self[index - self.unknown if index else 0]


class TallPaper(Paper):
    """A book on paper late in its life; subtrees of which no leaf is known have made-up hashes."""

    def __init__(self, leaves: int, others: Iterable[Record]) -> None:
        super().__init__(depth=17)
        self.leaves = self.known = _Tall(self.leaves[0], leaves)
        self._previous = leaves  # index of the epoch leaf before
        self._epochs = leaves // 10
        self._others = Map.from_records(17, others)

    def map(self) -> Map:
        """All streams; the others' stay what they were."""
        own = super().map()
        known = [(slot, row) for slot, row in enumerate(own.buckets(range(1 << 17))) if row]
        rows = [row[at : at + 72] for _, row in known for at in range(0, len(row), 72)]
        self._others.update([(row[:32], int.from_bytes(row[32:40], "big"), row[40:]) for row in rows])
        return self._others

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree."""
        first, unknown = index << level, self.known.unknown
        if first > 0 and first + (1 << level) <= unknown + 1:
            return sha256(b"%d/%d" % (level, index)).digest()
        if level == 0:
            return leaf_hash(self.leaf(first))
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def leaf(self, index: int) -> bytes:
        return self.known.at(index)

    def tree_root(self) -> bytes:
        return frontier_of(self.size, self.node).root()

    def inclusion(self, index: int) -> list[bytes]:
        return inclusion_path(index, self.size, self.node)


def tell(book: Paper) -> None:
    """An item with its lot, offer and waybill: 14 streams with those of four actors."""
    maker, carrier = book.register(Signer.new(MAKER), "merchant"), book.register(Signer.new(CARRIER), "courier")
    device = Signer.new(f"dev:{'scanner'.ljust(22, '0')}")
    body = {"event": "register", "key": device.public, "role": "device"}
    book.say(carrier, "actor", {"company": CARRIER, "party": device.actor}, body)
    book.say(
        maker, "listing", {"offer": OFFER}, {"category": "food", "event": "open", "title": {"en": "Ham", "zh": "火腿"}} | PRICE
    )
    book.say(maker, "item", {"item": ITEM, "lot": LOT}, {"weight_g": 5_000})
    her = Signer.nobody("her code")
    book.say(maker, "sale", {"item": ITEM, "offer": OFFER}, {"claim": her.public} | PRICE)
    contents = {"count": 1, "root": b64u(content_leaf(seed("box"), STREAM))}
    parcel = {"contents": contents, "destination": "110101", "origin": "330702"}
    consign = book.say(maker, "consign", {"waybill": WAYBILL}, parcel)
    book.say(maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(consign.ref))
    for code in SCANS:
        book.say(device, "scan", {"waybill": WAYBILL}, {"code": code, "place": PLACE})
    book.say(carrier, "delivery", {"waybill": WAYBILL}, {"method": "in_person", "place": PLACE})
    book.say_text(her, "review", {"item": ITEM, "offer": OFFER}, {"kind": "first", "stars": 2}, "太咸了。Too salty.")


def measure_size(leaves: int, others: Sequence[Record], on: Sequence[str]) -> None:
    book = TallPaper(leaves, others)
    tell(book)
    book.publish()
    policy = book.policy()
    for witnesses in ((), (witness_of("w1"), witness_of("w2"), witness_of("w3", full=True))):
        if witnesses:
            book.cosign(*witnesses)
        raw = book.bundle(STREAM)
        report = verify_bundle(raw, policy, book.now, TradeRules())
        assert report.verdict == "holds", report.results
        assert report.streams + report.absent == STREAMS
        parts = {
            name: len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())
            for name, part in json.loads(raw).items()
        }
        beside = len(raw) - sum(parts.get(name, 0) for name in ("entries", "batches", "open"))
        words = [
            *on,
            f"{STREAMS} streams, {report.absent} of them absent; {report.entries} entries",
            *(f"{k} {v}" for k, v in parts.items()),
        ]
        say(f"bytes beside entries and signatures, {len(witnesses)} cosignatures", [beside], "bytes", [BYTES_AIM], words)


# -- cost --------------------------------------------------------------------------------------------------------------


def fill(house: House, *, batches: int) -> None:
    """The same story in a real book; with `batches` each scan is one row of a batch of so many."""
    shop, carrier = house.firm(MAKER, "merchant", seed=1), house.firm(CARRIER, "courier", seed=2)
    device = Firm(house, f"dev:{'scanner'.ljust(22, '0')}", seed=3)

    def write(firm: Firm, type_name: str, subjects: dict[str, str], **body: JsonValue) -> Signed:
        signed = firm.signer.sign(firm.draft(type_name, subjects, **body))
        house.post([signed])
        return signed

    subjects = {"company": CARRIER, "party": device.actor}
    write(carrier, "actor", subjects, event="register", key=device.key.public_text, role="device")
    write(shop, "listing", {"offer": OFFER}, category="food", event="open", title={"en": "Ham"}, **PRICE)
    write(shop, "item", {"item": ITEM, "lot": LOT}, weight_g=5_000)
    write(shop, "sale", {"item": ITEM, "offer": OFFER}, **PRICE)
    root = b64u(content_leaf(seed("box"), STREAM))
    parcel = {"contents": {"count": 1, "root": root}, "destination": "110101", "origin": "330702"}
    consign = write(shop, "consign", {"waybill": WAYBILL}, **parcel)
    write(shop, "dispatch", {"item": ITEM, "waybill": WAYBILL}, **opening(b64u(consign.hash)))
    for number, code in enumerate(SCANS):
        parcels = [f"{CARRIER[5:]}/{number:04d}{other:018d}" for other in range(batches - 1)]
        drafts: list[Draft] = [device.draft("scan", {"waybill": name}, code=code, place=PLACE) for name in (WAYBILL, *parcels)]
        house.post(device.signer.sign_batch(drafts, drafts[0].at) if batches else [device.signer.sign(drafts[0])])
    write(carrier, "delivery", {"waybill": WAYBILL}, method="in_person", place=PLACE)


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of this thread: the machine may be shared."""
    start = thread_time()
    call()
    return (thread_time() - start) * 1e3


def measure_cost(others: Sequence[Record], rounds: int, batches: int, on: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        service = house.service
        with service.sequencer.lock:
            service.sequencer.map.update(others)
        fill(house, batches=batches)
        raw = make_bundle(service, ITEM)
        policy = log_policy(service.genesis.origin, [service.log_public])
        report = verify_bundle(raw, policy, house.clock(), TradeRules())
        assert report.verdict == "holds", report.results
        bundle = parse_bundle(raw)

        def read() -> None:
            with service.book.snapshot() as reads:
                for name in bundle.streams:
                    reads.stream_leaves(name)

        keys = service.sequencer.admission.directory.keys
        signed = [
            (shown.signature + STATEMENT_TAG + shown.statement.raw, keys[shown.statement.key].public)
            for shown in bundle.entries.values()
            if shown.signature is not None
        ]

        def check_bare() -> None:
            for message, public in signed:
                crypto_sign_open(message, public)

        def make_cold() -> None:
            KEPT.clear()
            make_bundle(service, ITEM)

        made, cold, floors, checked, bare = [], [], [], [], []
        for number in range(rounds):
            runs = [(made, lambda: make_bundle(service, ITEM)), (floors, read)]
            for found, run in runs[:: 1 if number % 2 else -1]:
                found.append(timed(run))
            cold.append(timed(make_cold))
            checked.append(timed(lambda: verify_bundle(raw, policy, house.clock(), TradeRules())))
            bare.append(timed(check_bare))
        kind = f"scans in batches of {batches}" if batches else "every entry signed by itself"
        words = [*on, "SQLite", f"{report.entries} entries, {len(bundle.streams)} streams, {len(raw)} bytes"]
        reading = [*words, f"floor: reading the streams; aim {RATIO_AIM}"]
        say(f"make a bundle, {kind}", made, "ms", floors, reading)
        if batches:
            say(f"make a bundle, {kind}, none of them kept", cold, "ms", floors, reading)
        say(f"check a bundle, {kind}", checked, "ms", bare, [*words, f"floor: {len(signed)} bare signature checks"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--streams", type=int, default=1_000_000)
    options.add_argument("--leaves", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=41)
    chosen = options.parse_args()
    others = records(chosen.streams)
    on = [f"{chosen.streams} streams", "D=17"]
    measure_size(chosen.leaves, others, [*on, f"{chosen.leaves} leaves"])
    for batches in (0, 1_000):
        measure_cost(others, chosen.rounds, batches, on)


if __name__ == "__main__":
    main()

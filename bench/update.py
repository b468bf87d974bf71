"""Updates between two epochs: bytes and cost of each, and what the map of one epoch costs to be kept.

    python bench/update.py [--streams 1000000] [--entries 1,200,2000,6000]

Each entry stands in three streams, half of them new. The floor of the bytes is what no proof could leave out: for each
stream that grew its key, and for each entry its leaf hash.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from time import perf_counter, process_time

from suxin.ledger.chain import HEAD_START, extend
from suxin.ledger.checkpoint import Checkpoint
from suxin.ledger.epoch import Epoch, encode_epoch
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.leaf import Genesis, Period, Root, encode
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key
from suxin.ledger.map_history import MapHistory
from suxin.ledger.merkle import frontier_of, nodes_of, root_of
from suxin.ledger.store.update_source import PIECE
from suxin.ledger.update import parse_update
from suxin.ledger.update_make import make_update
from suxin.ledger.update_verify import verify_update

ORIGIN = "suxin.example/bench/1"
EACH = 3  # streams of an entry
KEPT_BYTES = 512 * 1024 * 1024
HEAD = sha256(b"head of a stream that stood before").digest()


class Book:
    """Genesis, one epoch over `streams` streams, some entries, and a second epoch. Entries are no statements."""

    note = "a note" * 60

    def __init__(self, history: MapHistory, names: Sequence[str], entries: int) -> None:
        self.size = entries + 3
        self.first = 1
        draw, fresh = random.Random(entries), iter(range(10**9))
        self.standing: dict[bytes, list[str]] = {}
        self.leaves_: list[bytes] = [_genesis(history.current.depth)]
        self._close(history.current)
        changed: dict[str, tuple[int, bytes]] = {}
        for index in range(2, 2 + entries):
            leaf = b'{"leaf":"entry","received":%d,"filler":"%s"}' % (index, b"x" * 400)
            chosen = [draw.choice(names) if draw.random() < 0.5 else f"p:fresh/{next(fresh)}" for _ in range(EACH)]
            self.standing[leaf] = list(dict.fromkeys(chosen))
            for name in self.standing[leaf]:
                count, head = changed.get(name, (0, HEAD_START) if name.startswith("p:fresh") else (1, HEAD))
                changed[name] = (count + 1, extend(head, index, leaf_hash(leaf)))
            self.leaves_.append(leaf)
        history.advance([(map_key(name), *record) for name, record in changed.items()])
        self._close(history.current)
        self.newer = history.current
        self.hashes = [leaf_hash(leaf) for leaf in self.leaves_]
        self.grown = len(changed)

    def _close(self, built: Map) -> None:
        own = len(self.leaves_)
        number = 1 if own == 1 else 2
        genesis = leaf_hash(self.leaves_[0])
        self.leaves_.append(encode_epoch(Epoch(number, number, own - 1, number - 1, genesis, built.root, built.streams, own)))

    def leaf(self, index: int) -> bytes:
        return self.leaves_[index]

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        return enumerate(self.leaves_[1:], 1)

    def path(self) -> Sequence[bytes]:
        return frontier_of(1, nodes_of(self.hashes)).hashes

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        return {name: HEAD for name, _ in wanted}

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, root_of(self.hashes[:size]))


def _genesis(depth: int) -> bytes:
    key = "A" * 44
    return encode(Genesis(
        algorithms=["ed25519"], book="suxin.example/bench", created=1, depth=depth, hash="sha-256", leaf="genesis", log=key,
        origin=ORIGIN, period=Period("2026-10-01", "2027-01-01"), root=Root("auth:operator:000000", key), sandbox=True, v=1,
    ))  # fmt: skip


def say(case: str, value: float, unit: str, floor: float, on: Sequence[str]) -> None:
    line = {"bench": "update", "case": case, "value": round(value, 3), "unit": unit, "floor": round(floor, 3)}
    print(json.dumps(line | {"ratio": round(value / floor, 3) if floor else None, "on": list(on)}), flush=True)


def measure(history: MapHistory, names: Sequence[str], entries: int, on: Sequence[str]) -> None:
    book = Book(history, names, entries)
    kept = history.nbytes
    on = [*on, f"{entries} entries", f"{book.grown} streams grew", "CPU seconds"]
    start = process_time()
    raw = make_update(book, book.standing.__getitem__)
    made = process_time()
    update = parse_update(raw)
    read = process_time()
    step = verify_update(update, book.checkpoint(2), book.checkpoint(book.size))
    checked = process_time()
    assert len(step.grown) == book.grown
    say("bytes of an update", len(raw), "bytes", 32 * (book.grown + entries), on)
    say("make it, but for the reads of the database", made - start, "s", checked - read, [*on, "floor: check it"])
    say("read it", read - made, "s", checked - read, [*on, "floor: check it"])
    say("kept for the older map", kept, "bytes", 72 * book.grown, [*on, f"{min(600, KEPT_BYTES // kept)} epochs in 512 MiB"])
    slots = sorted(random.Random(2).sample(range(1 << history.current.depth), PIECE))
    start = perf_counter()
    history.copy(history.epoch, slots=slots)
    say("copy a piece under the lock", (perf_counter() - start) * 1e3, "ms", 1, [*on, f"{PIECE} buckets", "floor: a millisecond"])
    history.retreat()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--streams", type=int, default=1_000_000)
    options.add_argument("--entries", default="1,200,2000,6000")
    options.add_argument("--depth", type=int, default=17)
    chosen = options.parse_args()
    names = [f"p:stood/{number}" for number in range(chosen.streams)]
    history = MapHistory(Map.from_records(chosen.depth, ((map_key(name), 1, HEAD) for name in names)), 0)
    for entries in map(int, chosen.entries.split(",")):
        measure(history, names, entries, [f"{chosen.streams} streams", f"D={chosen.depth}"])


if __name__ == "__main__":
    main()

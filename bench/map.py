"""The map: batches hashed level by level against one path at a time, proofs of 14 streams, and memory.

    python bench/map.py [--streams 1000000] [--batch 10000] [--rounds 7]

Both maps hold the same records in the same buckets at the same depth, and must come to the same root after every round.
"""

from __future__ import annotations

import argparse
import json
import random
from bisect import insort
from collections.abc import Callable, Sequence
from hashlib import sha256
from statistics import median
from time import perf_counter, process_time

from suxin.ledger.map import Map
from suxin.ledger.map_hash import empty_nodes, slot_of
from suxin.ledger.map_history import MapHistory
from suxin.ledger.map_proof import format_map_proof, prove
from suxin.ledger.map_verify import parse_map_proof, verify_map

Change = tuple[bytes, int, bytes]

STREAMS_PROVED = 14  # what the bundle of one item needs, DESIGN section 8
PROOF_BYTES_AIM = 14 * 1024  # of the whole bundle beside its entries


class PathByPath:
    """The map as one writes it first: a dict of nodes, each change hashed up to the root. Record hashes are kept."""

    def __init__(self, depth: int, changes: Sequence[Change]) -> None:
        self.depth = depth
        self.leaves: dict[bytes, bytes] = {}
        self.keys: dict[int, list[bytes]] = {}
        self.nodes: dict[int, bytes] = {}
        self.empty = empty_nodes(depth)
        self.update(changes)

    def update(self, changes: Sequence[Change]) -> None:
        for key, count, head in changes:
            slot = slot_of(key, self.depth)
            if key not in self.leaves:
                insort(self.keys.setdefault(slot, []), key)
            self.leaves[key] = sha256(b"\x00" + key + count.to_bytes(8, "big") + head).digest()
            self.rehash(slot)

    def rehash(self, slot: int) -> None:
        row = [self.leaves[key] for key in self.keys[slot]]
        number = len(row).to_bytes(4, "big")
        while len(row) > 1:
            above = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
            row = above + row[len(above) * 2 :]
        hashed = sha256(b"suxin-map-bucket/v1\n" + number + row[0]).digest()
        place, level, nodes = (1 << self.depth) + slot, self.depth, self.nodes
        nodes[place] = hashed
        while place > 1:
            sibling = nodes.get(place ^ 1, self.empty[level])
            pair = sibling + hashed if place & 1 else hashed + sibling
            hashed = sha256(b"suxin-map-node/v1\n" + pair).digest()
            place, level = place >> 1, level - 1
            nodes[place] = hashed


def timed(call: Callable[[], object]) -> float:
    """CPU seconds: the machine may be shared."""
    start = process_time()
    call()
    return process_time() - start


def say(case: str, values: Sequence[float], unit: str, floors: Sequence[float], on: Sequence[str]) -> None:
    value, floor = median(values), median(floors)
    line = {"bench": "map", "case": case, "value": round(value, 1), "unit": unit, "floor": round(floor, 1)}
    spread = {"ratio": round(value / floor, 3), "rounds": len(values), "min": round(min(values), 1), "max": round(max(values), 1)}
    print(json.dumps(line | spread | {"on": list(on)}), flush=True)


def compare(built: Map, path: PathByPath, batches: Sequence[Sequence[Change]], case: str, on: Sequence[str]) -> None:
    rates: list[float] = []
    floors: list[float] = []
    for number, batch in enumerate(batches):
        runs = [(rates, lambda batch=batch: built.update(batch)), (floors, lambda batch=batch: path.update(batch))]
        for found, run in runs[:: 1 if number % 2 else -1]:
            found.append(len(batch) / timed(run))
        assert built.root == path.nodes[1], "the two maps differ"
    say(case, rates, "keys/s", floors, on)


def proofs(history: MapHistory, epoch: int, keys: Sequence[bytes], rounds: int, on: Sequence[str]) -> None:
    """Size of proofs, and how long to make and to check one; the floor is what the whole bundle may take."""
    draw = random.Random(3)
    sizes, made, checked = [], [], []
    view = history.at(epoch)
    for _ in range(max(rounds, 25)):
        asked = draw.sample(keys, STREAMS_PROVED - 2)
        queries = [(key, history.current.get(key)) for key in asked] + [(draw.randbytes(32), None) for _ in range(2)]
        start = perf_counter()
        proof = prove(view, [key for key, _ in queries])
        made.append((perf_counter() - start) * 1e6)
        text = json.dumps(format_map_proof(proof), separators=(",", ":"))
        sizes.append(len(text))
        start = perf_counter()
        parsed = parse_map_proof(json.loads(text))
        if epoch == history.epoch:
            verify_map(history.current.root, history.current.depth, parsed, queries)
        checked.append((perf_counter() - start) * 1e6)
    age = f"{history.epoch - epoch} epochs back"
    say(f"bytes of a proof, {age}", sizes, "bytes", [PROOF_BYTES_AIM], on)
    say(f"make a proof, {age}", made, "us", [1_000], on)
    if epoch == history.epoch:
        say("read and check a proof", checked, "us", [1_000], on)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--streams", type=int, default=1_000_000)
    options.add_argument("--batch", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--depth", type=int, default=17)
    chosen = options.parse_args()
    draw = random.Random(1)
    keys = [draw.randbytes(32) for _ in range(chosen.streams)]
    records = [(key, 1, draw.randbytes(32)) for key in keys]
    on = [f"{chosen.streams} streams", f"D={chosen.depth}", f"{chosen.batch} keys a batch"]

    built = Map.from_records(chosen.depth, records)
    say("memory, built at once", [built.nbytes / chosen.streams], "bytes/stream", [72], [*on, "floor: a bare record"])
    path = PathByPath(chosen.depth, records)
    assert built.root == path.nodes[1], "the two maps differ"
    del records

    def batch(chosen_keys: Sequence[bytes], count: int) -> list[Change]:
        return [(key, count, draw.randbytes(32)) for key in chosen_keys]

    known = [batch(draw.sample(keys, chosen.batch), number + 2) for number in range(chosen.rounds)]
    against = "CPU time; floor: dict, path by path, record hashes kept"
    compare(built, path, known, "batch of known streams", [*on, against])
    fresh = [batch([draw.randbytes(32) for _ in range(chosen.batch)], 1) for _ in range(chosen.rounds)]
    compare(built, path, fresh, "batch of new streams", [*on, against])
    del path

    history = MapHistory(built, 0)
    start = perf_counter()
    for _ in range(20):
        history.advance(batch(draw.sample(keys, chosen.batch), 99))
    spent = (perf_counter() - start) / 20
    each = history.nbytes / (20 * chosen.batch)
    say("memory, one change kept for older epochs", [each], "bytes/key", [72], [*on, f"{spent * 1e3:.0f} ms an epoch"])
    bundle = f"{STREAMS_PROVED} streams, 2 of them absent; floor: the whole bundle's {PROOF_BYTES_AIM} bytes, a millisecond"
    proofs(history, history.epoch, keys, chosen.rounds, [*on, bundle])
    proofs(history, history.oldest, keys, chosen.rounds, [*on, bundle])

    grown = Map(chosen.depth)
    for first in range(0, chosen.streams, chosen.batch):
        grown.update(batch(keys[first : first + chosen.batch], 1))
    say("memory, grown batch by batch", [grown.nbytes / chosen.streams], "bytes/stream", [72], [*on, "floor: a bare record"])


if __name__ == "__main__":
    main()

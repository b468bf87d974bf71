"""Proofs from the map, the writer's side: one proof for many streams, without a hash twice. `map_verify.py` checks it.

Source: DESIGN 3.3; docs/formats/map.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol

from .encoding import b64u
from .hashing import leaf_hash, node_hash
from .map_hash import KEY_SIZE, slot_of
from .map_verify import BucketProof, MapProof, Neighbour

RECORD_SIZE = 72  # bytes: key ‖ u64be count ‖ head


class MapView(Protocol):
    """A map at one epoch: `map.Map`, or what `map_history.MapHistory.at` gives."""

    @property
    def depth(self) -> int:
        """Bits of a key that name its bucket."""

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        """Hashes of nodes: 1 is the root, 2i and 2i + 1 stand under i, bucket s is 2**depth + s."""

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        """Records of buckets in key order, 72 bytes each."""


def prove(view: MapView, keys: Iterable[bytes]) -> MapProof:
    """Prove for each key its record, or that there is none.

    Args:
        view: The map at the epoch whose leaf the reader has.
        keys: Map keys, 32 bytes, at least one; twice the same is asked once.

    Raises:
        ValueError: For no key, or one of another length.
    """
    asked = sorted(set(keys))
    if not asked or any(len(key) != KEY_SIZE for key in asked):
        raise ValueError("no key to prove, or one that has not 32 bytes")
    groups = {slot: list(group) for slot, group in groupby(asked, key=lambda key: slot_of(key, view.depth))}
    slots = list(groups)
    buckets = [_open(records, groups[slot]) for slot, records in zip(slots, view.buckets(slots), strict=True)]
    siblings: list[int] = []
    places = [(1 << view.depth) + slot for slot in slots]
    while places != [1]:
        known = set(places)
        siblings += [place ^ 1 for place in places if place ^ 1 not in known]
        places = sorted({place >> 1 for place in places})
    return MapProof(tuple(buckets), tuple(view.nodes(siblings)))


def format_map_proof(proof: MapProof) -> dict[str, object]:
    """The JSON object of a proof; `map_verify.parse_map_proof` reads it."""
    buckets = []
    for bucket in proof.buckets:
        form: dict[str, object] = {"n": bucket.n, "path": b64u(b"".join(bucket.path))}
        if bucket.at:
            form["at"] = list(bucket.at)
        if bucket.near:
            form["near"] = [[row.position, b64u(row.key), row.count, b64u(row.head)] for row in bucket.near]
        buckets.append(form)
    return {"buckets": buckets, "nodes": b64u(b"".join(proof.nodes))}


def _open(records: bytes, asked: Sequence[bytes]) -> BucketProof:
    """Open in one bucket the records of these keys, and for a key without one the two between which it would stand."""
    rows = [records[offset : offset + RECORD_SIZE] for offset in range(0, len(records), RECORD_SIZE)]
    keys = [row[:KEY_SIZE] for row in rows]
    at: list[int] = []
    beside: set[int] = set()
    for key in asked:
        position = bisect_left(keys, key)
        if position < len(keys) and keys[position] == key:
            at.append(position)
        else:
            beside.update({position - 1, position} & set(range(len(keys))))
    near = sorted(beside.difference(at))
    path = _siblings([leaf_hash(row) for row in rows], sorted({*at, *near}))
    neighbours = [Neighbour(i, keys[i], int.from_bytes(rows[i][KEY_SIZE : KEY_SIZE + 8], "big"), rows[i][-32:]) for i in near]
    return BucketProof(len(rows), tuple(at), tuple(neighbours), tuple(path))


def _siblings(row: list[bytes], opened: list[int]) -> list[bytes]:
    """What a verifier lacks to climb from the opened leaves to the root: level by level from below, left to right."""
    path: list[bytes] = []
    while len(row) > 1:
        known = set(opened)
        path += [row[place ^ 1] for place in opened if place ^ 1 not in known and place ^ 1 < len(row)]
        opened = sorted({place >> 1 for place in opened})
        above = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        row = above + row[len(above) * 2 :]
    return path

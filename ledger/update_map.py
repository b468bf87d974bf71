"""Verification of a change of the map, and nothing else: exactly these records changed or came, and no other.

Each bucket that is touched is given whole, every record that is not opened as its hash; so the same proof leads to the
root before and to the root after. Shares no code with the writer but the hashes. Source: DESIGN 3.3;
docs/formats/update.md, steps 11 to 16.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TypeAlias

from .errors import VerificationError
from .hashing import EMPTY_ROOT
from .map_hash import bucket_hash, map_node, record_hash, slot_of
from .proof import root_from_range

Record: TypeAlias = "tuple[int, bytes]"  # count and head
Pair: TypeAlias = "tuple[bytes, bytes]"  # a hash before and after


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record that did not change and is opened because a new stream came to stand beside it."""

    position: int  # in the bucket before, from 0
    key: bytes
    count: int
    head: bytes


@dataclass(frozen=True, slots=True)
class BucketChange:
    """What an update says of one bucket, as it was before."""

    at: tuple[int, ...]  # positions of the records that changed, in key order
    near: tuple[Neighbour, ...]  # in key order
    rest: tuple[bytes, ...]  # hashes of all other records, in key order


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One stream before and after."""

    key: bytes
    before: Record | None  # None: there was no such stream
    after: Record


def change_roots(depth: int, buckets: Sequence[BucketChange], nodes: Sequence[bytes], changes: Sequence[RecordChange]) -> Pair:
    """Roots of the map before and after these changes; to be compared with those of the two epochs.

    Args:
        depth: Bits of a key that name its bucket, from the genesis leaf.
        buckets: Those into which the keys fall, ascending.
        nodes: Hashes above them that do not follow from them, level by level from below, left to right.
        changes: At least one, by strictly ascending key.

    Raises:
        VerificationError: `map-buckets`, `map-present`, `map-neighbour`, `map-order`, `map-absent`, `map-missing`,
            `map-extra`.
    """
    groups = [(slot, list(group)) for slot, group in groupby(changes, key=lambda change: slot_of(change.key, depth))]
    _need(len(groups) == len(buckets), "map-buckets", f"{len(buckets)} where the keys name {len(groups)}")
    pairs = zip(groups, buckets, strict=True)
    return _climb([(slot, _bucket_hashes(slot, depth, bucket, group)) for (slot, group), bucket in pairs], depth, nodes)


def _bucket_hashes(slot: int, depth: int, bucket: BucketChange, changes: Sequence[RecordChange]) -> Pair:
    """Hashes of a bucket before and after."""
    known = [(change, change.before) for change in changes if change.before is not None]
    _need(len(bucket.at) == len(known), "map-present", f"{len(bucket.at)} positions for {len(known)} streams")
    size = len(bucket.at) + len(bucket.near) + len(bucket.rest)
    opened = [
        (position, change.key, record_hash(change.key, *before), record_hash(change.key, *change.after))
        for position, (change, before) in zip(bucket.at, known, strict=True)
    ]
    for row in bucket.near:
        _need(slot_of(row.key, depth) == slot, "map-neighbour", "a neighbour of another bucket")
        same = record_hash(row.key, row.count, row.head)
        opened.append((row.position, row.key, same, same))
    positions = [row.position for row in bucket.near]
    _need(positions == sorted(set(positions)), "map-order", "neighbours are not in strictly ascending order")
    opened.sort()
    rising = all(older[0] < newer[0] and older[1] < newer[1] for older, newer in pairwise(opened))
    _need(rising, "map-order", "opened records are not in strictly ascending order")
    _need(all(row[0] < size for row in opened), "map-order", "a position beyond the bucket")
    before: list[bytes] = []
    after: list[list[bytes]] = []  # one list a place, so that what is new can be put in front of it
    told, rest = {row[0]: row[2:] for row in opened}, iter(bucket.rest)
    for place in range(size):
        was, now = told[place] if place in told else (next(rest),) * 2
        before.append(was)
        after.append([now])
    after.append([])
    needed: set[int] = set()
    keys, places = [row[1] for row in opened], [row[0] for row in opened]
    for change in reversed(changes):  # so that what is put in front stays in order
        if change.before is None:
            beside = _beside(change.key, keys, places, size)
            needed.update(beside)
            after[beside[1]].insert(0, record_hash(change.key, *change.after))
    _need(needed.issuperset(positions), "map-neighbour", "a neighbour that no new stream needs")
    return _bucket_root(before), _bucket_root([record for place in after for record in place])


def _beside(key: bytes, keys: Sequence[bytes], positions: Sequence[int], size: int) -> tuple[int, int]:
    """Positions between which a new record comes to stand: they must follow each other, or be an edge."""
    place = bisect_left(keys, key)
    _need(place == len(keys) or keys[place] != key, "map-absent", "a stream said to be new was there")
    before = positions[place - 1] if place else -1
    after = positions[place] if place < len(keys) else size
    _need(after == before + 1, "map-absent", f"records between {before} and {after} are not shown")
    return before, after


def _bucket_root(records: Sequence[bytes]) -> bytes:
    root = root_from_range(0, records, len(records), ()) if records else EMPTY_ROOT
    return bucket_hash(len(records), root)


def _climb(known: list[tuple[int, Pair]], depth: int, nodes: Sequence[bytes]) -> Pair:
    """Both roots; a sibling that is not known is taken from `nodes` and stands in both maps."""
    rest = iter(nodes)
    for _ in range(depth):
        level = dict(known)
        known = []
        for place, pair in level.items():
            if place & 1 and place - 1 in level:
                continue  # joined when its left sibling was
            other = level[place + 1] if not place & 1 and place + 1 in level else (_take(rest),) * 2
            left, right = (other, pair) if place & 1 else (pair, other)
            known.append((place >> 1, (map_node(left[0], right[0]), map_node(left[1], right[1]))))
    _need(next(rest, None) is None, "map-extra", "hashes left over")
    return known[0][1]


def _take(rest: Iterator[bytes]) -> bytes:
    hashed = next(rest, None)
    if hashed is None:
        raise VerificationError("map-missing", "the proof ends too early")
    return hashed


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)

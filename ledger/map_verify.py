"""Verification of map proofs, and nothing else: which streams there are, how long each is, and which are not there.

A proof opens records in buckets; every hash that cannot be worked out from them is given once, in a fixed order:
level by level from below, left to right. This file is meant to be audited on its own and shares no code with the
writer but the hashes. Source: DESIGN 3.3; docs/formats/map.md, whose steps the comments number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TypeAlias

from .encoding import unb64u
from .errors import VerificationError
from .hashing import EMPTY_ROOT, HASH_SIZE, node_hash
from .limits import INTEGER_MAX, MAP_DEPTH_MAX
from .map_hash import KEY_SIZE, bucket_hash, map_node, record_hash, slot_of

N_MAX = 2**32 - 1  # records of a bucket: their number is hashed as 32 bits

Query: TypeAlias = "tuple[bytes, tuple[int, bytes] | None]"  # key, and (count, head) or None for "no such stream"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record that is opened only because a missing key would stand beside it."""

    position: int  # in the bucket, from 0
    key: bytes
    count: int
    head: bytes


@dataclass(frozen=True, slots=True)
class BucketProof:
    """What a proof says of one bucket."""

    n: int  # records in the bucket
    at: tuple[int, ...]  # positions of the records asked for, in key order
    near: tuple[Neighbour, ...]  # in key order
    path: tuple[bytes, ...]  # hashes of the bucket's tree that do not follow from the opened records


@dataclass(frozen=True, slots=True)
class MapProof:
    """One proof for many keys."""

    buckets: tuple[BucketProof, ...]  # of the keys asked for, ascending; their numbers follow from the keys
    nodes: tuple[bytes, ...]  # hashes above the buckets that do not follow from them


def parse_map_proof(value: object) -> MapProof:
    """Read the JSON object of a proof.

    Raises:
        VerificationError: `map-form`, `map-range` or `map-encoding`.
    """
    form = _members(value, {"buckets", "nodes"}, set())
    return MapProof(tuple(_bucket(bucket) for bucket in _list(form["buckets"])), _hashes(form["nodes"]))


def verify_map(root: bytes, depth: int, proof: MapProof, queries: Sequence[Query]) -> None:
    """Check that the map with this root has exactly these records for these keys.

    Args:
        root: Map root, from an epoch leaf that the caller has already verified.
        depth: Bits of a key that name its bucket, from the genesis leaf of the same book.
        proof: What the book answered.
        queries: For each key (32 bytes) the count and head worked out from the entries shown, or None for no entry.

    Raises:
        VerificationError: A code beginning with `map-`.
    """
    _need(1 <= depth <= MAP_DEPTH_MAX, "map-query", f"depth {depth}")
    asked = sorted(queries, key=lambda query: query[0])
    keys = [key for key, _ in asked]
    _need(len(keys) > 0 and len(set(keys)) == len(keys), "map-query", "no key, or one twice")
    for key, record in asked:
        _need(len(key) == KEY_SIZE, "map-query", f"a key of {len(key)} bytes")
        if record is not None:
            _need(1 <= record[0] <= INTEGER_MAX and len(record[1]) == HASH_SIZE, "map-query", "count or head out of bounds")
    groups = {slot: dict(group) for slot, group in groupby(asked, key=lambda query: slot_of(query[0], depth))}
    _need(len(groups) == len(proof.buckets), "map-buckets", f"{len(proof.buckets)} where the keys name {len(groups)}")
    pairs = zip(groups.items(), proof.buckets, strict=True)
    known = [(slot, _bucket_hash(slot, depth, bucket, records)) for (slot, records), bucket in pairs]
    _need(_climb(known, 1 << depth, proof.nodes, map_node) == root, "map-root", "the proof leads to another root")


def _bucket_hash(slot: int, depth: int, bucket: BucketProof, asked: Mapping[bytes, tuple[int, bytes] | None]) -> bytes:
    """Hash of a bucket in which the keys asked for stand, or do not stand, as claimed."""
    present = [(key, record) for key, record in asked.items() if record is not None]
    _need(len(bucket.at) == len(present), "map-present", f"{len(bucket.at)} positions for {len(present)} streams")
    opened = [(position, key, record) for position, (key, record) in zip(bucket.at, present, strict=True)]
    for row in bucket.near:
        _need(slot_of(row.key, depth) == slot, "map-neighbour", "a neighbour of another bucket")
        opened.append((row.position, row.key, (row.count, row.head)))
    positions = [row.position for row in bucket.near]
    _need(positions == sorted(set(positions)), "map-order", "neighbours are not in strictly ascending order")
    opened.sort(key=lambda row: row[0])
    for older, newer in pairwise(opened):
        _need(older[0] < newer[0] and older[1] < newer[1], "map-order", "opened records are not in strictly ascending order")
    _need(all(0 <= row[0] < bucket.n for row in opened), "map-order", "a position beyond the bucket")
    needed = {place for key, record in asked.items() if record is None for place in _beside(key, opened, bucket.n)}
    _need(all(row.position in needed for row in bucket.near), "map-neighbour", "a neighbour that no missing key needs")
    leaves = [(position, record_hash(key, *record)) for position, key, record in opened]
    root = _climb(leaves, bucket.n, bucket.path, node_hash) if leaves else EMPTY_ROOT
    _need(bool(leaves) or not bucket.path, "map-extra", "hashes for an empty bucket")
    return bucket_hash(bucket.n, root)


def _beside(key: bytes, opened: Sequence[tuple[int, bytes, tuple[int, bytes]]], n: int) -> set[int]:
    """Positions of the records between which a missing key would stand; they must follow each other, or be an edge."""
    keys = [row[1] for row in opened]
    place = bisect_left(keys, key)
    _need(place == len(keys) or keys[place] != key, "map-absent", "a key said to be missing is there")
    before = opened[place - 1][0] if place else -1
    after = opened[place][0] if place < len(opened) else n
    _need(after == before + 1, "map-absent", f"records between {before} and {after} are not shown")
    return {before, after}


def _climb(known: list[tuple[int, bytes]], width: int, path: Sequence[bytes], join: Callable[[bytes, bytes], bytes]) -> bytes:
    """Root above the known nodes, taking what is not known from `path`, which must be used up exactly."""
    rest = iter(path)
    while width > 1:
        above: list[tuple[int, bytes]] = []
        waiting = dict(known)
        for place, hashed in known:
            if place & 1 and place - 1 in waiting:
                continue  # joined when its left sibling was
            if place & 1:
                hashed = join(_take(rest), hashed)
            elif place + 1 < width:
                hashed = join(hashed, waiting[place + 1] if place + 1 in waiting else _take(rest))
            above.append((place >> 1, hashed))  # an odd last node rises as it is
        known, width = above, (width + 1) >> 1
    _need(next(rest, None) is None, "map-extra", "hashes left over")
    return known[0][1]


def _take(rest: Iterator[bytes]) -> bytes:
    hashed = next(rest, None)
    if hashed is None:
        raise VerificationError("map-missing", "the proof ends too early")
    return hashed


def _bucket(value: object) -> BucketProof:
    form = _members(value, {"n", "path"}, {"at", "near"})
    at = tuple(_integer(position, 0, N_MAX - 1) for position in _list(form["at"])) if "at" in form else ()
    near = tuple(_neighbour(row) for row in _list(form["near"])) if "near" in form else ()
    return BucketProof(_integer(form["n"], 0, N_MAX), at, near, _hashes(form["path"]))


def _neighbour(value: object) -> Neighbour:
    row = _list(value)
    _need(len(row) == 4, "map-form", f"{len(row)} members of a neighbour")
    key, head = _hashes(row[1]), _hashes(row[3])
    _need(len(key) == 1 and len(head) == 1, "map-encoding", "a neighbour's key or head is not one hash")
    return Neighbour(_integer(row[0], 0, N_MAX - 1), key[0], _integer(row[2], 1, INTEGER_MAX), head[0])


def _members(value: object, needed: set[str], optional: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | optional:
        raise VerificationError("map-form", f"not an object of {sorted(needed)}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise VerificationError("map-form", "not a list, or an empty one")
    return value


def _integer(value: object, least: int, most: int) -> int:
    if type(value) is not int:
        raise VerificationError("map-form", "not an integer")
    _need(least <= value <= most, "map-range", f"{value} is not within {least} and {most}")
    return value


def _hashes(value: object) -> tuple[bytes, ...]:
    """Hashes that stand in one base64url text, one after another."""
    if not isinstance(value, str):
        raise VerificationError("map-form", "not a text of hashes")
    try:
        raw = unb64u(value)
    except VerificationError as error:
        raise VerificationError("map-encoding", error.detail) from error
    _need(len(raw) % HASH_SIZE == 0, "map-encoding", f"{len(raw)} bytes are not whole hashes")
    return tuple(raw[offset : offset + HASH_SIZE] for offset in range(0, len(raw), HASH_SIZE))


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)

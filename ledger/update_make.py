"""Making an update, the writer's side: the leaves of a range, the streams they let grow, and what the map had beside them.

Pure: what the book holds is handed in through a port. Only the newer map is needed: what did not change is the same in
the older one, and what changed follows from the chains. `update_verify.py`, which judges the outcome, shares nothing with
this file but formats. Source: DESIGN 3.3; docs/formats/update.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

import orjson

from . import canonical
from .canonical import JsonValue
from .chain import HEAD_START, head_of
from .encoding import b64u
from .entry import read_entry
from .errors import VerificationError
from .hashing import leaf_hash
from .leaf import kind_of
from .limits import UPDATE_BYTES_MAX, UPDATE_DEPTH_MAX, UPDATE_ENTRIES_MAX, UPDATE_LEAVES_MAX, UPDATE_STREAMS_MAX
from .map_hash import KEY_SIZE, map_key, record_hash, slot_of
from .map_proof import RECORD_SIZE, MapView

Rows = list[tuple[bytes, int, bytes]]  # key, count and head of each record of a bucket, in key order


class UpdateSource(Protocol):
    """A book between two of its epochs."""

    @property
    def note(self) -> str:
        """Checkpoint of the newer epoch."""

    @property
    def first(self) -> int:
        """Index of the older epoch's leaf."""

    @property
    def size(self) -> int:
        """Leaves under the newer checkpoint."""

    @property
    def newer(self) -> MapView:
        """The map at the newer epoch."""

    def leaf(self, index: int) -> bytes:
        """One leaf."""

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        """Index and bytes of every leaf from `first` to before `size`, in order."""

    def path(self) -> Sequence[bytes]:
        """Hashes of the complete subtrees that hold the leaves before `first`, from left to right."""

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        """Head of each of these streams after that number of entries, at least 1."""


def streams_of(leaf: bytes) -> Sequence[str]:
    """Streams of an entry, worked out from its statement."""
    return read_entry(0, leaf).statement.streams


def make_update(source: UpdateSource, streams: Callable[[bytes], Sequence[str]] = streams_of) -> bytes:
    """Make the update from one epoch to another.

    Args:
        source: The book.
        streams: In which streams an entry leaf stands.

    Returns:
        The update's bytes.

    Raises:
        VerificationError: `update-too-large`.
        ValueError: The book contradicts itself: chains and map do not belong together.
    """
    return _Maker(source, streams).make()


@dataclass(slots=True)
class _Maker:
    """Makes one update."""

    source: UpdateSource
    streams: Callable[[bytes], Sequence[str]]
    names: dict[bytes, str] = field(default_factory=dict)  # by map key
    listed: dict[bytes, list[tuple[int, bytes]]] = field(default_factory=dict)  # index and leaf hash, by map key
    before: dict[bytes, tuple[int, bytes] | None] = field(default_factory=dict)

    def make(self) -> bytes:
        source = self.source
        _bound(source.size - 1 - source.first, UPDATE_LEAVES_MAX, "leaves")
        hashes: list[bytes] = []
        shown: list[JsonValue] = []
        for index, leaf in source.leaves():
            if index == source.first or kind_of(leaf) != "entry":
                shown.append([index, orjson.loads(leaf)])
            else:
                hashes.append(leaf_hash(leaf))
                _bound(len(hashes), UPDATE_ENTRIES_MAX, "entries")
                self._list(index, leaf, hashes[-1])
        if len(hashes) + len(shown) != source.size - source.first:
            raise ValueError("a leaf of the range is missing")
        value: dict[str, JsonValue] = {
            "checkpoint": source.note, "genesis": orjson.loads(source.leaf(0)), "hashes": b64u(b"".join(hashes)),
            "leaves": shown, "path": b64u(b"".join(source.path())), "v": 1,
        }  # fmt: skip
        if self.listed:
            value["map"] = self._map()
            value["changed"] = [self._changed(key) for key in sorted(self.listed)]
        raw = canonical.dump(value, UPDATE_DEPTH_MAX)
        _bound(len(raw), UPDATE_BYTES_MAX, "bytes")
        return raw

    def _list(self, index: int, leaf: bytes, hashed: bytes) -> None:
        for name in self.streams(leaf):
            key = map_key(name)
            self.names[key] = name
            self.listed.setdefault(key, []).append((index, hashed))
        _bound(len(self.listed), UPDATE_STREAMS_MAX, "streams")

    def _changed(self, key: bytes) -> JsonValue:
        row: list[JsonValue] = [b64u(key), [index for index, _ in self.listed[key]]]
        before = self.before[key]
        return row if before is None else [*row, before[0], b64u(before[1])]

    def _map(self) -> JsonValue:
        view = self.source.newer
        slots = {slot: list(group) for slot, group in groupby(sorted(self.listed), key=lambda key: slot_of(key, view.depth))}
        buckets = [_split(records) for records in view.buckets(list(slots))]
        self._look_back({key: (count, head) for rows in buckets for key, count, head in rows if key in self.listed})
        siblings: list[int] = []
        places = [(1 << view.depth) + slot for slot in slots]
        while places != [1]:
            known = set(places)
            siblings += [place ^ 1 for place in places if place ^ 1 not in known]
            places = sorted({place >> 1 for place in places})
        opened: list[JsonValue] = [self._open(rows, keys) for rows, keys in zip(buckets, slots.values(), strict=True)]
        return {"buckets": opened, "nodes": b64u(b"".join(view.nodes(siblings)))}

    def _look_back(self, now: Mapping[bytes, tuple[int, bytes]]) -> None:
        """Work out what the changed records were, and that their chains lead to what they are."""
        counts = {key: now[key][0] - len(rows) if key in now else -1 for key, rows in self.listed.items()}
        heads = self.source.heads([(self.names[key], count) for key, count in counts.items() if count > 0])
        for key, count in counts.items():
            head = heads.get(self.names[key]) if count else HEAD_START
            if count < 0 or head is None or head_of(self.listed[key], head) != now[key][1]:
                raise ValueError(f"a stream {self.names[key][:2]} does not lead to its record in the map")
            self.before[key] = (count, head) if count else None

    def _open(self, rows: Rows, changed: Sequence[bytes]) -> JsonValue:
        """One bucket as it was before: what changed, what stands beside a new stream, and the hashes of all others."""
        older: Rows = []
        for key, count, head in rows:
            before = self.before.get(key, (count, head))
            if before is not None:
                older.append((key, *before))
        keys = [key for key, _, _ in older]
        at = [place for place, key in enumerate(keys) if key in self.before]
        beside: set[int] = set()
        for key in changed:
            if self.before[key] is None:
                place = bisect_left(keys, key)
                beside.update({place - 1, place} & set(range(len(keys))))
        near = sorted(beside.difference(at))
        rest = b"".join(record_hash(*row) for place, row in enumerate(older) if place not in beside and row[0] not in self.before)
        form: dict[str, JsonValue] = {"rest": b64u(rest)}
        if at:
            form["at"] = list(at)
        if near:
            form["near"] = [[place, b64u(older[place][0]), older[place][1], b64u(older[place][2])] for place in near]
        return form


def _split(records: bytes) -> Rows:
    rows = (records[offset : offset + RECORD_SIZE] for offset in range(0, len(records), RECORD_SIZE))
    return [(row[:KEY_SIZE], int.from_bytes(row[KEY_SIZE : KEY_SIZE + 8], "big"), row[KEY_SIZE + 8 :]) for row in rows]


def _bound(found: int, most: int, what: str) -> None:
    if found > most:
        raise VerificationError("update-too-large", f"{found} {what}, at most {most}")

"""Streams: every chain extended anew, and the map's root at every epoch. Source: DESIGN 3.2, 3.3; docs/formats/map.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from .audit_memory import Record
from .hashing import CHAIN_TAG
from .map import Map

State = TypeVar("State")


class Names(Protocol):
    """Who is told the name of each new stream."""

    def match(self, due: tuple[int, str], index: int | None) -> None:
        """Number and name, and the index of the entry that began the stream."""
        ...


class RowsDue(Protocol):
    """Who is told the rows of streams: stream number ‖ position, index, and head of 32 bytes; three lists that grow."""

    places: list[int]
    indexes: list[int]
    heads: list[bytes]


class Streams(Generic[State]):
    """All streams of one log while it is read.

    Args:
        depth: Of the map, from the genesis leaf.
        names: Told the streams' names.
        rows: Where stream rows go.
    """

    def __init__(self, depth: int, names: Names, rows: RowsDue) -> None:
        self.count = 0
        self._map = Map(depth)
        self._names = names
        self._rows = rows
        self._touched: dict[bytes, Record[State]] = {}

    def add(self, first: int, hashes: Sequence[bytes], names: Iterable[Sequence[str]], records: dict[str, Record[State]]) -> None:
        """Take a run of entries, the first of them at an index, into the streams that each names, in their order."""
        places, indexes, heads = self._rows.places, self._rows.indexes, self._rows.heads
        touched, begun = self._touched, sha256(CHAIN_TAG).copy
        for index, (leaf_hash, own) in enumerate(zip(hashes, names, strict=True), first):
            link = index.to_bytes(8, "big") + leaf_hash
            for name in own:
                record = records[name]
                number = record.number
                if not number:
                    self.count += 1
                    record.number = number = self.count
                    self._names.match((number, name), index)
                state = begun()
                state.update(record.head + link)
                record.head = head = state.digest()
                count = record.count
                places.append(number << 32 | count)
                indexes.append(index)
                heads.append(head)
                record.count = count + 1
                touched[record.key] = record

    def close_epoch(self) -> tuple[bytes, int]:
        """Root of the map and number of streams, with every entry so far."""
        self._map.update([(key, record.count, record.head) for key, record in self._touched.items()])
        self._touched.clear()
        return self._map.root, self._map.streams

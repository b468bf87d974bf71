"""The map as it stood at earlier epochs, so that a cosigned checkpoint can be proved while newer epochs go on.

Kept as undo records on top of the newest map; a view lays the ones that are newer than its epoch over it, and copies
nothing. Under sustained load `BYTES_MAX` lets go of old epochs before `EPOCHS_MAX` does (docs/adr/0004 has the figures).
One lock of the owner guards `advance`, `retreat` and the whole life of a view; a copy needs it only while it is made.
Source: DESIGN 3.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from .map import RECORD_SIZE, Map, MapUndo
from .map_hash import KEY_SIZE

EPOCHS_MAX = 600  # epochs one can go back: ten hours when idle, two minutes at up to 200 entries an epoch
BYTES_MAX = 128 * 1024 * 1024  # memory of the undo records: 81 epochs of 2,000 entries, 16 s at full load
COUNTED = slice(KEY_SIZE, KEY_SIZE + 8)  # bytes of a record that hold its count; all zero where there was no record


class MapHistory:
    """A map, and what it was at the epochs before.

    Args:
        current: The map at `epoch`; from now on changed through this history only.
        epoch: Number of the newest published epoch; 0 before the first.
        epochs_max: Epochs kept besides the newest, at least 1.
        bytes_max: Bound of the memory that the undo records take; one is kept whatever its size, for `retreat`.
    """

    def __init__(self, current: Map, epoch: int, epochs_max: int = EPOCHS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self.current = current
        self.epoch = epoch
        self._epochs_max = epochs_max
        self._bytes_max = bytes_max
        self._undo: deque[MapUndo] = deque()  # the last leads from `epoch` back to the epoch before
        self._bytes = 0

    @property
    def oldest(self) -> int:
        """Number of the oldest epoch that `at` still answers for."""
        return self.epoch - len(self._undo)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the undo records take; the map itself not counted."""
        return self._bytes

    def advance(self, changes: Iterable[tuple[bytes, int, bytes]]) -> bytes:
        """Make the next epoch's map.

        Args:
            changes: (key, count, head) of every stream that grew; may be empty.

        Returns:
            The new root.

        Raises:
            ValueError: As `Map.update`; nothing has changed then.
        """
        record = self.current.update(changes)
        self.epoch += 1
        self._undo.append(record)
        self._bytes += record.nbytes
        while len(self._undo) > self._epochs_max or (self._bytes > self._bytes_max and len(self._undo) > 1):
            self._bytes -= self._undo.popleft().nbytes
        return self.current.root

    def retreat(self) -> None:
        """Take back the newest epoch: its transaction was not committed.

        Raises:
            LookupError: When its undo record is gone; the map must be rebuilt from the streams.
        """
        if not self._undo:
            raise LookupError(f"epoch {self.epoch} cannot be taken back")
        record = self._undo.pop()
        self._bytes -= record.nbytes
        self.current.undo(record)
        self.epoch -= 1

    def at(self, epoch: int) -> Map | MapAt:
        """The map at an epoch, to prove from; good until the next `advance` or `retreat`.

        Raises:
            LookupError: For an epoch that is not kept, or not yet there.
        """
        newer = self._newer(epoch)
        return MapAt(self.current, newer) if newer else self.current

    def copy(self, epoch: int, places: Sequence[int] = (), slots: Sequence[int] = ()) -> MapAt:
        """These nodes and buckets of the map at an epoch, good for ever: only this call needs the owner's lock.

        Raises:
            LookupError: As `at`.
        """
        newer = self._newer(epoch)
        nodes = dict(zip(places, self.current.nodes(places), strict=True))
        buckets = dict(zip(slots, self.current.buckets(slots), strict=True))
        return MapAt(MapPart(self.current.depth, nodes, buckets), newer)

    def _newer(self, epoch: int) -> list[MapUndo]:
        if not self.oldest <= epoch <= self.epoch:
            raise LookupError(f"the map of epoch {epoch} is not kept; {self.oldest} to {self.epoch} are")
        return list(islice(self._undo, epoch - self.oldest, None))


@dataclass(frozen=True, slots=True)
class MapPart:
    """Some nodes and buckets of a map, copied; reads like a `Map` of these, which are asked for as they were copied."""

    depth: int
    by_place: Mapping[int, bytes]
    by_slot: Mapping[int, bytes]

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        """As `Map.nodes`."""
        return [self.by_place[place] for place in places]

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        """As `Map.buckets`."""
        return [self.by_slot[slot] for slot in slots]


class MapAt:
    """The map at an earlier epoch; reads like a `Map`, in time proportional to the epochs between.

    Args:
        current: The newest map, or a part of it.
        newer: Undo records of the epochs after this one, oldest first.
    """

    def __init__(self, current: Map | MapPart, newer: Sequence[MapUndo]) -> None:
        self.depth = current.depth
        self._current = current
        self._newer = newer

    @property
    def root(self) -> bytes:
        """Root hash of the map at this epoch, 32 bytes."""
        return self.nodes([1])[0]

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        """As `Map.nodes`."""
        wanted = np.array(places, np.uint32)
        hashes = list(self._current.nodes(places))
        for record in reversed(self._newer):  # the oldest that knows a node has the last word
            found = np.searchsorted(record.places, wanted)
            near = np.flatnonzero(found < len(record.places))
            near = near[record.places[found[near]] == wanted[near]]
            for place, hashed in zip(near.tolist(), record.hashes[found[near]].tolist(), strict=True):
                hashes[place] = hashed
        return hashes

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        """As `Map.buckets`."""
        contents = [dict(_split(records)) for records in self._current.buckets(slots)]
        width = np.uint64(64 - self.depth)
        first = np.array(slots, np.uint64) << width
        last = first + ((np.uint64(1) << width) - np.uint64(1))
        for record in reversed(self._newer):
            words = record.rows[:, 0].astype(np.uint64)
            begin, end = np.searchsorted(words, first), np.searchsorted(words, last, side="right")
            for place in np.flatnonzero(end > begin).tolist():
                contents[place].update(_split(record.rows[begin[place] : end[place]].tobytes()))
        return [b"".join(records[key] for key in sorted(records) if any(records[key][COUNTED])) for records in contents]


def _split(records: bytes) -> Iterator[tuple[bytes, bytes]]:
    for offset in range(0, len(records), RECORD_SIZE):
        record = records[offset : offset + RECORD_SIZE]
        yield record[:KEY_SIZE], record

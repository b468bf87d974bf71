"""The map: which streams there are, and how many entries and which head each has, under one root.

Held in memory and derivable from the streams: rebuilt, never trusted. A batch of changes is hashed level by level.
One lock of the owner guards `update`, `undo` and every reading: nothing here is safe for threads.
Source: DESIGN 3.3; docs/formats/map.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .hashing import HASH_SIZE, MAP_NODE_TAG
from .limits import INTEGER_MAX
from .map_buckets import COUNT, DIGEST, ROW_WORDS, WORD, Buckets, Digests, Rows, hash_each
from .map_hash import KEY_SIZE, empty_nodes, slot_of

DEPTH_MAX = 24  # bits; the nodes of a deeper map alone would take more than 1 GiB of memory
BUILD_ROWS = 65_536  # records hashed at a time while a map is built; bounds the temporary memory
RECORD_SIZE = ROW_WORDS * WORD.itemsize  # bytes: 72


@dataclass(frozen=True, slots=True, eq=False)
class MapUndo:
    """What stood in the map before one update. Opaque but to `Map.undo` and the views of `map_history.py`.

    Attributes:
        rows: Records before, in key order; count 0 where there was none.
        places: Numbers of the nodes that changed, ascending; 1 is the root. Four bytes each, for 600 epochs are kept.
        hashes: Their hashes before.
    """

    rows: Rows
    places: npt.NDArray[np.uint32]
    hashes: Digests

    @property
    def nbytes(self) -> int:
        """Bytes of memory that keeping this record takes."""
        return self.rows.nbytes + self.places.nbytes + self.hashes.nbytes


class Map:
    """A verifiable map of all streams of a shard.

    Args:
        depth: Bits of a key that name its bucket, from the genesis leaf; 1 to 24 here (a verifier reads up to 32).
    """

    def __init__(self, depth: int) -> None:
        if not 1 <= depth <= DEPTH_MAX:
            raise ValueError(f"a map of depth {depth}; in memory 1 to {DEPTH_MAX}")
        self.depth = depth
        self.streams = 0
        self._buckets = Buckets(depth)
        # Node 1 is the root, the children of i are 2i and 2i + 1, bucket s is node 2**depth + s.
        self._nodes: Digests = np.empty(2 << depth, DIGEST)
        for level, empty in enumerate(empty_nodes(depth)):
            self._nodes[1 << level : 2 << level] = np.frombuffer(empty, DIGEST)

    @classmethod
    def from_records(cls, depth: int, records: Iterable[tuple[bytes, int, bytes]]) -> Map:
        """Build a map at once; takes less memory afterwards than one that grew.

        Args:
            depth: As for the class.
            records: (key, count, head) of every stream, in any order.

        Raises:
            ValueError: As `update`.
        """
        rows = _rows(records)
        built = cls(depth)
        for first in range(0, len(rows), BUILD_ROWS):
            built._apply(rows[first : first + BUILD_ROWS])
        return built

    @property
    def root(self) -> bytes:
        """Root hash of the map, 32 bytes."""
        return bytes(self._nodes[1])

    @property
    def nbytes(self) -> int:
        """Bytes held by the map's arrays."""
        return self._nodes.nbytes + self._buckets.nbytes

    def get(self, key: bytes) -> tuple[int, bytes] | None:
        """Count and head of a stream, or None when the map has no such key."""
        records = self._buckets.records(slot_of(key, self.depth))
        for offset in range(0, len(records), RECORD_SIZE):
            if records.startswith(key, offset):
                record = records[offset + KEY_SIZE : offset + RECORD_SIZE]
                return int.from_bytes(record[:8], "big"), record[8:]
        return None

    def count_in(self, slot: int) -> int:
        """Records in a bucket."""
        return int(self._buckets.sizes[slot])

    def update(self, changes: Iterable[tuple[bytes, int, bytes]]) -> MapUndo:
        """Add streams or give them a new count and head.

        Args:
            changes: (key, count, head): 32 bytes, at least 1, 32 bytes; in any order, each key once.

        Returns:
            What `undo` needs to take all of it back.

        Raises:
            ValueError: For a value out of bounds or a key twice; the map is then as before.
        """
        return self._apply(_rows(changes))

    def undo(self, record: MapUndo) -> None:
        """Take back the newest update; `record` is what it returned."""
        before = self._apply(record.rows)
        assert np.array_equal(before.places, record.places), "not the newest update"
        assert np.array_equal(self._nodes[record.places], record.hashes), "not the newest update"

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        """Hashes of the nodes with these numbers: 1 is the root, 2i and 2i + 1 stand under i."""
        hashes: list[bytes] = self._nodes[np.array(places, np.int64)].tolist()
        return hashes

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        """Records of these buckets in key order, 72 bytes each: key ‖ u64be count ‖ head."""
        return [self._buckets.records(slot) for slot in slots]

    def _apply(self, rows: Rows) -> MapUndo:
        if not len(rows):
            return MapUndo(rows, np.empty(0, np.uint32), np.empty(0, DIGEST))
        changed = self._buckets.apply(rows)
        places = changed.slots + (1 << self.depth)
        touched, before = [places], [self._nodes[places]]
        self._nodes[places] = changed.hashes
        pairs = self._nodes.view("V64")  # pair i is nodes 2i and 2i + 1: what stands under node i
        for _ in range(self.depth):
            places = places >> 1
            places = places[np.append(True, places[1:] != places[:-1])]
            touched.append(places)
            before.append(self._nodes[places])
            self._nodes[places] = hash_each(MAP_NODE_TAG, pairs[places].tobytes(), 2 * HASH_SIZE)
        was, now = changed.before[:, COUNT] != 0, rows[:, COUNT] != 0
        self.streams += int(np.count_nonzero(now)) - int(np.count_nonzero(was))
        return MapUndo(changed.before, np.concatenate(touched[::-1]).astype(np.uint32), np.concatenate(before[::-1]))


def _rows(changes: Iterable[tuple[bytes, int, bytes]]) -> Rows:
    """Changes as rows in key order."""
    raw = bytearray()  # one growing buffer: a list of a million records would take thrice its memory
    for key, count, head in changes:
        if len(key) != KEY_SIZE or len(head) != HASH_SIZE or not 1 <= count <= INTEGER_MAX:
            raise ValueError(f"a key of {len(key)} bytes, count {count}, a head of {len(head)} bytes")
        raw += key + count.to_bytes(8, "big") + head
    rows = np.frombuffer(raw, WORD).reshape(-1, ROW_WORDS)
    words = rows[:, :COUNT].astype(np.uint64)
    order = np.argsort(words[:, 0])
    ordered = words[order]
    if (ordered[1:, 0] == ordered[:-1, 0]).any():  # 64 bits do not tell all keys apart
        order = np.lexsort(words.T[::-1])
        ordered = words[order]
        if (ordered[1:] == ordered[:-1]).all(axis=1).any():
            raise ValueError("a key twice in one batch")
    return rows[order]

"""The log's tree for proofs: upper nodes in memory, the lowest eight levels read from the book when asked for.

A million leaves keep 4,000 hashes in memory. Everything here is derived from the entries' leaf hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..hashing import HASH_SIZE, node_hash
from ..merkle import Frontier, consistency_path, inclusion_path, range_path
from .reads import LogReads

TILE_LEVELS = 8  # as C2SP tiles: 256 leaves are read at once
TILE_WIDTH = 1 << TILE_LEVELS
NEWEST_TILES = 64  # 16,384 leaves, some three groups under load: about 1 MB


class LogTree:
    """Complete subtrees of one log, by level and index.

    Attributes:
        size: Number of leaves.
    """

    def __init__(self, book: LogReads) -> None:
        """Read every leaf hash once and keep what lies above level 8."""
        self._book = book
        self.size = 0
        self._upper: list[bytearray] = [bytearray()]  # [0] = level 8
        self._open: tuple[int, list[bytes]] = (0, [])  # number of the tile that is not full yet, and its leaf hashes
        self._newest: dict[int, Sequence[bytes]] = {}  # leaf hashes of the last full tiles: receipts are drawn from them
        self._tile = lru_cache(maxsize=512)(self._read_tile)
        size = book.head().size
        for first in range(0, size, 65_536):
            self.extend(book.leaf_hashes(first, min(first + 65_536, size) - 1))

    @property
    def frontier(self) -> Frontier:
        """All leaves as the roots of complete subtrees, drawn from what is kept anyway. For the thread that extends."""
        tail = Frontier()
        tail.extend(self._open[1])
        full = [
            bytes(row[-HASH_SIZE:])
            for level, row in reversed(list(enumerate(self._upper)))
            if self.size >> TILE_LEVELS + level & 1
        ]
        return Frontier(self.size, [*full, *tail.hashes])

    def extend(self, hashes: Sequence[bytes]) -> None:
        """Append leaf hashes that are committed."""
        tile, tail = self._open
        tail = [*tail, *hashes]
        whole = len(tail) - len(tail) % TILE_WIDTH
        for first in range(0, whole, TILE_WIDTH):
            self._newest[tile] = leaves = tail[first : first + TILE_WIDTH]
            self._append_upper(_root_of_full(leaves))
            tile += 1
        for old in list(self._newest)[:-NEWEST_TILES]:
            del self._newest[old]
        # One assignment, after the full tiles stand in their place: another thread may be drawing a proof.
        self._open = (tile, tail[whole:])
        self.size += len(hashes)

    def _append_upper(self, node: bytes) -> None:
        level = 0
        while True:
            self._upper[level] += node
            count = len(self._upper[level]) // HASH_SIZE
            if count % 2:
                return
            pair = self._upper[level][-2 * HASH_SIZE :]
            node = node_hash(bytes(pair[:HASH_SIZE]), bytes(pair[HASH_SIZE:]))
            level += 1
            if level == len(self._upper):
                self._upper.append(bytearray())

    def _leaves(self, tile: int) -> Sequence[bytes]:
        newest = self._newest.get(tile)
        if newest is not None:
            return newest
        growing, leaves = self._open
        return leaves if growing == tile else self._tile(tile)

    def _read_tile(self, tile: int) -> tuple[bytes, ...]:
        return tuple(self._book.leaf_hashes(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH - 1))

    def node(self, level: int, index: int) -> bytes:
        """Hash of the complete subtree over leaves index·2^level to (index+1)·2^level − 1."""
        if level >= TILE_LEVELS:
            offset = index * HASH_SIZE
            return bytes(self._upper[level - TILE_LEVELS][offset : offset + HASH_SIZE])
        first = index << level
        tile, offset = divmod(first, TILE_WIDTH)
        return _root_of_full(self._leaves(tile)[offset : offset + (1 << level)])

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Inclusion path of a leaf in the first `size` leaves."""
        return inclusion_path(index, size, self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Consistency path between two sizes of this log."""
        return consistency_path(old, new, self.node)

    def range(self, first: int, last: int, size: int) -> list[bytes]:
        """Range path of the leaves first to last in the first `size` leaves."""
        return range_path(first, last, size, self.node)


def _root_of_full(leaves: Sequence[bytes]) -> bytes:
    row = leaves
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]

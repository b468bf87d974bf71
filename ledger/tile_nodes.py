"""Subtrees of somebody else's log, from its tiles of hashes: what consistency and inclusion paths are drawn from.

A tile is believed by nobody here: a path that is drawn from false tiles does not lead from one signed root to the other,
which `proof.py` finds. Source: c2sp.org/tlog-tiles@v0.1.0, docs/formats/tile.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from .errors import VerificationError
from .merkle import Frontier, NodeGetter, consistency_path, frontier_of, inclusion_path, root_of
from .tile import TILE_HEIGHT, TILE_WIDTH, Tile, decode_tile, tile_width

TILES_KEPT: Final = 1_024  # 8 KiB each, at most

Fetch = Callable[[Tile], bytes]


class TiledLog:
    """One log at one size, seen through its tiles.

    Args:
        size: From a signed checkpoint; says which tiles there are, and how wide.
        fetch: Gives the bytes of a tile of hashes.
    """

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._tile = lru_cache(TILES_KEPT)(self._read)
        self.node: NodeGetter = self._node

    def _read(self, level: int, number: int) -> Sequence[bytes]:
        width = tile_width(Tile(level, number), self.size)
        if not width:
            raise VerificationError("tile-malformed", f"no tile {number} of level {level} in a log of {self.size} leaves")
        return decode_tile(self._fetch(Tile(level, number, width)), width)

    def _node(self, level: int, index: int) -> bytes:
        """Hash of the complete subtree over the leaves index·2^level up to (index+1)·2^level."""
        above, within = divmod(level, TILE_HEIGHT)
        number, place = divmod(index << within, TILE_WIDTH)
        return root_of(self._tile(above, number)[place : place + (1 << within)])

    def leaf_hash(self, index: int) -> bytes:
        """Hash of one leaf, as the tile says."""
        return self._node(0, index)

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Path from the first `old` leaves to the first `new` ones, or to all."""
        return tuple(consistency_path(old, self.size if new is None else new, self.node))

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Path of one leaf in the first `size` leaves, or in all."""
        return tuple(inclusion_path(index, self.size if size is None else size, self.node))

    def root(self, size: int | None = None) -> bytes:
        """Root over the first `size` leaves, or over all."""
        frontier: Frontier = frontier_of(self.size if size is None else size, self.node)
        return frontier.root()

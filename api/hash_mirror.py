"""A mirror of a log of which only the hashes are shown: checkpoint and tiles, and no entry bodies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..ledger.checkpoint import Checkpoint
from ..ledger.errors import StoreError, VerificationError
from ..ledger.tile import TILE_WIDTH, Tile, tile_width
from .mirror import Fetch, Mirror

_LEVEL: Final = 0


class HashMirror(Mirror):
    """As `Mirror`, for one who may not read entries; `take` is given a getter of tiles of level 0."""

    def _stage(self, checkpoint: Checkpoint, fetch: Fetch, staged: list[Path]) -> list[bytes]:
        hashes: list[bytes] = []
        known = self._tiles.edge()
        for number in range(self.size // TILE_WIDTH, -(-checkpoint.size // TILE_WIDTH)):
            width = tile_width(Tile(_LEVEL, number), checkpoint.size)
            found = list(fetch(number, width))
            if found[: len(known)] != known:
                detail = f"hashes of tile {number} were served otherwise than those proved before"
                raise VerificationError("root-differs", detail)
            hashes += found[len(known) :]
            known = []
        return hashes

    def _from_disk(self, number: int, width: int) -> Sequence[bytes]:
        try:
            return self._hashes(Tile(_LEVEL, number, width))
        except StoreError:
            raise VerificationError("leaf-missing", f"tile {number} is not in the mirror") from None

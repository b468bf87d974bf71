"""A log seen through its tiles gives the paths of the log itself; false tiles give paths that do not hold."""

from __future__ import annotations

import pytest

from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import consistency_path, inclusion_path, nodes_of, root_of
from suxin.ledger.proof import verify_consistency, verify_inclusion
from suxin.ledger.tile import Tile, encode_tile, tile_width
from suxin.ledger.tile_nodes import TiledLog

LEAVES = [leaf_hash(b"%d" % at) for at in range(70_000)]
NODE = nodes_of(LEAVES)


def fetch(tile: Tile) -> bytes:
    return encode_tile(tile, NODE)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000])
def test_paths_are_those_of_the_log(size: int) -> None:
    log = TiledLog(size, fetch)
    root = root_of(LEAVES[:size])
    assert log.root() == root
    for place in {0, size // 3, size // 2, size - 1}:
        assert log.leaf_hash(place) == LEAVES[place]
        assert list(log.inclusion(place)) == inclusion_path(place, size, NODE)
        assert list(log.inclusion(0, place + 1)) == inclusion_path(0, place + 1, NODE)
        verify_inclusion(LEAVES[place], place, size, log.inclusion(place), root)
        assert list(log.consistency(place)) == consistency_path(place, size, NODE)
        assert log.root(place) == root_of(LEAVES[:place])
        if place:
            verify_consistency(place, size, log.consistency(place), root_of(LEAVES[:place]), root)


def test_few_tiles_are_asked_for_and_each_as_wide_as_it_is() -> None:
    asked: list[Tile] = []

    def told(tile: Tile) -> bytes:
        asked.append(tile)
        return fetch(tile)

    log = TiledLog(70_000, told)
    log.consistency(60_000)
    assert len(asked) <= 5
    assert len(set(asked)) == len(asked)
    assert all(tile.width == tile_width(tile, 70_000) for tile in asked)


def test_a_false_tile_gives_a_path_that_does_not_hold() -> None:
    def lies(tile: Tile) -> bytes:
        data = bytearray(fetch(tile))
        data[0] ^= tile.level == 0
        return bytes(data)

    with pytest.raises(VerificationError, match="consistency-invalid"):
        verify_consistency(100, 200, TiledLog(200, lies).consistency(100), root_of(LEAVES[:100]), root_of(LEAVES[:200]))


def test_a_tile_of_another_width_is_refused() -> None:
    with pytest.raises(VerificationError, match="tile-malformed"):
        TiledLog(200, lambda tile: fetch(tile)[:-32]).root()
    with pytest.raises(VerificationError, match="tile-malformed"):
        TiledLog(200, fetch).leaf_hash(256)

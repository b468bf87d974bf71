from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.limits import LEAF_BYTES_MAX
from suxin.ledger.merkle import nodes_of, root_of
from suxin.ledger.tile import (
    Tile,
    decode_entries,
    decode_tile,
    encode_entries,
    encode_tile,
    format_tile_path,
    parse_tile_path,
    tile_width,
    tiles_of,
)

tiles = st.builds(Tile, st.none() | st.integers(0, 63), st.integers(0, 10**9 * 1_000 - 1), st.integers(1, 256))


@given(tiles)
def test_path_and_back(tile: Tile) -> None:
    assert parse_tile_path(format_tile_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/",
        "0/0",
        "0/00",
        "0/0000",
        "0/x000",
        "0/x000/001",
        "0/001/002",
        "0/x001/x000/",
        "00/000",
        "64/000",
        "100/000",
        "-1/000",
        "0/000.p/0",
        "0/000.p/00",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/1000",
        "0/000.p/",
        "0/000/",
        "/0/000",
        "0//000",
        "0/000\n",
        "0/../000",
        "entries/",
        "Entries/000",
        "0/００１",
        "0/" + "x001/" * 7 + "000",
    ],
)
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(VerificationError) as failure:
        parse_tile_path(path)
    assert failure.value.code == "tile-malformed"


@pytest.mark.parametrize("tile", [Tile(0, 0, 0), Tile(0, 0, 257), Tile(0, -1), Tile(64, 0), Tile(-1, 0)])
def test_tiles_that_do_not_exist(tile: Tile) -> None:
    with pytest.raises(ValueError, match="no tile"):
        format_tile_path(tile)


def test_a_partial_tile_is_a_prefix_and_upper_levels_hold_roots_of_full_tiles() -> None:
    leaves = [leaf_hash(str(i).encode()) for i in range(600)]
    node = nodes_of(leaves)
    assert tiles_of(600) == [(0, 2, 88), (1, 0, 2)]
    assert encode_tile(Tile(0, 2, 88), node) == b"".join(leaves[512:])
    assert encode_tile(Tile(0, 1, 9), node) == encode_tile(Tile(0, 1), node)[: 9 * 32]
    assert decode_tile(encode_tile(Tile(1, 0, 2), node), 2) == [root_of(leaves[:256]), root_of(leaves[256:512])]
    assert tile_width(Tile(None, 2), 600) == 88
    with pytest.raises(ValueError, match="leaves, not hashes"):
        encode_tile(Tile(None, 0, 1), node)


@pytest.mark.parametrize(("size", "width"), [(0, 1), (31, 1), (33, 1), (64, 1), (32, 2)])
def test_a_tile_has_its_width(size: int, width: int) -> None:
    with pytest.raises(VerificationError, match="tile-malformed"):
        decode_tile(bytes(size), width)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8), st.data())
def test_entries_and_back_and_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    coded = encode_entries(leaves)
    assert decode_entries(coded, len(leaves)) == leaves
    cut = data.draw(st.integers(0, len(coded) - 1))
    for wrong, width in ((coded[:cut], len(leaves)), (coded + b"\x00", len(leaves)), (coded, len(leaves) + 1)):
        with pytest.raises(VerificationError, match="entries-malformed"):
            decode_entries(wrong, width)
    with pytest.raises(VerificationError, match="entries-malformed"):
        decode_entries(coded, len(leaves) - 1)


def test_the_largest_leaf() -> None:
    largest = bytes(LEAF_BYTES_MAX)
    assert decode_entries(encode_entries([largest, b""]), 2) == [largest, b""]
    with pytest.raises(ValueError, match="65536"):
        encode_entries([largest + b"\x00"])

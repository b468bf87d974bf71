"""What docs/formats/tile.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import nodes_of
from suxin.ledger.tile import Tile, decode_entries, encode_entries, encode_tile, format_tile_path, parse_tile_path, tiles_of


def example(text: str, _blocks: Mapping[str, str]) -> None:
    for path, level, number, width in json.loads(text):
        tile = Tile(None if level == "entries" else level, number, width)
        assert parse_tile_path(path) == tile
        assert format_tile_path(tile) == path


def sizes(text: str, _blocks: Mapping[str, str]) -> None:
    for size, levels in json.loads(text):
        assert [list(level) for level in tiles_of(size)] == levels


def entries(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaves = [leaf.encode() for leaf in shown["leaves"]]
    assert encode_entries(leaves).hex() == shown["bundle_hex"]
    assert decode_entries(bytes.fromhex(shown["bundle_hex"]), len(leaves)) == leaves
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert encode_tile(Tile(0, 0, len(leaves)), nodes_of(hashes)).hex() == shown["tile_hex"]


CHECKS = {"tile.example": example, "tile.sizes": sizes, "tile.entries": entries}

"""C2SP tiles: where the hashes and the leaves of a log stand when they are served as files.

A tile holds up to 256 hashes of one height; only full tiles are hashed into the level above. Source:
c2sp.org/tlog-tiles@v0.1.0, docs/formats/tile.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import VerificationError
from .hashing import HASH_SIZE
from .limits import LEAF_BYTES_MAX
from .merkle import NodeGetter

TILE_HEIGHT = 8  # levels of the tree in one tile
TILE_WIDTH = 1 << TILE_HEIGHT  # hashes, or leaves, in a full one
LEVEL_MAX = 63  # of the paths; a log of 2^63 leaves ends at level 7

_PATH = re.compile(r"(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_LENGTH_SIZE = 2  # bytes before each leaf of an entry bundle, big endian


@dataclass(frozen=True, slots=True)
class Tile:
    """Address of a tile of hashes or, without a level, of an entry bundle.

    Args:
        level: 0 for leaf hashes, 1 for roots of full tiles of level 0, and so on; None for the leaves themselves.
        index: Number of the tile in its level, from 0.
        width: Hashes or leaves in it, 1 to 256; below 256 it is partial.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH


def format_tile_path(tile: Tile) -> str:
    """Path below `/tile/`, for example `0/x001/x234/067` or `entries/000.p/17`."""
    if not (1 <= tile.width <= TILE_WIDTH and tile.index >= 0 and (tile.level is None or 0 <= tile.level <= LEVEL_MAX)):
        raise ValueError(f"no tile: {tile}")
    groups = [f"{tile.index % 1000:03}"]
    rest = tile.index // 1000
    while rest:
        groups.insert(0, f"x{rest % 1000:03}")
        rest //= 1000
    level = "entries" if tile.level is None else str(tile.level)
    return "/".join([level, *groups]) + (f".p/{tile.width}" if tile.width < TILE_WIDTH else "")


def parse_tile_path(path: str) -> Tile:
    """Read a path below `/tile/`; only the one spelling of each tile is accepted.

    Raises:
        VerificationError: `tile-malformed`.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise VerificationError("tile-malformed", "no path of a tile")
    level, index, width = match.groups()
    tile = Tile(
        None if level == "entries" else int(level),
        int(index.replace("/", "").replace("x", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if tile.width > TILE_WIDTH or (tile.level or 0) > LEVEL_MAX or format_tile_path(tile) != path:
        raise VerificationError("tile-malformed", "not the shortest path of a tile")
    return tile


def level_size(level: int, size: int) -> int:
    """Number of hashes of a level, over all its tiles, in a log of `size` leaves."""
    return size >> TILE_HEIGHT * level


def tile_width(tile: Tile, size: int) -> int:
    """How many hashes of that tile's place exist in a log of `size` leaves: 0 to 256, whatever `tile.width` says."""
    hashes = level_size(tile.level or 0, size)
    return min(max(hashes - tile.index * TILE_WIDTH, 0), TILE_WIDTH)


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """All levels of a log of `size` leaves as (level, number of full tiles, width of the partial one or 0)."""
    levels: list[tuple[int, int, int]] = []
    while hashes := level_size(len(levels), size):
        levels.append((len(levels), hashes // TILE_WIDTH, hashes % TILE_WIDTH))
    return levels


def encode_tile(tile: Tile, node: NodeGetter) -> bytes:
    """Bytes of a tile of hashes, from complete subtrees that the log already has."""
    if tile.level is None:
        raise ValueError("an entry bundle has leaves, not hashes")
    first = tile.index * TILE_WIDTH
    return b"".join(node(tile.level * TILE_HEIGHT, first + place) for place in range(tile.width))


def decode_tile(data: bytes, width: int) -> list[bytes]:
    """Hashes of a tile.

    Raises:
        VerificationError: `tile-malformed` when it has not `width` hashes.
    """
    if len(data) != width * HASH_SIZE:
        raise VerificationError("tile-malformed", f"{len(data)} bytes where {width} hashes are due")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def encode_entries(leaves: Iterable[bytes]) -> bytes:
    """Entry bundle: each leaf behind its length, two bytes big endian."""
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > LEAF_BYTES_MAX:
            raise ValueError(f"a leaf of {len(leaf)} bytes")
        parts += (len(leaf).to_bytes(_LENGTH_SIZE, "big"), leaf)
    return b"".join(parts)


def decode_entries(data: bytes, width: int) -> Sequence[bytes]:
    """Leaves of an entry bundle.

    Raises:
        VerificationError: `entries-malformed` when it does not hold exactly `width` leaves.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data) and len(leaves) < width:
        start = at + _LENGTH_SIZE
        end = start + int.from_bytes(data[at:start], "big")
        if end > len(data) or start > len(data):
            raise VerificationError("entries-malformed", f"leaf {len(leaves)} is cut off")
        leaves.append(data[start:end])
        at = end
    if at != len(data) or len(leaves) != width:
        raise VerificationError("entries-malformed", f"{len(leaves)} leaves and {len(data) - at} bytes where {width} are due")
    return leaves

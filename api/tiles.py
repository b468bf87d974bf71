"""The log as files: hash tiles for everybody, entry bundles for auditors or, in a public book, for everybody too.

Made from the index rows and from the tree in memory, in the threads that answer requests; the sequencer is never asked.
Source: c2sp.org/tlog-tiles@v0.1.0, docs/formats/tile.md.
"""

from __future__ import annotations

import gzip
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger.errors import Refused, VerificationError
from ..ledger.store.book import Book
from ..ledger.store.logtree import LogTree
from ..ledger.tile import TILE_WIDTH, Tile, encode_entries, encode_tile, parse_tile_path, tile_width
from .credentials import require_entries
from .read import published_size, service_of

router = APIRouter(tags=["read"])

_OCTETS: Final = "application/octet-stream"
_KEEP: Final = "max-age=31536000, immutable"  # a tile of a given width never changes
_GZIP_LEVEL: Final = 3  # bundles are JSON: higher levels save little and cost the server's cores much


def tile_bytes(book: Book, tree: LogTree, tile: Tile) -> bytes:
    """Bytes of a tile or an entry bundle; the caller has made sure that the log reaches that far."""
    first = tile.index * TILE_WIDTH
    last = first + tile.width - 1
    if tile.level is None:
        return encode_entries(body for _, body in book.leaves(first, last))
    if tile.level == 0:  # one read, where the tree would read its edge once for each hash
        return b"".join(book.leaf_hashes(first, last))
    return encode_tile(tile, tree.node)


@router.get("/tile/{path:path}", response_class=Response)
def get_tile(request: Request, path: str) -> Response:
    """A C2SP tile `<L>/<N>[.p/<W>]` or an entry bundle `entries/<N>[.p/<W>]`; the size of /checkpoint says which there are."""
    service = service_of(request)
    try:
        tile = parse_tile_path(path)
    except VerificationError as error:
        raise Refused("not-found", "a tile is named as docs/formats/tile.md says") from error
    size = published_size(service)
    if tile.width > tile_width(tile, size):
        raise Refused("not-found", f"no tile of that width in a log of {size} leaves")
    if tile.level is not None:
        data = tile_bytes(service.book, service.sequencer.tree, tile)
        return Response(data, media_type=_OCTETS, headers={"cache-control": f"public, {_KEEP}"})
    kept_by = require_entries(request, service)
    data = tile_bytes(service.book, service.sequencer.tree, tile)
    headers = {"cache-control": f"{kept_by}, {_KEEP}", "vary": "accept-encoding, authorization"}
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        data = gzip.compress(data, _GZIP_LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(data, media_type=_OCTETS, headers=headers)


def _takes_gzip(accept: str) -> bool:
    """Whether a client asked for gzip; with weight 0 it asks for none."""
    for offer in accept.lower().split(","):
        name, _, weight = offer.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False

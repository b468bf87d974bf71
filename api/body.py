"""Request bodies, read with a bound while they stream, gzip undone with the same bound."""

from __future__ import annotations

import zlib

from starlette.requests import ClientDisconnect, Request

from ..ledger.errors import Refused

_GZIP = 16 + zlib.MAX_WBITS


def require_type(request: Request, *allowed: str) -> None:
    """Refuse a body of another content type.

    Raises:
        Refused: `content-type`.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in allowed:
        raise Refused("content-type", f"send {' or '.join(allowed)}, not {given[:60] or 'nothing'}")


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The whole body, after gzip where it says so.

    Raises:
        Refused: `body-too-large`, `body-truncated`, `gzip-broken`, `content-encoding`.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Refused("content-encoding", f"send identity or gzip, not {encoding[:40]}")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise Refused("body-too-large", f"at most {bytes_max} bytes")
    inflate = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            part = chunk if inflate is None else _inflated(inflate, chunk, bytes_max + 1 - size)
            size += len(part)
            if size > bytes_max:
                raise Refused("body-too-large", f"at most {bytes_max} bytes, after decompression")
            chunks.append(part)
    except ClientDisconnect as error:
        raise Refused("body-truncated", "the connection closed before the body ended") from error
    if inflate is not None and not inflate.eof:
        raise Refused("gzip-broken", "the gzip stream ends too early")
    return b"".join(chunks)


def _inflated(inflate: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        return inflate.decompress(chunk, max(room, 1))
    except zlib.error as error:
        raise Refused("gzip-broken", "not a gzip stream") from error

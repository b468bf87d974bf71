"""Request bodies, read with a bound while they stream, gzip undone with the same bound."""

from __future__ import annotations

import zlib
from typing import Final

from starlette.requests import ClientDisconnect, Request

from ..ledger.errors import Refused

_GZIP: Final = 16 + zlib.MAX_WBITS


def require_type(request: Request, *allowed: str) -> None:
    """Refuse a body of another content type.

    Raises:
        Refused: `content-type`.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in allowed:
        raise Refused("content-type", f"send {' or '.join(allowed)}")


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The whole body, after gzip where it says so.

    Args:
        request: The request; its body has not been read.
        bytes_max: Bound on the bytes as sent, and again on the bytes after decompression.

    Raises:
        Refused: `body-too-large`, `body-truncated`, `gzip-broken`, `content-encoding`.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Refused("content-encoding", "send gzip, or no encoding")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise Refused("body-too-large", f"at most {bytes_max} bytes")
    gzip = None if encoding == "identity" else _Gzip(bytes_max)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)  # as sent: a stream of empty gzip members would else go on for ever
            if size > bytes_max:
                raise Refused("body-too-large", f"at most {bytes_max} bytes")
            chunks.append(chunk if gzip is None else gzip.inflate(chunk))
    except ClientDisconnect as error:
        raise Refused("body-truncated", "the connection closed before the body ended") from error
    if gzip is not None:
        gzip.finish()
    return b"".join(chunks)


class _Gzip:
    """Undoes gzip, one member after another as RFC 1952 allows, and never makes more than the bound and a byte."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._room = bytes_max + 1
        self._member = zlib.decompressobj(_GZIP)

    def inflate(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                part = self._member.decompress(data, self._room)
            except zlib.error as error:
                raise Refused("gzip-broken", "not a gzip stream") from error
            self._room -= len(part)
            if self._room <= 0:
                raise Refused("body-too-large", f"at most {self._bytes_max} bytes, after decompression")
            parts.append(part)
            data = self._member.unused_data
        return b"".join(parts)

    def finish(self) -> None:
        if not self._member.eof:
            raise Refused("gzip-broken", "the gzip stream ends too early")

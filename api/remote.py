"""A book as anybody sees it over HTTP: its checkpoint, its tiles, and with an auditor's token its entries.

Nothing that comes is trusted here; who follows a book holds it against a signature (`mirror.py`). Sizes are bounded, so
that a hostile server costs memory of one bundle at most. Source: c2sp.org/tlog-tiles, docs/formats/tile.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import httpx

from .. import __version__
from ..client.errors import Unreachable
from ..ledger.limits import LEAF_BYTES_MAX, NOTE_BYTES_MAX
from ..ledger.tile import TILE_WIDTH, Tile, decode_entries, decode_tile, format_tile_path
from .address import tls

TIMEOUT_S: Final = 20.0  # between two pieces of an answer
WHOLE_S: Final = 300.0  # one answer; who drips bytes is not waited for
_BUNDLE_BYTES_MAX: Final = TILE_WIDTH * (LEAF_BYTES_MAX + 2)
_TILE_BYTES_MAX: Final = TILE_WIDTH * 32


class Missing(Unreachable):
    """There is nothing at this address."""


class Remote:
    """One book's address. For one thread.

    Args:
        url: Prefix of `/checkpoint` and `/tile/`: a server, or an exported folder behind any web server.
        token: An auditor's token, for entry bodies of a book that is not public.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"user-agent": f"suxin/{__version__}"}
        self._bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        self._client = httpx.Client(timeout=TIMEOUT_S, headers=headers, verify=tls())

    def checkpoint(self) -> bytes:
        """The newest checkpoint, as it came.

        Raises:
            Unreachable: No answer, or another than 200.
        """
        return self._get("/checkpoint", NOTE_BYTES_MAX)

    def entries(self, number: int, width: int) -> Sequence[bytes]:
        """Leaves of an entry bundle; of the full one, where the partial one has been dropped since (tlog-tiles allows that).

        Raises:
            Unreachable: As `checkpoint`; also when this book shows entries to auditors only.
            VerificationError: `entries-malformed`.
        """
        try:
            return decode_entries(self._tile(Tile(None, number, width), _BUNDLE_BYTES_MAX), width)
        except Missing:
            if width == TILE_WIDTH:
                raise
            return decode_entries(self._tile(Tile(None, number), _BUNDLE_BYTES_MAX), TILE_WIDTH)[:width]

    def tile(self, tile: Tile) -> list[bytes]:
        """Hashes of a tile.

        Raises:
            Unreachable: As `checkpoint`.
            VerificationError: `tile-malformed`.
        """
        return decode_tile(self._tile(tile, _TILE_BYTES_MAX), tile.width)

    def _tile(self, tile: Tile, bytes_max: int) -> bytes:
        return self._get(f"/tile/{format_tile_path(tile)}", bytes_max, self._bearer if tile.level is None else {})

    def _get(self, path: str, bytes_max: int, headers: dict[str, str] | None = None) -> bytes:
        end = time.monotonic() + WHOLE_S
        try:
            with self._client.stream("GET", self.url + path, headers=headers) as answer:
                if answer.status_code != 200:
                    kind = Missing if answer.status_code == 404 else Unreachable
                    raise kind(f"{self.url}{path} answers {answer.status_code}{_advice(answer.status_code)}")
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > bytes_max or time.monotonic() > end:
                        raise Unreachable(f"{self.url}{path} is larger or slower than any can be")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{self.url}{path} does not answer: {type(error).__name__}") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _advice(status: int) -> str:
    return ": this book shows entries to auditors only, --credential names the file with your token" if status == 403 else ""

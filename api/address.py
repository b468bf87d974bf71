"""One address on the net that is read and not believed: bounded answers, no redirects, no credential sent along.

A failure of the net is `Unanswered` and says nothing about a book. What follows a book reads it by `remote.py`; here stands
what else there is to ask: what a book says of itself, single leaves, witnesses, peers. Source: docs/guide/outside.md.
"""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
import orjson

from .. import __version__
from ..client.errors import Unreachable
from ..ledger.errors import StoreError
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.tile import TILE_WIDTH, Tile, format_tile_path

TIMEOUT_S: Final = 30.0  # without a byte
WHOLE_S: Final = 300.0  # one answer; who drips bytes is not waited for
SITE_BYTES_MAX: Final = 64 * 1024  # of /.well-known/suxin.json
TOKEN_CHARS_MAX: Final = 512  # as `credentials.py` has it, which needs a web framework
CREDENTIAL: Final = "SUXIN_CREDENTIAL"
_TILE_BYTES_MAX: Final = TILE_WIDTH * 32
_CODE: Final = re.compile(r"[a-z0-9-]{1,60}")
_HERE: Final = ("localhost", "127.0.0.1", "::1")


@cache
def tls() -> ssl.SSLContext:
    """Whom to trust on the way; read once, since reading it takes longer than a small request."""
    return httpx.create_ssl_context()


class Unanswered(Unreachable):
    """No usable answer: the net, or a server that will not say. Nothing is known.

    Args:
        words: What happened, for a person; holds no credential.
        status: HTTP status, 0 without an answer.
        code: Code of the problem that was answered, "" without one.
        found: Members of that problem.
    """

    def __init__(self, words: str, status: int = 0, code: str = "", found: Mapping[str, object] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.found = dict(found or {})


def why(error: Exception) -> str:
    """Why nobody answered, in the system's words where it has any."""
    return str(error).partition("] ")[2] or str(error) or type(error).__name__


class Address:
    """One place to read from. Any thread.

    Args:
        url: Its address; a path in it stays in front of all that is asked for.

    Raises:
        StoreError: Not an address of http or https.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise StoreError(f"{url!r} is not an address: {error}") from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise StoreError(f"{url!r} is not an address; write it as https://host/")
        self.url = url.rstrip("/")
        self.in_clear = parsed.scheme == "http" and parsed.host not in _HERE
        headers = {"user-agent": f"suxin/{__version__}"}
        self._http = httpx.Client(timeout=TIMEOUT_S, headers=headers, follow_redirects=False, verify=tls())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, most: int) -> bytes:
        """Read one answer.

        Args:
            path: Below the address, with its slash.
            most: Bytes that it may have at most, unpacked.

        Raises:
            Unanswered: Anything but a whole answer 200.
        """
        end = time.monotonic() + WHOLE_S
        try:
            with self._http.stream("GET", self.url + path) as answer:
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > most or time.monotonic() > end:
                        raise Unanswered(f"{self.url}{path}: the answer is larger or slower than any can be", answer.status_code)
                status = answer.status_code
        except httpx.HTTPError as error:
            raise Unanswered(f"{self.url} does not answer: {why(error)}") from error
        if status != 200:
            raise _declined(f"{self.url}{path}", status, bytes(data))
        return bytes(data)

    def checkpoint(self) -> bytes:
        """The note it shows."""
        return self.get("/checkpoint", NOTE_BYTES_MAX)

    def tile(self, tile: Tile) -> bytes:
        """A tile of hashes, not checked."""
        return self.get(f"/tile/{format_tile_path(tile)}", _TILE_BYTES_MAX)

    def cosigned(self, origin: str) -> bytes:
        """The note that a witness at this address has cosigned last."""
        return self.get(f"/{sha256(origin.encode()).hexdigest()}/checkpoint", NOTE_BYTES_MAX)

    def shows_entries(self, size: int, token: str | None) -> str:
        """Ask whether entry bodies are shown, without reading any.

        Args:
            size: Leaves of the log.
            token: Credential of an auditor, for this one request.

        Returns:
            "" where they are; else why not, in words.

        Raises:
            Unanswered: No answer.
        """
        path = f"/tile/{format_tile_path(Tile(None, 0, min(size, TILE_WIDTH)))}"
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            with self._http.stream("GET", self.url + path, headers=headers) as answer:
                status = answer.status_code
        except httpx.HTTPError as error:
            raise Unanswered(f"{self.url} does not answer: {why(error)}") from error
        if status == 200:
            return ""
        if status in (401, 403):
            return "the book shows them to auditors only" + ("" if token is None else ", and does not take this credential")
        if status == 404:
            return "they are not shown at this address"
        raise Unanswered(f"{self.url}{path}: answered {status}", status)

    def site(self) -> dict[str, object]:
        """What a book says of itself; a hint, every member of it.

        Raises:
            Unanswered: It says nothing, or no JSON object.
        """
        try:
            value = orjson.loads(self.get("/.well-known/suxin.json", SITE_BYTES_MAX))
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise Unanswered(f"{self.url} is not a book: /.well-known/suxin.json is no JSON object")
        return value


def _declined(where: str, status: int, data: bytes) -> Unanswered:
    try:
        problem = orjson.loads(data)
    except orjson.JSONDecodeError:
        problem = None
    if not isinstance(problem, dict):
        return Unanswered(f"{where}: answered {status}", status)
    kind = problem.get("type")
    code = kind.rpartition("/")[2] if isinstance(kind, str) else ""
    if not _CODE.fullmatch(code):
        code = ""
    return Unanswered(f"{where}: answered {status} {code}".rstrip(), status, code, problem)


def read_token(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """An auditor's token: from a file, else from SUXIN_CREDENTIAL, else none.

    Raises:
        StoreError: The file cannot be read, or what was given is no token. The words do not hold it.
    """
    where, text = CREDENTIAL, environment.get(CREDENTIAL, "").strip()
    if file is not None:
        where = str(file)
        try:
            with file.open("rb") as opened:
                text = opened.read(TOKEN_CHARS_MAX + 2).decode("ascii").strip()
        except OSError as error:
            raise StoreError(f"the credential {file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise StoreError(f"{file} holds no credential: it is not ASCII") from error
    if not text:
        if file is not None:
            raise StoreError(f"{file} holds no credential: it is empty")
        return None
    if len(text) > TOKEN_CHARS_MAX or not all("!" <= sign <= "~" for sign in text):
        raise StoreError(f"{where} holds no credential: one word of at most {TOKEN_CHARS_MAX} printable characters")
    return text

"""A server of a book that shows whatever a test wants it to: real HTTP, any leaves, any note, two faces for two readers.

It is no book underneath: leaves and a note in memory, shown as docs/formats/tile.md says. A face has an address of its own
(`liar.url + "/a"`), so that two readers of one liar can be shown two histories.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fakes.world import BOOK, ORIGIN

from suxin.ledger.checkpoint import log_key
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import kind_of
from suxin.ledger.merkle import nodes_of
from suxin.ledger.note import format_vkey
from suxin.ledger.tile import TILE_WIDTH, encode_entries, encode_tile, parse_tile_path, tile_width

Answer = tuple[int, str, bytes]
PRIVATE = b'{"type":"/problems/entries-private","title":"Entry bodies are for auditors.","status":403}'


@dataclass
class Face:
    """What one reader is shown.

    Attributes:
        leaves: The log; more than the note covers is not shown.
        note: The checkpoint.
        size: Of the note.
        log: Key that `suxin.json` names.
        token: Of an auditor; None for a book that is public.
        spoil: Last change of an answer, by path; for lies below the level of leaves.
        down: Answers nothing but 503.
        asked: Paths asked for, with the authorization that came along.
    """

    leaves: list[bytes]
    note: str
    size: int
    log: SigningKey
    token: str | None = None
    spoil: Callable[[str, bytes], bytes] = lambda _path, body: body
    down: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def vkey(self) -> str:
        return format_vkey(log_key(ORIGIN, self.log.public))

    def answer(self, path: str, authorization: str) -> Answer:
        """The answer to one GET."""
        self.asked.append((path, authorization))
        if self.down:
            return 503, "text/plain", b"busy\n"
        status, kind, body = self._answer(path.partition("?")[0], authorization)
        return status, kind, self.spoil(path, body) if status == 200 else body

    def _answer(self, path: str, authorization: str) -> Answer:
        may = self.token is None or authorization == f"Bearer {self.token}"
        if path == "/checkpoint":
            return 200, "text/plain; charset=utf-8", self.note.encode()
        if path == "/.well-known/suxin.json":
            site = {
                "book": BOOK, "origin": ORIGIN, "vkey": self.vkey, "sandbox": True, "witnesses": [],
                "entries": "private" if self.token else "public",
            }  # fmt: skip
            return 200, "application/json", json.dumps(site).encode()
        if path.startswith("/tile/"):
            return self._tile(path.removeprefix("/tile/"), may)
        if path.startswith("/v1/entries/") and path.removeprefix("/v1/entries/").isdigit():
            index = int(path.removeprefix("/v1/entries/"))
            if index >= self.size:
                return 404, "text/plain", b"no such leaf\n"
            raw = self.leaves[index]
            return (
                (200, "application/json", raw) if may or kind_of(raw) != "entry" else (403, "application/problem+json", PRIVATE)
            )
        return 404, "text/plain", b"not here\n"

    def _tile(self, path: str, may: bool) -> Answer:
        try:
            tile = parse_tile_path(path)
        except VerificationError:
            return 404, "text/plain", b"no tile\n"
        if tile.width > tile_width(tile, self.size):
            return 404, "text/plain", b"no such tile\n"
        if tile.level is not None:
            return (
                200,
                "application/octet-stream",
                encode_tile(tile, nodes_of([leaf_hash(raw) for raw in self.leaves[: self.size]])),
            )
        if not may:
            return 403, "application/problem+json", PRIVATE
        first = tile.index * TILE_WIDTH
        return 200, "application/octet-stream", encode_entries(self.leaves[first : first + tile.width])


def change_last_entry(path: str, body: bytes) -> bytes:
    """A lie for `Face.spoil`: one byte of the last entry of a bundle."""
    at = body.rindex(b'"leaf":"entry"') if "/entries/" in path else len(body)
    return body[:at] + body[at:].replace(b'"v":1', b'"v":2', 1)


@dataclass
class Liar:
    """The server.

    Attributes:
        url: Address of it, without a slash at its end; a face's is `url + "/" + name`.
        faces: By name.
        posted: Bodies that were posted to `/hook`.
        hook_fails: So many posts are answered 500 first.
    """

    url: str
    faces: dict[str, Face]
    posted: list[bytes] = field(default_factory=list)
    hook_fails: int = 0


@contextmanager
def lying(**faces: Face) -> Iterator[Liar]:
    """Serve faces until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name, slash, rest = self.path.removeprefix("/").partition("/")
            face = liar.faces.get(name)
            self._send(
                *(
                    (404, "text/plain", b"nobody\n")
                    if face is None
                    else face.answer(slash + rest, self.headers.get("authorization", ""))
                )
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if liar.hook_fails:
                liar.hook_fails -= 1
                self._send(500, "text/plain", b"not now\n")
            else:
                liar.posted.append(body)
                self._send(200, "text/plain", b"thanks\n")

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the screen."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A reader that hangs up has its reasons."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    liar = Liar(f"http://127.0.0.1:{server.server_port}", faces)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)

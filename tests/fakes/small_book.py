"""A `SmallLog` behind real HTTP, which loses connections and is busy when told to; for what a healthy server never does."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from fakes.answers import ORIGIN, SmallLog, as_bytes

from suxin.client.statement import Signed
from suxin.ledger.canonical import dump
from suxin.ledger.encoding import unb64u
from suxin.ledger.hashing import statement_hash
from suxin.ledger.note import format_vkey

# What happens to one request: it is served; its answer is lost on the way; it is turned away; it never arrives whole;
# it is refused as a whole.
Fate = Literal["served", "answer lost", "busy", "down", "dropped", "declined"]
BOOK = "suxin.example/demo"


class SmallBook:
    """What the handler needs; `fates` are used up one a request, then all are served."""

    def __init__(self) -> None:
        self.log = SmallLog()
        self.fates: deque[Fate] = deque()
        self.retry_after = "3"
        self.bodies: list[bytes] = []
        self.refuse: Callable[[dict[str, Any]], bool] = lambda _statement: False
        self.url = ""
        self._known: dict[bytes, tuple[int, int]] = {}  # statement to index and epoch
        self._lock = threading.Lock()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body for a request."""
        with self._lock:
            if path == "/.well-known/suxin.json":
                site = {"book": BOOK, "origin": ORIGIN, "vkey": format_vkey(self.log.log), "sandbox": True, "witnesses": []}
                return 200, as_bytes(site)
            if path not in ("/v1/events", "/v1/batches"):
                return 404, b"<html>nothing here</html>"
            self.bodies.append(body)
            rows = [json.loads(line) for line in body.split(b"\n") if line]
            return (200, as_bytes(self._event(rows[0]))) if path == "/v1/events" else (200, as_bytes(self._rows(rows)))

    def _event(self, row: dict[str, Any]) -> dict[str, Any]:
        signed = _signed(row)
        known = self._known.get(signed.hash)
        if known is not None:
            return {**self.log.again(signed, *known), "outcome": "already"}
        found = self.log.event(signed)
        self._known[signed.hash] = (found["index"], found["epoch"])
        return found

    def _rows(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        signed = [_signed(row) for row in rows]
        other: dict[int, dict[str, Any]] = {}
        for number, row in enumerate(signed):
            known = self._known.get(row.hash)
            if known is not None:
                other[number] = {"outcome": "already", "index": known[0], "epoch": known[1]}
            elif self.refuse(rows[number]["statement"]):
                problem = {"type": "/problems/subject-unknown", "title": "t", "detail": "d", "cure": "c", "status": 422}
                other[number] = {"outcome": "refused", "problem": problem}
        answer = self.log.rows(signed, other)
        for number, row in enumerate(signed):
            if number not in other:
                self._known[row.hash] = (answer["rows"][number]["index"], answer["epoch"])
        return answer


def _signed(row: dict[str, Any]) -> Signed:
    raw = dump(row["statement"])
    return Signed(row["statement"]["type"], raw, statement_hash(raw), unb64u(row["signature"]))


def _handler(book: SmallBook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(*book.answer(self.path, b""))

        def do_POST(self) -> None:
            fate = book.fates.popleft() if book.fates else "served"
            if fate == "dropped":
                self.close_connection = True
                self.connection.shutdown(2)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if fate == "declined":
                problem = {"type": "/problems/no-authority", "title": "t", "detail": "d", "pointer": "/actor", "cure": "c"}
                self._reply(403, as_bytes(problem))
                return
            if fate in ("busy", "down"):
                book.bodies.append(body)
                headers = {"Retry-After": book.retry_after} if fate == "busy" else {}
                self._reply(503 if fate == "busy" else 502, b"<html>not a problem document</html>", headers)
                return
            status, answer = book.answer(self.path.partition("?")[0], body)
            if fate == "answer lost":
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self._reply(status, answer)

        def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serve(book: SmallBook) -> Iterator[SmallBook]:
    """Serve on a free port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(book))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    book.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield book
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

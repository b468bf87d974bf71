"""The front of a site: hands requests on to a real server, or shows what its operator would rather show. Real HTTP, one address.

A reader comes back to one address, whatever stands behind it: so her browser remembers what it saw there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl

import httpx
from fakes.liar import Face
from fakes.lies import PRODUCT, Shown
from fakes.world import ORIGIN

from suxin.api import render
from suxin.api.places import districts_json
from suxin.api.site import Site
from suxin.ledger.bundle import parse_bundle
from suxin.ledger.checkpoint import log_key
from suxin.ledger.encoding import b64u
from suxin.ledger.merkle import nodes_of
from suxin.ledger.note import format_vkey
from suxin.ledger.tile import encode_tile, parse_tile_path
from suxin.trace.page import TracePage
from suxin.trace.retelling import retell

Answer = tuple[int, dict[str, str], bytes]
HANDED_ON = ("authorization", "accept", "content-type", "host")
KEPT = ("content-type", "content-security-policy", "cache-control")


class Front:
    """One address.

    Attributes:
        url: Without a slash at its end.
        behind: Address of the real server; asked for all that is not `shown`.
        shown: What is shown instead; None for the honest book.
        token: Of an auditor, for what is shown instead.
        trouble: What went wrong here; nothing may.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.behind = ""
        self._shown: Shown | None = None
        self._pages: dict[str, bytes] = {}
        self.trouble: list[str] = []

    @property
    def shown(self) -> Shown | None:
        return self._shown

    @shown.setter
    def shown(self, shown: Shown | None) -> None:
        self._shown = shown
        self._pages.clear()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to one request."""
        shown = self.shown
        if shown is None and not self.behind:
            return 503, {"content-type": "text/plain"}, b"not yet\n"
        if shown is None:
            answer = httpx.request(method, self.behind + path, headers=headers, content=body, timeout=30)
            return answer.status_code, {name: answer.headers[name] for name in KEPT if name in answer.headers}, answer.content
        own = self._own(shown, *path.partition("?")[::2])
        if own is not None:
            return own
        hashes = shown.hashes
        if hashes is not None and path.startswith("/tile/") and "entries" not in path:
            tile = parse_tile_path(path.removeprefix("/tile/"))
            return 200, {"content-type": "application/octet-stream"}, encode_tile(tile, nodes_of(hashes))
        face = Face(shown.leaves, shown.note, shown.size, shown.log, self.token)
        status, kind, found = face.answer(path, headers.get("authorization", ""))
        return status, {"content-type": kind}, found

    def _own(self, shown: Shown, path: str, query: str) -> Answer | None:
        """What a book shows besides its log."""
        json = {"content-type": "application/json"}
        name = path.removeprefix("/static/")
        if path == "/v1/events" and shown.receipt:
            return 201, json, shown.receipt
        if path == "/v1/map/update":
            return 200, json, shown.update({name: int(value) for name, value in parse_qsl(query)})
        if path == f"/v1/products{PRODUCT}/bundle":
            return 200, json, shown.bundle
        if name == "districts.json":
            return 200, json, districts_json(parse_qs(query).get("codes", [""])[0])
        if name in shown.scripts:
            return 200, {"content-type": render.STATIC_TYPES[name]}, shown.scripts[name]
        if name in render.STATIC_TYPES:
            return 200, {"content-type": render.STATIC_TYPES[name]}, render.static_bytes(name)
        if path == f"/en{PRODUCT}":
            if "en" not in self._pages:
                self._pages["en"] = self._page(shown)
            return 200, render.headers("en"), self._pages["en"]
        return None

    def _page(self, shown: Shown) -> bytes:
        """The page that goes with the bundle, as the real server would draw it."""
        bundle = parse_bundle(shown.bundle)
        told = retell(bundle)
        assert isinstance(told, TracePage)
        site = Site(
            base_url=self.url, origin=ORIGIN, key_id=b64u(shown.log.key_id), vkey=format_vkey(log_key(ORIGIN, shown.log.public)),
            size=bundle.epoch.last + 2, epoch=bundle.epoch.number, epoch_ms=bundle.epoch.time, sandbox=True,
        )  # fmt: skip
        page = render.page("trace.html", told, "en", site=site, path=told.path)
        # Who changes the script on the way changes what the page says of its hash as well.
        return (re.sub(r' integrity="[^"]*"', "", page) if shown.scripts else page).encode()


@contextmanager
def fronted(token: str) -> Iterator[Front]:
    """Serve an address until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(b"")

        def do_POST(self) -> None:
            self._send(self.rfile.read(int(self.headers["content-length"])))

        def _send(self, body: bytes) -> None:
            headers = {name: self.headers[name] for name in HANDED_ON if name in self.headers}
            try:
                status, kept, found = front.answer(self.command, self.path, headers, body)
            except Exception as error:  # said by who asks for it
                status, kept, found = 500, {"content-type": "text/plain"}, repr(error).encode()
                front.trouble.append(repr(error))
            self.send_response(status)
            for name, value in (kept | {"content-length": str(len(found))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the screen."""

    class Listening(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A reader that hangs up has its reasons."""

    with Listening(("127.0.0.1", 0), Handler) as server:
        front = Front(f"http://127.0.0.1:{server.server_port}", token)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join(10)

"""The site's static files and an empty page with the site's own headers, on this machine or at an address that is not secure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from playwright.sync_api import Page, Route

from suxin.api import render
from suxin.api.places import districts_json

INSECURE = "http://trace.example"  # answered inside the browser; no such host is asked

# An older browser: all of WebCrypto but this algorithm, and none of what came to the language after Chromium 84.
WITHOUT_ED25519 = """
for (const [of, name] of [[Array.prototype, "at"], [String.prototype, "at"], [String.prototype, "replaceAll"],
  [Element.prototype, "replaceChildren"], [Object, "hasOwn"]]) delete of[name];
const known = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
  if ((algorithm.name ?? algorithm) === "Ed25519") return Promise.reject(new DOMException("unknown", "NotSupportedError"));
  return known.call(this, format, key, algorithm, ...rest);
};
"""


def answer(path: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a path."""
    name = path.partition("?")[0].removeprefix("/static/")
    if name == "districts.json":
        return {"content-type": "application/json"}, districts_json(unquote(path.partition("codes=")[2]))
    if name in render.STATIC_TYPES:
        return {"content-type": render.STATIC_TYPES[name]}, render.static_bytes(name)
    return render.headers("en"), b"<!doctype html><title>empty</title>"


class _Static(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        headers, body = answer(self.path)
        self.send_response(200)
        for header, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """Address of the files on this machine, where a page has WebCrypto as one over HTTPS has."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Static) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def serve_insecurely(page: Page) -> str:
    """Let the page find the files over plain HTTP at a name of its own, where a browser has no `crypto.subtle`."""

    def fulfil(route: Route) -> None:
        headers, body = answer(route.request.url.removeprefix(INSECURE))
        route.fulfill(status=200, headers=headers, body=body)

    page.route(f"{INSECURE}/**", fulfil)
    return INSECURE

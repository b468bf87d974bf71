"""What goes over the wire: pages, scripts and bundles gzipped for whoever takes it, scripts without their comments."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from .render import COURIER_SCRIPTS, RECORD_SCRIPTS, SCRIPTS, VOICE_SCRIPTS, static_bytes

LEAST: Final = 1_000  # bytes; what is smaller gains nothing
LEVEL: Final = 6


def packed(request: Request, body: bytes, headers: Mapping[str, str], status: int = 200) -> Response:
    """An answer, gzipped where the caller accepts it and it is worth it."""
    sent = dict(headers)
    vary = [sent["vary"]] if "vary" in sent else []
    sent["vary"] = ", ".join([*vary, "Accept-Encoding"])
    if len(body) >= LEAST and takes_gzip(request):
        return Response(gzip.compress(body, LEVEL, mtime=0), status, sent | {"content-encoding": "gzip"})
    return Response(body, status, sent)


def packed_file(request: Request, name: str, headers: Mapping[str, str]) -> Response:
    """A static file, likewise; each form is made once."""
    zipped = takes_gzip(request)
    sent = dict(headers) | {"vary": "Accept-Encoding"} | ({"content-encoding": "gzip"} if zipped else {})
    return Response(_form(name, zipped), headers=sent)


def takes_gzip(request: Request) -> bool:
    """Whether the caller names gzip without refusing it."""
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = part.replace(" ", "").lower().partition(";q=")
        if name == "gzip":
            return weight not in ("0", "0.0", "0.00", "0.000")
    return False


def without_comments(script: str) -> str:
    """A script of ours without lines of comment and without indentation, which are a fifth of it; nothing within a line changes.

    No template string of ours holds a line break, so every line that begins like a comment is one.
    """
    lines, within = [], False
    for line in script.splitlines():
        text = line.strip()
        if within or text.startswith("/*"):
            within = not text.endswith("*/")
        elif text and not text.startswith("//"):
            lines.append(text)
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=256)
def _form(name: str, zipped: bool) -> bytes:
    raw = static_bytes(name)
    if name in SCRIPTS + RECORD_SCRIPTS + VOICE_SCRIPTS + COURIER_SCRIPTS:
        raw = without_comments(raw.decode()).encode()
    return gzip.compress(raw, 9, mtime=0) if zipped else raw

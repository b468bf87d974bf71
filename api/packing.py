"""What goes over the wire: pages, scripts and bundles packed as the caller takes them, scripts without their comments."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import brotli  # type: ignore[import-untyped]
from fastapi import Request
from fastapi.responses import Response

from .render import COURIER_SCRIPTS, LABEL_SCRIPTS, LABEL_STYLE, RECORD_SCRIPTS, SCRIPTS, STYLES, VOICE_SCRIPTS, static_bytes

LEAST: Final = 1_000  # bytes; what is smaller gains nothing
GZIP_LEVEL: Final = 6
BROTLI_QUALITY: Final = 7  # a sixth smaller than gzip for twice its time; files, which are packed once, take the best there is
_CSS_COMMENT: Final = re.compile(rb"\s*/\*.*?\*/\s*", re.S)


def packed(request: Request, body: bytes, headers: Mapping[str, str], status: int = 200) -> Response:
    """An answer, with Brotli or gzip where the caller takes it and it is worth it."""
    sent = dict(headers)
    vary = [sent["vary"]] if "vary" in sent else []
    sent["vary"] = ", ".join([*vary, "Accept-Encoding"])
    coding = coding_for(request) if len(body) >= LEAST else ""
    if coding == "br":
        body = brotli.compress(body, quality=BROTLI_QUALITY)
    elif coding == "gzip":
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return Response(body, status, sent | ({"content-encoding": coding} if coding else {}))


def packed_file(request: Request, name: str, headers: Mapping[str, str]) -> Response:
    """A static file, likewise; each form is made once."""
    coding = coding_for(request)
    sent = dict(headers) | {"vary": "Accept-Encoding"} | ({"content-encoding": coding} if coding else {})
    return Response(_form(name, coding), headers=sent)


def coding_for(request: Request) -> str:
    """The best content coding that the caller names without refusing it: "br", "gzip", or "" for none."""
    taken = set()
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = part.replace(" ", "").lower().partition(";q=")
        if weight not in ("0", "0.0", "0.00", "0.000"):
            taken.add(name)
    return "br" if "br" in taken else "gzip" if "gzip" in taken else ""


def without_comments(script: str) -> str:
    """A script of ours without lines of comment and without indentation, which are a fifth of it; nothing within a line changes.

    No template string of ours holds a line break, so every line that begins like a comment is one.
    """
    lines, within = [], False
    for line in script.splitlines():
        text = line.strip()
        if within or text.startswith("/*"):
            within = not text.endswith("*/")
        elif text and (not text.startswith("//") or text.startswith("//#")):  # what a browser is told stays
            lines.append(text)
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=256)
def _form(name: str, coding: str) -> bytes:
    raw = static_bytes(name)
    if name in SCRIPTS + RECORD_SCRIPTS + VOICE_SCRIPTS + COURIER_SCRIPTS + LABEL_SCRIPTS:
        raw = without_comments(raw.decode()).encode()
    elif name in (*STYLES, LABEL_STYLE):
        raw = _CSS_COMMENT.sub(b"", raw)
    if coding == "br":
        return bytes(brotli.compress(raw))
    return gzip.compress(raw, 9, mtime=0) if coding else raw

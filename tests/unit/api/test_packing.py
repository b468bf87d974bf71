"""Scripts lose their comments on the way out and nothing else; Brotli and gzip are for whoever takes them."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from starlette.requests import Request

from suxin.api.packing import coding_for, packed, packed_file, without_comments
from suxin.api.render import COURIER_SCRIPTS, LABEL_SCRIPTS, RECORD_SCRIPTS, SCRIPTS, VOICE_SCRIPTS, static_bytes


def asked(accept: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", accept.encode())]})


@pytest.mark.parametrize("name", SCRIPTS + RECORD_SCRIPTS + VOICE_SCRIPTS + COURIER_SCRIPTS + LABEL_SCRIPTS)
def test_only_whole_lines_of_comment_go(name: str) -> None:
    source = static_bytes(name).decode()
    lines = [line.strip() for line in source.splitlines()]
    kept = without_comments(source).splitlines()
    rest = iter(lines)
    assert all(line in rest for line in kept), "lines are left in their order and unchanged"
    gone = set(lines) - set(kept)
    assert all(line == "" or (line.startswith(("//", "/*", "*")) and not line.startswith("//#")) for line in gone)
    # A template string over several lines could hold a line that only looks like a comment.
    assert not [line for line in kept if line.replace("\\`", "").count("`") % 2]


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br;q=0", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("br", "br"),
        ("brotli", ""),
        ("", ""),
        ("identity;q=1, *;q=0", ""),
    ],
)
def test_what_is_packed_is_for_whoever_takes_it(accept: str, coding: str) -> None:
    body = b"x" * 5_000
    answer = packed(asked(accept), body, {"content-type": "text/plain", "vary": "Accept-Language"})
    unpacked: Callable[[bytes], bytes] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    assert coding_for(asked(accept)) == coding
    assert answer.headers.get("content-encoding", "") == coding
    assert unpacked(bytes(answer.body)) == body
    assert answer.headers["vary"] == "Accept-Language, Accept-Encoding"
    icons = packed_file(asked(accept), "icons.svg", {})
    assert unpacked(bytes(icons.body)) == static_bytes("icons.svg")
    style = unpacked(bytes(packed_file(asked(accept), "style.css", {}).body))
    assert style.startswith(b":root{")
    assert b"/*" not in style
    assert style.count(b"{") == static_bytes("style.css").count(b"{")

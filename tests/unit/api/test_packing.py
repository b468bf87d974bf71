"""Scripts lose their comments on the way out and nothing else; gzip is for whoever takes it."""

from __future__ import annotations

import gzip

import pytest
from starlette.requests import Request

from suxin.api.packing import packed, packed_file, takes_gzip, without_comments
from suxin.api.render import COURIER_SCRIPTS, RECORD_SCRIPTS, SCRIPTS, VOICE_SCRIPTS, static_bytes


def asked(accept: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", accept.encode())]})


@pytest.mark.parametrize("name", SCRIPTS + RECORD_SCRIPTS + VOICE_SCRIPTS + COURIER_SCRIPTS)
def test_only_whole_lines_of_comment_go(name: str) -> None:
    source = static_bytes(name).decode()
    lines = [line.strip() for line in source.splitlines()]
    kept = without_comments(source).splitlines()
    rest = iter(lines)
    assert all(line in rest for line in kept), "lines are left in their order and unchanged"
    gone = set(lines) - set(kept)
    assert all(line == "" or line.startswith(("//", "/*", "*")) for line in gone)
    # A template string over several lines could hold a line that only looks like a comment.
    assert not [line for line in kept if line.replace("\\`", "").count("`") % 2]


@pytest.mark.parametrize(
    ("accept", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("br", False),
        ("", False),
        ("identity;q=1, *;q=0", False),
    ],
)
def test_gzip_is_for_whoever_takes_it(accept: str, zipped: bool) -> None:
    body = b"x" * 5_000
    answer = packed(asked(accept), body, {"content-type": "text/plain", "vary": "Accept-Language"})
    assert takes_gzip(asked(accept)) is zipped
    assert (answer.headers.get("content-encoding") == "gzip") is zipped
    assert (gzip.decompress(answer.body) if zipped else answer.body) == body  # type: ignore[arg-type]
    assert answer.headers["vary"] == "Accept-Language, Accept-Encoding"
    style = packed_file(asked(accept), "style.css", {})
    assert (gzip.decompress(style.body) if zipped else style.body) == static_bytes("style.css")  # type: ignore[arg-type]

"""What docs/formats/streams.md shows; the statement it speaks of stands in statement.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from conformance.test_format_pages import blocks as blocks_of

from suxin.ledger.limits import STREAM_ID_BYTES_MAX
from suxin.ledger.statement import parse_statement


def example(text: str, _blocks: Mapping[str, str]) -> None:
    correction = parse_statement(blocks_of("statement")["statement.reference"].removesuffix("\n").encode())
    shown = json.loads(text)
    assert tuple(shown) == correction.streams
    assert all(name.isascii() and len(name) <= STREAM_ID_BYTES_MAX for name in shown)


CHECKS = {"streams.example": example}

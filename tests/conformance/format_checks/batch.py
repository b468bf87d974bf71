"""What docs/formats/batch.md shows; its two statements and their key are those of statement.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from conformance.test_format_pages import blocks as blocks_of

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.keys import parse_public, verify_batch
from suxin.ledger.leaf import decode_batch, decode_header, encode, kind_of
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.proof import verify_inclusion
from suxin.ledger.statement import Statement, parse_statement


def rows() -> list[Statement]:
    page = blocks_of("statement")
    return [parse_statement(page[name].removesuffix("\n").encode()) for name in ("statement.example", "statement.reference")]


def header(text: str, _blocks: Mapping[str, str]) -> None:
    raw = text.removesuffix("\n").encode()
    shown, statements = decode_header(raw), rows()
    assert encode(shown) == raw
    hashes = [statement.hash for statement in statements]
    root = unb64u(shown.root, 32)
    assert root == root_of(hashes)
    assert shown.size == len(statements)
    for position, statement in enumerate(statements):
        assert (statement.key, statement.book, statement.n) == (shown.key, shown.book, shown.n + position)
        path = inclusion_path(position, shown.size, nodes_of(hashes))
        verify_inclusion(statement.hash, position, shown.size, path, root)


def signature(text: str, blocks: Mapping[str, str]) -> None:
    public = parse_public(json.loads(blocks_of("statement")["statement.names"])["public"])
    verify_batch(public, blocks["batch.header"].removesuffix("\n").encode(), unb64u(text.removesuffix("\n"), 64))


def leaf(text: str, blocks: Mapping[str, str]) -> None:
    raw = text.removesuffix("\n").encode()
    shown = decode_batch(raw)
    assert encode(shown) == raw
    assert kind_of(raw) == "batch"
    assert encode(shown.header) == blocks["batch.header"].removesuffix("\n").encode()
    assert shown.signature == blocks["batch.signature"].removesuffix("\n")
    assert shown.absent == [(1, b64u(rows()[1].hash))]


CHECKS = {"batch.header": header, "batch.signature": signature, "batch.leaf": leaf}

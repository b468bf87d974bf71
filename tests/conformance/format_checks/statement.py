"""What docs/formats/statement.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.authority import CASE_MOVES
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.keys import key_id, parse_public, verify_statement
from suxin.ledger.statement import Statement, copy_for_ref, parse_statement


def parsed(text: str) -> Statement:
    """The statement of a block: its bytes are all but the line feed that ends the block."""
    return parse_statement(text.removesuffix("\n").encode())


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = parsed(text)
    assert (shown.type, shown.n, shown.book) == ("scan", 1, "suxin.example/demo")


def names(text: str, blocks: Mapping[str, str]) -> None:
    shown, statement = json.loads(text), parsed(blocks["statement.example"])
    assert shown["hash"] == b64u(statement.hash)
    public = parse_public(shown["public"])
    assert shown["key"] == b64u(key_id(public)) == statement.key
    verify_statement(public, statement.raw, unb64u(shown["signature"], 64))


def reference(text: str, blocks: Mapping[str, str]) -> None:
    referred, shown = parsed(blocks["statement.example"]), parsed(text)
    assert shown.ref == b64u(referred.hash)
    assert shown.re == copy_for_ref(referred)
    assert shown.streams == referred.streams  # a correction has no subject of its own


def case_moves(text: str, _blocks: Mapping[str, str]) -> None:
    lines = [line.split(": ") for line in text.splitlines()]
    assert {who: frozenset(states.split()) for who, states in lines} == CASE_MOVES


CHECKS = {
    "statement.example": example,
    "statement.names": names,
    "statement.reference": reference,
    "statement.case-moves": case_moves,
}

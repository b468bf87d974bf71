"""What docs/formats/leaf.md shows; statement and batch are those of statement.md and batch.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from conformance.test_format_pages import blocks as blocks_of

from suxin.ledger.encoding import unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import parse_public, verify_statement
from suxin.ledger.leaf import Entry, decode_entry, decode_genesis, encode, encode_entry, kind_of


def genesis(text: str, _blocks: Mapping[str, str]) -> None:
    raw = text.removesuffix("\n").encode()
    shown = decode_genesis(raw)
    assert encode(shown) == raw
    assert kind_of(raw) == "genesis"
    parse_public(shown.log)
    parse_public(shown.root.key)


def _entry(text: str) -> tuple[bytes, Entry]:
    raw = text.removesuffix("\n").encode()
    shown = decode_entry(raw)
    statement = blocks_of("statement")["statement.example"].removesuffix("\n").encode()
    assert bytes(shown.statement) == statement == raw[raw.index(b'"statement":') + 12 : -1]
    assert kind_of(raw) == "entry"
    return raw, shown


def entry(text: str, _blocks: Mapping[str, str]) -> None:
    raw, shown = _entry(text)
    public = parse_public(json.loads(blocks_of("statement")["statement.names"])["public"])
    signature = unb64u(str(shown.signature), 64)
    verify_statement(public, bytes(shown.statement), signature)
    assert encode_entry(bytes(shown.statement), shown.received, signature) == raw


def batched(text: str, _blocks: Mapping[str, str]) -> None:
    raw, shown = _entry(text)
    under = leaf_hash(blocks_of("batch")["batch.leaf"].removesuffix("\n").encode())
    assert encode_entry(bytes(shown.statement), shown.received, None, (under, 0)) == raw


CHECKS = {"leaf.genesis": genesis, "leaf.entry": entry, "leaf.batched": batched}

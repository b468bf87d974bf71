"""What docs/formats/receipt.md shows, checked step by step as the page says, and by the client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.test_format_pages import blocks as blocks_of

from suxin.client.receipt import check_batch, check_event
from suxin.client.statement import Signed, SignedBatch
from suxin.ledger import canonical
from suxin.ledger.checkpoint import Checkpoint, open_checkpoint
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.leaf import Batch, decode_header, encode, encode_entry
from suxin.ledger.note import VerifierKey, format_vkey, parse_vkey
from suxin.ledger.proof import verify_inclusion, verify_range
from suxin.ledger.statement import parse_statement


def log_of(blocks: Mapping[str, str]) -> VerifierKey:
    return parse_vkey(blocks["receipt.vkey"].removesuffix("\n"))


def opened(shown: dict[str, Any], log: VerifierKey) -> Checkpoint:
    checkpoint = open_checkpoint(shown["checkpoint"], log.name, log.public)
    assert checkpoint.size == shown["size"]
    return checkpoint


def path(shown: dict[str, Any]) -> list[bytes]:
    return [unb64u(part, 32) for part in shown["proof"]]


def example(text: str, blocks: Mapping[str, str]) -> None:
    shown, log = json.loads(text), log_of(blocks)
    page = blocks_of("statement")
    statement = parse_statement(page["statement.example"].removesuffix("\n").encode())
    signature = unb64u(json.loads(page["statement.names"])["signature"], 64)
    assert shown["statement"] == b64u(statement.hash)
    leaf = encode_entry(statement.raw, shown["received"], signature)
    assert leaf.decode() == blocks_of("leaf")["leaf.entry"].removesuffix("\n"), "the leaf that leaf.md shows"
    assert shown["leaf"] == b64u(leaf_hash(leaf))
    verify_inclusion(leaf_hash(leaf), shown["index"], shown["size"], path(shown), opened(shown, log).root)
    sent = Signed(statement.type, statement.raw, statement.hash, signature)
    assert check_event(text.encode(), sent, log).index == shown["index"]


def vkey(text: str, blocks: Mapping[str, str]) -> None:
    log = log_of(blocks)
    assert format_vkey(log) == text.removesuffix("\n")
    genesis = json.loads(blocks_of("leaf")["leaf.genesis"])
    assert (log.name, log.public) == (genesis["origin"], unb64u(genesis["log"])[1:])


def sent_batch(text: str) -> SignedBatch:
    head, *rows = map(json.loads, text.splitlines())
    header = canonical.dump(head["header"])
    statements = tuple(parse_statement(canonical.dump(row["statement"])) for row in rows)
    signature = unb64u(head["signature"], 64)
    return SignedBatch(decode_header(header), header, signature, statements, tuple(() for _ in rows))


def batch(text: str, _blocks: Mapping[str, str]) -> None:
    assert b"\n".join(sent_batch(text).lines()).decode() == text.removesuffix("\n")


def rows(text: str, blocks: Mapping[str, str]) -> None:
    shown, log, sent = json.loads(text), log_of(blocks), sent_batch(blocks["receipt.batch"])
    absent = [
        (row["row"], b64u(statement.hash))
        for row, statement in zip(shown["rows"], sent.statements, strict=True)
        if row["outcome"] != "recorded"
    ]
    assert len(absent) == 1, "an example without a refused row shows less"
    head = encode(Batch(absent, sent.header, "batch", b64u(sent.signature)))
    leaves = [leaf_hash(head)]
    for row, statement in zip(shown["rows"], sent.statements, strict=True):
        if row["outcome"] == "recorded":
            assert row["statement"] == b64u(statement.hash)
            assert row["index"] == shown["first"] + len(leaves)
            leaves.append(leaf_hash(encode_entry(statement.raw, row["received"], None, (leaves[0], row["row"]))))
    assert shown["last"] == shown["first"] + len(leaves) - 1
    verify_range(shown["first"], leaves, shown["size"], path(shown), opened(shown, log).root)
    assert check_batch(text.encode(), sent, log).count("recorded") == shown["recorded"]


CHECKS = {"receipt.example": example, "receipt.vkey": vkey, "receipt.batch": batch, "receipt.rows": rows}

"""The vectors of leaves and of batches, which other verifiers run as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger import canonical
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.hashing import leaf_hash, statement_hash
from suxin.ledger.keys import key_id, parse_public
from suxin.ledger.leaf import Batch, Entry, Genesis, decode_batch, decode_entry, decode_genesis, encode, encode_entry, kind_of
from suxin.ledger.limits import LEAF_BYTES_MAX
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.proof import verify_inclusion
from suxin.ledger.reasons import REASONS
from suxin.ledger.store.workers import BatchSignature, check_batch

FOLDER = Path(__file__).parents[1] / "vectors"
DECODE = {"genesis": decode_genesis, "entry": decode_entry, "batch": decode_batch}


def cases(name: str, part: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((FOLDER / f"{name}.json").read_bytes())[part]]


@pytest.mark.parametrize("case", cases("leaf", "cases"))
def test_leaf(case: dict[str, Any]) -> None:
    raw = case["leaf"].encode()
    if not case["valid"]:
        with pytest.raises(VerificationError) as failure:
            DECODE[case["kind"]](raw)
        assert failure.value.code == case["reason"]
        assert case["reason"] in REASONS
        return
    assert kind_of(raw) == case["kind"]
    assert b64u(leaf_hash(raw)) == case["hash"]
    leaf = DECODE[case["kind"]](raw)
    if isinstance(leaf, Entry):
        assert bytes(leaf.statement).decode() == case["statement"]
        assert raw[raw.index(b'"statement":') + 12 : -1] == bytes(leaf.statement)
        signature = unb64u(leaf.signature, 64) if isinstance(leaf.signature, str) else None
        under = (unb64u(leaf.batch[0], 32), leaf.batch[1]) if isinstance(leaf.batch, tuple) else None
        assert encode_entry(bytes(leaf.statement), leaf.received, signature, under) == raw
    else:
        assert isinstance(leaf, Genesis | Batch)
        assert encode(leaf) == raw


def test_a_leaf_has_at_most_65535_bytes() -> None:
    genesis = json.loads(next(case.values[0]["leaf"] for case in cases("leaf", "cases")))
    note = {"checkpoint": "", "origin": "suxin.example/demo/0"}
    room = LEAF_BYTES_MAX - len(canonical.dump(genesis | {"predecessor": note}))
    decode_genesis(canonical.dump(genesis | {"predecessor": note | {"checkpoint": "x" * room}}))
    with pytest.raises(VerificationError, match="leaf-malformed"):
        decode_genesis(canonical.dump(genesis | {"predecessor": note | {"checkpoint": "x" * (room + 1)}}))


def test_no_leaf_is_taken_for_one_of_another_kind() -> None:
    for case in (case.values[0] for case in cases("leaf", "cases")):
        for kind, decode in DECODE.items():
            if case["valid"] and kind != case["kind"]:
                with pytest.raises(VerificationError):
                    decode(case["leaf"].encode())


@pytest.mark.parametrize("case", cases("batch", "batches"))
def test_batch(case: dict[str, Any]) -> None:
    public = parse_public(case["public"])
    batch = BatchSignature(case["header"].encode(), unb64u(case["signature"], 64))
    rows = [statement.encode() for statement in case["statements"]]
    if not case["valid"]:
        with pytest.raises(Refused) as refusal:
            check_batch(batch, rows, {b64u(key_id(public)): public})
        assert refusal.value.code == case["code"]
        assert case["code"] in PROBLEMS
        return
    checked = check_batch(batch, rows, {b64u(key_id(public)): public})
    refused = [[position, row.refused.code] for position, row in enumerate(checked) if row.refused is not None]
    assert refused == case.get("refused", [])
    for row, raw in zip(checked, rows, strict=True):
        assert row.statement is None or (row.statement.hash == statement_hash(raw) and row.public == public)


@pytest.mark.parametrize("case", cases("batch", "alone"))
def test_one_statement_of_a_batch_proves_alone(case: dict[str, Any]) -> None:
    statement, root = unb64u(case["statement"], 32), unb64u(case["root"], 32)
    path = [unb64u(part, 32) for part in case["path"]]
    if case["valid"]:
        verify_inclusion(statement, case["position"], case["size"], path, root)
        return
    with pytest.raises(VerificationError) as failure:
        verify_inclusion(statement, case["position"], case["size"], path, root)
    assert failure.value.code == case["reason"]
    assert case["reason"] in REASONS

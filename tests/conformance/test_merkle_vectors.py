"""Public vectors of RFC 6962 trees: transparency-dev/merkle, positives and negatives."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import Frontier, root_of
from suxin.ledger.proof import verify_consistency, verify_inclusion
from suxin.ledger.reasons import REASONS


def load(shared: Path, name: str) -> Any:
    return json.loads((shared / "data" / "vectors" / name).read_bytes())


def decode(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def run(cases: list[dict[str, Any]], verify: Any) -> None:
    failed, wrong, codes = 0, [], set()
    for case in cases:
        try:
            verify(case)
            held = True
        except VerificationError as failure:
            held, failed = False, failed + 1
            codes.add(failure.code)
        if held is case["wantErr"]:
            wrong.append(case["file"])
    assert wrong == []
    assert len(codes) == 1
    assert codes <= REASONS.keys()
    assert (len(cases), failed) == (98, 92)


def test_inclusion(shared: Path) -> None:
    def verify(case: dict[str, Any]) -> None:
        (leaf, root), path = decode([case["leafHash"], case["root"]]), decode(case["proof"])
        verify_inclusion(leaf, case["leafIdx"], case["treeSize"], path, root)

    run(load(shared, "merkle_inclusion.json")["cases"], verify)


def test_consistency(shared: Path) -> None:
    def verify(case: dict[str, Any]) -> None:
        (old, new), path = decode([case["root1"], case["root2"]]), decode(case["proof"])
        verify_consistency(case["size1"], case["size2"], path, old, new)

    run(load(shared, "merkle_consistency.json")["cases"], verify)


def test_rfc_6962_roots(shared: Path) -> None:
    vectors = load(shared, "rfc6962_roots.json")
    leaves = [leaf_hash(bytes.fromhex(text)) for text in vectors["leaf_inputs_hex"]]
    frontier = Frontier()
    for size, root in enumerate(vectors["root_hex"]):
        assert root_of(leaves[:size]).hex() == root
        assert frontier.root().hex() == root
        if size < len(leaves):
            frontier.append(leaves[size])
    assert len(vectors["root_hex"]) == 9


@pytest.mark.parametrize("name", ["merkle_inclusion.json", "merkle_consistency.json"])
def test_the_files_say_how_many_must_fail(shared: Path, name: str) -> None:
    vectors = load(shared, name)
    assert (vectors["count"], vectors["negative"]) == (98, 92)

"""docs/formats/map.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.map_hash import map_key, slot_of
from suxin.ledger.map_proof import format_map_proof
from suxin.ledger.map_verify import parse_map_proof, verify_map


def example(text: str, _: Mapping[str, str]) -> None:
    case = json.loads(text)
    (there, missing), depth, root = case["queries"], case["depth"], unb64u(case["root"])
    keys = [map_key(row["stream"]) for row in (there, missing)]
    assert [b64u(key) for key in keys] == [there["key"], missing["key"]]
    assert {slot_of(key, depth) for key in keys} == {5}
    proof = parse_map_proof(case["proof"])
    assert format_map_proof(proof) == case["proof"]
    queries = [(keys[0], (there["count"], unb64u(there["head"]))), (keys[1], None)]
    verify_map(root, depth, proof, queries)
    with pytest.raises(VerificationError, match=r"^map-root"):
        verify_map(root, depth, proof, [(keys[0], (3, unb64u(there["head"]))), (keys[1], None)])


CHECKS = {"map.example": example}

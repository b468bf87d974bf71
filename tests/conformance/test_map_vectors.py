"""The vectors of the map, which other verifiers run as well; the maps are also built by a naive one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.naive_map import NaiveMap

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.map_hash import map_key
from suxin.ledger.map_proof import format_map_proof
from suxin.ledger.map_verify import Query, parse_map_proof, verify_map
from suxin.ledger.reasons import REASONS

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/map.json").read_bytes())


def query_of(row: dict[str, Any]) -> Query:
    assert b64u(map_key(row["stream"])) == row["key"]
    return unb64u(row["key"]), (row["count"], unb64u(row["head"])) if "head" in row else None


@pytest.mark.parametrize("case", VECTORS["maps"], ids=lambda case: case["name"])
def test_map(case: dict[str, Any]) -> None:
    naive = NaiveMap(case["depth"])
    for key, record in map(query_of, case["records"]):
        assert record
        naive.set(key, *record)
    assert b64u(naive.root) == case["root"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_proof(case: dict[str, Any]) -> None:
    queries = [query_of(row) for row in case["queries"]]
    if case["valid"]:
        proof = parse_map_proof(case["proof"])
        assert format_map_proof(proof) == case["proof"]
        verify_map(unb64u(case["root"]), case["depth"], proof, queries)
        return
    with pytest.raises(VerificationError) as failure:
        verify_map(unb64u(case["root"]), case["depth"], parse_map_proof(case["proof"]), queries)
    assert failure.value.code == case["reason"]
    assert case["reason"] in REASONS

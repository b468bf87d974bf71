"""The vectors of updates, which other verifiers may run as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.checkpoint import Checkpoint
from suxin.ledger.encoding import unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.reasons import REASONS
from suxin.ledger.update import parse_update
from suxin.ledger.update_verify import step_json, verify_update

PATH = Path(__file__).parents[1] / "vectors/update.json"
CASES = json.loads(PATH.read_bytes())["cases"]


def checkpoint(state: dict[str, Any]) -> Checkpoint:
    return Checkpoint(state["origin"], state["size"], unb64u(state["root"]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_update(case: dict[str, Any]) -> None:
    held = unb64u(case["held"]["map"]) if "map" in case["held"] else checkpoint(case["held"])
    raw, newer = case["update"].encode(), checkpoint(case["newer"])
    if case["valid"]:
        assert step_json(verify_update(parse_update(raw), held, newer)) == case["step"]
        return
    with pytest.raises(VerificationError) as failure:
        verify_update(parse_update(raw), held, newer)
    assert failure.value.code == case["reason"]
    assert case["reason"] in REASONS


def test_every_reason_of_an_update_has_a_case() -> None:
    reasons = {case["reason"] for case in CASES if not case["valid"]}
    assert {code for code in REASONS if code.startswith("update-")} - {"update-too-large"} <= reasons
    assert {code for code in REASONS if code.startswith("epoch-")} - {"epoch-missing"} <= reasons
    assert {"map-buckets", "map-present", "map-neighbour", "map-order", "map-absent", "map-missing", "map-extra"} <= reasons
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert sum(not case["valid"] for case in CASES) >= 60

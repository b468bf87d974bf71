"""The vectors of trust policies, which other verifiers run as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.errors import VerificationError
from suxin.ledger.policy import format_policy, parse_policy
from suxin.ledger.reasons import REASONS

CASES = json.loads((Path(__file__).parents[1] / "vectors/policy.json").read_bytes())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_policy(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["policy_hex"]) if "policy_hex" in case else case["policy"].encode()
    if not case["valid"]:
        with pytest.raises(VerificationError) as failure:
            parse_policy(raw)
        assert failure.value.code == case["reason"]
        assert case["reason"] in REASONS
        return
    policy = parse_policy(raw)
    assert parse_policy(format_policy(policy)) == policy
    assert [witness.name for witness in policy.witnesses if witness.full] == case["full"]
    for quorum in case["quorum"]:
        assert policy.quorum_met(set(quorum["cosigned"])) is quorum["met"], quorum

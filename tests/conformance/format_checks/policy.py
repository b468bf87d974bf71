"""docs/formats/policy.md."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.policy import format_policy, parse_policy


def example(text: str, _: Mapping[str, str]) -> None:
    policy = parse_policy(text.encode())
    assert parse_policy(format_policy(policy)) == policy
    assert [log.key.name for log in policy.logs] == ["suxin.example/demo/1"]
    assert {witness.name: witness.full for witness in policy.witnesses} == {"X1": True, "X2": False, "Y1": False}
    assert policy.quorum_met({"X1", "Y1"})
    assert not policy.quorum_met({"X1", "X2"})


CHECKS = {"policy.example": example}

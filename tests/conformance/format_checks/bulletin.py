"""docs/formats/bulletin.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.courier.bulletin import DEPTH_MAX
from suxin.courier.bulletin_check import check_bulletin
from suxin.ledger.canonical import dump
from suxin.ledger.policy import parse_policy


def example(text: str, shown: Mapping[str, str]) -> None:
    value = json.loads(text)
    policy = parse_policy(shown["bulletin.policy"].encode())
    found = check_bulletin(dump(value, DEPTH_MAX), policy)
    assert (found.verdict, found.fault, found.month) == ("holds", "", "2026-11")
    assert found.value["counts"]["ungraded"] == len(found.value["ratings"]) == 1
    assert len(found.value["penalties"]) == 1
    value["bulletin"]["counts"]["left_out"] += 1
    assert check_bulletin(dump(value, DEPTH_MAX), policy).fault.startswith("signature-invalid")


def policy(text: str, _shown: Mapping[str, str]) -> None:
    assert parse_policy(text.encode()).logs


CHECKS = {"bulletin.example": example, "bulletin.policy": policy}

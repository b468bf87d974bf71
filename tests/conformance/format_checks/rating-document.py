"""docs/formats/rating-document.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.courier.document import check_document
from suxin.courier.rulebook import rule_set
from suxin.ledger.canonical import dump
from suxin.ledger.limits import BUNDLE_DEPTH_MAX
from suxin.ledger.policy import parse_policy
from suxin.trace.lifecycle import TradeRules


def example(text: str, shown: Mapping[str, str]) -> None:
    value = json.loads(text)
    policy = parse_policy(shown["rating-document.policy"].encode())
    now_ms = value["bundle"]["epoch"]["leaf"]["time"]
    found = check_document(dump(value, BUNDLE_DEPTH_MAX + 1), policy, now_ms, TradeRules(), rule_set("KD-2026.1"))
    assert (found.report.verdict, found.fault, found.table) == ("holds", "", False)
    assert found.score is not None
    assert found.score.verdict.note == "sample"
    value["facts"]["parcels"] = "100"
    found = check_document(dump(value, BUNDLE_DEPTH_MAX + 1), policy, now_ms, TradeRules(), rule_set("KD-2026.1"))
    assert (found.report.verdict, found.score) == ("holds", None)
    assert found.fault


def policy(text: str, shown: Mapping[str, str]) -> None:
    assert parse_policy(text.encode()).logs


CHECKS = {"rating-document.example": example, "rating-document.policy": policy}

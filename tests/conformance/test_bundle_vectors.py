"""The vectors of the bundle, which other verifiers run as well: each result of each case, with its reason code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.bundle_report import BundleReport, report_json
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.policy import parse_policy
from suxin.ledger.reasons import REASONS
from suxin.trace.lifecycle import TradeRules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/bundle.json").read_bytes())
CASES: list[dict[str, Any]] = VECTORS["cases"]


def text_of(case: dict[str, Any]) -> str:
    text: str = case["text"] if "text" in case else VECTORS["bundles"][case["bundle"]]
    for old, new in case.get("edits", []):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def check(case: dict[str, Any]) -> BundleReport:
    policy = parse_policy(VECTORS["policies"][case["policy"]].encode())
    return verify_bundle(text_of(case).encode(), policy, case["now_ms"], TradeRules())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_bundle(case: dict[str, Any]) -> None:
    report = check(case)
    found = {name: f"{one.state} {one.code}" for name, one in report.results.by_name().items() if one.state != "holds"}
    assert found == case["results"]
    assert report.verdict == case["verdict"]
    assert report.audited is case.get("audited", False)
    assert report.log_unknown is ("log-unknown" in case["results"].get("on_record", ""))
    assert all(one.code in REASONS for one in report.results.by_name().values() if one.code)
    json.dumps(report_json(report))


def test_there_are_cases_of_every_kind() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    verdicts = [case["verdict"] for case in CASES]
    assert verdicts.count("holds") > 15
    assert verdicts.count("open") > 3
    assert verdicts.count("fails") > 120
    shown = {text for case in CASES for text in case["results"].values()}
    # Every result of a bundle that could be read can fail, and currency can only be open.
    for name in ("form", "signatures", "order", "on_record", "complete", "withheld", "witnesses"):
        assert any(case["results"].get(name, "").startswith("fails") for case in CASES), name
    assert not any(case["results"].get("current", "").startswith("fails") for case in CASES)
    assert {"open state-old", "open state-ahead", "open cosignatures-old", "open witness-quorum", "open log-unknown"} <= shown


def test_every_reason_of_bundles_has_a_case() -> None:
    used = {text.split(" ")[1] for case in CASES for text in case["results"].values()}
    assert BUNDLE_REASONS - used == {"bundle-too-large"}  # too large a case; tests/unit/ledger/test_bundle.py has it


BUNDLE_REASONS = {
    "bundle-malformed", "bundle-too-large", "log-unknown", "entry-beyond", "entry-missing", "entry-extra", "entry-misplaced",
    "entry-left-out", "entries-not-understood", "stream-missing", "stream-extra", "batch-missing", "batch-extra",
    "withheld-without-cause", "withheld-type", "withheld-authority", "state-old", "state-ahead", "cosignatures-old",
    "witness-quorum",
}  # fmt: skip

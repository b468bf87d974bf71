"""What docs/formats/bundle.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger import canonical
from suxin.ledger.bundle_report import BundleReport, report_json
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.limits import BUNDLE_DEPTH_MAX
from suxin.ledger.policy import format_policy, parse_policy
from suxin.ledger.withholding import MAY_WITHHOLD
from suxin.trace.lifecycle import TradeRules

NOW_MS = 1_795_305_780_000  # as the page says


def report(blocks: Mapping[str, str]) -> BundleReport:
    raw = canonical.dump(json.loads(blocks["bundle.example"]), BUNDLE_DEPTH_MAX)
    return verify_bundle(raw, parse_policy(blocks["bundle.policy"].encode()), NOW_MS, TradeRules())


def example(text: str, blocks: Mapping[str, str]) -> None:
    assert report(blocks).verdict == "holds"
    assert len(canonical.dump(json.loads(text), BUNDLE_DEPTH_MAX)) < 3_200


def policy(text: str, _blocks: Mapping[str, str]) -> None:
    assert format_policy(parse_policy(text.encode())).decode() == text


def shown_report(text: str, blocks: Mapping[str, str]) -> None:
    found = report_json(report(blocks))
    for name, due in json.loads(text).items():
        value = found[name]
        assert (value["state"] if isinstance(value, dict) else value) == due, name


def withholders(text: str, _blocks: Mapping[str, str]) -> None:
    due = [f"{kind}: {ground}: {' '.join(roles)}" for kind, grounds in MAY_WITHHOLD.items() for ground, roles in grounds.items()]
    assert text.splitlines() == due


CHECKS = {
    "bundle.example": example,
    "bundle.policy": policy,
    "bundle.report": shown_report,
    "bundle.withholders": withholders,
}

"""What must be refused, with its code: the vectors that the JavaScript verifier runs as well, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from fakes.negative_cases import CASES, by_python

from suxin.ledger.reasons import REASONS

EVERYWHERE = ("truncated", "oversized", "duplicated", "wrong width")
CLASSES = {
    "note": {
        *EVERYWHERE, "size not bound by the root", "unknown signature", "repeated signature", "missing signature", "wrong origin",
    },
    "tile": {*EVERYWHERE, "extra hashes"},
    "proof": {*EVERYWHERE, "extra hashes", "size not bound by the root"},
    "policy": {*EVERYWHERE, "unknown signature", "missing signature"},
    "bundle": {
        *EVERYWHERE, "size not bound by the root", "extra hashes", "unknown signature", "repeated signature", "missing signature",
        "wrong origin", "stale", "closure with a hole", "withheld without cause", "deep JSON",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['class']}: {case['name']}")
def test_refused_with_its_code(case: dict[str, Any]) -> None:
    reason, results = by_python(case)
    assert (reason, results) == (case["reason"], case.get("results", {}))
    assert reason in REASONS


def test_at_least_three_of_each_class_of_each_kind() -> None:
    found = Counter((case["kind"], case["class"]) for case in CASES)
    assert set(found) == {(kind, one) for kind, classes in CLASSES.items() for one in classes}
    assert {cell: number for cell, number in found.items() if number < 3} == {}
    assert len(CASES) >= 150
    names = [(case["kind"], case["class"], case["name"]) for case in CASES]
    assert len(set(names)) == len(names)
    # No two cases are one: what is given differs, not only what it is called.
    given = [str(sorted((name, str(value)) for name, value in case.items() if name not in ("name", "class"))) for case in CASES]
    assert [one for one, number in Counter(given).items() if number > 1] == []

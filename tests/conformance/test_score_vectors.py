"""score.json worked out again by plain code that shares nothing with the program: floats for the rows, Decimal for the whole."""

from __future__ import annotations

import json
import math
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "tests" / "vectors" / "score.json").read_bytes())
RULES = json.loads((ROOT / "courier" / "rules" / f"{DOCUMENT['rules']}.json").read_bytes())
FIGURES = json.loads((ROOT / "courier" / "rules" / f"{RULES['benchmarks']}.json").read_bytes())["figures"]
SCALE = {"percent": 100, "per_million": 10**6, "stars": 1, "per_100_months": 100}
Z = Decimal("1.645")
D = Decimal
getcontext().prec = 40


def g(v: Decimal, floor: Decimal, bench: Decimal, target: Decimal) -> Decimal:
    if floor > target:
        v, floor, bench, target = -v, -floor, -bench, -target
    if v <= floor:
        return D(0)
    if v >= target:
        return D(1)
    return D("0.8") * (v - floor) / (bench - floor) if v < bench else D("0.8") + D("0.2") * (v - bench) / (target - bench)


def row(rule: dict[str, Any], facts: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Points, and points at the bad and the good bound."""
    weight = D(rule["weight"])
    if rule["kind"] == "deduction":
        day, rows = facts["as_of"], [s for s in facts.get("standing", []) if s["indicator"] == rule["id"]]
        off = sum((D(rule[s["degree"]]) for s in rows if s["from"] <= day <= s["until"]), D(0))
        return (max(D(0), weight - off),) * 3
    counts, bench, scale = facts["measures"][rule["id"]], D(FIGURES[rule["id"]]["value"]), SCALE[rule["unit"]]
    n, x = D(counts["n"]), D(counts["x"])
    anchors = D(rule["floor"]), bench, D(rule["target"])
    if rule["kind"] == "rare":
        k = D(rule["prior"]) if "prior" in rule else bench * D(rule["prior_exposure"]) / scale
        a, exposure = x + k, n / scale + k / bench
        v = a / exposure
        bad, good = (a * (1 - 1 / (9 * a) + side * Z / (3 * a.sqrt())) ** 3 / exposure for side in (1, -1))
    else:
        m = D(rule["prior"])
        v = (scale * x + m * bench) / (n + m)
        if rule["kind"] == "rate":
            p, size = v / scale, n + m
            half = Z * (p * (1 - p) / size + Z * Z / (4 * size * size)).sqrt()
            bad, good = (scale * (p + Z * Z / (2 * size) + side * half) / (1 + Z * Z / size) for side in (-1, 1))
        else:
            s2 = D(1) if n < 30 else D(counts["squares"]) / n - (x / n) ** 2
            bad, good = (v + side * Z * (s2 / (n + m)).sqrt() for side in (-1, 1))
    points, worst, best = (weight * g(value, *anchors) for value in (v, bad, good))
    return points, worst, best


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in DOCUMENT["cases"] if case["valid"]])
def test_the_whole_is_the_sum_of_plain_formulas(case: dict[str, Any]) -> None:
    rows = [row(rule, case["facts"]) for rule in RULES["indicators"]]
    total = sum((points for points, _, _ in rows), D(0))
    low = total - sum(((p - w) ** 2 for p, w, _ in rows), D(0)).sqrt()
    high = total + sum(((b - p) ** 2 for p, _, b in rows), D(0)).sqrt()
    shown = case["score"]
    assert [line["id"] for line in shown["lines"]] == [rule["id"] for rule in RULES["indicators"]]
    if "score" not in shown:
        assert shown["grade"] == "none"
        assert shown["colour"] == "grey"
        return
    want = (round(total, 5), round(max(low, D(0)), 3), round(min(high, D(100)), 3))
    assert tuple(D(shown["exact"][name]) for name in ("points", "low", "high")) == want
    for line, (points, _, _) in zip(shown["lines"], rows, strict=True):
        assert math.isclose(float(line["points"]), points, abs_tol=0.00501), line["id"]


def test_there_are_cases_of_both_kinds_and_of_every_colour() -> None:
    assert {case["valid"] for case in DOCUMENT["cases"]} == {True, False}
    assert {case["score"]["colour"] for case in DOCUMENT["cases"] if case["valid"]} == {"blue", "yellow", "red", "grey"}

"""The score under whatever counts there are: bounded, ordered, monotone in every indicator, and the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
from fakes.credit import MEASURES, scored, shunda
from hypothesis import given, settings
from hypothesis import strategies as st

from suxin.courier.ruleset import KINDS
from suxin.courier.score import score_value

RATES = [name for name in MEASURES if KINDS[name][0] == "rate"]
RARE = [name for name in MEASURES if KINDS[name][0] == "rare"]


@st.composite
def counts(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Any counts a company could have."""
    found: dict[str, tuple[str, ...]] = {}
    for name in MEASURES:
        n = draw(st.integers(0, 120_000))
        if name in RATES:
            found[name] = (str(n), str(draw(st.integers(0, n))))
        elif name in RARE:
            found[name] = (str(n), str(draw(st.integers(0, 50))))
        else:
            stars = draw(st.lists(st.integers(1, 5), max_size=40))
            found[name] = (str(len(stars)), str(sum(stars)), str(sum(star * star for star in stars)))
    return found


@settings(max_examples=60, deadline=None)
@given(counts())
def test_a_score_lies_between_its_bounds_and_its_lines_within_their_weight(found: dict[str, tuple[str, ...]]) -> None:
    result = scored(shunda(**found))
    assert 0 <= result.low <= result.exact_points <= result.high <= 100
    for line in result.lines:
        assert 0 <= line.points <= line.indicator.weight
        if line.estimate is not None:
            assert line.estimate.low <= line.estimate.used <= line.estimate.high
            assert line.estimate.worst <= line.points <= line.estimate.best
            assert 0 <= line.estimate.share < 1


@settings(max_examples=60, deadline=None)
@given(counts(), st.sampled_from(list(MEASURES)), st.integers(1, 1_000))
def test_more_good_never_lowers_and_more_bad_never_raises_a_score(found: dict[str, tuple[str, ...]], name: str, by: int) -> None:
    n, x = int(found[name][0]), int(found[name][1])
    if name in RATES:
        better = (str(n), str(min(n, x + by)))
    elif name in RARE:
        better = (str(n), str(max(0, x - by)))
    elif x < 5 * n:
        # One rating of k stars becomes one of five.
        lift = min(4, 5 * n - x)
        better = (str(n), str(x + lift), str(min(25 * n, 6 * (x + lift) - 5 * n)))
    else:
        return
    assert scored(shunda(**found)).exact_points <= scored(shunda(**(found | {name: better}))).exact_points


@settings(max_examples=40, deadline=None)
@given(counts(), st.sampled_from(["light", "general", "serious"]))
def test_a_penalty_never_raises_a_score(found: dict[str, tuple[str, ...]], degree: str) -> None:
    one: dict[str, Any] = {"indicator": "I11", "degree": degree, "from": "2026-01-01", "until": "2026-12-31", "decision": "1"}
    with_it, without = (scored(shunda(standing=rows, **found)) for rows in ([one], []))
    assert with_it.exact_points <= without.exact_points
    assert with_it.exact_points == without.exact_points - {"light": 0, "general": Fraction(3, 2), "serious": 3}[degree]


@settings(max_examples=40, deadline=None)
@given(
    counts(),
    st.dictionaries(st.sampled_from(["pending", "unproved", "closing", "quarantined", "outside"]), st.integers(0, 10**6)),
)
def test_what_is_counted_apart_moves_nothing(found: dict[str, tuple[str, ...]], apart: dict[str, int]) -> None:
    with_it, without = score_value(scored(shunda(apart=apart, **found))), score_value(scored(shunda(**found)))
    with_it.pop("apart")
    without.pop("apart")
    assert with_it == without


@pytest.mark.parametrize(("zone", "locale"), [("Pacific/Kiritimati", "tr_TR.UTF-8"), ("America/New_York", "C"), ("UTC", "de_DE")])
def test_the_same_under_other_clocks_and_languages(zone: str, locale: str) -> None:
    program = (
        "import json,sys;from suxin.courier.factfile import parse_facts;from suxin.courier.rulebook import rule_set;"
        "from suxin.courier.score import score,score_value;"
        "print(json.dumps(score_value(score(parse_facts(sys.stdin.buffer.read()),rule_set()))))"
    )
    import json

    run = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(shunda()).encode(),
        env=os.environ | {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": "random"},
        capture_output=True,
        check=True,
    )
    assert json.loads(run.stdout) == score_value(scored(shunda()))

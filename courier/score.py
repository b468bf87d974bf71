"""The score of one company: a pure function of facts and rules, the same on every machine.

Source: domain.md 4.1, 4.2, 4.4; docs/formats/score.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

from .estimate import Estimate, arithmetic, estimate
from .factfile import Facts, check_facts, facts_value
from .grade import Verdict, confidence_of, verdict
from .number import as_decimal, plain, printed, printed_decimal, total
from .ruleset import Indicator, Ruleset

WHOLE: Final = Fraction(100)


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a score.

    Attributes:
        indicator: Its line of the rules.
        points: What it earns.
        estimate: How it was estimated; None for a deduction.
        found: Penalties or breaches that stand, by degree; empty for an estimated one.
    """

    indicator: Indicator
    points: Fraction
    estimate: Estimate | None
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A score and everything that led to it.

    Attributes:
        facts: Of what.
        rules: By what.
        lines: Every indicator in the order of the rules.
        exact_points: Sum of the points, exact. It is a rating only where `verdict.grade` is not empty.
        low: Lower bound of the sum, 0 to 100.
        high: Upper bound.
        own: Points that own data carry.
        own_of: Points that are estimated at all.
        own_besides: As `own`, besides the indicators of `own_data.besides`.
        own_besides_of: As `own_of`, besides these.
        confidence: high, middle, low, none.
        verdict: Grade and colour.
    """

    facts: Facts
    rules: Ruleset
    lines: tuple[Line, ...]
    exact_points: Fraction
    low: Decimal
    high: Decimal
    own: Fraction
    own_of: Fraction
    own_besides: Fraction
    own_besides_of: Fraction
    confidence: str
    verdict: Verdict

    @property
    def graded(self) -> bool:
        """Whether there is enough to grade it."""
        return bool(self.verdict.grade)

    def line(self, name: str) -> Line:
        """One indicator."""
        return next(line for line in self.lines if line.indicator.id == name)


def score(facts: Facts, rules: Ruleset) -> Score:
    """Score a company.

    Args:
        facts: Its facts as of their day.
        rules: The rules, not older than written: nothing is scored by rules of a later day unless it is scored anew.

    Raises:
        CreditError: The facts contradict themselves.
    """
    check_facts(facts)
    context = arithmetic(rules)
    lines = tuple(_line(row, facts, rules) for row in rules.indicators)
    points = total(line.points for line in lines)
    low, high = _bounds(lines, points, context)
    besides = rules.file.own_data.besides
    estimated = [line for line in lines if line.estimate is not None]
    others = [line for line in estimated if line.indicator.id not in besides]
    own, own_besides = _own(estimated), _own(others)
    confidence = confidence_of(facts, rules)
    shown = Fraction(round(points * 10), 10)
    return Score(
        facts=facts,
        rules=rules,
        lines=lines,
        exact_points=points,
        low=low,
        high=high,
        own=own,
        own_of=total(line.indicator.weight for line in estimated),
        own_besides=own_besides,
        own_besides_of=total(line.indicator.weight for line in others),
        confidence=confidence,
        verdict=verdict(shown, facts, rules, confidence, own_besides),
    )


def _line(row: Indicator, facts: Facts, rules: Ruleset) -> Line:
    if row.kind != "deduction":
        found = estimate(row, facts.measures[row.id], rules)
        return Line(row, found.points, found)
    standing = tuple(one.degree for one in facts.standing if one.indicator == row.id and one.start <= facts.as_of <= one.until)
    off = total(row.deductions[degree] for degree in standing)
    return Line(row, max(Fraction(0), row.weight - off), None, standing)


def _bounds(lines: tuple[Line, ...], points: Fraction, context: Context) -> tuple[Decimal, Decimal]:
    """The sum, less or more the root of the summed squares of each indicator's distance to its bound."""
    below = above = Decimal(0)
    for line in lines:
        if line.estimate is not None:
            at = as_decimal(line.points, context)
            below = context.add(below, context.power(context.subtract(at, line.estimate.worst), Decimal(2)))
            above = context.add(above, context.power(context.subtract(line.estimate.best, at), Decimal(2)))
    middle = as_decimal(points, context)
    low = context.subtract(middle, context.sqrt(below))
    high = context.add(middle, context.sqrt(above))
    return max(low, Decimal(0)), min(high, Decimal(100))


def _own(lines: list[Line]) -> Fraction:
    return total(line.indicator.weight * line.estimate.share for line in lines if line.estimate is not None)


def score_value(found: Score) -> dict[str, Any]:
    """A score as JSON (docs/formats/score.md): what a `publication` carries, and every line it was made of."""
    facts, rules = found.facts, found.rules
    value: dict[str, Any] = {
        "v": 1,
        "company": facts.company,
        "as_of": facts.as_of,
        "rules": {"version": rules.version, "benchmarks": rules.benchmarks.version, "digest": rules.digest},
        "grade": found.verdict.grade or "none",
        "colour": found.verdict.colour,
        "near": found.verdict.near,
        "confidence": found.confidence,
        "check_weight": found.verdict.check_weight,
        "parcels": facts.parcels,
        "own": {
            "points": printed(found.own, 1),
            "of": plain(found.own_of),
            "besides": printed(found.own_besides, 1),
            "besides_of": plain(found.own_besides_of),
        },
        "lines": [_line_value(line, found) for line in found.lines],
        "apart": facts_value(facts).get("apart", {}),
    }
    if found.verdict.note:
        value["note"] = found.verdict.note
    if found.graded:
        value["score"] = printed(found.exact_points, 1)
        value["interval"] = [printed_decimal(found.low, 1), printed_decimal(found.high, 1)]
        value["exact"] = {
            "points": printed(found.exact_points, 5),
            "low": printed_decimal(found.low, 3),
            "high": printed_decimal(found.high, 3),
        }
    for name in ("book", "table"):
        if getattr(facts, name) is not None:
            value[name] = facts_value(facts)[name]
    return value


def _line_value(line: Line, found: Score) -> dict[str, Any]:
    row, estimated = line.indicator, line.estimate
    value: dict[str, Any] = {"id": row.id, "name": row.name, "weight": plain(row.weight), "unit": row.unit}
    if found.graded:
        value["points"] = printed(line.points, 2)
    if estimated is None:
        return value | {"found": list(line.found)}
    measure = found.facts.measures[row.id]
    value |= {
        "x": measure.x,
        "n": measure.n,
        "floor": plain(row.floor),
        "benchmark": plain(row.benchmark),
        "target": plain(row.target),
        "prior": printed(row.prior_exposure, 2),
        "used": printed(estimated.used, 3),
        "low": printed_decimal(estimated.low, 3),
        "high": printed_decimal(estimated.high, 3),
        "own": printed(row.weight * estimated.share, 3),
    }
    if estimated.raw is not None:
        value["raw"] = printed(estimated.raw, 3)
    if found.graded:
        value["share"] = printed(line.points / row.weight, 3)
        value["points_low"], value["points_high"] = printed_decimal(estimated.worst, 2), printed_decimal(estimated.best, 2)
    return value

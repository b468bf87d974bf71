"""Estimates of one indicator, the points they earn, and the bounds of both. Exact; Decimal only where a root is drawn.

The fewer own data there are, the nearer an estimate stays to the benchmark, so one case in 120,000 parcels does not
decide, and a perfect record of twenty parcels does not shine. Source: domain.md 4.1, estimate and bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from .factfile import Measure
from .number import as_decimal, exact
from .ruleset import Indicator, Ruleset

FULL, AT_BENCHMARK = Fraction(1), Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimated indicator.

    Attributes:
        raw: Own data alone, in the unit of the anchors; None where there are none.
        used: The estimate: own data and the prior together.
        share: Part of the estimate that own data carry, 0 to 1.
        points: Points it earns.
        worst: Points at the bad bound of its 90 % interval.
        best: Points at the good bound.
        low: Lower bound of the value.
        high: Upper bound of the value.
    """

    raw: Fraction | None
    used: Fraction
    share: Fraction
    points: Fraction
    worst: Decimal
    best: Decimal
    low: Decimal
    high: Decimal


def arithmetic(rules: Ruleset) -> Context:
    """The decimal arithmetic of the bounds."""
    return Context(prec=rules.file.bounds.digits, rounding=ROUND_HALF_EVEN)


def estimate(row: Indicator, measure: Measure, rules: Ruleset) -> Estimate:
    """Estimate one indicator.

    Args:
        row: Its line of the rules; no deduction.
        measure: Its counts.
        rules: For the bounds.
    """
    n, x = exact(measure.n), exact(measure.x)
    m = row.prior_exposure
    own = x + row.prior if row.kind == "rare" else x + m * row.benchmark / row.scale
    used = own / (n + m) * row.scale
    context = arithmetic(rules)
    if row.kind == "rate":
        low, high = _wilson(used / row.scale, n + m, rules, context)
        low, high = (context.multiply(bound, as_decimal(row.scale, context)) for bound in (low, high))
    elif row.kind == "rare":
        low, high = _wilson_hilferty(x + row.prior, (n + m) / row.scale, rules, context)
    else:
        low, high = _of_mean(used, n, n + m, measure, rules, context)
    bad, good = (low, high) if row.rising else (high, low)
    return Estimate(
        raw=x * row.scale / n if n else None,
        used=used,
        share=n / (n + m),
        points=row.weight * grade_of(row, used),
        worst=_points_at(row, bad, context),
        best=_points_at(row, good, context),
        low=low,
        high=high,
    )


def grade_of(row: Indicator, value: Fraction) -> Fraction:
    """Share of an indicator's points that a value earns: straight lines through 0 at floor, 4/5 at benchmark, 1 at target."""
    if (value <= row.floor) if row.rising else (value >= row.floor):
        return Fraction(0)
    if (value >= row.target) if row.rising else (value <= row.target):
        return FULL
    beyond = value >= row.benchmark if row.rising else value <= row.benchmark
    if beyond:
        return AT_BENCHMARK + (FULL - AT_BENCHMARK) * (value - row.benchmark) / (row.target - row.benchmark)
    return AT_BENCHMARK * (value - row.floor) / (row.benchmark - row.floor)


def _points_at(row: Indicator, bound: Decimal, context: Context) -> Decimal:
    return as_decimal(row.weight * grade_of(row, Fraction(bound)), context)


def _wilson(share: Fraction, n: Fraction, rules: Ruleset, c: Context) -> tuple[Decimal, Decimal]:
    """Wilson's interval of a share among n."""
    z, p, size = c.create_decimal(rules.file.bounds.z), as_decimal(share, c), as_decimal(n, c)
    zz = c.multiply(z, z)
    spread = c.add(
        c.divide(c.multiply(p, c.subtract(Decimal(1), p)), size),
        c.divide(zz, c.multiply(Decimal(4), c.multiply(size, size))),
    )
    half = c.multiply(z, c.sqrt(spread))
    middle = c.add(p, c.divide(zz, c.multiply(Decimal(2), size)))
    whole = c.add(Decimal(1), c.divide(zz, size))
    return c.divide(c.subtract(middle, half), whole), c.divide(c.add(middle, half), whole)


def _wilson_hilferty(cases: Fraction, exposure: Fraction, rules: Ruleset, c: Context) -> tuple[Decimal, Decimal]:
    """Wilson and Hilferty's interval of a rate of rare cases."""
    z, a, per = c.create_decimal(rules.file.bounds.z), as_decimal(cases, c), as_decimal(exposure, c)
    middle = c.subtract(Decimal(1), c.divide(Decimal(1), c.multiply(Decimal(9), a)))
    half = c.divide(z, c.multiply(Decimal(3), c.sqrt(a)))
    low, high = (
        c.divide(c.multiply(a, c.power(side, Decimal(3))), per) for side in (c.subtract(middle, half), c.add(middle, half))
    )
    return max(low, Decimal(0)), high


def _of_mean(
    mean: Fraction, own: Fraction, size: Fraction, measure: Measure, rules: Ruleset, c: Context
) -> tuple[Decimal, Decimal]:
    """Interval of a mean rating; a few ratings do not know their own spread."""
    variance = exact(rules.file.bounds.variance)
    if own >= exact(rules.file.bounds.few):
        variance = exact(measure.squares or "0") / own - (exact(measure.x) / own) ** 2
    half = c.multiply(c.create_decimal(rules.file.bounds.z), c.sqrt(as_decimal(variance / size, c)))
    middle = as_decimal(mean, c)
    return c.subtract(middle, half), c.add(middle, half)

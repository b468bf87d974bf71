"""Geometry of the charts of a rating: the scale, the trend with its band, bars against a benchmark, an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..courier.published import Published
from ..courier.rating import RatingLine
from .chart import Box, Tick, nice_step

GRADES = (("D", 0, 600), ("C", 600, 800), ("B", 800, 900), ("A", 900, 1000))  # the lines of KD-2026.1, in tenths of a point
SHORT_DAYS = 70  # below it days are told apart, above it months
_STEPS = (10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale from 0 to 100: a box for each grade, the interval, and where the score is."""

    boxes: tuple[Box, ...]
    interval: Box
    at: float


@dataclass(frozen=True, slots=True)
class Point:
    """One publication in the trend."""

    x: float
    y: float
    row: Published
    upper: float = 0.0
    lower: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered event of the trend; `number` stands in the list below it."""

    x: float
    y: float
    number: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A line of scores in its band. `runs` are the parts of the line that no ungraded publication interrupts."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    runs: tuple[tuple[Point, ...], ...]
    up: tuple[Tick, ...]
    across: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]

    @property
    def last(self) -> Point | None:
        """The newest point, or None."""
        return self.runs[-1][-1] if self.runs else None


@dataclass(frozen=True, slots=True)
class Interval:
    """A value in its interval beside a benchmark, on an axis from 0."""

    width: int
    left: float
    right: float
    low: float
    high: float
    at: float
    benchmark: float
    ticks: tuple[tuple[float, str], ...]


def scale(row: Published, width: int, height: int) -> Scale:
    """Lay out a score on the scale of grades, low grades to the left.

    Args:
        row: A publication with a score.
        width: View box width.
        height: Height of the bar; it begins at y 22.
    """
    assert row.score_e1 is not None
    assert row.low_e1 is not None
    assert row.high_e1 is not None

    def x(tenths: int) -> float:
        return round(width * tenths / 1000, 1)

    boxes = tuple(Box(f"z{grade}", x(start) + 0.5, 22, x(end) - x(start) - 1, height) for grade, start, end in GRADES)
    around = Box("iv", x(row.low_e1), 18, max(3.0, x(row.high_e1) - x(row.low_e1)), height + 8)
    return Scale(boxes, around, x(row.score_e1))


def trend(history: Sequence[Published], events: Sequence[str], width: int, height: int) -> Trend:
    """Lay out the scores of a year.

    Args:
        history: Publications, the oldest first.
        events: Days of what is marked, in the order of their numbers.
        width: View box width.
        height: View box height.
    """
    left, right, top, bottom = 34.0, width - 14.0, 26.0, height - 24.0
    graded = [row for row in history if row.score_e1 is not None]
    bounds = [value for row in graded for value in (row.low_e1, row.high_e1) if value is not None] or [0, 1000]
    step = next((s for s in _STEPS if (max(bounds) - min(bounds)) <= 5 * s), _STEPS[-1])
    low, high = min(bounds) // step * step, min(1000, -(-max(bounds) // step) * step)
    high = max(high, low + step)
    days = [date.fromisoformat(row.as_of) for row in history] or [date(2000, 1, 1)]
    first, span = min(days), max(1, (max(days) - min(days)).days)

    def x(day: date) -> float:
        share = (min(max(day, first), max(days)) - first).days / span if len(set(days)) > 1 else 0.5
        return round(left + share * (right - left), 1)

    def y(tenths: int) -> float:
        return round(bottom - (tenths - low) / (high - low) * (bottom - top), 1)

    runs: list[list[Point]] = [[]]
    for row, day in zip(history, days, strict=False):
        if row.score_e1 is None or row.low_e1 is None or row.high_e1 is None:
            runs.append([])  # a month without a grade is a gap, not a line
            continue
        runs[-1].append(Point(x(day), y(row.score_e1), row, y(row.high_e1), y(row.low_e1)))
    form = "%Y-%m" if span > SHORT_DAYS else "%m-%d"
    every = max(1, -(-len(days) // max(3, width // 110)))  # so that months do not run into each other
    return Trend(
        width, height, left, right, top, bottom,
        runs=tuple(tuple(run) for run in runs if run),
        up=tuple(Tick(y(value), value // 10) for value in range(low, high + 1, step)),
        across=tuple((x(day), f"{day:{form}}") for n, day in enumerate(days) if n % every == 0),
        lines=tuple((y(start), grade) for grade, start, _ in GRADES if low < start < high),
        marks=tuple(Mark(x(date.fromisoformat(day)), top - 10, n) for n, day in enumerate(events, 1)),
    )  # fmt: skip


def band(run: Sequence[Point]) -> str:
    """SVG path around the interval of a part of the trend."""
    upper = [f"{point.x} {point.upper}" for point in run]
    lower = [f"{point.x} {point.lower}" for point in reversed(run)]
    return f"M{'L'.join([*upper, *lower])}Z"


def line(run: Sequence[Point]) -> str:
    """SVG path through the scores of a part of the trend."""
    return f"M{'L'.join(f'{point.x} {point.y}' for point in run)}"


def bullet(row: RatingLine, width: int) -> tuple[Box, Box, float]:
    """Bar of the points earned, box of their interval, and where the benchmark is. Longer is better, whatever is measured."""
    bar = Box("bar", 0, 5, round(width * min(1.0, max(0.0, row.share)), 1), 8)
    start, end = (round(width * min(1.0, max(0.0, share)), 1) for share in (row.share_low, row.share_high))
    return bar, Box("iv", start, 7, max(1.5, round(end - start, 1)), 4), round(width * 0.8, 1)


def interval(row: RatingLine, width: int) -> Interval:
    """Lay out one indicator's value in its interval.

    Args:
        row: An estimated indicator.
        width: View box width.
    """
    left, right = 6.0, width - 6.0
    used, low, high, benchmark = (float(text) for text in (row.used, row.low, row.high, row.benchmark))
    most = 1.15 * max(high, 2 * benchmark)
    step = nice_step(int(1000 * most) + 1) / 1000

    def x(value: float) -> float:
        return round(left + (right - left) * value / most, 1)

    ticks = tuple((x(n * step), f"{n * step:.3f}".rstrip("0").rstrip(".")) for n in range(int(most / step) + 1))
    return Interval(width, left, right, x(low), x(high), x(used), x(benchmark), ticks)

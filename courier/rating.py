"""View models of a published rating: what was published, the lines behind it, and how it went. Pure.

A page shows a rating only as a `publication` states it. The lines come from the fact table whose root the publication carries,
scored again; where that table is not at hand, or gives something else, there are no lines.
Source: DESIGN section 5; domain.md 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ..ledger.refs import EntryRef, Name
from .counts import Count
from .estimate import AT_BENCHMARK
from .explain import sentence_en, sentence_zh
from .factfile import facts_value
from .publication import publication_body
from .published import Published
from .score import Line, Score, score_value

NOTHING: Final = Name("")


@dataclass(frozen=True, slots=True)
class RatingLine:
    """One indicator. Figures are text with the digits of docs/formats/score.md.

    Attributes:
        id: I1 to I13.
        name: What it measures.
        kind: rate, rare, mean or deduction.
        unit: percent, per_million, stars, per_100_months or points.
        weight: Points of a perfect record.
        points: What it earns, "" without a grade.
        side: `better` or `worse` than its benchmark where even the other bound of its interval is; `even` where chance may
            explain the difference; `lost` for a deduction that costs something, `clean` for one that costs nothing.
        share: Share of the weight it earns, 0 to 1, by the value used.
        share_low: The same at the bad bound of the interval.
        share_high: At the good bound.
        x: Weighted hits or cases, "" for a deduction.
        n: What they are counted against.
        used: The estimate that is scored.
        raw: Own data alone, "" without any.
        low: Lower bound of the value.
        high: Upper bound.
        floor: Value that earns nothing.
        benchmark: Value that earns four fifths.
        target: Value that earns all.
        own: Points that own data carry.
        found: Penalties or breaches that stand, by degree.
    """

    id: str
    name: Name
    kind: str
    unit: str
    weight: str
    points: str
    side: Literal["better", "worse", "even", "lost", "clean"]
    share: float
    share_low: float
    share_high: float
    x: str = ""
    n: str = ""
    used: str = ""
    raw: str = ""
    low: str = ""
    high: str = ""
    floor: str = ""
    benchmark: str = ""
    target: str = ""
    own: str = ""
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What is marked in the trend: a penalty, a warning, a repair and so on.

    Attributes:
        day: When it was made, YYYY-MM-DD.
        kind: Type of its statement.
        ref: Its entry.
    """

    day: str
    kind: str
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Rating:
    """A company's published rating.

    Attributes:
        now: The newest publication.
        history: Publications in order of the day they are as of, one a day, the newest last; at most a year.
        lines: Every indicator of the newest one; none where its fact table is not at hand or gives something else.
        sentence: The public sentence, "" without lines.
        own_of: Points that are estimated at all.
        own_besides: Points that own data carry besides those of rare events.
        own_besides_of: Points that are estimated, besides these.
        apart: What is counted and scores nothing.
        table_path: Address of the fact table, without a slash at the end.
        rules_path: Address of the rule set.
    """

    now: Published
    history: tuple[Published, ...]
    table_path: str
    rules_path: str
    lines: tuple[RatingLine, ...] = ()
    sentence: Name = NOTHING
    own_of: str = ""
    own_besides: str = ""
    own_besides_of: str = ""
    apart: tuple[Count, ...] = ()

    def line(self, name: str) -> RatingLine | None:
        """One indicator, or None."""
        return next((line for line in self.lines if line.id == name), None)


def rating_of(all_of_them: tuple[Published, ...], found: Score | None, uscc: str, name: Name) -> Rating:
    """A rating as a page shows it.

    Args:
        all_of_them: As `publications` gives them, at least one.
        found: The newest one scored again from its fact table; None where that is not at hand.
        uscc: The company.
        name: What the sentence calls it.
    """
    now = all_of_them[-1]
    first = date.fromisoformat(now.as_of).replace(day=1)
    since = first.replace(year=first.year - 1).isoformat()
    rating = Rating(
        now,
        tuple(row for row in all_of_them if row.as_of >= since),
        f"/v1/couriers/{uscc}/facts/{now.table}",
        f"/v1/rules/{now.rules}",
    )
    if found is None or not agrees(found, now):
        return rating
    value = score_value(found)
    return Rating(
        rating.now,
        rating.history,
        rating.table_path,
        rating.rules_path,
        tuple(_line(line, row) for line, row in zip(found.lines, value["lines"], strict=True)),
        Name(sentence_zh(found, name.text or uscc), "zh-CN", sentence_en(found, name.english or name.text or uscc)),
        value["own"]["of"],
        value["own"]["besides"],
        value["own"]["besides_of"],
        tuple(Count(code, n) for code, n in facts_value(found.facts).get("apart", {}).items()),
    )


def agrees(found: Score, published: Published) -> bool:
    """Whether a score is the one that was published: every figure a publication states."""
    if found.facts.book is None or found.facts.table is None:
        return False
    body = publication_body(found)
    due = (
        published.as_of, published.grade or "none", published.colour, published.near, published.confidence,
        published.score_e1, published.low_e1, published.high_e1, published.digest, published.table, published.size,
    )  # fmt: skip
    return due == (
        body["as_of"], body["grade"], body["colour"], body["near"], body["confidence"],
        body.get("score_e1"), body.get("low_e1"), body.get("high_e1"), body["rules"]["digest"], body["table"],
        body["book"]["size"],
    )  # fmt: skip


def _line(line: Line, value: dict[str, str]) -> RatingLine:
    row, estimated = line.indicator, line.estimate
    name = Name(row.name["zh"], "zh-CN", row.name["en"])
    share = float(line.points / row.weight)
    if estimated is None:
        side: Literal["lost", "clean"] = "lost" if line.points < row.weight else "clean"
        points = value.get("points", "")
        return RatingLine(row.id, name, row.kind, row.unit, value["weight"], points, side, share, share, share, found=line.found)
    par, weight = row.weight * AT_BENCHMARK, float(row.weight)
    worst, best = float(estimated.worst), float(estimated.best)
    beyond: Literal["better", "worse", "even"] = "better" if worst > par else "worse" if best < par else "even"
    x, n, used, raw, low, high, floor, benchmark, target, own = (
        value.get(key, "") for key in ("x", "n", "used", "raw", "low", "high", "floor", "benchmark", "target", "own")
    )
    return RatingLine(
        row.id, name, row.kind, row.unit, value["weight"], value.get("points", ""), beyond,
        share, worst / weight, best / weight, x, n, used, raw, low, high, floor, benchmark, target, own,
    )  # fmt: skip

"""View models of a published rating: what was published, the lines behind it, and how it went. Pure.

A page shows a rating only as a `publication` states it. The lines come from the fact table whose root the publication carries,
scored again; where that table is not at hand, or gives something else, there are no lines.
Source: DESIGN section 5; domain.md 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from msgspec import UNSET

from ..ledger.credit import PublicationBody
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.oddity import claimed_time
from ..ledger.party import party_of
from ..ledger.refs import ClaimedTime, EntryRef, Name, Party
from .counts import Count
from .estimate import AT_BENCHMARK
from .explain import sentence_en, sentence_zh
from .factfile import facts_value
from .publication import publication_body
from .score import Line, Score, score_value

NOTHING: Final = Name("")


@dataclass(frozen=True, slots=True)
class Published:
    """One publication, as its entry states it.

    Attributes:
        ref: Its entry.
        time: When it was made, as claimed.
        by: Who publishes.
        as_of: The day it is as of.
        grade: A, B, C, D, or "" for none.
        colour: blue, yellow, red or grey.
        near: Whether the grade stands although the score is past its line (临界).
        note: sample, own_data, review, decision, or "".
        confidence: high, middle, low or none.
        score_e1: Score in tenths, None without a grade.
        low_e1: Lower bound of its 90 % interval, in tenths.
        high_e1: Upper bound.
        own_e1: Points that own data carry, in tenths.
        parcels_e6: Weighted parcels, in millionths.
        rules: Version of the rules.
        benchmarks: Version of the benchmarks.
        digest: Digest over the rule set.
        origin: Log it was computed from.
        size: Size of the state it was computed from.
        root: Root of that state.
        table: Root of the fact table.
    """

    ref: EntryRef
    time: ClaimedTime
    by: Party
    as_of: str
    grade: str
    colour: str
    near: bool
    note: str
    confidence: str
    score_e1: int | None
    low_e1: int | None
    high_e1: int | None
    own_e1: int
    parcels_e6: int
    rules: str
    benchmarks: str
    digest: str
    origin: str
    size: int
    root: str
    table: str

    @property
    def score(self) -> str:
        """The score with its one decimal, "" without one."""
        return tenths(self.score_e1)

    @property
    def low(self) -> str:
        """Lower bound, likewise."""
        return tenths(self.low_e1)

    @property
    def high(self) -> str:
        """Upper bound, likewise."""
        return tenths(self.high_e1)

    @property
    def own(self) -> str:
        """Points that own data carry, likewise."""
        return tenths(self.own_e1)

    @property
    def parcels(self) -> int:
        """Weighted parcels, rounded."""
        return round(self.parcels_e6 / 10**6)


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


def publications(entries: Iterable[Entry], directory: Directory) -> tuple[Published, ...]:
    """Publications among the entries of a company's standing, in log order; of the same day the newer one replaces the older."""
    found: dict[str, Published] = {}
    for entry in entries:
        body = entry.statement.body
        if isinstance(body, PublicationBody):
            found[body.as_of] = _published(entry, body, directory)
    return tuple(found[day] for day in sorted(found))


def _published(entry: Entry, body: PublicationBody, directory: Directory) -> Published:
    return Published(
        ref=entry.ref,
        time=claimed_time(entry),
        by=party_of(directory, entry.statement.party),
        as_of=body.as_of,
        grade="" if body.grade == "none" else body.grade,
        colour=body.colour,
        near=body.near,
        note="" if body.note is UNSET else body.note,
        confidence=body.confidence,
        score_e1=None if body.score_e1 is UNSET else body.score_e1,
        low_e1=None if body.low_e1 is UNSET else body.low_e1,
        high_e1=None if body.high_e1 is UNSET else body.high_e1,
        own_e1=body.own_e1,
        parcels_e6=body.parcels_e6,
        rules=body.rules.version,
        benchmarks=body.rules.benchmarks,
        digest=body.rules.digest,
        origin=body.book.origin,
        size=body.book.size,
        root=body.book.root,
        table=body.table,
    )


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


def tenths(value: int | None) -> str:
    """Tenths as a decimal with one place, "" for None."""
    return "" if value is None else f"{value // 10}.{value % 10}"

"""The files of a rule set, and the terms of warnings, as types: unknown members, missing sources and floats do not pass.

Source: docs/formats/rules.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ..ledger.credit import Trigger
from ..ledger.moment import DATE
from .number import Number

Version = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{1,11}-[A-Za-z0-9][A-Za-z0-9.]{0,19}\Z", description="as KD-2026.1")]
Day = Annotated[str, Meta(pattern=rf"^{DATE}\Z", description="day")]
Source = Annotated[str, Meta(min_length=1, max_length=300, description="where the figures come from")]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Percentish = Annotated[int, Meta(ge=0, le=10_000)]
Grade = Literal["A", "B", "C", "D"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Part of a file: closed, absent members stay absent."""


class Name(Part, frozen=True):
    """A name in both languages."""

    zh: Title
    en: Title


class IndicatorRow(Part, frozen=True):
    """One indicator: what it weighs, its anchors, its prior."""

    id: Annotated[str, Meta(max_length=8)]
    name: Name
    kind: Literal["rate", "rare", "mean", "deduction"]
    unit: Literal["percent", "per_million", "stars", "per_100_months", "points"]
    weight: Number
    source: Source
    floor: Number | None = None
    target: Number | None = None
    prior: Number | None = None
    prior_exposure: Number | None = None
    light: Number | None = None
    general: Number | None = None
    serious: Number | None = None


class Cases(Part, frozen=True):
    """In which indicator a case scores that would fit several: the first of these."""

    order: list[str]
    source: Source


class Population(Part, frozen=True):
    """Which parcels count, and when a step of one counts.

    Attributes:
        close_days: A parcel counts once so many days have passed.
        lost_days: Without a scan for so long it is presumed lost.
        unanswered_hours: A consign is to be accepted or refused within so many hours.
        on_time_hours: Hours of the 72-hour indicator.
        late_sync_hours: A sign-off that reached the book later than this is not on time; 0 switches the rule off.
        sign_off_grade: Lowest evidence grade of a step that earns credit.
        exposure_grade: Lowest evidence grade of a parcel that rare events are counted against.
        city_digits: Leading characters of a district code that name its city; 0 where districts do not tell cities apart, and
            every parcel counts as one between cities.
        source: Where it comes from.
    """

    close_days: Percentish
    lost_days: Percentish
    unanswered_hours: Percentish
    on_time_hours: Percentish
    late_sync_hours: Percentish
    sign_off_grade: Grade
    exposure_grade: Grade
    city_digits: Annotated[int, Meta(ge=0, le=6)]
    source: Source


class Quarantine(Part, frozen=True):
    """Marks of suspected brushing and how many of them set a parcel apart. They never convict."""

    needs: Annotated[int, Meta(ge=1, le=4)]
    fast_hours: Percentish
    light_g: Percentish
    kmh: Percentish
    source: Source


class Complaints(Part, frozen=True):
    """Days to settle a complaint, and days of silence after an answer that close it."""

    days: Percentish
    silent_days: Percentish
    source: Source


class Sample(Part, frozen=True):
    """Weighted parcels for high, middle and low confidence; below low there is no grade."""

    high: Number
    middle: Number
    low: Number
    source: Source


class OwnData(Part, frozen=True):
    """How many points, besides those of the named indicators, own data must carry."""

    besides: list[str]
    least: Number
    source: Source


class Line(Part, frozen=True):
    """A grade and the score it begins at."""

    grade: Grade
    start: Number = field(name="from")


class Grades(Part, frozen=True):
    """Lines of the grades, and how far past one a score moves it in one month."""

    lines: list[Line]
    margin: Number
    source: Source


class Bounds(Part, frozen=True):
    """Normal quantile, digits of the arithmetic; below `few` ratings their variance is `variance`."""

    z: Number
    digits: Annotated[int, Meta(ge=20, le=200)]
    few: Number
    variance: Number
    source: Source


class Red(Part, frozen=True):
    """Final decisions that turn a file red."""

    triggers: list[Trigger]
    source: Source


class RuleFile(Part, frozen=True):
    """A rule file."""

    v: Literal[1]
    version: Version
    date: Day
    title: Name
    source: Source
    benchmarks: Version
    day_weights: Version
    indicators: list[IndicatorRow]
    cases: Cases
    population: Population
    complaints: Complaints
    sample: Sample
    own_data: OwnData
    grades: Grades
    bounds: Bounds
    red: Red
    lanes: dict[str, Number]
    peaks: dict[str, Number]
    quarantine: Quarantine | None = None


class Figure(Part, frozen=True):
    """One benchmark."""

    value: Number
    unit: Literal["percent", "per_million", "stars", "per_100_months"]
    date: Day
    source: Source


class BenchmarkFile(Part, frozen=True):
    """Benchmarks of one place as of one day."""

    v: Literal[1]
    version: Version
    date: Day
    place: Name
    figures: dict[str, Figure]


class DayWeightFile(Part, frozen=True):
    """Weights of days by their age, 0 to 365, in millionths."""

    v: Literal[1]
    version: Version
    date: Day
    source: Source
    weights_e6: list[int]


class AppealGround(Part, frozen=True):
    """Valid appeals: how many times the benchmark the lower bound has to be above."""

    times: Number
    source: Source


class ShareGround(Part, frozen=True):
    """A share of misses that the lower bound has to be above, in per cent."""

    percent: Number
    source: Source


class FallGround(Part, frozen=True):
    """Points by which a score fell within so many days."""

    points: Number
    days: Annotated[int, Meta(ge=1, le=366)]
    source: Source


class WarningFile(Part, frozen=True):
    """Terms of service warnings: on what grounds, how long an answer is waited for, how long one stands.

    Attributes:
        v: 1.
        version: As WARN-2026.1.
        date: Of the file.
        title: In both languages.
        source: Where the terms come from.
        answer_days: Working days to answer.
        term_days: Days of the calendar from the notice to the last day.
        appeals: Ground by I7.
        complaints: By I8.
        gaps: By I6.
        fall: By the publications of the time before.
    """

    v: Literal[1]
    version: Version
    date: Day
    title: Name
    source: Source
    answer_days: Percentish
    term_days: Percentish
    appeals: AppealGround
    complaints: ShareGround
    gaps: ShareGround
    fall: FallGround

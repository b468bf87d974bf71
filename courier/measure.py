"""What a row of the fact table counts as, under a rule set. Pure.

The one place that says when a parcel is a hit, a miss or neither, so that table, rollup and entries cannot differ.
Source: domain.md 4.1, population, one case scores once, anti-gaming.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from .row import CheckRow, ComplaintRow, Dated, ParcelRow, ReviewRow, TrafficRow
from .ruleset import Ruleset

SCORED_IN: Final = {"appeal": "I7", "lost": "I3", "false_signoff": "I5", "no_consent": "I5", "damaged": "I4"}
SUSPICIOUS: Final = frozenset(("bare", "fast", "light", "speed"))
_RARE: Final = ("I3", "I4", "I7")


class Share(NamedTuple):
    """What one row adds to one measure; of ratings x is in hundredths of a star and squares in ten-thousandths."""

    measure: str
    n: int
    x: int
    squares: int = 0


class Counted(NamedTuple):
    """What a row counts as.

    Attributes:
        shares: What it adds to the measures.
        parcels: 1 for a parcel that makes up the sample, else 0.
        apart: Names of `Apart` it is counted under.
    """

    shares: tuple[Share, ...]
    parcels: int = 0
    apart: tuple[str, ...] = ()


def count(row: Dated, rules: Ruleset) -> Counted:
    """Count one row.

    Args:
        row: A parcel whose cohort is closed, or a row of another kind.
        rules: For grades, hours and the order of cases.
    """
    if isinstance(row, ParcelRow):
        return _parcel(row, rules)
    if isinstance(row, ComplaintRow):
        return Counted((Share("I8", 1, int(row.settled)),))
    if isinstance(row, ReviewRow):
        return Counted((Share("I9C" if row.by == "consumer" else "I9M", 1, row.centi, row.centi * row.centi),))
    if isinstance(row, CheckRow):
        return Counted((Share("I10", row.of, row.passed),))
    assert isinstance(row, TrafficRow)
    return Counted((Share("I13", row.months, row.found),))


def scores_in(row: ParcelRow, rules: Ruleset) -> str:
    """The one indicator that a parcel's cases score in, "" without any."""
    fits = {SCORED_IN[case] for case in row.cases}
    if row.end in ("lost", "presumed_lost"):
        fits.add("I3")
    return next((name for name in rules.file.cases.order if name in fits), "")


def is_quarantined(row: ParcelRow, rules: Ruleset) -> bool:
    """Whether a parcel carries so many marks that it earns no credit. It is no finding: nothing bad counts for it either."""
    quarantine = rules.file.quarantine
    if quarantine is None or row.end != "delivered" or "cleared" in row.marks:
        return False
    return len(SUSPICIOUS & set(row.marks)) >= quarantine.needs


def _parcel(row: ParcelRow, rules: Ruleset) -> Counted:
    if "excluded" in row.marks:
        return Counted((), apart=("excluded",))
    own_house, quarantined = "own_house" in row.marks, is_quarantined(row, rules)
    case = scores_in(row, rules)
    shares = []
    for name, good in _rates(row, rules, case):
        if not (good and quarantined):  # what it would earn is set apart; what it failed stays
            shares.append(Share(name, 1, int(good)))
    exposed = row.known <= rules.file.population.exposure_grade and not own_house and not quarantined
    for name in _RARE:
        if exposed or case == name:
            shares.append(Share(name, int(exposed), int(case == name)))
    apart: list[str] = [name for name in ("excused", "own_house", "late_sync") if name in row.marks]
    if quarantined:
        apart.append("quarantined")
    if len(set(row.cases) | ({"lost"} if row.end in ("lost", "presumed_lost") else set())) > 1:
        apart.append("counted_in")
    return Counted(tuple(shares), int(not own_house and not quarantined), tuple(apart))


def _rates(row: ParcelRow, rules: Ruleset, case: str) -> Iterator[tuple[str, bool]]:
    """The rates a parcel is counted in, and whether it is a hit."""
    population = rules.file.population
    credit = row.grade <= population.sign_off_grade and "own_house" not in row.marks
    signed = row.end == "delivered" and credit
    in_time = signed and "late_sync" not in row.marks
    excused = "excused" in row.marks
    if not excused and (row.origin is None or row.origin != row.destination):  # a lane nobody named is no way out
        yield "I1", in_time and row.minutes is not None and row.minutes <= 60 * population.on_time_hours
    if not excused and row.promise != "none":
        yield "I2", in_time and row.promise == "kept"
    if not excused:
        agreed = row.method == "in_person" or row.consent != "none"
        yield "I5", signed and agreed and "deposit" not in row.marks and case != "I5"
    yield "I6", credit and not row.gaps

"""Grounds for a service warning (服务警示): what the published terms find in a company's score and file. Pure.

A bad figure is no ground, nor is bad luck: the side of the 90 % interval that favours the company has to be past the
threshold. A notice of it goes to the company first; what becomes of that is worked out in `dossier.py`.
Source: domain.md 4.2; docs/formats/rules.md, docs/adr/0015.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Literal

from ..ledger.credit import BreachBody, PublicationBody, WarningBody
from .dossier import Dossier
from .errors import CreditError
from .number import exact, printed, read_json
from .rulebook import packaged
from .rulefile import WarningFile
from .score import Score
from .workday import CURRENT as CALENDAR
from .workday import calendar

CURRENT: Final = "WARN-2026.1"
WHOLE: Final = Fraction(100)

GroundName = Literal["appeals", "complaints", "fall", "gaps", "commitment"]


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground.

    Attributes:
        name: As in the body of a warning.
        found: What was found, printed: at the bound that favours the company; "" for a commitment.
        limit: What it is more than, printed.
    """

    name: GroundName
    found: str = ""
    limit: str = ""


def parse_terms(raw: bytes) -> WarningFile:
    """Read the terms of warnings.

    Raises:
        CreditError: They are none, or leave no time to answer.
    """
    terms: WarningFile = read_json(raw, WarningFile, "terms of warnings")
    if not 5 <= terms.answer_days < terms.term_days <= 366:
        raise CreditError(
            "five working days are due for an answer, and a warning ends within a year", "/answer_days", "terms of warnings"
        )
    return terms


@lru_cache(maxsize=4)
def warning_terms(version: str = CURRENT) -> WarningFile:
    """Terms that come with the program, by their version.

    Raises:
        CreditError: There are none of that version.
    """
    return parse_terms(packaged(version))


def grounds_of(found: Score, dossier: Dossier, terms: WarningFile) -> tuple[Ground, ...]:
    """Every ground that a company gives, in a fixed order.

    Args:
        found: Its score. Without a grade there are too few data of its own to warn of any figure.
        dossier: Its file at the end of the day of the score.
        terms: The terms.
    """
    figures = tuple(_figures(found, dossier, terms)) if found.graded else ()
    broken = any(isinstance(f.body, BreachBody) and f.body.kind == "commitment" for f in dossier.public_findings)
    return (*figures, Ground("commitment")) if broken else figures


def _figures(found: Score, dossier: Dossier, terms: WarningFile) -> Iterator[Ground]:
    appeals = found.line("I7")
    assert appeals.estimate is not None
    limit = exact(terms.appeals.times) * appeals.indicator.benchmark
    if Fraction(appeals.estimate.low) > limit:
        yield Ground("appeals", printed(Fraction(appeals.estimate.low), 2), printed(limit, 2))
    shares: tuple[tuple[GroundName, str, str], ...] = (
        ("complaints", "I8", terms.complaints.percent),
        ("gaps", "I6", terms.gaps.percent),
    )
    for name, indicator, percent in shares:
        estimate = found.line(indicator).estimate
        assert estimate is not None
        missed = WHOLE - Fraction(estimate.high)
        if missed > exact(percent):
            yield Ground(name, printed(missed, 2), printed(exact(percent), 2))
    fallen = _fallen(found, dossier, terms.fall.days)
    if fallen >= exact(terms.fall.points):
        yield Ground("fall", printed(fallen, 1), printed(exact(terms.fall.points), 1))


def _fallen(found: Score, dossier: Dossier, days: int) -> Fraction:
    """Points below the best rating that was published within so many days before, under the same rules; 0 for none."""
    as_of = found.facts.as_of
    since = (date.fromisoformat(as_of) - timedelta(days=days)).isoformat()
    best = 0
    for entry in dossier.publications:
        body = entry.statement.body
        assert isinstance(body, PublicationBody)
        if since <= body.as_of < as_of and body.rules.digest == found.rules.digest and isinstance(body.score_e1, int):
            best = max(best, body.score_e1)
    return Fraction(max(0, best - round(found.exact_points * 10)), 10)


def untold(grounds: Iterable[Ground], dossier: Dossier) -> tuple[Ground, ...]:
    """Grounds of which no notice was given whose term still runs: one a term, whatever became of it."""
    told: set[str] = set()
    for warned in dossier.warnings:
        body = warned.entry.statement.body
        assert isinstance(body, WarningBody)
        if isinstance(body.grounds, list) and dossier.day <= str(body.last):
            told.update(body.grounds)
    return tuple(ground for ground in grounds if ground.name not in told)


def notice_body(grounds: Iterable[Ground], as_of: str, today: str, terms: WarningFile) -> dict[str, Any]:
    """Body of the notice.

    Args:
        grounds: At least one.
        as_of: Day of the score they were found in; over in China.
        today: Day on which it is received.
        terms: For its clock and its term.
    """
    return {
        "answer_by": calendar().after(today, terms.answer_days),
        "as_of": as_of,
        "calendar": CALENDAR,
        "event": "notice",
        "grounds": sorted(ground.name for ground in grounds),
        "last": (date.fromisoformat(today) + timedelta(days=terms.term_days)).isoformat(),
    }

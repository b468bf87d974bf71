"""From a score to a grade and a colour. A grade moves slowly, and a file turns red by a decision, never by its score.

Source: domain.md 4.2; DESIGN section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .factfile import Facts
from .number import exact
from .ruleset import Ruleset

ORDER: Final = ("A", "B", "C", "D")
_COLOURS: Final = {"A": "blue", "B": "blue", "C": "yellow", "D": "yellow"}
_CHECKS: Final = {"A": "0.5", "B": "1", "C": "2", "D": "4"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a score amounts to.

    Attributes:
        grade: A, B, C, D, or "" for none.
        colour: blue, yellow, red, or grey.
        near: Whether the grade stands although the score is past its line (临界).
        note: `sample` or `own_data` where there is no grade, `review` for a low score, `decision` for red, else "".
        check_weight: How often it is drawn for random checks, as a factor.
    """

    grade: str
    colour: str
    near: bool = False
    note: str = ""
    check_weight: str = "1"


def confidence_of(facts: Facts, rules: Ruleset) -> str:
    """Confidence by weighted parcels: high, middle, low, or none."""
    parcels, sample = exact(facts.parcels), rules.file.sample
    for name, least in (("high", sample.high), ("middle", sample.middle), ("low", sample.low)):
        if parcels >= exact(least):
            return name
    return "none"


def verdict(score: Fraction, facts: Facts, rules: Ruleset, confidence: str, own_besides: Fraction) -> Verdict:
    """Grade and colour.

    Args:
        score: As printed, with one decimal: what a reader sees is what is graded.
        facts: For penalties, decisions and the last grade.
        rules: The lines.
        confidence: As `confidence_of` says.
        own_besides: Points that own data carry besides those of `own_data.besides`.
    """
    if confidence == "none":
        return Verdict("", "grey", note="sample")
    if own_besides < exact(rules.file.own_data.least):
        return Verdict("", "grey", note="own_data")
    if any(_stands(order.start, order.until, facts.as_of) for order in facts.orders):
        return Verdict("D", "red", note="decision", check_weight=_CHECKS["D"])
    at_best = "A" if confidence in ("high", "middle") and not _punished(facts) else "B"
    reached = max(band_of(score, rules), at_best)
    grade = max(_settled(score, facts, rules), at_best)
    note = "review" if grade == "D" else ""
    return Verdict(grade, _COLOURS[grade], grade != reached, note, _CHECKS[grade])


def band_of(score: Fraction, rules: Ruleset) -> str:
    """The grade whose lines a score lies between."""
    return next((line.grade for line in rules.file.grades.lines if score >= exact(line.start)), "D")


def _settled(score: Fraction, facts: Facts, rules: Ruleset) -> str:
    """The grade after the margin: from the last one, line by line, as far as the score is clearly or repeatedly past it."""
    if facts.previous is None:
        return band_of(score, rules)
    lines = {line.grade: exact(line.start) for line in rules.file.grades.lines}
    margin, before = exact(rules.file.grades.margin), exact(facts.previous.score)
    at = ORDER.index(facts.previous.grade)
    while at < len(ORDER) - 1:  # downwards past the line of the grade it has
        line = lines[ORDER[at]]
        if score >= line or not (line - score >= margin or before < line):
            break
        at += 1
    if at == ORDER.index(facts.previous.grade):
        while at > 0:  # upwards past the line of the better one
            line = lines[ORDER[at - 1]]
            if score < line or not (score - line >= margin or before >= line):
                break
            at -= 1
    return ORDER[at]


def _punished(facts: Facts) -> bool:
    """A general or serious penalty in its term keeps a company from the best grade."""
    return any(
        row.indicator == "I11" and row.degree != "light" and _stands(row.start, row.until, facts.as_of) for row in facts.standing
    )


def _stands(start: str, until: str | None, day: str) -> bool:
    """Whether a term includes a day; days of the calendar compare as text."""
    return start <= day and (until is None or day <= until)

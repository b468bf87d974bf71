"""The facts that a score is made of, as a file: weighted counts of one company as of one day. No parcel, no person.

Counts are already weighted by age, so they may have six decimals; everything a rule could forgive is counted apart, in
whole numbers, and scores nothing. Source: domain.md 4.1, docs/formats/facts.md.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..ledger.credit import Trigger
from ..ledger.errors import Refused
from ..ledger.identifier import check_uscc
from ..ledger.limits import INTEGER_MAX
from ..ledger.terms import Hash
from .errors import CreditError
from .number import Number, exact, read_json
from .rulefile import Day, Grade, Part
from .ruleset import KINDS

COUNTED: Final = tuple(name for name, (kind, _) in KINDS.items() if kind != "deduction")
OF_PARCELS: Final = ("I1", "I2", "I3", "I4", "I5", "I6", "I7")  # their denominators are parcels
_WORDS: Final = "facts"

Uscc = Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}\Z", description="unified social credit code")]
Whole = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Origin = Annotated[str, Meta(pattern=r"^[!-~]{1,200}\Z")]
Reference = Annotated[str, Meta(min_length=1, max_length=120, description="number of a decision")]


class Measure(Part, frozen=True):
    """Weighted counts of one indicator.

    Attributes:
        n: What could have gone well, or what a rare event is counted against (parcels, or courier-months).
        x: What did go well, or the events; of ratings their sum in stars.
        squares: Of ratings the sum of their squares; absent for all others.
    """

    n: Number
    x: Number
    squares: Number | None = None


class Standing(Part, frozen=True):
    """A final penalty or a breach found, within its legal term. It does not fade; it ends."""

    indicator: Literal["I11", "I12"]
    degree: Literal["light", "general", "serious"]
    start: Day = msgspec.field(name="from")
    until: Day = msgspec.field()
    decision: Reference = msgspec.field()


class Order(Part, frozen=True):
    """A final decision of a competent authority that turns a file red."""

    trigger: Trigger
    authority: Annotated[str, Meta(pattern=r"^auth:(?:postal|market|customs|traffic|court):[0-9]{6}\Z")]
    decision: Reference
    start: Day = msgspec.field(name="from")
    until: Day | None = None


class Previous(Part, frozen=True):
    """The last publication before this one: grades move slowly."""

    as_of: Day
    grade: Grade
    score: Number


class Apart(Part, frozen=True):
    """What is shown and scores nothing, in whole numbers.

    Attributes:
        closing: Parcels younger than the close of their cohort.
        unanswered: Consigns neither accepted nor refused in time.
        refused: Consigns the carrier refused.
        excluded: Parcels taken out by a regulator's exclusion.
        excused: Parcels whose cause the other party or an upheld case confirmed.
        own_house: Parcels of a shop of the company's own house.
        quarantined: Parcels that look like brushing; no conviction.
        late_sync: Sign-offs that reached the book too late to be on time.
        pending: Complaints and appeals not decided.
        unproved: Complaints from nobody who proved to be a party.
        abusive: Complaints found to be the complainant's own fault.
        silent: Complaints closed by silence after an answer.
        counted_in: Cases that would fit a second indicator and score in the heaviest only.
        outside: Cases whose parcel is not in this book.
    """

    closing: Whole = 0
    unanswered: Whole = 0
    refused: Whole = 0
    excluded: Whole = 0
    excused: Whole = 0
    own_house: Whole = 0
    quarantined: Whole = 0
    late_sync: Whole = 0
    pending: Whole = 0
    unproved: Whole = 0
    abusive: Whole = 0
    silent: Whole = 0
    counted_in: Whole = 0
    outside: Whole = 0


class BookState(Part, frozen=True):
    """The book the facts were read from."""

    origin: Origin
    size: Whole
    root: Hash


class Facts(Part, frozen=True):
    """Facts of one company as of the end of one day in China.

    Attributes:
        v: 1.
        company: Whose.
        as_of: The day.
        parcels: Weighted parcels of the cohort.
        measures: One for every estimated indicator; none may be left out.
        standing: Penalties and breaches.
        orders: Final decisions.
        apart: What is shown and scores nothing.
        previous: The last publication.
        book: Where they come from.
        table: Root of the fact table they add up.
    """

    v: Literal[1]
    company: Uscc
    as_of: Day
    parcels: Number
    measures: dict[str, Measure]
    standing: tuple[Standing, ...] = ()
    orders: tuple[Order, ...] = ()
    apart: Apart = Apart()
    previous: Previous | None = None
    book: BookState | None = None
    table: Hash | None = None


def parse_facts(raw: bytes) -> Facts:
    """Read a facts file.

    Raises:
        CreditError: A measure missing or unknown, more good than there were, days that do not exist or turn round, a code whose
            check digit does not fit, or any other shape.
    """
    facts: Facts = read_json(raw, Facts, "facts file")
    check_facts(facts)
    return facts


def check_facts(facts: Facts) -> None:
    """What the types do not say.

    Raises:
        CreditError: As `parse_facts`.
    """
    try:
        check_uscc(facts.company, "/company")
    except Refused as error:
        raise CreditError(error.cause, "/company", "facts file") from error
    _check_days(facts)
    unknown = [name for name in facts.measures if name not in COUNTED]
    if unknown:
        raise _wrong(f"there is no such measure; known are {', '.join(COUNTED)}", f"/measures/{unknown[0][:8]}")
    missing = [name for name in COUNTED if name not in facts.measures]
    if missing:  # no measure is a measure of nothing, which would earn the benchmark
        raise _wrong(f"{', '.join(missing)} missing; nothing may be left out, a count of nothing is written 0", "/measures")
    parcels = exact(facts.parcels) + facts.apart.own_house + facts.apart.quarantined  # these earn nothing, and may still fail
    for name, measure in facts.measures.items():
        _check_measure(name, measure, parcels)


def _check_measure(name: str, measure: Measure, parcels: Fraction) -> None:
    where, kind = f"/measures/{name}", KINDS[name][0]
    n, x = exact(measure.n), exact(measure.x)
    if name in OF_PARCELS and n > parcels:
        raise _wrong("counts more parcels than there are", f"{where}/n")
    if (kind == "mean") != (measure.squares is not None):
        raise _wrong("ratings have a sum of squares, nothing else has one", f"{where}/squares")
    if kind == "rate" and x > n:
        raise _wrong("more went well than there were", f"{where}/x")
    if kind == "mean":
        squares = exact(measure.squares or "0")
        if not n <= x <= 5 * n or squares * n < x * x or squares > 6 * x - 5 * n:
            raise _wrong("no ratings of one to five stars have this sum and these squares", where)


def _check_days(facts: Facts) -> None:
    days = [("/as_of", facts.as_of)]
    for n, standing in enumerate(facts.standing):
        days += [(f"/standing/{n}/from", standing.start), (f"/standing/{n}/until", standing.until)]
        if standing.until < standing.start:
            raise _wrong("ends before it begins", f"/standing/{n}/until")
    for n, order in enumerate(facts.orders):
        days += [(f"/orders/{n}/from", order.start), (f"/orders/{n}/until", order.until or order.start)]
        if order.until is not None and order.until < order.start:
            raise _wrong("ends before it begins", f"/orders/{n}/until")
    if facts.previous is not None:
        days.append(("/previous/as_of", facts.previous.as_of))
        if facts.previous.as_of >= facts.as_of:
            raise _wrong("is not before this one", "/previous/as_of")
        if exact(facts.previous.score) > 100:
            raise _wrong("a score has at most 100 points", "/previous/score")
    for where, day in days:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise _wrong("this day does not exist", where) from error


def _wrong(cause: str, pointer: str) -> CreditError:
    return CreditError(cause, pointer, "facts file")


def facts_value(facts: Facts) -> Any:  # noqa: ANN401 - plain JSON
    """The facts as JSON, members that are absent or 0 left out."""
    return msgspec.to_builtins(facts)

"""View models of what stands in a company's file besides its rating: decisions, lists, warnings, objections. Pure.

Only what may be shown now: in its term, not repaired, not taken back. A warning is shown with its answers, and whatever is
objected to with the day on which that is to be decided. Source: docs/formats/credit-file.md; domain.md 4.2, 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ..ledger.credit import BreachBody, ListBody, PenaltyBody, PublicationBody, WarningBody
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.oddity import claimed_time
from ..ledger.party import party_of
from ..ledger.refs import ClaimedTime, EntryRef, Party
from .conduct import day_of
from .dossier import Dossier, Finding, Objection, Warned
from .rating import Event

EVENTS_MAX: Final = 20  # marks in a trend


@dataclass(frozen=True, slots=True)
class Dispute:
    """An objection that waits for its decision.

    Attributes:
        ref: Its filing.
        due_ms: When it is to be decided.
        overdue: Whether that time is over.
    """

    ref: EntryRef
    due_ms: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A penalty, a breach or an entry of an official list, in its term.

    Attributes:
        kind: penalty, breach or list.
        code: Which: of a penalty and a breach their kind, of a list the list.
        degree: light, general, serious, or "" for a list.
        by: Whose decision it is, as an authority's actor id.
        entered_by: Who entered it.
        ref: Its entry.
        number: Of the decision.
        basis: Legal basis, as a code.
        decided: Day of the decision.
        first: First day on which it may be shown.
        last: Last day.
        red: Whether it turns the file red.
        disputes: Objections to it that wait.
    """

    kind: Literal["penalty", "breach", "list"]
    code: str
    degree: str
    by: Party
    entered_by: Party
    ref: EntryRef
    number: str
    basis: str
    decided: str
    first: str
    last: str
    red: bool
    disputes: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True)
class ServiceWarning:
    """A service warning that is public.

    Attributes:
        ref: Its notice.
        time: When it was given, as claimed.
        by: Who warns.
        grounds: appeals, complaints, fall, gaps, commitment.
        last: Its last day, "" for none.
        answers: Entries of the company's answers.
        answer_by: By when it could answer, "" when nothing says so.
        disputes: Objections to it that wait.
    """

    ref: EntryRef
    time: ClaimedTime
    by: Party
    grounds: tuple[str, ...]
    last: str
    answers: tuple[EntryRef, ...]
    answer_by: str
    disputes: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True)
class StandingPage:
    """What stands in a company's file now.

    Attributes:
        decisions: Newest first.
        warnings: Newest first.
        disputes: Every objection that waits for its decision, also to a rating.
        answered: Objections that were decided or withdrawn.
        repaired: Repairs: how many, and nothing of what was repaired.
        overdue: Entries that record a clock which ran out.
        parcel_disputes: Objections about single parcels that wait; they stand with the parcel, and here is only their number.
        parcel_overdue: Of these, those whose time is over.
    """

    decisions: tuple[Decision, ...] = ()
    warnings: tuple[ServiceWarning, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    answered: int = 0
    repaired: int = 0
    overdue: tuple[EntryRef, ...] = ()
    parcel_disputes: int = 0
    parcel_overdue: int = 0

    @property
    def red(self) -> bool:
        """Whether a decision turns the file red."""
        return any(decision.red for decision in self.decisions)


NOTHING: Final = StandingPage()


def standing_page(dossier: Dossier, directory: Directory) -> StandingPage:
    """What a page and a status may show of a company's file."""
    return StandingPage(
        decisions=tuple(_decision(finding, directory) for finding in reversed(dossier.public_findings)),
        warnings=tuple(_warning(warned, directory) for warned in reversed(dossier.public_warnings)),
        disputes=_open(dossier.objections),
        answered=sum(objection.outcome != "open" for objection in dossier.objections),
        repaired=len(dossier.repairs),
        overdue=tuple(entry.ref for entry in dossier.overdue),
    )


def events_of(dossier: Dossier) -> tuple[Event, ...]:
    """What is marked in the trend: decisions in their term, public warnings, repairs, and a change of rules."""
    marked: list[tuple[str, str, Entry]] = [
        (finding.body.decided, finding.entry.statement.type, finding.entry) for finding in dossier.public_findings
    ]
    marked += [(day_of(w.entry.statement.at_ms), "warning", w.entry) for w in dossier.public_warnings]
    marked += [(day_of(r.entry.statement.at_ms), "repair", r.entry) for r in dossier.repairs]
    days = [e.statement.body.as_of for e in dossier.publications if isinstance(e.statement.body, PublicationBody)]
    if not days:
        return ()
    shown = sorted((day, kind, entry.index, entry) for day, kind, entry in marked if days[0] <= day)
    return tuple(Event(day, kind, entry.ref) for day, kind, _, entry in shown[-EVENTS_MAX:])


def _decision(finding: Finding, directory: Directory) -> Decision:
    body, entry = finding.body, finding.entry
    code = body.list if isinstance(body, ListBody) else body.kind
    kind: Literal["penalty", "breach", "list"] = "list"
    if isinstance(body, PenaltyBody):
        kind = "penalty"
    elif isinstance(body, BreachBody):
        kind = "breach"
    return Decision(
        kind=kind,
        code=code,
        degree="" if isinstance(body, ListBody) else body.degree,
        by=party_of(directory, finding.authority),
        entered_by=party_of(directory, entry.statement.party),
        ref=entry.ref,
        number=body.number,
        basis=str(body.basis),
        decided=body.decided,
        first=body.first,
        last=body.last,
        red=finding.is_order,
        disputes=_open(finding.objections),
    )


def _warning(warned: Warned, directory: Directory) -> ServiceWarning:
    body, entry = warned.entry.statement.body, warned.entry
    assert isinstance(body, WarningBody)
    return ServiceWarning(
        ref=entry.ref,
        time=claimed_time(entry),
        by=party_of(directory, entry.statement.party),
        grounds=tuple(body.grounds) if isinstance(body.grounds, list) else (),
        last=body.last if isinstance(body.last, str) else "",
        answers=tuple(answer.ref for answer in warned.answers),
        answer_by=body.answer_by if isinstance(body.answer_by, str) else "",
        disputes=_open(warned.objections),
    )


def _open(objections: tuple[Objection, ...]) -> tuple[Dispute, ...]:
    return tuple(Dispute(o.entry.ref, o.due_ms, o.overdue) for o in objections if o.outcome == "open")

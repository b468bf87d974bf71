"""A company's credit file as it stands at a moment, folded from its `s:` stream. Pure.

Every state is worked out from entries and a clock; none is stored. So a term ends by itself, a warning becomes public by
itself, and a clock that has run out is overdue whether or not anybody entered it.

Source: docs/formats/credit-file.md; domain.md 4.2, 4.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec import UNSET

from ..ledger.bodies import ConfirmBody, CorrectionBody
from ..ledger.credit import BreachBody, ListBody, ObjectionBody, PenaltyBody, PublicationBody, RepairBody, WarningBody
from ..ledger.entry import Entry
from ..ledger.party import authority_of
from .conduct import DAY_MS, day_of
from .settlement import time_of

DECISION_MS: Final = 10 * DAY_MS
ACKNOWLEDGE_MS: Final = DAY_MS

Stage = Literal["to_come", "in_term", "ended", "repaired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection.

    Attributes:
        entry: Its filing.
        about: Statement it is about, base64url.
        outcome: `open`, upheld, part, refused or withdrawn.
        due_ms: When its decision is due.
        overdue: Whether it is open past that time, or was decided after it.
        decision: The entry of its decision or withdrawal.
    """

    entry: Entry
    about: str
    outcome: str
    due_ms: int
    overdue: bool
    decision: Entry | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A penalty, a breach or an entry of an official list.

    Attributes:
        entry: Its entry.
        authority: Whose decision it is.
        stage: Where it stands in its term; `withdrawn` where it was corrected away or an objection to it upheld.
        objections: To it, the oldest first.
    """

    entry: Entry
    authority: str
    stage: Stage
    objections: tuple[Objection, ...]

    @property
    def body(self) -> PenaltyBody | BreachBody | ListBody:
        """What was found."""
        assert isinstance(self.entry.statement.body, PenaltyBody | BreachBody | ListBody)
        return self.entry.statement.body

    @property
    def in_dispute(self) -> bool:
        """异议处理中: an objection to it waits for its decision."""
        return any(objection.outcome == "open" for objection in self.objections)

    @property
    def is_order(self) -> bool:
        """Whether it is a final decision, signed by its authority, of a kind that turns a file red."""
        body = self.body
        if not isinstance(body, PenaltyBody) or not body.final:
            return False
        return body.trigger is not UNSET and self.entry.statement.mode != "import"


@dataclass(frozen=True, slots=True)
class Warned:
    """A service warning.

    Attributes:
        entry: Its notice.
        stage: `notice` until it is answered or the time to answer is over, then `public`; `ended`, `lifted` or `repaired`.
        answers: Replies to it.
        objections: To it.
    """

    entry: Entry
    stage: Literal["notice", "public", "ended", "lifted", "repaired"]
    answers: tuple[Entry, ...]
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair and who was told of it.

    Attributes:
        entry: Its entry.
        of: Statement it ends, base64url.
        told: Partners named in it.
        acknowledged: Those who have confirmed it.
        due_ms: When all are to have done so.
        overdue: Whether some have not, past that time.
    """

    entry: Entry
    of: str
    told: tuple[str, ...]
    acknowledged: frozenset[str]
    due_ms: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """A company's file at a moment.

    Attributes:
        day: Day in China of the moment.
        publications: Ratings, the oldest `as_of` first; the last one is current.
        findings: Penalties, breaches and list entries in log order.
        warnings: Warnings in log order.
        objections: All of them, in log order.
        repairs: All of them, in log order.
        overdue: Entries that record a clock which ran out.
    """

    day: str
    publications: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[Warned, ...]
    objections: tuple[Objection, ...]
    repairs: tuple[Repair, ...]
    overdue: tuple[Entry, ...]

    @property
    def current(self) -> Entry | None:
        """The publication that holds; None before the first."""
        return self.publications[-1] if self.publications else None

    @property
    def public_findings(self) -> tuple[Finding, ...]:
        """Those in their term and not repaired: what a page and a status may show."""
        return tuple(finding for finding in self.findings if finding.stage == "in_term")

    @property
    def public_warnings(self) -> tuple[Warned, ...]:
        """Warnings that a page may show, each with its answers."""
        return tuple(warning for warning in self.warnings if warning.stage == "public")

    @property
    def in_dispute(self) -> bool:
        """异议处理中: some objection waits for its decision."""
        return any(objection.outcome == "open" for objection in self.objections)

    @property
    def orders(self) -> tuple[Finding, ...]:
        """Final decisions in their term, signed by their authority, that turn the file red."""
        return tuple(finding for finding in self.public_findings if finding.is_order)


@dataclass(slots=True)
class _Seen:
    """What was said about the statements of a file, by the statement it refers to."""

    entries: dict[str, Entry] = field(default_factory=dict)
    under: dict[str, list[Entry]] = field(default_factory=dict)

    def of(self, name: str) -> list[Entry]:
        return self.under.get(name, [])

    def has(self, name: str, kind: type) -> bool:
        return any(isinstance(entry.statement.body, kind) for entry in self.of(name))


def dossier_of(entries: Iterable[Entry], now_ms: int) -> Dossier:
    """The file at a moment.

    Args:
        entries: Of the company's `s:` stream, in log order; later ones than the moment are left out.
        now_ms: The moment, Unix milliseconds.
    """
    seen = _Seen()
    for entry in entries:
        if time_of(entry) <= now_ms:
            seen.entries[entry.name] = entry
            if entry.statement.ref is not None:
                seen.under.setdefault(entry.statement.ref, []).append(entry)
    day, kept = day_of(now_ms), list(seen.entries.values())
    published = [e for e in kept if isinstance(e.statement.body, PublicationBody) and not _is_withdrawn(e.name, seen, now_ms)]
    filed = [e for e in kept if isinstance(e.statement.body, ObjectionBody) and e.statement.body.event == "file"]
    return Dossier(
        day=day,
        publications=tuple(sorted(published, key=lambda e: (_as_of(e), e.index))),
        findings=tuple(
            Finding(e, authority_of(e.statement), _stage(e, seen, day, now_ms), _objections(e.name, seen, now_ms))
            for e in kept
            if isinstance(e.statement.body, PenaltyBody | BreachBody | ListBody)
        ),
        warnings=tuple(
            _warned(e, e.statement.body, seen, day, now_ms)
            for e in kept
            if isinstance(e.statement.body, WarningBody) and e.statement.body.event == "notice"
        ),
        objections=tuple(_objection(e, seen, now_ms) for e in filed),
        repairs=tuple(_repair(e, e.statement.body, seen, now_ms) for e in kept if isinstance(e.statement.body, RepairBody)),
        overdue=tuple(e for e in kept if isinstance(e.statement.body, WarningBody) and e.statement.body.event == "overdue"),
    )


def _as_of(entry: Entry) -> str:
    assert isinstance(entry.statement.body, PublicationBody)
    return entry.statement.body.as_of


def _objection(entry: Entry, seen: _Seen, now_ms: int) -> Objection:
    about, due = entry.statement.ref, time_of(entry) + DECISION_MS
    assert about is not None
    steps = [e for e in seen.of(entry.name) if isinstance(e.statement.body, ObjectionBody)]
    end = steps[0] if steps else None
    outcome = "open"
    if end is not None and isinstance(end.statement.body, ObjectionBody):
        said = end.statement.body.outcome
        outcome = said if isinstance(said, str) else "withdrawn"
    return Objection(entry, about, outcome, due, (time_of(end) if end is not None else now_ms) > due, end)


def _objections(name: str, seen: _Seen, now_ms: int) -> tuple[Objection, ...]:
    filed = (e for e in seen.of(name) if isinstance(e.statement.body, ObjectionBody) and e.statement.body.event == "file")
    return tuple(_objection(entry, seen, now_ms) for entry in filed)


def _is_withdrawn(name: str, seen: _Seen, now_ms: int) -> bool:
    """Whether a correction took a statement back, or an objection to it was upheld."""
    corrections = (e.statement.body for e in seen.of(name))
    if any(isinstance(body, CorrectionBody) and body.reason == "did_not_occur" for body in corrections):
        return True
    return any(objection.outcome == "upheld" for objection in _objections(name, seen, now_ms))


def _stage(entry: Entry, seen: _Seen, day: str, now_ms: int) -> Stage:
    body = entry.statement.body
    assert isinstance(body, PenaltyBody | BreachBody | ListBody)
    if _is_withdrawn(entry.name, seen, now_ms):
        return "withdrawn"
    if seen.has(entry.name, RepairBody):
        return "repaired"
    return "to_come" if day < body.first else "in_term" if day <= body.last else "ended"


def _warned(entry: Entry, body: WarningBody, seen: _Seen, day: str, now_ms: int) -> Warned:
    answers = tuple(e for e in seen.of(entry.name) if e.statement.type == "reply")
    stage: Literal["notice", "public", "ended", "lifted", "repaired"] = "notice"
    if seen.has(entry.name, RepairBody):
        stage = "repaired"
    elif seen.has(entry.name, WarningBody) or _is_withdrawn(entry.name, seen, now_ms):
        stage = "lifted"
    elif day > str(body.last):
        stage = "ended"
    elif answers or day > str(body.answer_by):
        stage = "public"
    return Warned(entry, stage, answers, _objections(entry.name, seen, now_ms))


def _repair(entry: Entry, body: RepairBody, seen: _Seen, now_ms: int) -> Repair:
    told = tuple(body.partners) if isinstance(body.partners, list) else ()
    confirmed = {
        e.statement.party
        for e in seen.of(entry.name)
        if isinstance(e.statement.body, ConfirmBody) and e.statement.body.kind == "received"
    }
    due = time_of(entry) + ACKNOWLEDGE_MS
    missing = set(told) - confirmed
    return Repair(entry, entry.statement.ref or "", told, frozenset(confirmed & set(told)), due, bool(missing) and now_ms > due)

"""Where a complaint stands: a fold over the case steps and answers under it, and the clock of what is due next. Pure.

An allegation stays one until it is decided; silence of the party complained about is counted, never decided. That party can
answer, offer and pay, and never close: neither by passing the complaint on nor by calling it remedied.
Source: peers.md section 3, table of complaint states; docs/formats/complaints.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .deadlines import USUAL, Clock
from .entry import Entry
from .voices import CaseBody

ANSWER_MS: Final = USUAL.answer_ms  # of the courier's file, whose facts count answers in seven days
_CLOSED: Final = frozenset(("ACCEPTED", "CLOSED_NO_ANSWER", "DECIDED"))
_REOPENS: Final = frozenset(("REOPENED", "APPEALED", "ESCALATED", "REJECTED_BY_CONSUMER", "DECIDED", "REMEDIED"))
_ANSWERS: Final = frozenset(("PROPOSED", "REMEDIED"))
_WAITING: Final = frozenset(("RECEIVED", "ACKNOWLEDGED", "TRIAGED", "WITH_PARTY", "OVERDUE", "REOPENED", "REJECTED_BY_CONSUMER"))


@dataclass(frozen=True, slots=True)
class Grievance:
    """A complaint as far as it has come.

    Attributes:
        state: RECEIVED (acknowledged by its receipt, and with the party first asked), ANSWERED by a reply, or what the
            last case step says; of a decision its outcome (upheld, part, not_upheld, undetermined); CLOSED_NO_ANSWER where the
            complainant let an answer stand.
        closed: Whether nothing more is due; an appeal or a reopening opens it again.
        upheld: The decision for the complainant, `upheld` or `part`, that stands; "" for none.
        decision: Entry of that decision, or None.
        answered: The first entry in which the other side states a remedy or reasons, or None.
        overdue: Open, and past the term of an answer or a decision, or declared overdue.
        due: What is due next: answer, acceptance, decision, or "" for nothing.
        due_ms: By when, Unix milliseconds, or None.
        escalated: It was passed to the regulator and is not decided.
    """

    state: str = "RECEIVED"
    closed: bool = False
    upheld: str = ""
    decision: Entry | None = None
    answered: Entry | None = None
    overdue: bool = False
    due: str = ""
    due_ms: int | None = None
    escalated: bool = False


class _Fold:
    """What the entries under a complaint add up to."""

    def __init__(self, complaint: Entry) -> None:
        self._party = complaint.statement.party
        self.state, self.closed, self.upheld = "RECEIVED", False, ""
        self.decision: Entry | None = None
        self.answered: Entry | None = None
        self.offered_ms: int | None = None  # since when an answer waits for the complainant
        self.escalated_ms: int | None = None

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        body = entry.statement.body
        answers = entry.statement.type == "reply" or (isinstance(body, CaseBody) and body.state in _ANSWERS)
        if answers and entry.statement.party != self._party:
            self.answered = self.answered or entry
            self.offered_ms = entry.received_ms
            if not isinstance(body, CaseBody) and self.state in _WAITING:
                self.state = "ANSWERED"
        if isinstance(body, CaseBody):
            self._step(entry, body)

    def _step(self, entry: Entry, body: CaseBody) -> None:
        if self.closed and body.state not in _REOPENS:
            return  # what a party adds to a settled case unsettles nothing
        settled = self.closed or bool(self.upheld)
        self.state = body.state
        if body.state == "REMEDIED":  # closes what was accepted or decided, and is an answer to all else
            self.closed = settled
            return
        self.closed = body.state in _CLOSED
        if body.state == "ESCALATED":
            self.escalated_ms = entry.received_ms
        if body.state in ("ESCALATED", "REJECTED_BY_CONSUMER", "REOPENED", "APPEALED"):
            self.offered_ms = None
        if body.state == "DECIDED" and isinstance(body.outcome, str):
            self.escalated_ms = None
            self.state = body.outcome
            self.upheld = body.outcome if body.outcome in ("upheld", "part") else ""
            self.decision = entry if self.upheld else None


def follow(complaint: Entry, answers: Iterable[Entry], now_ms: int, clock: Clock = USUAL) -> Grievance:
    """Fold what was entered under a complaint.

    Args:
        complaint: The complaint's entry.
        answers: Every `case` and `reply` that refers to it, directly or through another, in log order.
        now_ms: Unix milliseconds as of which something is due.
        clock: The terms that hold for it.
    """
    fold = _Fold(complaint)
    for entry in answers:
        fold.take(entry)
    due, due_ms = "", None
    if not fold.closed and fold.escalated_ms is not None:
        due, due_ms = "decision", fold.escalated_ms + clock.decide_ms
    elif not fold.closed and fold.answered is None:
        due, due_ms = "answer", complaint.received_ms + clock.answer_ms
    elif not fold.closed and fold.offered_ms is not None:
        due, due_ms = "acceptance", fold.offered_ms + clock.accept_ms
    state, closed = fold.state, fold.closed
    past = due_ms is not None and now_ms > due_ms
    if due == "acceptance" and past:
        state, closed, due, due_ms = "CLOSED_NO_ANSWER", True, "", None
    return Grievance(
        state, closed, fold.upheld, fold.decision, fold.answered,
        overdue=not closed and ((past and due in ("answer", "decision")) or state == "OVERDUE"),
        due=due, due_ms=due_ms, escalated=not closed and fold.escalated_ms is not None,
    )  # fmt: skip

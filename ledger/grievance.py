"""Where a complaint stands: a fold over the case steps and answers under it. One table and a small fold.

An allegation stays one until it is decided; silence of the party complained about is counted, never decided.
Source: peers.md section 3, table of complaint states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .entry import Entry
from .voices import CaseBody

ANSWER_MS: Final = 7 * 24 * 3_600_000  # Express Regulations art. 28: seven days
_CLOSED: Final = frozenset(("ACCEPTED", "CLOSED_NO_ANSWER", "DECIDED", "REMEDIED"))
_ANSWERS: Final = frozenset(("PROPOSED", "REMEDIED"))


@dataclass(frozen=True, slots=True)
class Grievance:
    """A complaint as far as it has come.

    Attributes:
        state: RECEIVED, or what the last case step says; of a decision its outcome (upheld, part, not_upheld, undetermined).
        closed: Whether nothing more is due; an appeal or a reopening opens it again.
        upheld: The decision for the complainant, `upheld` or `part`, that stands; "" for none.
        decision: Entry of that decision, or None.
        answered: The first entry in which the other side states a remedy or reasons, or None.
        overdue: Open, and seven days after receipt without an answer, or declared overdue.
    """

    state: str = "RECEIVED"
    closed: bool = False
    upheld: str = ""
    decision: Entry | None = None
    answered: Entry | None = None
    overdue: bool = False


def follow(complaint: Entry, answers: Iterable[Entry], now_ms: int) -> Grievance:
    """Fold what was entered under a complaint.

    Args:
        complaint: The complaint's entry.
        answers: Every `case` and `reply` that refers to it, directly or through another, in log order.
        now_ms: Unix milliseconds as of which an answer is due.
    """
    state, closed, upheld = "RECEIVED", False, ""
    decision: Entry | None = None
    answered: Entry | None = None
    for entry in answers:
        statement = entry.statement
        body = statement.body
        answers_it = statement.type == "reply" or (isinstance(body, CaseBody) and body.state in _ANSWERS)
        if answers_it and answered is None and statement.party != complaint.statement.party:
            answered = entry
        if not isinstance(body, CaseBody):
            continue
        state, closed = body.state, body.state in _CLOSED
        if body.state == "DECIDED" and isinstance(body.outcome, str):
            state = body.outcome
            upheld = body.outcome if body.outcome in ("upheld", "part") else ""
            decision = entry if upheld else None
    late = answered is None and now_ms - complaint.received_ms > ANSWER_MS
    return Grievance(state, closed, upheld, decision, answered, not closed and (late or state == "OVERDUE"))

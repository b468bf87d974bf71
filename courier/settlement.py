"""Whether a complaint was settled in time: its clock, and what closed it. Pure.

The clock runs from receipt, stops at an answer that states a remedy or reasons, and goes on when the complainant turns it
down. Closed is what was accepted, decided, or left unanswered by the complainant. Source: domain.md 4.1, complaints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ..ledger.entry import Entry
from ..ledger.voices import CaseBody
from .rulefile import Complaints

DAY_MS: Final = 24 * 3_600_000
_CLOSES: Final = frozenset(("ACCEPTED", "DECIDED", "CLOSED_NO_ANSWER"))
_STOPS: Final = frozenset(("PROPOSED", "REMEDIED"))
_RESUMES: Final = frozenset(("REJECTED_BY_CONSUMER", "REOPENED"))


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a complaint stands.

    Attributes:
        state: settled in time, late, or open with its clock not run out.
        silent: Whether the complainant's silence closed it.
        abusive: Whether it was decided to be the complainant's own fault.
    """

    state: Literal["settled", "late", "open"]
    silent: bool = False
    abusive: bool = False


def time_of(entry: Entry) -> int:
    """When an entry counts as made: at its receipt; what was imported or simulated, when it says."""
    return entry.statement.at_ms if entry.statement.mode in ("import", "simulated") else entry.received_ms


def settle(complaint: Entry, under: Iterable[Entry], terms: Complaints, now_ms: int) -> Settlement:
    """Follow the clock of a complaint.

    Args:
        complaint: Its entry.
        under: Every case step and reply under it, in log order.
        terms: Days on the clock, and days of silence.
        now_ms: As of when, Unix milliseconds.
    """
    limit, silence = terms.days * DAY_MS, terms.silent_days * DAY_MS
    used, running_since, stopped_at = 0, time_of(complaint), None
    for entry in under:
        at, body = time_of(entry), entry.statement.body
        if stopped_at is not None and at - stopped_at >= silence:
            break  # closed before this came
        state = body.state if isinstance(body, CaseBody) else ""
        answers = entry.statement.type == "reply" or state in _STOPS
        if state in _CLOSES:
            used += 0 if stopped_at is not None else max(0, at - running_since)
            abusive = isinstance(body, CaseBody) and body.outcome == "not_upheld" and body.at_fault == "buyer"
            return Settlement("settled" if used <= limit else "late", state == "CLOSED_NO_ANSWER", abusive)
        if answers and stopped_at is None and entry.statement.party != complaint.statement.party:
            used, stopped_at = used + max(0, at - running_since), at
        elif state in _RESUMES and stopped_at is not None:
            running_since, stopped_at = at, None
    if stopped_at is None:
        used += max(0, now_ms - running_since)
        return Settlement("late" if used > limit else "open")
    if now_ms - stopped_at >= silence:
        return Settlement("settled" if used <= limit else "late", silent=True)
    return Settlement("late" if used > limit else "open")

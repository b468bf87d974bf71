"""Complaints about one company's carriage and what came of them, as its file remembers them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from ..ledger.deadlines import clock_of
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.grievance import ANSWER_MS, Grievance, follow
from ..ledger.oddity import claimed_time
from ..ledger.party import party_of
from ..ledger.voices import CaseBody, ComplaintBody, ReplyBody
from .counts import ComplaintFacts, Count, OpenComplaint, UpheldCase
from .row import Case

UPHELD_MAX = 20  # rows on the page; all of them are counted
_CASES: Final[dict[str, Case]] = {
    "lost": "lost",
    "damaged": "damaged",
    "false_signoff": "false_signoff",
    "locker_without_consent": "no_consent",
}
_PAYS: Final = frozenset(("refund", "replace", "compensation"))


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one parcel, beyond what its carrier says of it.

    Attributes:
        cases: Upheld against the carrier, or of a loss or damage admitted or paid by it.
        excused: Whether a decision laid the cause on somebody else.
    """

    cases: frozenset[Case] = frozenset()
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A complaint with what was entered under it."""

    entry: Entry
    waybill: str
    under: tuple[Entry, ...]


class Grievances:
    """Complaints against the carrier; those against the seller stand in the parcel's story and not in this file."""

    def __init__(self) -> None:
        self._complaints: dict[str, tuple[Entry, str, list[Entry]]] = {}  # by hash: entry, waybill, what was entered under it
        self._unordered: dict[str, tuple[Entry, list[Entry]]] = {}  # those against the seller that nobody ordered the parcel
        self._thread: dict[str, str] = {}  # hash of an answer to that of its complaint
        self._losses: dict[str, list[str]] = {}  # by waybill: complaints that it was lost
        self._of: dict[str, list[str]] = {}  # by waybill: all complaints about it

    def take(self, entry: Entry, waybill: str) -> None:
        """Take in a complaint about a waybill, or a case step or answer under one."""
        body = entry.statement.body
        if isinstance(body, ComplaintBody):
            if body.against == "carrier":
                self._complaints[entry.name] = (entry, waybill, [])
                self._of.setdefault(waybill, []).append(entry.name)
                if body.category == "lost":
                    self._losses.setdefault(waybill, []).append(entry.name)
            elif body.category == "not_my_order":
                self._unordered[entry.name] = (entry, [])
            return
        ref = entry.statement.ref or ""
        root = ref if ref in self._complaints or ref in self._unordered else self._thread.get(ref)
        under = self._under(root)
        if root is not None and under is not None:  # what was struck is not taken up again
            self._thread[entry.name] = root
            under.append(entry)

    def _under(self, root: str | None) -> list[Entry] | None:
        """What was entered under a complaint that is remembered, or None."""
        if root in self._complaints:
            return self._complaints[root][2]
        return self._unordered[root][1] if root in self._unordered else None

    def strike(self, name: str) -> None:
        """Take out a complaint to which an objection was upheld, or one step under it."""
        if name in self._complaints:
            _, waybill, _ = self._complaints.pop(name)
            for index in (self._of, self._losses):
                index[waybill] = [kept for kept in index.get(waybill, ()) if kept != name]
        elif name in self._unordered:
            del self._unordered[name]
        elif name in self._thread:
            under = self._under(self._thread[name]) or []
            under[:] = [entry for entry in under if entry.name != name]

    def _states(self, now_ms: int, directory: Directory | None = None) -> list[tuple[Entry, str, Grievance]]:
        """Each complaint as it stands, by the terms of the place where its carrier is registered."""
        found = []
        for entry, waybill, under in self._complaints.values():
            known = directory.actors.get(f"uscc:{waybill[:18]}") if directory is not None else None
            clock = clock_of((known.district if known is not None else None) or "", "carrier")
            found.append((entry, waybill, follow(entry, under, now_ms, clock)))
        return found

    def judged_lost(self, waybill: str) -> int | None:
        """Index of the standing decision that a parcel was lost, or None."""
        for name in self._losses.get(waybill, ()):
            entry, _, under = self._complaints[name]
            decision = follow(entry, under, 0).decision
            if decision is not None:
                return decision.index
        return None

    def threads(self) -> tuple[Thread, ...]:
        """Every complaint against the carrier."""
        return tuple(Thread(entry, waybill, tuple(under)) for entry, waybill, under in self._complaints.values())

    def finding(self, waybill: str, directory: Directory) -> Finding:
        """What was decided, admitted or paid about a parcel."""
        cases: set[Case] = set()
        excused = False
        for name in self._of.get(waybill, ()):
            entry, _, under = self._complaints[name]
            case = _CASES.get(_category(entry))
            decision = follow(entry, under, 0).decision
            body = decision.statement.body if decision is not None else None
            if isinstance(body, CaseBody) and body.at_fault in ("seller", "buyer", "none"):
                excused = True
            elif case is not None and (decision is not None or _is_paid(case, under, f"uscc:{waybill[:18]}", directory)):
                cases.add(case)
        return Finding(frozenset(cases), excused)

    def upheld(self) -> int:
        """Complaints with a standing decision for the complainant."""
        return sum(bool(grievance.upheld) for _, _, grievance in self._states(0))

    def __len__(self) -> int:
        return len(self._complaints)

    def facts(self, directory: Directory, now_ms: int) -> ComplaintFacts:
        """Counts as of a moment."""
        states = self._states(now_ms, directory)
        waits = [g.answered.received_ms - entry.received_ms for entry, _, g in states if g.answered is not None]
        decided = [(g, entry, waybill) for entry, waybill, g in states if g.decision is not None]
        denied = [g for entry, _, g in states if _category(entry) == "false_signoff"]
        unordered = [g for entry, _, g in states if _category(entry) == "not_my_order"]
        unordered += [follow(entry, under, now_ms) for entry, under in self._unordered.values()]
        decided.sort(key=lambda row: row[0].decision.index if row[0].decision else 0, reverse=True)
        running = [
            OpenComplaint(_category(entry), entry.received_ms, g.due, g.due_ms, g.overdue)
            for entry, _, g in states
            if not g.closed and g.due_ms is not None
        ]
        running.sort(key=lambda row: (not row.overdue, row.due_ms, row.received_ms, row.category))
        return ComplaintFacts(
            received=len(states),
            by_state=_counts(Counter("OVERDUE" if g.overdue else g.state for _, _, g in states)),
            by_category=_counts(Counter(_category(entry) for entry, _, _ in states)),
            answered=len(waits),
            answered_in_7_days=sum(wait <= ANSWER_MS for wait in waits),
            answer_median_min=median_low(waits) // 60_000 if waits else None,
            disputed=sum(not g.closed for g in denied),
            unordered_open=sum(not g.upheld and (not g.closed or g.state == "CLOSED_NO_ANSWER") for g in unordered),
            unordered_upheld=sum(bool(g.upheld) for g in unordered),
            upheld=tuple(_upheld(g, entry, waybill, directory) for g, entry, waybill in decided[:UPHELD_MAX]),
            open=tuple(running[:UPHELD_MAX]),
        )


def _upheld(grievance: Grievance, complaint: Entry, waybill: str, directory: Directory) -> UpheldCase:
    decision = grievance.decision
    assert decision is not None
    return UpheldCase(
        ref=decision.ref,
        category=_category(complaint),
        state="upheld" if grievance.upheld == "upheld" else "part",
        by=party_of(directory, decision.statement.party),
        time=claimed_time(decision),
        waybill_path=f"/w/{waybill}",
    )


def _is_paid(case: Case, under: Iterable[Entry], carrier: str, directory: Directory) -> bool:
    """Whether the carrier itself admitted or paid a loss or damage, with or without a decision."""
    if case not in ("lost", "damaged"):
        return False
    for entry in under:
        body = entry.statement.body
        if directory.company(entry.statement.party) != carrier:
            continue
        if isinstance(body, CaseBody) and (
            body.state == "REMEDIED" or (isinstance(body.paid_minor, int) and body.paid_minor > 0)
        ):
            return True
        if isinstance(body, ReplyBody) and body.remedy in _PAYS:
            return True
    return False


def _category(complaint: Entry) -> str:
    body = complaint.statement.body
    assert isinstance(body, ComplaintBody)
    return body.category


def _counts(counter: Counter[str]) -> tuple[Count, ...]:
    """Most frequent first; equal ones by code, so that the same entries give the same page."""
    return tuple(Count(code, count) for code, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])))

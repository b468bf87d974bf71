"""Complaints of the whole book that were passed to the regulator: looked for in its leaves, a stretch at a time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from ..ledger.entry import Entry, read_entry
from ..ledger.grievance import Grievance, follow
from ..ledger.refs import Party
from ..ledger.voices import ComplaintBody
from ..trace.evidence import Support
from ..trace.flags import Marks
from .service import Service
from .stories import Stories

LEAVES_A_TURN: Final = 10_000
TURN_S: Final = 2.0  # of looking in one request; a large book is looked through over several
_SAID: Final = re.compile(rb'"type":"(?:complaint|case|reply)","v":')  # of the statement itself: the copy in `re` has no `v`


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One escalated complaint.

    Attributes:
        entry: The complaint.
        path: Unprefixed path of the page it stands on.
        subject: Item or waybill key.
        category: What is alleged.
        against: seller or carrier.
        asked: The party first asked, or None where nobody knows.
        state: Where it stands.
        filed_ms: When the book received it.
        due_ms: By when a decision is due.
        overdue: Whether that has passed.
    """

    entry: Entry
    path: str
    subject: str
    category: str
    against: str
    asked: Party | None
    state: str
    filed_ms: int
    due_ms: int
    overdue: bool


class Cases:
    """Complaints of one book and what was entered under each, as far as its leaves were looked through."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._next = 1
        self._complaints: dict[str, tuple[Entry, list[Entry]]] = {}
        self._thread: dict[str, str] = {}  # name of an answer to that of its complaint
        self._lock = threading.Lock()

    def look(self, size: int, clock: Callable[[], float] = time.monotonic) -> int:
        """Look through the next leaves of a book of a size; gives how far it came."""
        with self._lock:
            began = clock()
            while self._next < size and clock() - began < TURN_S:
                last = min(size, self._next + LEAVES_A_TURN) - 1
                for index, leaf in self._service.book.leaves(self._next, last):
                    if _SAID.search(leaf):
                        self._take(read_entry(index, leaf))
                self._next = last + 1
            return self._next

    def _take(self, entry: Entry) -> None:
        if isinstance(entry.statement.body, ComplaintBody):
            self._complaints[entry.name] = (entry, [])
            return
        ref = entry.statement.ref or ""
        root = ref if ref in self._complaints else self._thread.get(ref)
        if root is not None:
            self._thread[entry.name] = root
            self._complaints[root][1].append(entry)

    def escalated(self, now_ms: int) -> list[Entry]:
        """Complaints that were passed on and are not decided, in log order."""
        with self._lock:
            return [entry for entry, under in self._complaints.values() if follow(entry, under, now_ms).escalated]


def rows_of(stories: Stories, complaints: list[Entry]) -> list[CaseRow]:
    """Rows of the list, what is due soonest first; each as the page of its product or parcel has it."""
    found = []
    for entry in complaints:
        subjects = entry.statement.subjects
        stream = f"w:{subjects['waybill']}" if "waybill" in subjects else f"p:{subjects['item']}"
        material = stories.material(stream)
        if material is None:
            continue  # committed, and not published yet
        marks = Marks(material, Support(material))
        grievance = marks.grievances.get(entry.name)
        if grievance is None or not grievance.escalated:
            continue
        asked = marks.first_asked(entry)
        found.append(_row(entry, stream, grievance, material.party(asked) if asked else None))
    return sorted(found, key=lambda row: (row.due_ms, row.entry.index))


def _row(entry: Entry, stream: str, grievance: Grievance, asked: Party | None) -> CaseRow:
    body = entry.statement.body
    assert isinstance(body, ComplaintBody)
    subject = stream[2:]
    return CaseRow(
        entry, f"/w/{subject}" if stream[0] == "w" else subject, subject, body.category, body.against, asked,
        grievance.state, entry.received_ms, grievance.due_ms or 0, grievance.overdue,
    )  # fmt: skip


_CASES: WeakKeyDictionary[Service, Cases] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def cases_of(service: Service) -> Cases:
    """The cases of a served book; the same object for the same service."""
    with _LOCK:
        return _CASES.setdefault(service, Cases(service))

"""Objections of companies to what stands about single parcels: looked for in the leaves of a book, a stretch at a time.

They stand with the parcel only (docs/adr/0008), so no file of a company has them. Who asks gets what is open as of the leaves
that were looked through: for the mark 异议处理中, and for the entry of a clock that ran out.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from ..courier.dossier import DECISION_MS
from ..courier.settlement import time_of
from ..ledger.credit import ObjectionBody, WarningBody
from ..ledger.entry import Entry, read_entry
from .service import Service

LEAVES_A_TURN: Final = 10_000
TURN_S: Final = 0.5  # of looking in one request; a large book is looked through over several
_SAID: Final = re.compile(rb'"type":"(?:objection|warning)","v":')  # of the statement itself: the copy in `re` has no `v`


@dataclass(frozen=True, slots=True)
class OpenObjection:
    """An objection that waits for its decision.

    Attributes:
        entry: Its filing.
        waybill: Key of the parcel.
        due_ms: When it is to be decided.
        entered: Whether the book says already that this time is over.
    """

    entry: Entry
    waybill: str
    due_ms: int
    entered: bool


class Objections:
    """Objections about parcels of one book, as far as its leaves were looked through.

    Args:
        service: The book.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._next = 1
        self._open: dict[str, tuple[Entry, str]] = {}  # by its name: the filing, and its waybill
        self._entered: set[str] = set()
        self._lock = threading.Lock()

    def look(self, size: int, turn_s: float = TURN_S, clock: Callable[[], float] = time.monotonic) -> int:
        """Look through the next leaves of a book of a size; gives how far it came."""
        with self._lock:
            began = clock()
            while self._next < size and clock() - began < turn_s:
                last = min(size, self._next + LEAVES_A_TURN) - 1
                for index, leaf in self._service.book.leaves(self._next, last):
                    if _SAID.search(leaf):
                        self._take(read_entry(index, leaf))
                self._next = last + 1
            return self._next

    def _take(self, entry: Entry) -> None:
        body, ref = entry.statement.body, entry.statement.ref or ""
        if isinstance(body, ObjectionBody) and body.event == "file":
            waybill = waybill_of(entry)
            if waybill:
                self._open[entry.name] = (entry, waybill)
        elif isinstance(body, ObjectionBody):
            self._open.pop(ref, None)
        elif isinstance(body, WarningBody) and body.event == "overdue" and ref in self._open:
            self._entered.add(ref)

    def open(self, company: str = "", waybill: str = "") -> tuple[OpenObjection, ...]:
        """Those that wait, in log order.

        Args:
            company: Social credit code of the carrier; "" for all.
            waybill: Key of a parcel; "" for all.
        """
        with self._lock:
            found = list(self._open.values())
        return tuple(
            OpenObjection(entry, about, time_of(entry) + DECISION_MS, entry.name in self._entered)
            for entry, about in found
            if about[:18].startswith(company) and waybill in ("", about)
        )


def waybill_of(entry: Entry) -> str:
    """The waybill that an entry speaks of, by what it refers to; "" for none."""
    copied: Any = entry.statement.re
    while copied is not None:
        if "waybill" in copied["subjects"]:
            return str(copied["subjects"]["waybill"])
        copied = copied.get("re")
    return ""


_KNOWN: WeakKeyDictionary[Service, Objections] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def objections_of(service: Service) -> Objections:
    """The objections about parcels of a served book; the same object for the same service."""
    with _LOCK:
        return _KNOWN.setdefault(service, Objections(service))

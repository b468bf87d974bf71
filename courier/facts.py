"""The facts of one courier company, folded from its `c:` stream. Facts only: nothing here weighs, ranks or scores.

A file goes on from where it stopped: `take` the entries since `position`, then ask for its counts as of a moment. It holds
every parcel it has heard of: of a whole company it is the recount, of some parcels a step of its account (`account.py`). Pure.
Source: DESIGN 3.2 (`c:`), section 4; domain.md 4.1 "Population".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from sys import intern

from ..ledger.bodies import ConfirmBody, ConsignBody, CorrectionBody, DeliveryBody, ScanBody
from ..ledger.carriage import Handling
from ..ledger.credit import ObjectionBody, RepairBody
from ..ledger.directory import Directory
from ..ledger.encoding import unb64u
from ..ledger.entry import Entry
from ..ledger.evidence import signature_of
from ..ledger.findings import AppealBody, CheckBody, ExclusionBody, TrafficBody
from ..ledger.moment import moment_ms
from ..ledger.oddity import lateness
from ..ledger.voices import ReviewBody
from .grievances import Grievances
from .outside import Outside
from .parcel import Confirmed, Consigned, Handled, Outcome, Parcel, outcome_of
from .ratings import Ratings
from .reviews import Reviews


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of parcels as of a moment.

    Attributes:
        counts: How often each of these occurred: ("kind", kind), ("method", method), ("consent", method, consent),
            ("grade", grade), ("confirmed",), ("damaged",), ("gap",), ("odd",).
        times: Deliveries by (minutes from pick-up to sign-off, whether late).
    """

    counts: Counter[Hashable]
    times: Counter[tuple[int, bool]]

    def of(self, *key: str) -> int:
        """One count."""
        return self.counts[key]

    def add(self, outcome: Outcome, times: int = 1) -> None:
        """Count an outcome so many times."""
        keys: list[Hashable] = [("kind", outcome.kind)]
        if outcome.method:
            keys += [("method", outcome.method), ("consent", outcome.method, outcome.consent), ("grade", outcome.grade)]
        keys += [(name,) for name in ("confirmed", "damaged", "gap") if getattr(outcome, name)]
        for key in keys:
            self.counts[key] += times
        self.counts[("odd",)] += times * outcome.odd
        if outcome.minutes is not None:
            self.times[(outcome.minutes, outcome.kind == "late")] += times


class Said:
    """Counts of entries: what was said stays said, whatever became of it.

    Attributes:
        scans: Scans by code, sign-offs as DELIVERED.
        late: Scans and sign-offs by lateness: `late`, `very_late`.
        reviews: Reviews of the carriage.
        first_ms: Claimed time of the first parcel, or None.
        last_ms: Claimed time of the last scan or sign-off, or None.
    """

    def __init__(self) -> None:
        self.scans: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.reviews = Reviews()
        self.first_ms: int | None = None
        self.last_ms: int | None = None

    def begin(self, at_ms: int) -> None:
        """A parcel was handed over or handled at a claimed time."""
        self.first_ms = at_ms if self.first_ms is None else min(self.first_ms, at_ms)

    def handle(self, entry: Entry, code: str) -> None:
        """Count a scan or a sign-off."""
        at_ms = entry.statement.at_ms
        self.scans[code] += 1
        self.late[lateness(entry)] += 1
        self.begin(at_ms)
        self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)

    def extend(self, first_ms: int | None, last_ms: int | None) -> None:
        """Take in the first and last times of other entries."""
        if first_ms is not None:
            self.begin(first_ms)
        if last_ms is not None:
            self.last_ms = last_ms if self.last_ms is None else max(self.last_ms, last_ms)


class CourierFile:
    """What a company's stream says, as far as it has been read.

    Attributes:
        uscc: The company, 18 characters.
        position: Entries taken in so far: the position in the stream of the next one.
        said: Counts of its entries.
        complaints: Complaints about the carriage.
        ratings: Reviews of the carriage one by one, as the rating needs them.
        outside: What authorities say of the company.
    """

    def __init__(self, uscc: str) -> None:
        self.uscc = uscc
        self.position = 0
        self.said = Said()
        self.complaints = Grievances()
        self.ratings = Ratings()
        self.outside = Outside()
        self._parcels: dict[str, Parcel] = {}
        self._objected: dict[str, str] = {}  # by objection: the statement it is about

    def take(self, entries: Iterable[Entry], directory: Directory) -> None:
        """Take in the next entries of the stream, in order.

        Args:
            entries: From `position` on.
            directory: Who is who, not older than the entries: whose device signed.
        """
        for entry in entries:
            self.position += 1
            self._take(entry, directory)

    def _take(self, entry: Entry, directory: Directory) -> None:
        statement, body = entry.statement, entry.statement.body
        waybills = waybills_of(self.uscc, entry)
        if isinstance(body, AppealBody | CheckBody | TrafficBody | ExclusionBody | CorrectionBody):
            self.outside.take(entry, waybills[0] if waybills else "")
        if isinstance(body, ObjectionBody | RepairBody):
            self._end(entry, body)
        for waybill in waybills:
            parcel = self._parcels.setdefault(waybill, Parcel())
            if isinstance(body, ConsignBody):
                parcel.consigns.append(consigned(entry, body))
            elif isinstance(body, ScanBody | DeliveryBody):
                _handle(parcel, entry, body, own=statement.subjects.get("waybill") == waybill)
            elif isinstance(body, ConfirmBody):
                _confirm(parcel, entry, body, by_carrier=directory.company(statement.party) == f"uscc:{self.uscc}")
            elif isinstance(body, CorrectionBody) and body.reason == "did_not_occur" and statement.ref is not None:
                parcel.forget(unb64u(statement.ref, 32))
            elif isinstance(body, ReviewBody):
                code = parcel.consign.claim if parcel.consign is not None else None
                self.said.reviews.take(body, with_code=code is not None and statement.actor == f"anon:{code}")
                self.ratings.add(entry, body, waybill)
            elif statement.type in ("complaint", "case", "reply", "objection"):
                if statement.type != "objection":
                    self.complaints.take(entry, waybill)
                parcel.judged_lost = self.complaints.judged_lost(waybill)
        if isinstance(body, ConsignBody):
            self.said.begin(statement.at_ms)
        elif isinstance(body, ScanBody | DeliveryBody) and statement.subjects["waybill"][:18] == self.uscc:
            # A hand-over to this company is the other's scan.
            self.said.handle(entry, body.code if isinstance(body, ScanBody) else "DELIVERED")

    def _end(self, entry: Entry, body: ObjectionBody | RepairBody) -> None:
        """Take out what an objection was upheld against, and what was repaired."""
        ref = entry.statement.ref or ""
        if isinstance(body, ObjectionBody) and body.event == "file":
            self._objected[entry.name] = ref
        elif isinstance(body, RepairBody) or body.outcome == "upheld":
            about = ref if isinstance(body, RepairBody) else self._objected.get(ref, "")
            self.outside.strike(about)
            self.complaints.strike(about)

    @property
    def parcels(self) -> Mapping[str, Parcel]:
        """Every waybill the file has heard of, also those that do not count for the carrier."""
        return self._parcels

    def tally(self, directory: Directory, now_ms: int) -> Tally:
        """Counts of the parcels, every one judged anew.

        Args:
            directory: Who is who, for the grades.
            now_ms: As of when, Unix milliseconds.
        """
        tally = Tally(Counter(), Counter())
        for parcel in self._parcels.values():
            tally.add(outcome_of(parcel, directory, now_ms))
        return tally


def waybills_of(uscc: str, entry: Entry) -> list[str]:
    """Waybills of a company that an entry of its stream speaks of: by its own subjects, else by those it refers to.

    The entry stands in the `w:` stream of each of them.
    """
    subjects, copied = entry.statement.subjects, entry.statement.re
    while True:
        found = [subjects[f] for f in ("waybill", "next") if f in subjects and subjects[f][:18] == uscc]
        if found or copied is None:
            return found
        subjects = copied["subjects"]  # type: ignore[assignment]
        copied = copied.get("re")  # type: ignore[assignment]


def consigned(entry: Entry, body: ConsignBody) -> Consigned:
    """What a file remembers of a consign."""
    statement = entry.statement
    return Consigned(
        statement.hash,
        entry.index,
        statement.at_ms,
        entry.received_ms,
        signature_of(statement),
        promised_ms=moment_ms(body.deliver_by) if isinstance(body.deliver_by, str) else None,
        claim=body.claim if isinstance(body.claim, str) else None,
        origin=intern(body.origin),  # a few hundred districts, millions of parcels
        destination=intern(body.destination),
        weight_g=body.weight_g if isinstance(body.weight_g, int) else None,
    )


def _confirm(parcel: Parcel, entry: Entry, body: ConfirmBody, *, by_carrier: bool) -> None:
    statement = entry.statement
    assert statement.ref is not None
    assert statement.re is not None
    signature = signature_of(statement)
    reason = body.reason if isinstance(body.reason, str) else ""
    parcel.confirmed.append(Confirmed(statement.hash, statement.ref, body.kind, signature, reason))
    re_type, at_ms, index = statement.re["type"], statement.at_ms, entry.index
    if body.kind == "accepts" and by_carrier:
        parcel.handle(Handled(statement.hash, Handling(at_ms, index, "ACCEPTED"), signature, own=True))
    elif body.kind == "refuses" and re_type == "consign" and by_carrier:
        parcel.refused = True
    elif body.kind == "received" and re_type in ("delivery", "scan"):
        parcel.handle(Handled(statement.hash, Handling(at_ms, index, "RECEIVED"), signature, own=False))


def _handle(parcel: Parcel, entry: Entry, body: ScanBody | DeliveryBody, *, own: bool) -> None:
    statement = entry.statement
    code = body.code if isinstance(body, ScanBody) else "DELIVERED"
    parcel.handle(
        Handled(
            statement.hash,
            Handling(statement.at_ms, entry.index, code),
            signature_of(statement),
            own,
            accepts=body.accepts if isinstance(body.accepts, str) else None,
            method=body.method if isinstance(body, DeliveryBody) else "",
            consent=body.consent if isinstance(body.consent, str) else "none",
            late_ms=0 if statement.mode in ("import", "simulated") else entry.received_ms - statement.at_ms,
        )
    )

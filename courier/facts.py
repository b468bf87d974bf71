"""The facts of one courier company, folded from its `c:` stream. Facts only: nothing here weighs, ranks or scores.

A file goes on from where it stopped: `take` the entries since `position`, then ask for `facts` as of a moment. Parcels
that no time can change are counted once; only those still under way are judged again each time. Pure.
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


class CourierFile:
    """What a company's stream says, as far as it has been read.

    Attributes:
        uscc: The company, 18 characters.
        position: Entries taken in so far: the position in the stream of the next one.
        scans: Scans by code, sign-offs as DELIVERED.
        late: Scans and sign-offs by lateness: `late`, `very_late`.
        complaints: Complaints about the carriage.
        reviews: Reviews of the carriage.
        ratings: The same reviews one by one, as the rating needs them.
        outside: What authorities say of the company.
        first_ms: Claimed time of the first parcel, or None.
        last_ms: Claimed time of the last scan or sign-off, or None.
    """

    def __init__(self, uscc: str) -> None:
        self.uscc = uscc
        self.position = 0
        self.scans: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.complaints = Grievances()
        self.reviews = Reviews()
        self.ratings = Ratings()
        self.outside = Outside()
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self._parcels: dict[str, Parcel] = {}
        self._counted: dict[str, Outcome] = {}  # parcels that no time can change, as they stand in `_tally`
        self._open: set[str] = set()  # parcels to judge again
        self._tally = Tally(Counter(), Counter())
        self._signers: set[str] = set()
        self._objected: dict[str, str] = {}  # by objection: the statement it is about
        self._houses: dict[str, frozenset[str]] = {}  # as of the last tally: grades hang on them

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
        waybills = self._waybills(entry)
        if isinstance(body, AppealBody | CheckBody | TrafficBody | ExclusionBody | CorrectionBody):
            self.outside.take(entry, waybills[0] if waybills else "")
        if isinstance(body, ObjectionBody | RepairBody):
            self._end(entry, body)
        for waybill in waybills:
            self._open.add(waybill)
            parcel = self._parcels.setdefault(waybill, Parcel())
            self._signers.update(actor for actor in (statement.actor, statement.party) if not actor.startswith("anon:"))
            if isinstance(body, ConsignBody):
                _consign(parcel, entry, body)
            elif isinstance(body, ScanBody | DeliveryBody):
                _handle(parcel, entry, body, own=statement.subjects.get("waybill") == waybill)
            elif isinstance(body, ConfirmBody):
                _confirm(parcel, entry, body, by_carrier=directory.company(statement.party) == f"uscc:{self.uscc}")
            elif isinstance(body, CorrectionBody) and body.reason == "did_not_occur" and statement.ref is not None:
                parcel.forget(unb64u(statement.ref, 32))
            elif isinstance(body, ReviewBody):
                code = parcel.consign.claim if parcel.consign is not None else None
                self.reviews.take(body, with_code=code is not None and statement.actor == f"anon:{code}")
                self.ratings.add(entry, body, waybill)
            elif statement.type in ("complaint", "case", "reply", "objection"):
                if statement.type != "objection":
                    self.complaints.take(entry, waybill)
                parcel.judged_lost = self.complaints.judged_lost(waybill)
        if isinstance(body, ScanBody | DeliveryBody):
            self._measure(entry, body)
        elif isinstance(body, ConsignBody):
            self.first_ms = min(self.first_ms or statement.at_ms, statement.at_ms)

    def _end(self, entry: Entry, body: ObjectionBody | RepairBody) -> None:
        """Take out what an objection was upheld against, and what was repaired."""
        ref = entry.statement.ref or ""
        if isinstance(body, ObjectionBody) and body.event == "file":
            self._objected[entry.name] = ref
        elif isinstance(body, RepairBody) or body.outcome == "upheld":
            about = ref if isinstance(body, RepairBody) else self._objected.get(ref, "")
            self.outside.strike(about)
            self.complaints.strike(about)

    def _waybills(self, entry: Entry) -> list[str]:
        """Waybills of this company that an entry speaks of: by its own subjects, else by those it refers to."""
        subjects, copied = entry.statement.subjects, entry.statement.re
        while True:
            found = [subjects[f] for f in ("waybill", "next") if f in subjects and subjects[f][:18] == self.uscc]
            if found or copied is None:
                return found
            subjects = copied["subjects"]  # type: ignore[assignment]
            copied = copied.get("re")  # type: ignore[assignment]

    def _measure(self, entry: Entry, body: ScanBody | DeliveryBody) -> None:
        if entry.statement.subjects["waybill"][:18] != self.uscc:
            return  # a hand-over to this company is the other's scan
        at_ms = entry.statement.at_ms
        self.scans[body.code if isinstance(body, ScanBody) else "DELIVERED"] += 1
        self.late[lateness(entry)] += 1
        self.first_ms = min(self.first_ms or at_ms, at_ms)
        self.last_ms = max(self.last_ms or at_ms, at_ms)

    @property
    def parcels(self) -> Mapping[str, Parcel]:
        """Every waybill the file has heard of, also those that do not count for the carrier."""
        return self._parcels

    def consigned(self, from_ms: int, until_ms: int) -> list[tuple[str, Consigned]]:
        """Waybills whose live consign claims a time from `from_ms` (included) to `until_ms`, the newest first."""
        live = ((waybill, parcel.consign) for waybill, parcel in self._parcels.items())
        found = [(waybill, consign) for waybill, consign in live if consign is not None and from_ms <= consign.at_ms < until_ms]
        return sorted(found, key=lambda row: row[1].index, reverse=True)

    def tally(self, directory: Directory, now_ms: int) -> Tally:
        """Counts of the parcels.

        Args:
            directory: Who is who, for the grades.
            now_ms: As of when, Unix milliseconds; not before that of an earlier call.
        """
        houses = {actor: directory.house(actor) for actor in self._signers}
        if any(houses[actor] != house for actor, house in self._houses.items()):
            self._open.update(self._parcels)  # somebody's owner or key holder changed: every grade may change
        self._houses = houses
        under_way = Tally(Counter(), Counter())
        for waybill in sorted(self._open):
            counted = self._counted.pop(waybill, None)
            if counted is not None:
                _add(self._tally, counted, -1)
            outcome = outcome_of(self._parcels[waybill], directory, now_ms)
            if outcome.ended:
                self._counted[waybill] = outcome
                self._open.discard(waybill)
            _add(self._tally if outcome.ended else under_way, outcome, 1)
        return Tally(self._tally.counts + under_way.counts, self._tally.times + under_way.times)


def _consign(parcel: Parcel, entry: Entry, body: ConsignBody) -> None:
    statement = entry.statement
    parcel.consigns.append(
        Consigned(
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


def _add(tally: Tally, outcome: Outcome, sign: int) -> None:
    """Count an outcome once, or (`sign` −1) take it out again."""
    keys: list[Hashable] = [("kind", outcome.kind)]
    if outcome.method:
        keys += [("method", outcome.method), ("consent", outcome.method, outcome.consent), ("grade", outcome.grade)]
    for name in ("confirmed", "damaged", "gap"):
        if getattr(outcome, name):
            keys.append((name,))
    for key in keys:
        tally.counts[key] += sign
    tally.counts[("odd",)] += sign * outcome.odd
    if outcome.minutes is not None:
        tally.times[(outcome.minutes, outcome.kind == "late")] += sign

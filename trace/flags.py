"""What a record is marked with: missing consent, doubles, open disputes, insiders. Marks accuse nobody. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort

from ..ledger.bodies import DeliveryBody, ScanBody
from ..ledger.credit import ObjectionBody
from ..ledger.deadlines import Clock, clock_of
from ..ledger.entry import Entry
from ..ledger.evidence import signature_of
from ..ledger.grievance import follow
from ..ledger.hiding import hidden_among
from ..ledger.identifier import split_offer
from ..ledger.oddity import SKEW_MS
from ..ledger.voices import ComplaintBody
from .evidence import Support
from .material import Material, Parcel

_DISPUTES = frozenset(("false_signoff", "not_my_order", "lost"))  # complaints that deny a sign-off
_AFTERWARDS = frozenset(("RETURNING", "RETURNED", "REFUSED", "LOST", "FOUND", "DAMAGED"))  # may well follow a sign-off


class Marks:
    """Flags of the entries of one story."""

    def __init__(self, material: Material, support: Support) -> None:
        self._material = material
        self._support = support
        parcels = support.parcels.values()
        self._ends = {p.waybill: max(e.statement.at_ms for e in p.deliveries) for p in parcels if p.deliveries}
        self._doubles = {index for parcel in parcels for index in _doubles(parcel)}
        self.grievances = {
            e.name: follow(e, self.thread(e), material.now_ms, self._clock(e))
            for e in material.shown
            if isinstance(e.statement.body, ComplaintBody)
        }
        self._hidden = hidden_among(entry.statement for entry in material.shown)
        denying = [e for p in parcels for e in material.of_type(f"w:{p.waybill}", "complaint") if self._is_denying(e)]
        self._denied = {entry.statement.subjects["waybill"] for entry in denying}

    def first_asked(self, complaint: Entry) -> str:
        """Whom a complaint is with first: the waybill's carrier, the seller, or who sent the parcel; "" where nobody knows."""
        body, subjects = complaint.statement.body, complaint.statement.subjects
        assert isinstance(body, ComplaintBody)
        waybill = subjects.get("waybill", "")
        if body.against == "carrier":
            return f"uscc:{waybill[:18]}" if waybill else ""
        if waybill:
            consign = self._support.parcels[waybill].consign
            return consign.statement.party if consign is not None else ""
        sales = [e for e in self._material.of_type(f"p:{subjects['item']}", "sale") if e.index < complaint.index]
        return sales[-1].statement.party if sales else ""

    def _clock(self, complaint: Entry) -> Clock:
        """Terms of the place where the party first asked is registered."""
        known = self._material.directory.actors.get(self.first_asked(complaint))
        body = complaint.statement.body
        assert isinstance(body, ComplaintBody)
        return clock_of((known.district if known is not None else None) or "", body.against)

    def thread(self, root: Entry) -> list[Entry]:
        """Every entry that refers to this one, directly or through another, in log order; corrections are not answers."""
        found = {}
        front = [root]
        while front:
            for entry in self._material.referring.get(front.pop().name, ()):
                if entry.statement.type != "correction":
                    found[entry.index] = entry
                    front.append(entry)
        return [entry for _, entry in sorted(found.items())]

    def of(self, entry: Entry) -> tuple[str, ...]:
        """Flags of an entry, in a fixed order."""
        body = entry.statement.body
        parcel = self._support.parcels.get(entry.statement.subjects.get("waybill", ""))
        found = []
        if body is None:
            found.append("not_understood")
        if self._is_after_theft(entry):
            found.append("key_stolen")
        if isinstance(body, ScanBody | DeliveryBody) and parcel is not None:
            found += self._of_handling(entry, body, parcel)
        if self._material.confirms(entry, "refuses") and "disputed" not in found:
            found.append("disputed")
        if self._is_objected_to(entry):
            found.append("in_dispute")
        if isinstance(body, ComplaintBody) and self.grievances[entry.name].overdue:
            found.append("overdue")
        if entry.statement.type == "review" and self._is_insider(entry):
            found.append("insider")
        if entry.name in self._hidden:
            found.append("hidden")
        return tuple(found)

    def _is_objected_to(self, entry: Entry) -> bool:
        """异议处理中: whether an objection to it waits for its decision."""
        return any(
            isinstance(filed.statement.body, ObjectionBody)
            and filed.statement.body.event == "file"
            and not any(e.statement.type == "objection" for e in self._material.referring.get(filed.name, ()))
            for filed in self._material.referring.get(entry.name, ())
        )

    def _is_after_theft(self, entry: Entry) -> bool:
        """Whether the key that signed was said later to have been in other hands when this was received.

        The time of receipt decides: what a statement claims of its own time, a thief chooses.
        """
        key = self._material.directory.keys.get(entry.statement.key)
        return key is not None and key.suspect_since_ms is not None and entry.received_ms >= key.suspect_since_ms

    def _of_handling(self, entry: Entry, body: ScanBody | DeliveryBody, parcel: Parcel) -> list[str]:
        found = []
        left = body.method != "in_person" if isinstance(body, DeliveryBody) else body.code == "READY_FOR_PICKUP"
        if left and body.consent not in ("this_parcel", "standing"):
            found.append("no_consent")
        end_ms = self._ends.get(parcel.waybill, entry.statement.at_ms)
        if isinstance(body, ScanBody) and body.code not in _AFTERWARDS and entry.statement.at_ms > end_ms + SKEW_MS:
            found.append("after_delivery")
        if entry.index in self._doubles:
            found.append("probable_duplicate")
        if isinstance(body, DeliveryBody) and parcel.waybill in self._denied:
            found.append("disputed")
        return found

    def _is_denying(self, complaint: Entry) -> bool:
        """Whether a complaint denies a sign-off, and is open or was upheld."""
        body, grievance = complaint.statement.body, self.grievances[complaint.name]
        denies = isinstance(body, ComplaintBody) and body.category in _DISPUTES
        return denies and (not grievance.closed or bool(grievance.upheld))

    def _is_insider(self, review: Entry) -> bool:
        """Whether a firm that reviews has an owner or a key holder in common with whom it reviews."""
        subjects = review.statement.subjects
        rated = f"uscc:{subjects['waybill'][:18]}" if "waybill" in subjects else split_offer(subjects["offer"])[0]
        if review.statement.actor.startswith("anon:"):
            return False
        return bool(self._support.houses.behind(signature_of(review.statement)) & self._material.directory.house(rated))


def _doubles(parcel: Parcel) -> set[int]:
    """Indexes of entries that tell what an earlier one told: code, place, and a time within two minutes."""
    told: dict[tuple[object, ...], list[int]] = {}
    found = set()
    for entry in parcel.moves:
        body, at_ms = entry.statement.body, entry.statement.at_ms
        assert isinstance(body, ScanBody | DeliveryBody)
        code = body.code if isinstance(body, ScanBody) else "DELIVERED"
        times = told.setdefault((code, body.place.district, body.place.facility), [])
        at = bisect_left(times, at_ms - SKEW_MS)
        if at < len(times) and times[at] <= at_ms + SKEW_MS:
            found.add(entry.index)
        insort(times, at_ms)
    return found

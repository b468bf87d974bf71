"""What a record is marked with: missing consent, doubles, open disputes, insiders. Marks accuse nobody. Pure."""

from __future__ import annotations

from ..ledger.bodies import ComplaintBody, DeliveryBody, ScanBody
from ..ledger.entry import Entry
from ..ledger.evidence import signature_of
from ..ledger.grievance import Grievance, follow
from ..ledger.identifier import split_offer
from ..ledger.oddity import SKEW_MS
from .evidence import Support
from .material import Material, Parcel

_DISPUTES = frozenset(("false_signoff", "not_my_order", "lost"))  # complaints that deny a sign-off
_AFTERWARDS = frozenset(("RETURNING", "RETURNED", "REFUSED", "LOST", "FOUND", "DAMAGED"))  # may well follow a sign-off


class Marks:
    """Flags of the entries of one story."""

    def __init__(self, material: Material, support: Support) -> None:
        self._material = material
        self._support = support
        self.grievances = {
            e.name: follow(e, self.thread(e), material.now_ms)
            for e in material.shown
            if isinstance(e.statement.body, ComplaintBody)
        }

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
        if isinstance(body, ScanBody | DeliveryBody) and parcel is not None:
            found += self._of_handling(entry, body, parcel)
        if self._material.confirms(entry, "refuses") and "disputed" not in found:
            found.append("disputed")
        if isinstance(body, ComplaintBody) and self.grievances[entry.name].overdue:
            found.append("overdue")
        if entry.statement.type == "review" and self._is_insider(entry):
            found.append("insider")
        return tuple(found)

    def _of_handling(self, entry: Entry, body: ScanBody | DeliveryBody, parcel: Parcel) -> list[str]:
        found = []
        left = body.method != "in_person" if isinstance(body, DeliveryBody) else body.code == "READY_FOR_PICKUP"
        if left and body.consent not in ("this_parcel", "standing"):
            found.append("no_consent")
        if isinstance(body, ScanBody) and body.code not in _AFTERWARDS:
            ends = [e.statement.at_ms for e in parcel.deliveries]
            if ends and entry.statement.at_ms > max(ends) + SKEW_MS:
                found.append("after_delivery")
        if any(_is_double(entry, body, other) for other in parcel.moves):
            found.append("probable_duplicate")
        if isinstance(body, DeliveryBody) and self._is_denied(parcel):
            found.append("disputed")
        return found

    def _is_denied(self, parcel: Parcel) -> bool:
        """Whether a complaint that denies the sign-off is open or was upheld."""
        for entry in self._material.of_type(f"w:{parcel.waybill}", "complaint"):
            body = entry.statement.body
            if isinstance(body, ComplaintBody) and body.category in _DISPUTES:
                grievance: Grievance = self.grievances[entry.name]
                if not grievance.closed or grievance.upheld:
                    return True
        return False

    def _is_insider(self, review: Entry) -> bool:
        """Whether a firm that reviews has an owner or a key holder in common with whom it reviews."""
        subjects = review.statement.subjects
        rated = f"uscc:{subjects['waybill'][:18]}" if "waybill" in subjects else split_offer(subjects["offer"])[0]
        if review.statement.actor.startswith("anon:"):
            return False
        return bool(self._support.houses.behind(signature_of(review.statement)) & self._material.directory.house(rated))


def _is_double(entry: Entry, body: ScanBody | DeliveryBody, other: Entry) -> bool:
    """Whether an earlier entry tells the same: code, place, and a time within two minutes."""
    told = other.statement.body
    if other.index >= entry.index or type(told) is not type(body) or not isinstance(told, ScanBody | DeliveryBody):
        return False
    same = isinstance(body, DeliveryBody) or (isinstance(told, ScanBody) and told.code == body.code)
    return same and told.place == body.place and abs(other.statement.at_ms - entry.statement.at_ms) <= SKEW_MS

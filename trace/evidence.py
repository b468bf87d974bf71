"""Which signatures support which step of a story, and the grade they earn it. Weighed by `ledger/evidence.py`. Pure.

| step | the other side's signature: A | another organisation's: B |
|---|---|---|
| any | a `confirm` (accepts, received) that refers to it | |
| `consign` | its carrier's `accepts`, by a confirm or in a scan or delivery | whatever its carrier did with it afterwards |
| `scan`, `delivery` that `accepts` | the consign | |
| `PICKED_UP` without `accepts` | | the consign |
| `HANDOVER` | | what the next carrier did |
| the first step of the next carrier | | the `HANDOVER` |
| `dispatch` | | what the carrier of its waybill did after the consign was recorded |
| `review` of an item | | a delivery of one of its parcels, recorded before |
| `review` of a carriage | | what the carrier did with the parcel, recorded before |
| `confirm` | the statement it refers to | |
"""

from __future__ import annotations

from typing import Final

from ..ledger.bodies import ClaimBody, ConfirmBody, ConsignBody, DeliveryBody, SaleBody, ScanBody
from ..ledger.entry import Entry
from ..ledger.evidence import Houses, judge, signature_of
from .material import Material, Parcel
from .record import Evidence

# What happened to the goods or the parcel. Registrations, corrections, answers and recalls are no steps.
STEPS: Final = frozenset((
    "item", "listing", "sale", "dispatch", "return", "relist", "claim", "review", "complaint", "consign", "scan", "delivery",
    "confirm", "inspection",
))  # fmt: skip


class Support:
    """Grades the steps of one story.

    Attributes:
        houses: Who stands behind whom, codes included.
        parcels: The story's waybills.
    """

    def __init__(self, material: Material) -> None:
        self._material = material
        self.houses = Houses(material.directory)
        self.parcels = {name[2:]: Parcel(name[2:], material) for name in material.streams if name[0] == "w"}
        for entry in material.shown:
            body = entry.statement.body
            if isinstance(body, SaleBody | ConsignBody) and isinstance(body.claim, str):
                self.houses.issue(body.claim, signature_of(entry.statement))
            elif isinstance(body, ClaimBody):
                self.houses.bind(body.owner, entry.statement.actor[5:])

    def evidence(self, entry: Entry) -> Evidence | None:
        """Grade of a step with its reason; None for an entry that is no step."""
        if entry.statement.type not in STEPS:
            return None
        counter = [signature_of(e.statement) for e in self._counter(entry)]
        others = [signature_of(e.statement) for e in self._others(entry)]
        found = judge(signature_of(entry.statement), counter, others, self.houses)
        company = self._material.directory.company  # a device's signature is its company's
        parties = tuple(self._material.party(company(actor)) for actor in found.signers)
        return Evidence(found.grade, found.reason, parties)

    def _parcel(self, entry: Entry) -> Parcel | None:
        return self.parcels.get(entry.statement.subjects.get("waybill", ""))

    def _counter(self, entry: Entry) -> list[Entry]:
        """Signatures of the other side under this very step."""
        found = self._material.confirms(entry, "accepts", "received")
        body = entry.statement.body
        parcel = self._parcel(entry)
        if parcel is not None and parcel.consign is not None and parcel.consign.index > entry.index:
            # The code of a consign that came afterwards never lay in the parcel: whoever borrows a journey would sign with it.
            found = [e for e in found if not e.statement.actor.startswith("anon:")]
        if isinstance(body, ConfirmBody) and body.kind in ("accepts", "received"):
            referred = self._material.referred(entry)
            found += [referred] if referred is not None else []
        elif parcel is not None and isinstance(body, ConsignBody):
            found += [e for e in parcel.moves if _accepts(e) == entry.name]
        elif parcel is not None and parcel.consign is not None and _accepts(entry) == parcel.consign.name:
            found.append(parcel.consign)
        return found

    def _others(self, entry: Entry) -> list[Entry]:
        """Signatures of others that could not be there had the step not happened."""
        body, kind = entry.statement.body, entry.statement.type
        parcel = self._parcel(entry)
        if kind == "review" and parcel is None:
            return [e for p in self.parcels.values() for e in p.deliveries if e.index < entry.index]
        if parcel is None:
            return []
        if kind == "review":
            return [e for e in parcel.handled if e.index < entry.index]
        if kind in ("consign", "dispatch"):  # what a carrier did before knows nothing of them
            consigned = parcel.consign.index if parcel.consign is not None else 0
            return [e for e in parcel.handled if e.index > consigned]
        found = []
        if isinstance(body, ScanBody) and body.code == "PICKED_UP" and parcel.consign is not None:
            found.append(parcel.consign)
        if isinstance(body, ScanBody) and body.code == "HANDOVER":
            after = self.parcels.get(entry.statement.subjects.get("next", ""))
            found += after.handled if after is not None else []
        if kind in ("scan", "delivery") and entry is parcel.first:
            found += parcel.handovers
        return found


def _accepts(entry: Entry) -> str | None:
    body = entry.statement.body
    return body.accepts if isinstance(body, ScanBody | DeliveryBody) and isinstance(body.accepts, str) else None

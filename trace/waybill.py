"""The page of one waybill, folded from the entries of its story. It never says what is in the box. Pure."""

from __future__ import annotations

from ..ledger.bodies import ConsignBody, ScanBody
from .material import Material, Parcel
from .page import WaybillPage
from .rows import Rows, count_rows
from .standing import chain_of, of_waybill, promised_by
from .steps import last_step, waybill_steps
from .timeline import CourierCounts, box_of, proof_panel


def waybill_page(waybill: str, material: Material, counts: CourierCounts) -> WaybillPage:
    """The page of one waybill.

    Args:
        waybill: Its key, `{carrier uscc}/{ref}`.
        material: Its story: the streams that `ledger/closure.py` names.
        counts: Counts of a courier's file, for the box beside the record.
    """
    rows = Rows(material)
    parcel = rows.support.parcels[waybill]
    stream = f"w:{waybill}"
    grievances = rows.marks.grievances
    complaints = [(e, grievances[e.name]) for e in material.of_type(stream, "complaint")]
    chain = chain_of(waybill, rows.support.parcels)  # where a parcel that was handed over is, its next waybills say
    standing = of_waybill(chain, [grievance for _, grievance in complaints], material.now_ms)
    shown = material.streams[stream]
    record = rows.record(shown)
    consign = parcel.consign.statement if parcel.consign is not None else None
    path = f"/w/{waybill}"
    return WaybillPage(
        path=path,
        ref=waybill[19:],
        carrier=material.party(parcel.carrier),
        shipper=material.party(consign.party) if consign is not None else None,
        standing=standing,
        steps=waybill_steps(chain, standing, last_step(material.of_type(stream, "review"), complaints)),
        contents=consign.body.contents.count if consign is not None and isinstance(consign.body, ConsignBody) else None,
        weight_g=_weight(parcel),
        promised_ms=promised_by(parcel),
        counts_for_carrier=bool(parcel.moves or parcel.acceptances),
        next_path=f"/w/{parcel.next}" if parcel.next else "",
        record=record,
        record_count=count_rows(record),
        box=box_of(parcel, material, counts),
        papers=sum(len(entry.statement.evidence) for entry in shown),
        withheld=material.withheld,
        proof=proof_panel(material, f"/v1/waybills/{waybill}"),
        not_understood=sum(entry.statement.body is None for entry in shown),
    )


def _weight(parcel: Parcel) -> int | None:
    """Weight at pick-up, else at the first scan that gives one, in grams."""
    weighed = sorted(parcel.moves, key=lambda e: e.statement.at_ms)
    for entry in [*parcel.scans("PICKED_UP"), *weighed]:
        body = entry.statement.body
        if isinstance(body, ScanBody) and isinstance(body.weight_g, int):
            return body.weight_g
    return None

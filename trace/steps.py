"""The strip of six steps above a record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..ledger.entry import Entry
from ..ledger.grievance import Grievance
from ..ledger.oddity import claimed_time
from .material import Material, Parcel
from .page import Standing, Step, StepState
from .rows import ON_THE_WAY
from .standing import Phase

# Step at which the product stands for each standing, and the short word where something is wrong.
_ITEM_AT: Final = {
    "listed": "listing", "sold": "sale", "dispatched": "dispatch",
    "picked_up": "transit", "in_transit": "transit", "out_for_delivery": "transit", "ready_for_pickup": "transit",
    "attempt_failed": "transit", "held": "transit", "delayed": "transit", "damaged": "transit", "stale": "transit",
    "cancelled": "transit", "lost": "transit",
    "refused": "delivery", "returning": "delivery", "returned": "delivery", "delivered": "delivery", "received": "delivery",
}  # fmt: skip
_WAYBILL_AT: Final = {
    **_ITEM_AT, "dispatched": "consign", "picked_up": "pickup", "out_for_delivery": "out_for_delivery",
    "ready_for_pickup": "out_for_delivery", "attempt_failed": "out_for_delivery",
}  # fmt: skip
_NOTES: Final = {
    "attempt_failed": "failed", "lost": "lost", "refused": "refused", "returning": "returned", "returned": "returned",
    "held": "", "damaged": "", "delayed": "", "stale": "", "cancelled": "",
}  # fmt: skip
_ENDED: Final = frozenset(("delivered", "received"))


def item_steps(phase: Phase, material: Material, item: str, standing: Standing | None, last: Step) -> tuple[Step, ...]:
    """Steps of an item: listing, sale, dispatch, transit, delivery, and the given last one."""
    turns = material.of_type(item, "sale")
    sale = turns[-1] if turns else None
    turn = sale or phase.entry
    offer = turn.statement.subjects.get("offer") if turn is not None else None
    listings = material.of_type(f"l:{offer}", "listing") if offer else []
    relists = [e for e in material.of_type(item, "relist") if sale is None or e.index < sale.index or phase.kind == "relist"]
    parcels = [parcel for _, chain in phase.pieces for parcel in chain]
    reached = {
        "listing": _first(relists[-1:] or listings),
        "sale": sale,
        "dispatch": _first(entry for entry, _ in phase.pieces),
        "transit": _last(e for parcel in parcels for e in parcel.handled if e.statement.type != "delivery"),
        "delivery": _last(e for parcel in parcels for e in parcel.deliveries),
    }
    return (*_strip(reached, _ITEM_AT, standing), last)


def waybill_steps(chain: Sequence[Parcel], standing: Standing | None, last: Step) -> tuple[Step, ...]:
    """Steps of a waybill: consign, pickup, transit, out_for_delivery, delivery, and the given last one."""
    first = chain[0]
    on_the_way = [code for code in (*ON_THE_WAY, "HANDOVER") if code != "OUT_FOR_DELIVERY"]
    reached = {
        "consign": first.consign,
        "pickup": _first(first.scans("PICKED_UP") or first.acceptances),
        "transit": _last(e for parcel in chain for code in on_the_way for e in parcel.scans(code)),
        "out_for_delivery": _last(
            e for parcel in chain for code in ("OUT_FOR_DELIVERY", "READY_FOR_PICKUP") for e in parcel.scans(code)
        ),
        "delivery": _last(e for parcel in chain for e in parcel.deliveries),
    }
    return (*_strip(reached, _WAYBILL_AT, standing), last)


def _strip(reached: dict[str, Entry | None], at: dict[str, str], standing: Standing | None) -> list[Step]:
    here = at.get(standing.code, "") if standing is not None else ""
    strip = []
    for name, entry in reached.items():
        state: StepState = "done" if entry is not None else "none"
        note = ""
        if standing is not None and name == here:
            if standing.code in _NOTES:
                state, note = "attention", _NOTES[standing.code]
            elif standing.code not in _ENDED:
                state = "now"
            strip.append(Step(name, state, standing.time if entry is None else claimed_time(entry), note))
            continue
        strip.append(Step(name, state, None if entry is None else claimed_time(entry), note))
    return strip


def last_step(reviews: Sequence[Entry], complaints: Sequence[tuple[Entry, Grievance]]) -> Step:
    """The sixth step: a complaint where there is one, the most pressing first, else a review."""
    pressing = sorted(complaints, key=lambda pair: (pair[1].closed, not pair[1].upheld, -pair[0].index))
    if pressing:
        entry, grievance = pressing[0]
        note = "open" if not grievance.closed else "upheld" if grievance.upheld else "closed"
        return Step("complaint", "attention", claimed_time(entry), note)
    if reviews:
        return Step("review", "done", claimed_time(reviews[-1]))
    return Step("review", "none")


def _first(entries: Iterable[Entry]) -> Entry | None:
    return min(entries, key=lambda e: (e.statement.at_ms, e.index), default=None)


def _last(entries: Iterable[Entry]) -> Entry | None:
    return max(entries, key=lambda e: (e.statement.at_ms, e.index), default=None)

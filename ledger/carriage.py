"""What the codes of a waybill add up to: where a parcel is, by story order. One table and a small fold.

Story order is the order of claimed times. Terminal states stick: a late HUB_OUT after the delivery fills history and
changes nothing. Only FOUND, RETURNING and a correction reopen. Source: peers.md section 2, rule 3 of ingestion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

TERMINAL: Final = frozenset(("delivered", "received", "returned", "lost", "cancelled"))
CUSTODY: Final = frozenset(("CONSIGNED", "CREATED", "ACCEPTED", "PICKED_UP"))  # how a journey begins; never a step back

# Code of a scan, or CONSIGNED, ACCEPTED, DELIVERED, RECEIVED for statements of the other types, to state.
STATES: Final = {
    "CONSIGNED": "dispatched",
    "CREATED": "dispatched",
    "ACCEPTED": "picked_up",
    "PICKED_UP": "picked_up",
    "HUB_IN": "in_transit",
    "HUB_OUT": "in_transit",
    "HANDOVER": "in_transit",
    "EXPORT_CUSTOMS": "in_transit",
    "ARRIVED_COUNTRY": "in_transit",
    "IMPORT_CUSTOMS": "in_transit",
    "CUSTOMS_CLEARED": "in_transit",
    "CUSTOMS_PROBLEM": "held",
    "AT_DELIVERY_DEPOT": "in_transit",
    "OUT_FOR_DELIVERY": "out_for_delivery",
    "ATTEMPT_FAILED": "attempt_failed",
    "READY_FOR_PICKUP": "ready_for_pickup",
    "REFUSED": "refused",
    "RETURNING": "returning",
    "RETURNED": "returned",
    "HELD": "held",
    "DELAYED": "delayed",
    "DAMAGED": "damaged",
    "LOST": "lost",
    "FOUND": "in_transit",
    "CANCELLED": "cancelled",
    "DELIVERED": "delivered",
    "RECEIVED": "received",
}
_REOPENS: Final = {
    "delivered": frozenset(("RECEIVED", "RETURNING")),
    "received": frozenset(("RETURNING",)),
    "returned": frozenset(("RECEIVED",)),
    "lost": frozenset(("FOUND", "RETURNING")),
    "cancelled": frozenset(("PICKED_UP", "RETURNING")),
}
_RANK: Final = {"dispatched": 0, "picked_up": 1}


class Handling(NamedTuple):
    """One handling of one parcel, in the order in which handlings sort."""

    at_ms: int
    log_index: int
    code: str


def progress(handlings: Iterable[Handling]) -> tuple[str, Handling] | None:
    """State of a parcel and the handling that brought it there; None for a parcel without any.

    Args:
        handlings: In any order; those that a correction says did not occur are left out by the caller.
    """
    state, since = "", None
    for handling in sorted(handlings):
        reached = STATES.get(handling.code)
        if reached is None:
            continue
        if state in TERMINAL:
            if handling.code not in _REOPENS[state]:
                continue
            if state == "returned":
                reached = "returned"  # the sender's receipt ends a return, it does not deliver it
        elif handling.code in CUSTODY and state and _RANK.get(state, 2) >= _RANK[reached]:
            continue
        state, since = reached, handling
    return None if since is None else (state, since)

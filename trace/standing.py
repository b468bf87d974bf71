"""Where a product or parcel is now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..ledger.bodies import ConsignBody, DispatchBody, ListingBody, SaleBody
from ..ledger.carriage import TERMINAL, Handling, progress
from ..ledger.entry import Entry
from ..ledger.grievance import Grievance
from ..ledger.moment import moment_ms
from ..ledger.oddity import claimed_time
from .details import place_of
from .material import Material, Parcel
from .page import Standing

STALE_MS: Final = 30 * 24 * 3_600_000  # no scan for so long: an observer's state, never a courier's word
HOUR_MS: Final = 3_600_000

_UNDER_WAY: Final = frozenset((
    "sold", "dispatched", "picked_up", "in_transit", "out_for_delivery", "ready_for_pickup", "attempt_failed", "held", "delayed",
    "damaged", "stale",
))  # fmt: skip

# Which of an item's several parcels speaks for it: the one that is worst off, then the one that is least far.
_FIRST: Final = (
    "lost", "damaged", "held", "stale", "attempt_failed", "refused", "delayed", "cancelled", "dispatched", "picked_up",
    "in_transit", "out_for_delivery", "ready_for_pickup", "returning", "returned", "delivered", "received",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """State of one parcel, or of a chain of them.

    Attributes:
        code: As in `Standing.code`.
        entry: What brought it there.
        signed_off: The sign-off, where there is one; a recipient's receipt comes after it.
    """

    code: str
    entry: Entry
    signed_off: Entry | None = None


def whereabouts(parcels: Iterable[Parcel], now_ms: int) -> Whereabouts | None:
    """State of a parcel, or of a chain of waybills it went under; None when nothing happened to it."""
    found: dict[Handling, Entry] = {}
    for parcel in parcels:
        found.update(parcel.handlings())
    reached = progress(found)
    if reached is None:
        return None
    code, since = reached
    # A parcel's own carrier shows that it lives; what its shipper says does so only while there is nothing else.
    newest = max((h.at_ms for h in found if h.code not in ("CONSIGNED", "RECEIVED")), default=since.at_ms)
    if code not in TERMINAL and now_ms - newest > STALE_MS:
        code = "stale"
    signed_off = [handling for handling in found if handling.code == "DELIVERED"]
    return Whereabouts(code, found[since], found[max(signed_off)] if signed_off else None)


def chain_of(waybill: str, parcels: Mapping[str, Parcel]) -> tuple[Parcel, ...]:
    """A waybill and those under which its parcel went on, in order; a circle ends where it closes."""
    found: dict[str, Parcel] = {}
    at: str | None = waybill
    while at is not None and at in parcels and at not in found:
        found[at] = parcels[at]
        at = parcels[at].next
    return tuple(found.values())


def of_waybill(chain: Sequence[Parcel], grievances: Sequence[Grievance], now_ms: int) -> Standing | None:
    """Standing of the parcel of the first waybill of a chain; its promise is that one's consign's."""
    found = whereabouts(chain, now_ms)
    return None if found is None else _standing(found, promised_by(chain[0]), grievances, now_ms)


def promised_by(parcel: Parcel) -> int | None:
    """Delivery time that the live consign promises, Unix milliseconds."""
    body = parcel.consign.statement.body if parcel.consign is not None else None
    return moment_ms(body.deliver_by) if isinstance(body, ConsignBody) and isinstance(body.deliver_by, str) else None


def _standing(found: Whereabouts, promised_ms: int | None, grievances: Sequence[Grievance], now_ms: int) -> Standing:
    late_ms = None
    if promised_ms is not None and found.code in _UNDER_WAY:
        late_ms = now_ms - promised_ms
    elif promised_ms is not None and found.code in ("delivered", "received"):
        late_ms = (found.signed_off or found.entry).statement.at_ms - promised_ms
    return Standing(
        code=found.code,
        time=claimed_time(found.entry),
        place=place_of(found.entry) or (place_of(found.signed_off) if found.code == "received" and found.signed_off else None),
        promised_ms=promised_ms,
        late_ms=late_ms,
        complaints_open=sum(not g.closed for g in grievances),
        complaints_closed=sum(g.closed for g in grievances),
    )


@dataclass(frozen=True, slots=True)
class Phase:
    """What is going on with an item since it was last sold, sent back or offered again.

    Attributes:
        entry: The sale, return or relisting that began it; None while there is none.
        pieces: For each piece its newest dispatch and the waybills it went under, in log order of the dispatches.
        since: Index before which nothing belongs to it: that of its beginning, 0 for the first.
    """

    entry: Entry | None
    pieces: tuple[tuple[Entry, tuple[Parcel, ...]], ...]
    since: int = 0

    @property
    def kind(self) -> str:
        """sale, return, relist, or "" before any."""
        return self.entry.statement.type if self.entry is not None else ""


def phase_of(material: Material, item: str, parcels: Mapping[str, Parcel]) -> Phase:
    """The phase an item is in."""
    return _phase(material, item, parcels, material.of_type(item, "sale", "return", "relist"))


def purchase_of(material: Material, item: str, parcels: Mapping[str, Parcel]) -> tuple[Phase, Sequence[Entry]]:
    """The phase that the last sale began, and the returns and relistings after it; a phase of nothing before any sale."""
    turns = material.of_type(item, "sale", "return", "relist")
    at = max((number for number, turn in enumerate(turns, 1) if turn.statement.type == "sale"), default=0)
    if not at:
        return Phase(None, ()), ()
    later = turns[at:]
    return _phase(material, item, parcels, turns[:at], later[0].index if later else None), later


def _phase(material: Material, item: str, parcels: Mapping[str, Parcel], turns: Sequence[Entry], end: int | None = None) -> Phase:
    start = turns[-1] if turns else None
    pieces: dict[int, tuple[Entry, tuple[Parcel, ...]]] = {}
    for entry in material.of_type(item, "dispatch"):
        if end is not None and entry.index > end:
            break
        chain = chain_of(entry.statement.subjects["waybill"], parcels)
        if isinstance(entry.statement.body, DispatchBody) and _belongs(entry, chain, start, alone=len(turns) == 1):
            pieces[entry.statement.body.piece] = (entry, chain)  # sent again: the newest dispatch of a piece counts
    since = turns[-1].index if len(turns) > 1 else 0
    return Phase(start, tuple(sorted(pieces.values(), key=lambda piece: piece[0].index)), since)


def _belongs(dispatch: Entry, chain: tuple[Parcel, ...], start: Entry | None, *, alone: bool) -> bool:
    """Whether a dispatch belongs to the phase that `start` began.

    Real shops send before the sale is on record. So what was recorded ahead of an only sale belongs to it, unless its
    journey had ended by then: that one brought the item to the shop.
    """
    if start is None or dispatch.index > start.index:
        return True
    if not alone:
        return False
    ended = whereabouts(chain, 0)
    return ended is None or ended.code not in TERMINAL or ended.entry.statement.at_ms >= start.statement.at_ms


def of_item(phase: Phase, material: Material, grievances: Sequence[Grievance]) -> Standing | None:
    """Standing of an item: its phase and its parcels; None when it was only made."""
    found = _of_phase(phase, material)
    return None if found is None else _standing(found, promise_of(phase, material), grievances, material.now_ms)


def _of_phase(phase: Phase, material: Material) -> Whereabouts | None:
    if phase.entry is not None and phase.kind == "return":
        received = material.confirms(phase.entry, "received")
        if received:
            return Whereabouts("returned", received[-1])
        found = _of_pieces(phase, material.now_ms) if phase.pieces else Whereabouts("returning", phase.entry)
        code = "returned" if found.code in ("delivered", "received") else found.code
        return Whereabouts("returning" if code in ("dispatched", "picked_up", "in_transit") else code, found.entry)
    if phase.pieces:
        return _of_pieces(phase, material.now_ms)
    if phase.entry is None:
        return None
    return Whereabouts("listed" if phase.kind == "relist" else "sold", phase.entry)


def _of_pieces(phase: Phase, now_ms: int) -> Whereabouts:
    """The piece that is worst off or least far; a piece that was never sent keeps the item at `dispatched`."""
    found = [whereabouts(chain, now_ms) or Whereabouts("dispatched", dispatch) for dispatch, chain in phase.pieces]
    newest = phase.pieces[-1][0]
    body = newest.statement.body
    if isinstance(body, DispatchBody) and len(phase.pieces) < body.pieces:
        found.append(Whereabouts("dispatched", newest))
    return min(found, key=lambda w: (_FIRST.index(w.code), -w.entry.statement.at_ms))


def promise_of(phase: Phase, material: Material) -> int | None:
    """Delivery time promised to the buyer: by the sale, by the offer in force at the sale, or by a parcel's consign."""
    sale = phase.entry
    if sale is not None and isinstance(sale.statement.body, SaleBody):
        if isinstance(sale.statement.body.deliver_by, str):
            return moment_ms(sale.statement.body.deliver_by)
        offers = [e for e in material.of_type(f"l:{sale.statement.subjects['offer']}", "listing") if e.index < sale.index]
        body = offers[-1].statement.body if offers else None
        promise = body.promise if isinstance(body, ListingBody) else None
        hours = getattr(promise, "deliver_hours", None)
        if isinstance(hours, int):
            return sale.statement.at_ms + hours * HOUR_MS
    promises = [promised for _, chain in phase.pieces if chain and (promised := promised_by(chain[0])) is not None]
    return max(promises, default=None)

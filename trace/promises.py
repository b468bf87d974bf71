"""What the buyer of an item was promised and what became of each promise: dispatch, delivery, sending back. Pure.

Worked out from the entries of the story, as of the published epoch. Times are those that the signers claimed, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..ledger.bodies import CommitmentBody, DispatchBody, ListingBody, SaleBody
from ..ledger.credit import PublicationBody
from ..ledger.entry import Entry
from ..ledger.moment import moment_ms
from ..ledger.terms import Promise as Terms
from .material import Material, Parcel
from .pledge import Pledge, Promise, PromiseName, PromiseState, Rating
from .rows import DAY_MS
from .standing import HOUR_MS, Phase, Whereabouts, promised_by, purchase_of, whereabouts

_SENT_BACK: Final = frozenset(("cancelled", "refused", "returning", "returned"))


def promises_of(item: str, material: Material, parcels: Mapping[str, Parcel]) -> tuple[Promise, ...]:
    """Promises of the last sale of an item, each with its state; empty before a sale.

    Args:
        item: Stream of the item, `p:…`.
        material: Its story.
        parcels: Its parcels by waybill.
    """
    phase, later = purchase_of(material, item, parcels)
    sale = phase.entry
    if sale is None:
        return ()
    listing = _listing(sale, material)
    where = [whereabouts(chain, material.now_ms) for _, chain in phase.pieces]
    signed_ms = _signed_off(where) if _is_whole(phase) else None
    ended = any(one is not None and one.code in _SENT_BACK for one in where)
    found = []
    dispatch, delivery = _dispatch_by(sale, listing), _deliver_by(sale, listing, phase)
    if dispatch is not None:
        found.append(_judged("dispatch", *dispatch, _taken(phase), material.now_ms))
    if delivery is not None:
        found.append(_judged("delivery", *delivery, signed_ms, material.now_ms, is_void=ended))
    days = _terms(listing).return_days
    if listing is not None and isinstance(days, int):
        until_ms = None if signed_ms is None else signed_ms + days * DAY_MS
        found.append(_return(listing, until_ms, sale, later, material))
    return tuple(found)


def pledge_of(actor: str, material: Material) -> Pledge | None:
    """The newest credit commitment of a company, or None."""
    made = material.of_type(f"a:{actor}", "commitment")
    body = made[-1].statement.body if made else None
    if not isinstance(body, CommitmentBody):
        return None
    until = body.until if isinstance(body.until, str) else ""
    ended = bool(until) and moment_ms(f"{until}T00:00:00+08:00") + DAY_MS <= material.now_ms
    return Pledge(made[-1].ref, tuple(body.heads), until, ended)


def rating_of(carrier: str, material: Material) -> Rating | None:
    """The newest published rating of a carrier, as its entry states it, or None; a later one of the same day replaces it."""
    found = [(e.statement.body.as_of, e.index, e, e.statement.body) for e in material.of_type(f"s:{carrier}", "publication")
             if isinstance(e.statement.body, PublicationBody)]  # fmt: skip
    if not found:
        return None
    *_, entry, body = max(found, key=lambda one: one[:2])
    tenths = (body.score_e1, body.low_e1, body.high_e1)
    score, low, high = (f"{e1 // 10}.{e1 % 10}" if isinstance(e1, int) else "" for e1 in tenths)
    grade = "" if body.grade == "none" else body.grade
    return Rating(entry.ref, grade, body.colour, score, low, high, body.as_of, body.rules.version)


def _listing(sale: Entry, material: Material) -> Entry | None:
    """The offer in force at the sale."""
    offers = material.of_type(f"l:{sale.statement.subjects['offer']}", "listing")
    return next((e for e in reversed(offers) if e.index < sale.index), None)


def _terms(listing: Entry | None) -> Terms:
    body = listing.statement.body if listing is not None else None
    return body.promise if isinstance(body, ListingBody) and isinstance(body.promise, Terms) else Terms()


def _dispatch_by(sale: Entry, listing: Entry | None) -> tuple[int, Entry] | None:
    body, hours = sale.statement.body, _terms(listing).dispatch_hours
    if isinstance(body, SaleBody) and isinstance(body.dispatch_by, str):
        return moment_ms(body.dispatch_by), sale
    return (sale.statement.at_ms + hours * HOUR_MS, listing) if listing is not None and isinstance(hours, int) else None


def _deliver_by(sale: Entry, listing: Entry | None, phase: Phase) -> tuple[int, Entry] | None:
    """By the sale, by the offer, or by the latest of what the parcels' consigns say."""
    body, hours = sale.statement.body, _terms(listing).deliver_hours
    if isinstance(body, SaleBody) and isinstance(body.deliver_by, str):
        return moment_ms(body.deliver_by), sale
    if listing is not None and isinstance(hours, int):
        return sale.statement.at_ms + hours * HOUR_MS, listing
    consigned = [
        (due_ms, chain[0].consign.index, chain[0].consign)
        for _, chain in phase.pieces
        if chain and chain[0].consign is not None and (due_ms := promised_by(chain[0])) is not None
    ]
    return max(consigned, key=lambda one: one[:2])[::2] if consigned else None


def _is_whole(phase: Phase) -> bool:
    """Whether every piece of the item was sent."""
    body = phase.pieces[-1][0].statement.body if phase.pieces else None
    return isinstance(body, DispatchBody) and len(phase.pieces) >= body.pieces


def _taken(phase: Phase) -> int | None:
    """When its carriers had every piece in hand, by their own word; what the seller says of itself keeps no promise."""
    if not _is_whole(phase):
        return None
    taken = [min((e.statement.at_ms for parcel in chain for e in parcel.handled), default=None) for _, chain in phase.pieces]
    return None if None in taken else max(at_ms for at_ms in taken if at_ms is not None)


def _signed_off(where: Iterable[Whereabouts | None]) -> int | None:
    """When the last piece was signed off."""
    found = []
    for one in where:
        if one is None or one.code not in ("delivered", "received"):
            return None
        found.append((one.signed_off or one.entry).statement.at_ms)
    return max(found, default=None)


def _judged(name: PromiseName, due_ms: int, by: Entry, done_ms: int | None, now_ms: int, *, is_void: bool = False) -> Promise:
    state: PromiseState = "broken" if (now_ms if done_ms is None else done_ms) > due_ms else "open" if done_ms is None else "kept"
    if done_ms is None and is_void:
        state = "void"
    return Promise(name, state, due_ms, done_ms, by.ref)


def _return(listing: Entry, until_ms: int | None, sale: Entry, turns: Sequence[Entry], material: Material) -> Promise:
    """Whether who sent the item back in time had it taken back: the seller's receipt, refusal, or new offer says so."""
    back = next((e for e in turns if e.statement.type == "return"), None)
    if back is None or (until_ms is not None and back.statement.at_ms > until_ms):
        state: PromiseState = "unused" if until_ms is not None and material.now_ms > until_ms else "open"
        return Promise("return", state, until_ms, None, listing.ref)
    taken = [e for e in turns if e.statement.type == "relist"] + material.confirms(back, "received")
    taken += [back] if back.statement.party == sale.statement.party else []
    refused = material.confirms(back, "refuses")
    if taken:
        return Promise("return", "kept", until_ms, min(e.statement.at_ms for e in taken), listing.ref)
    if refused:
        return Promise("return", "broken", until_ms, refused[-1].statement.at_ms, listing.ref)
    return Promise("return", "asked", until_ms, back.statement.at_ms, listing.ref)

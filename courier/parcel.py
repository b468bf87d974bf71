"""One parcel of a courier company, as its file remembers it, and what became of it as of a moment. Pure.

A file holds every parcel of a company, so a parcel keeps small values and no statement. Order does not matter: what
was signed long ago and came late finds its place by its claimed time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ..ledger.carriage import Handling, progress
from ..ledger.directory import Directory
from ..ledger.encoding import b64u
from ..ledger.evidence import Grade, Houses, Signature, judge
from ..ledger.oddity import SKEW_MS

SILENCE_MS: Final = 30 * 24 * 3_600_000  # without a scan for so long: presumed lost, until it is found
ANSWER_MS: Final = 48 * 3_600_000  # a carrier accepts or refuses a consign within it
_FACILITY: Final = frozenset(("HUB_IN", "HUB_OUT", "AT_DELIVERY_DEPOT"))
_ROUND: Final = frozenset(("OUT_FOR_DELIVERY", "READY_FOR_PICKUP"))


@dataclass(frozen=True, slots=True)
class Consigned:
    """The consign of a parcel: who handed it over, when, where from and to, and what was promised."""

    statement: bytes
    index: int
    at_ms: int
    received_ms: int
    signature: Signature
    promised_ms: int | None
    claim: str | None
    origin: str = ""
    destination: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """A scan, a sign-off or an acceptance by the company itself; or, not its own, a hand-over to it or a receipt."""

    statement: bytes
    handling: Handling
    signature: Signature
    own: bool
    accepts: str | None = None
    method: str = ""
    consent: str = ""
    late_ms: int = 0  # from the claimed time to receipt; 0 for what was imported or simulated


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A countersignature under one of the parcel's statements."""

    statement: bytes
    refers_to: str
    kind: str
    signature: Signature
    reason: str = ""


@dataclass(slots=True)
class Parcel:
    """What the file remembers of one waybill of the company."""

    consigns: list[Consigned] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)
    confirmed: list[Confirmed] = field(default_factory=list)
    refused: bool = False
    judged_lost: int | None = None  # index of a decision for the complainant that the parcel was lost
    touched_ms: int | None = None  # earliest claimed time the carrier took it on; a correction does not give a parcel back

    def handle(self, handled: Handled) -> None:
        """Take in a handling."""
        self.handled.append(handled)
        if handled.own:
            self.touched_ms = min(self.touched_ms or handled.handling.at_ms, handled.handling.at_ms)

    def forget(self, statement: bytes) -> None:
        """Take out what its author says did not occur, and the countersignatures under it."""
        gone = {statement} | {c.statement for c in self.confirmed if c.refers_to == b64u(statement)}
        self.consigns = [c for c in self.consigns if c.statement not in gone]
        self.handled = [h for h in self.handled if h.statement not in gone]
        self.confirmed = [c for c in self.confirmed if c.statement not in gone]

    @property
    def consign(self) -> Consigned | None:
        """The live consign."""
        return self.consigns[-1] if self.consigns else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a parcel, as of a moment.

    Attributes:
        kind: on_time, late, no_promise, moving, returned, handed_over, presumed_lost, lost; or, for a parcel that does
            not count for the carrier, unanswered, refused or pending.
        ended: Whether time alone cannot change it.
        minutes: From pick-up (or the first scan) to sign-off, or None.
        method: Method of the sign-off, "" without one.
        consent: Consent recorded with it: none, standing or this_parcel.
        grade: Evidence grade of the sign-off, "" without one.
        confirmed: Whether the recipient's own code confirmed it.
        damaged: Whether it was declared damaged.
        gap: Delivered without pick-up, facility or out-for-delivery scan.
        odd: Scans and sign-offs that claim to be earlier than a step that must precede them.
    """

    kind: str
    ended: bool
    minutes: int | None = None
    method: str = ""
    consent: str = ""
    grade: Grade | str = ""
    confirmed: bool = False
    damaged: bool = False
    gap: bool = False
    odd: int = 0


def outcome_of(parcel: Parcel, directory: Directory, now_ms: int, silence_ms: int = SILENCE_MS) -> Outcome:
    """What became of a parcel.

    Args:
        parcel: What the file remembers of it.
        directory: Who is who, for the grade of the sign-off.
        now_ms: As of when, Unix milliseconds.
        silence_ms: Without a scan for so long it is presumed lost.
    """
    own = sorted((h.handling, h) for h in parcel.handled if h.own)
    if not own:
        return _uncounted(parcel, now_ms)
    reached = progress(_handlings(parcel))
    assert reached is not None
    state, since = reached
    codes = {handling.code for handling, _ in own}
    damaged, odd = "DAMAGED" in codes, _odd(parcel, [h for _, h in own])
    found_again = any(h.code == "FOUND" and h.log_index > (parcel.judged_lost or 0) for h, _ in own)
    if state == "lost" or (parcel.judged_lost is not None and not found_again):
        return Outcome("lost", ended=True, damaged=damaged, odd=odd)
    if state in ("delivered", "received"):
        return _delivered(parcel, [h for _, h in own], since, directory, damaged=damaged, odd=odd)
    if state in ("returned", "cancelled"):
        return Outcome("returned", ended=True, damaged=damaged, odd=odd)
    if own[-1][0].code == "HANDOVER":
        return Outcome("handed_over", ended=True, damaged=damaged, odd=odd)
    silent = now_ms - own[-1][0].at_ms > silence_ms
    kind = "presumed_lost" if silent else "returned" if state in ("refused", "returning") else "moving"
    return Outcome(kind, ended=False, damaged=damaged, odd=odd)


def turns_ms(parcel: Parcel, outcome: Outcome) -> int | None:
    """From when on time alone makes something else of an outcome (`turned_kind`), Unix milliseconds; None for never."""
    if outcome.ended or outcome.kind == "presumed_lost":
        return None
    if outcome.kind == "pending":
        return None if parcel.consign is None else parcel.consign.received_ms + ANSWER_MS + 1
    return max(h.handling for h in parcel.handled if h.own).at_ms + SILENCE_MS + 1


def turned_kind(kind: str) -> str:
    """What time alone makes of a kind."""
    return "unanswered" if kind == "pending" else "presumed_lost"


def _uncounted(parcel: Parcel, now_ms: int) -> Outcome:
    if parcel.refused:
        return Outcome("refused", ended=True)
    consign = parcel.consign
    if consign is not None and now_ms - consign.received_ms > ANSWER_MS:
        return Outcome("unanswered", ended=True)
    return Outcome("pending", ended=consign is None)


def _handlings(parcel: Parcel) -> list[Handling]:
    found = [h.handling for h in parcel.handled]
    if parcel.consign is not None:
        found.append(Handling(parcel.consign.at_ms, parcel.consign.index, "CONSIGNED"))
    return found


def _delivered(parcel: Parcel, own: list[Handled], since: Handling, directory: Directory, *, damaged: bool, odd: int) -> Outcome:
    signed = [h for h in own if h.handling.code == "DELIVERED"]
    end = signed[-1] if signed else None
    at_ms = end.handling.at_ms if end is not None else since.at_ms
    promised_ms = parcel.consign.promised_ms if parcel.consign is not None else None
    kind = "no_promise" if promised_ms is None else "late" if at_ms > promised_ms else "on_time"
    codes = {h.handling.code for h in own}
    whole = "PICKED_UP" in codes and bool(codes & _FACILITY) and bool(codes & _ROUND)
    start = _start(own)
    return Outcome(
        kind=kind,
        ended=True,
        minutes=None if start is None or end is None else max(0, at_ms - start) // 60_000,
        method=end.method if end is not None else "",
        consent=end.consent if end is not None else "",
        grade=_grade(parcel, end, own, directory) if end is not None else "",
        confirmed=_is_confirmed(parcel, end),
        damaged=damaged,
        gap=not whole,
        odd=odd,
    )


def _start(own: list[Handled]) -> int | None:
    """Pick-up, else the first scan; a CREATED only announces a parcel."""
    picked = [h.handling.at_ms for h in own if h.handling.code == "PICKED_UP"]
    scans = [h.handling.at_ms for h in own if h.handling.code not in ("CREATED", "ACCEPTED", "DELIVERED", "RECEIVED")]
    return min(picked or scans, default=None)


def _grade(parcel: Parcel, end: Handled, own: list[Handled], directory: Directory) -> Grade:
    """The same grade that the parcel's own page shows for this sign-off (`trace/evidence.py`)."""
    houses = Houses(directory)
    consign = parcel.consign
    counter = [c.signature for c in _under(parcel, end)]
    if consign is not None:
        if consign.claim is not None:
            houses.issue(consign.claim, consign.signature)
        if end.accepts == b64u(consign.statement):
            counter.append(consign.signature)
    first = min((h for h in own if h.handling.code != "ACCEPTED"), key=lambda h: h.handling)
    others = [h.signature for h in parcel.handled if not h.own and h.handling.code == "HANDOVER"] if end is first else []
    return judge(end.signature, counter, others, houses).grade


def _under(parcel: Parcel, end: Handled) -> list[Confirmed]:
    found = [c for c in parcel.confirmed if c.refers_to == b64u(end.statement) and c.kind in ("accepts", "received")]
    if parcel.consign is not None and parcel.consign.index > end.handling.log_index:
        return [c for c in found if not c.signature.actor.startswith("anon:")]  # such a code never lay in the parcel
    return found


def _is_confirmed(parcel: Parcel, end: Handled | None) -> bool:
    claim = parcel.consign.claim if parcel.consign is not None else None
    if end is None or claim is None:
        return False
    return any(c.kind == "received" and c.signature.actor == f"anon:{claim}" for c in _under(parcel, end))


def _odd(parcel: Parcel, own: list[Handled]) -> int:
    """Scans and sign-offs earlier than the consign, the pick-up or the round before them, beyond the skew of clocks."""
    consigned = parcel.consign.at_ms if parcel.consign is not None else 0
    picked = min((h.handling.at_ms for h in own if h.handling.code == "PICKED_UP"), default=0)
    went_out = min((h.handling.at_ms for h in own if h.handling.code == "OUT_FOR_DELIVERY"), default=0)
    count = 0
    for handled in own:
        code = handled.handling.code
        if code in ("CREATED", "ACCEPTED"):
            continue
        before = max(consigned, 0 if code == "PICKED_UP" else picked, went_out if code == "DELIVERED" else 0)
        count += before > handled.handling.at_ms + SKEW_MS
    return count

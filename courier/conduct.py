"""From what a file remembers of one parcel to its row in the fact table. Pure.

Whatever a carrier leaves out or says about itself only, it must not gain by: a pick-up that is not recorded begins with the
consign, a parcel once taken on is not given back by a correction, a hand-over that nobody accepted is no end, a cause
counts when the other side confirms it. Source: domain.md 4.1, population, sign-off clock, anti-gaming.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from ..ledger.directory import Directory
from ..ledger.encoding import b64u
from ..ledger.evidence import Grade, Houses, Signature, judge
from .grievances import Finding
from .parcel import Consigned, Handled, Outcome, Parcel, outcome_of
from .row import Case, End, Gap, Mark, ParcelRow, parcel_hash
from .rulefile import Population
from .ruleset import Ruleset

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
CHINA: Final = timedelta(hours=8)  # Asia/Shanghai; no summer time within the years of a book
ATTEMPTS: Final = 2  # documented ones before the sign-off clock stops at the first
_SILENT: Final = frozenset(("CREATED", "ACCEPTED"))  # announce a parcel, do not move it
_CAUSED: Final = frozenset(("ATTEMPT_FAILED", "REFUSED", "RETURNING", "RETURNED", "HELD", "DELAYED", "CANCELLED"))
_OTHERS: Final = ("sender", "recipient", "customs", "external")
_DELIVERED: Final = frozenset(("on_time", "late", "no_promise"))


def day_of(at_ms: int) -> str:
    """Day in China of a time."""
    return (datetime.fromtimestamp(at_ms // 1000, tz=UTC) + CHINA).date().isoformat()


def control(directory: Directory, actor: str) -> frozenset[str]:
    """A company and who controls it. Who merely holds its key (a platform does for many) is not its house."""
    company = directory.company(actor)
    known = directory.actors.get(company)
    return frozenset((company, *known.controllers)) if known is not None else frozenset((company,))


def row_of(
    waybill: str, parcel: Parcel, finding: Finding, directory: Directory, rules: Ruleset, now_ms: int, marks: Iterable[Mark] = ()
) -> ParcelRow | None:
    """The row of one parcel, or None where it does not count for the carrier.

    Args:
        waybill: Its key.
        parcel: What the file remembers of it.
        finding: What was decided, admitted or paid about it.
        directory: Who is who.
        rules: For terms and marks.
        now_ms: As of when, Unix milliseconds.
        marks: Of a regulator: excluded, cleared.
    """
    population = rules.file.population
    own = sorted((h for h in parcel.handled if h.own), key=lambda h: h.handling)
    start_ms = _start(parcel, own)
    if start_ms is None or (parcel.touched_ms is None and not finding.cases):
        return None
    # A decision that it was lost is a case and scores once, as one. Beyond that it disproves a sign-off that only the
    # carrier vouches for; one that the recipient's code confirmed stands: something was missing from what came.
    measured = replace(parcel, judged_lost=None)
    outcome = outcome_of(measured, directory, now_ms, population.lost_days * DAY_MS) if own else None
    end = _end(parcel, own, outcome, start_ms, now_ms, population.lost_days * DAY_MS)
    disproved = outcome is not None and not outcome.confirmed
    if disproved and end == "delivered" and "lost" in finding.cases:
        end = "lost"
    carrier = control(directory, f"uscc:{waybill[:18]}")
    consign = parcel.consign
    timed = end == "delivered" and not (disproved and "false_signoff" in finding.cases)
    stopped = _stopped(parcel, own) if timed else None
    last = _last(parcel, own)
    cases: set[Case] = set(finding.cases)
    if any(h.handling.code == "DAMAGED" for h in own):
        cases.add("damaged")
    lane = _lane(consign, own, population)
    return ParcelRow(
        parcel=parcel_hash(waybill),
        day=day_of(start_ms),
        end=end,
        known=_known(parcel, own, directory),
        promise=_promise(consign, stopped),
        origin=lane[0],
        destination=lane[1],
        minutes=None if stopped is None else max(0, -(-(stopped.handling.at_ms - start_ms) // 60_000)),
        grade=_grade(parcel, last, directory) if last is not None else "D",
        method=(last.method or "in_person") if end == "delivered" and last is not None else None,  # type: ignore[arg-type]
        consent=last.consent or "none" if end == "delivered" and last is not None else "none",  # type: ignore[arg-type]
        gaps=_gaps(own, lane, end, outcome),
        cases=tuple(sorted(cases)),
        marks=tuple(sorted({*marks, *_marks(parcel, own, finding, directory, rules, carrier, lane, start_ms, stopped, end)})),
    )


def _start(parcel: Parcel, own: list[Handled]) -> int | None:
    """Where the clock begins: the pick-up; without one the consign; without one the carrier's first step."""
    picked = [h.handling.at_ms for h in own if h.handling.code == "PICKED_UP"]
    if picked:
        return min(picked)
    if parcel.consign is not None:
        return parcel.consign.at_ms
    return parcel.touched_ms


def _end(parcel: Parcel, own: list[Handled], outcome: Outcome | None, start_ms: int, now_ms: int, silence_ms: int) -> End:
    if outcome is None:  # every step was taken back
        return "presumed_lost" if now_ms - start_ms > silence_ms else "open"
    if outcome.kind in _DELIVERED:
        return "delivered"
    if outcome.kind == "handed_over":
        if _accepted_by_next(parcel, own):
            return "handed_over"
        return "presumed_lost" if now_ms - own[-1].handling.at_ms > silence_ms else "open"
    if outcome.kind == "returned":
        return "returned" if outcome.ended else "open"
    if outcome.kind in ("lost", "presumed_lost"):
        return "lost" if outcome.kind == "lost" else "presumed_lost"
    return "open"


def _accepted_by_next(parcel: Parcel, own: list[Handled]) -> bool:
    handed = {b64u(h.statement) for h in own if h.handling.code == "HANDOVER"}
    by = {h.signature.party for h in own}
    return any(c.refers_to in handed and c.kind == "accepts" and c.signature.party not in by for c in parcel.confirmed)


def _last(parcel: Parcel, own: list[Handled]) -> Handled | None:
    """The step that ended the journey: sign-off or return; without a sign-off the step under which the recipient confirms."""
    received = {c.refers_to for c in parcel.confirmed if c.kind == "received"}
    ends = [h for h in own if h.handling.code in ("DELIVERED", "RETURNED")]
    return next(iter(reversed(ends or [h for h in own if b64u(h.statement) in received])), None)


def _stopped(parcel: Parcel, own: list[Handled]) -> Handled | None:
    """The step at which the sign-off clock stops: sign-off, a deposit with consent, or the first of two documented attempts."""
    signed = [h for h in own if h.handling.code == "DELIVERED"]
    end = signed[-1] if signed else next((h for h in parcel.handled if h.handling.code == "RECEIVED"), None)
    if end is None:
        return None
    before = [h for h in own if h.handling < end.handling]
    deposits = [h for h in before if h.handling.code == "READY_FOR_PICKUP" and h.consent in ("standing", "this_parcel")]
    attempts = [h for h in before if h.handling.code == "ATTEMPT_FAILED" and h.signature.physical]
    first = deposits[:1] + (attempts[:1] if len(attempts) >= ATTEMPTS else [])
    return min((*first, end), key=lambda h: h.handling)


def _promise(consign: Consigned | None, stopped: Handled | None) -> Literal["kept", "broken", "none"]:
    if consign is None or consign.promised_ms is None:
        return "none"
    return "kept" if stopped is not None and stopped.handling.at_ms <= consign.promised_ms else "broken"


def _lane(consign: Consigned | None, own: list[Handled], population: Population) -> tuple[str | None, str | None]:
    digits = population.city_digits
    if consign is not None and digits:
        return consign.origin[:digits], consign.destination[:digits]
    return None, None  # what only the carrier says of a lane does not take the parcel out of the 72 hours


def _gaps(own: list[Handled], lane: tuple[str | None, str | None], end: End, outcome: Outcome | None) -> tuple[Gap, ...]:
    codes = {h.handling.code for h in own}
    found: list[Gap] = []
    if "PICKED_UP" not in codes:
        found.append("pickup")
    if lane[0] is None or lane[0] != lane[1]:
        if not codes & {"HUB_IN", "AT_DELIVERY_DEPOT"}:
            found.append("facility_in")
        if "HUB_OUT" not in codes:
            found.append("facility_out")
    if not codes & {"OUT_FOR_DELIVERY", "READY_FOR_PICKUP"} and end != "handed_over":
        found.append("round")
    if end not in ("delivered", "returned", "handed_over"):
        found.append("end")
    if outcome is not None and outcome.odd:
        found.append("order")
    return tuple(sorted(found))


def _marks(
    parcel: Parcel,
    own: list[Handled],
    finding: Finding,
    directory: Directory,
    rules: Ruleset,
    carrier: frozenset[str],
    lane: tuple[str | None, str | None],
    start_ms: int,
    stopped: Handled | None,
    end: End,
) -> Iterable[Mark]:
    consign, codes = parcel.consign, {h.handling.code for h in own}
    if consign is not None and control(directory, consign.signature.party) & carrier:
        yield "own_house"
    if finding.excused or end == "handed_over" or _cause_confirmed(parcel, own, directory, carrier):
        yield "excused"
    limit = rules.file.population.late_sync_hours
    if limit and stopped is not None and stopped.late_ms > limit * HOUR_MS:
        yield "late_sync"
    if any(h.handling.code == "READY_FOR_PICKUP" and h.consent not in ("standing", "this_parcel") for h in own):
        yield "deposit"
    quarantine = rules.file.quarantine
    if quarantine is None or end != "delivered":
        return
    signed = [h.handling.at_ms for h in own if h.handling.code == "DELIVERED"]
    if lane[0] != lane[1] and signed and signed[-1] - start_ms < quarantine.fast_hours * HOUR_MS:
        yield "fast"
    if consign is not None and consign.weight_g is not None and consign.weight_g < quarantine.light_g:
        yield "light"
    if codes <= {"PICKED_UP", "DELIVERED", *_SILENT}:
        yield "bare"


def _cause_confirmed(parcel: Parcel, own: list[Handled], directory: Directory, carrier: frozenset[str]) -> bool:
    """Whether sender or recipient say themselves that the cause was not the carrier's, or that a return came back."""
    caused = {b64u(h.statement): h.handling.code for h in own if h.handling.code in _CAUSED}
    houses = _houses(parcel, directory)
    for confirmed in parcel.confirmed:
        code = caused.get(confirmed.refers_to)
        taken_back = code == "RETURNED" and confirmed.kind == "received"
        named = code is not None and confirmed.kind == "refuses" and confirmed.reason.partition(".")[0] in _OTHERS
        if (taken_back or named) and _is_other(confirmed.signature, houses, directory, carrier):
            return True
    return False


def _is_other(signature: Signature, houses: Houses, directory: Directory, carrier: frozenset[str]) -> bool:
    behind = houses.behind(signature)
    return bool(behind) and not any(control(directory, actor) & carrier for actor in behind)


def _houses(parcel: Parcel, directory: Directory) -> Houses:
    houses = Houses(directory)
    for consign in parcel.consigns:
        if consign.claim is not None:
            houses.issue(consign.claim, consign.signature)
    return houses


def _grade(parcel: Parcel, end: Handled, directory: Directory) -> Grade:
    """Evidence grade of the last step, by the countersignatures under it."""
    counter = [c.signature for c in parcel.confirmed if c.refers_to == b64u(end.statement) and c.kind in ("accepts", "received")]
    consign = parcel.consign
    if consign is not None and end.accepts == b64u(consign.statement):
        counter.append(consign.signature)
    return judge(end.signature, counter, (), _houses(parcel, directory)).grade


def _known(parcel: Parcel, own: list[Handled], directory: Directory) -> Grade:
    """Best grade of a step: who, besides the carrier, knows of the parcel at all. A consign and a scan are two who do."""
    houses = _houses(parcel, directory)
    others = [h.signature for h in parcel.handled if not h.own and h.handling.code == "HANDOVER"]
    others += [consign.signature for consign in parcel.consigns]
    grades: list[Grade] = ["D"]
    for handled in own:
        counter = [c.signature for c in parcel.confirmed if c.refers_to == b64u(handled.statement) and c.kind != "refuses"]
        counter += [consign.signature for consign in parcel.consigns if handled.accepts == b64u(consign.statement)]
        grades.append(judge(handled.signature, counter, others, houses).grade)
    return min(grades)

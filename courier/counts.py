"""What a courier file counts: parcels, sign-offs, complaints, reviews, delivery times, record quality. No score.

Frozen values, filled by a fold over the entries of the courier's streams. Counts are parcels unless the name says
otherwise, times are Unix milliseconds; codes are translated by `api/words.py`. An allegation is a count, never a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..ledger.refs import ClaimedTime, EntryRef, Name, Party


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What became of the parcels. A parcel counts once the carrier accepted, scanned or delivered it.

    Every accepted parcel is in exactly one of on_time, late, no_promise, moving, returned, handed_over, presumed_lost
    and lost, so these add up to `accepted`.

    Attributes:
        accepted: Parcels that count for the carrier.
        unanswered: Consigns neither accepted nor refused within 48 h; not in `accepted`.
        refused: Consigns the carrier refused; not in `accepted`.
        delivered: Accepted parcels with a sign-off.
        late: Delivered later than promised.
        on_time: Delivered by the promised time.
        no_promise: Delivered, and nobody promised a time. late + on_time + no_promise = delivered.
        moving: Accepted, not ended, with a scan in the last 30 days.
        presumed_lost: Not ended, and no scan for 30 days (or none at all since acceptance).
        lost: Declared lost by the carrier or decided lost, and not found again.
        damaged: Declared damaged, whatever became of them.
        returned: Refused by the recipient, on the way back or back with the sender.
        handed_over: Handed over to another carrier under a new waybill.
        confirmed: Delivered and confirmed by the recipient's own code.
    """

    accepted: int = 0
    unanswered: int = 0
    refused: int = 0
    delivered: int = 0
    late: int = 0
    on_time: int = 0
    no_promise: int = 0
    moving: int = 0
    presumed_lost: int = 0
    lost: int = 0
    damaged: int = 0
    returned: int = 0
    handed_over: int = 0
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class SignOff:
    """Deliveries by one method, by the consent that was recorded.

    Attributes:
        method: in_person, by_named_proxy, household_member, neighbour, reception, locker, station, safe_place.
        parcels: Deliveries by that method; the three consents add up to it where consent is due.
        this_parcel: With consent for this parcel.
        standing: With a standing consent.
        none: Without consent. For `in_person` none is due and all three are 0.
    """

    method: str
    parcels: int
    this_parcel: int = 0
    standing: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """A code and how often it occurred; rows come in the order to show them."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class UpheldCase:
    """A complaint that was decided for the complainant, wholly or in part. Undecided ones are only counted.

    Attributes:
        ref: The decision's entry.
        category: delay, lost, damaged, attitude, false_signoff, locker_without_consent, not_my_order, privacy, other …
        state: upheld or part.
        by: Who decided.
        time: When, as claimed.
        waybill_path: Unprefixed path of the waybill page, "" when the decision names none in this book.
        remedy: refund, replace, repair, compensation, apology, deliver, none, or "" when the decision names none.
    """

    ref: EntryRef
    category: str
    state: Literal["upheld", "part"]
    by: Party
    time: ClaimedTime
    waybill_path: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """A complaint whose clock runs; an allegation, so nothing says about which parcel.

    Attributes:
        category: As of an `UpheldCase`.
        received_ms: When the book received it.
        due: What is due next: answer, acceptance or decision.
        due_ms: By when.
        overdue: Whether that time is over, or it was declared overdue.
    """

    category: str
    received_ms: int
    due: str
    due_ms: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class ComplaintFacts:
    """Complaints about the carriage.

    Attributes:
        received: All of them.
        by_state: By the state they have reached: RECEIVED without any case yet, else the state of the last case
            (WITH_PARTY, OVERDUE, PROPOSED …), or its outcome when it was decided (upheld, part, not_upheld,
            undetermined). Adds up to `received`.
        by_category: By category. Adds up to `received`.
        answered: With an answer that states a remedy or reasons.
        answered_in_7_days: Of these, within seven days.
        answer_median_min: Median minutes to that answer, or None without answers.
        upheld: The decided ones, newest first, at most 20.
        open: Those whose clock runs, the overdue ones first and then those due soonest, at most 20.
        disputed: Sign-offs that somebody denies, undecided. They score nothing.
        unordered_open: Parcels of which somebody says that nobody had ordered them, undecided.
        unordered_upheld: Parcels of which that was found.
    """

    received: int = 0
    by_state: tuple[Count, ...] = ()
    by_category: tuple[Count, ...] = ()
    answered: int = 0
    answered_in_7_days: int = 0
    answer_median_min: int | None = None
    upheld: tuple[UpheldCase, ...] = ()
    open: tuple[OpenComplaint, ...] = ()
    disputed: int = 0
    unordered_open: int = 0
    unordered_upheld: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """One of the five faces of a carriage review.

    Attributes:
        face: acceptance 受理, pickup 揽收, delivery 投递, aftersales 售后, information 信息.
        stars: Reviews with 1, 2, 3, 4 and 5 stars, in that order.
    """

    face: str
    stars: tuple[int, int, int, int, int]

    @property
    def count(self) -> int:
        """Reviews that rated this face."""
        return sum(self.stars)

    @property
    def mean_centi(self) -> int | None:
        """Mean in hundredths of a star, rounded half up, or None without reviews."""
        total = sum(n * (i + 1) for i, n in enumerate(self.stars))
        return (200 * total + self.count) // (2 * self.count) if self.count else None


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """Reviews of the carriage. The overall rating, then the five faces.

    Attributes:
        overall: Overall stars; `face` is "overall".
        faces: The five faces in the order of `Face.face`; a face nobody rated has five zeros.
        with_code: Reviews signed with the code issued with the parcel; the others are shown, not counted as known buyers.
        followups: Follow-up reviews (追评).
    """

    overall: Face
    faces: tuple[Face, ...] = ()
    with_code: int = 0
    followups: int = 0


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of the histogram: from `from_h` (included) to `until_h` (excluded) hours after pick-up.

    Attributes:
        from_h: Hours.
        until_h: Hours, or None for the last bar, which has no end.
        on_time: Parcels delivered by their promise, or without one.
        late: Parcels delivered later than their promise.
    """

    from_h: int
    until_h: int | None
    on_time: int
    late: int


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """Hours from pick-up (or the first scan) to sign-off.

    Attributes:
        bins: Equal bars in order, the last one open; at most 24.
        median_min: Median in minutes, or None without deliveries.
        p90_min: Ninth decile in minutes, or None.
    """

    bins: tuple[Bin, ...] = ()
    median_min: int | None = None
    p90_min: int | None = None

    @property
    def count(self) -> int:
        """Parcels in the histogram."""
        return sum(b.on_time + b.late for b in self.bins)


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise the company made in public.

    Attributes:
        ref: Its entry.
        time: When it was made, as claimed.
        heads: What is promised, of the six heads: lawfulness, true_data, price, quality, service, liability.
        text: Its own words, or None when they are not public.
        until_ms: End, or None for an open one.
        withdrawn: The entry that ended it, or None.
    """

    ref: EntryRef
    time: ClaimedTime
    heads: tuple[str, ...] = ()
    text: Name | None = None
    until_ms: int | None = None
    withdrawn: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class RecordQuality:
    """How the company keeps its record.

    Attributes:
        scans: All scans and deliveries.
        by_code: By waybill code, most frequent first.
        synced_late: Reached the book over 2 h after the claimed time.
        synced_very_late: Over 72 h; these earn no on-time credit in the rating.
        out_of_order: Earlier than a step that must precede them.
        gaps: Delivered parcels without pick-up, facility or out-for-delivery scan.
        grades: Deliveries by evidence grade A, B, C, D, in that order.
        excluded: Parcels taken out of the rating by a regulator's exclusion.
    """

    scans: int = 0
    by_code: tuple[Count, ...] = ()
    synced_late: int = 0
    synced_very_late: int = 0
    out_of_order: int = 0
    gaps: int = 0
    grades: tuple[int, int, int, int] = (0, 0, 0, 0)
    excluded: int = 0

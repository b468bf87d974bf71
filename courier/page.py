"""View models of the courier file and of the list of couriers: facts, and beside them the rating as it was published.

Frozen values. What is counted is a fold over the entries of the courier's streams and stands in `counts.py`; a rating stands
in `rating.py` and is there only when a publication is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..ledger.refs import EntryRef, Name, Party
from .counts import Commitment, ComplaintFacts, DeliveryTimes, ParcelFacts, RecordQuality, ReviewFacts, SignOff
from .published import Published
from .rating import Event, Rating
from .standing_page import NOTHING, StandingPage


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as registered; the book does not vouch for it beyond who countersigned.

    Attributes:
        number: Licence number as registered.
        kind: Kind of licence: `express` (快递业务经营许可), `business` (营业执照) or another code.
        until_ms: End of validity, or None when none was given.
        lapsed: Whether that end had passed when the page was made.
    """

    number: str
    kind: str
    until_ms: int | None = None
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """The registration of a courier company.

    Attributes:
        party: The company; `party.actor` is "uscc:…".
        uscc: 18 characters.
        brand: Trading name, or None.
        status: active, unapproved (nobody countersigned yet), suspended, revoked or left.
        registered: The registration's entry, or None for a carrier that others named but that never registered.
        approved_by: Who countersigned, or None.
        key_holder: Who keeps the secret of its key: self, platform or operator.
        devices: Devices registered under it and not revoked.
        licences: Licences, the valid ones first.
        controllers: Names of controllers, as registered.
    """

    party: Party
    uscc: str
    status: str
    brand: Name | None = None
    registered: EntryRef | None = None
    approved_by: Party | None = None
    key_holder: Literal["self", "platform", "operator"] = "self"
    devices: int = 0
    licences: tuple[Licence, ...] = ()
    controllers: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class CourierPage:
    """The public file of one courier company (一企一档). Never a person's.

    Attributes:
        path: Unprefixed path, `/couriers/{uscc}`.
        company: Registration.
        entries: Entries in the company's stream.
        first_ms: Claimed time of its first parcel, or None before any.
        last_ms: Claimed time of its last scan or delivery, or None.
        parcels: What became of the parcels.
        signoffs: By method, most frequent first.
        complaints: Complaints about the carriage.
        reviews: Reviews of the carriage.
        quality: How the record is kept.
        times: Delivery times.
        commitments: Newest first.
        json_path: Path of the same as JSON, under /v1.
        rating: The published rating; None before the first publication.
        events: What is marked in the trend, in order.
        standing: Decisions, lists, warnings and objections that may be shown now.
        as_of_ms: As of when its counts stand, where newer entries are not counted yet; else None.
    """

    path: str
    company: Company
    entries: int
    parcels: ParcelFacts
    complaints: ComplaintFacts
    reviews: ReviewFacts
    quality: RecordQuality
    times: DeliveryTimes
    json_path: str
    signoffs: tuple[SignOff, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    first_ms: int | None = None
    last_ms: int | None = None
    rating: Rating | None = None
    events: tuple[Event, ...] = ()
    standing: StandingPage = NOTHING
    as_of_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CourierRow:
    """One line of the list of couriers; the counts are those of `ParcelFacts` and `ComplaintFacts`, the rating is the newest.

    `as_of_ms` as of a `CourierPage`.
    """

    party: Party
    uscc: str
    status: str
    accepted: int
    delivered: int
    late: int
    presumed_lost: int
    complaints_received: int
    complaints_upheld: int
    last_ms: int | None = None
    rating: Published | None = None
    as_of_ms: int | None = None

    @property
    def region(self) -> str:
        """Leading digits of the district where the company is registered, as its code says: four, a city."""
        return self.uscc[2:6]


@dataclass(frozen=True, slots=True)
class CourierList:
    """A page of the list of couriers. By rating is by the lower bound of the interval, the ungraded last; nobody has a rank.

    Attributes:
        rows: This page's rows.
        total: Couriers that match.
        page: This page, from 1.
        pages: Number of pages, at least 1.
        query: What was searched for, "" for all.
        order: `rating`, `name` or `parcels`.
        region: Leading digits of the district that the list is limited to, "" for all.
        grade: Grade that it is limited to, `none` for the ungraded, "" for all.
        regions: Provinces and cities of all companies, as leading digits, in order.
    """

    rows: tuple[CourierRow, ...]
    total: int
    page: int = 1
    pages: int = 1
    query: str = ""
    order: Literal["rating", "name", "parcels"] = "rating"
    region: str = ""
    grade: str = ""
    regions: tuple[str, ...] = ()

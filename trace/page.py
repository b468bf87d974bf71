"""View models of the trace page and the waybill page: everything a template shows, nothing it has to work out.

Frozen values, filled by folds over entries; their rows are in `record.py`. Lists are newest first unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..ledger.refs import ClaimedTime, EntryRef, Name, Party, Place
from .pledge import Pledge, Promise, Rating
from .record import RecordRow, ScanFold, Withheld

StepState = Literal["done", "now", "attention", "none"]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the six steps of the strip.

    Attributes:
        name: listing, sale, dispatch, transit, delivery, then `review` or `complaint` (whichever is the more pressing;
            `review` when there is neither). A waybill's strip has consign, pickup, transit, out_for_delivery, delivery, review.
        state: `done`, `now` (where the product is), `attention` (open complaint, failed attempt, recall) or `none`.
        at: Time of the step, or None when it has not happened.
        note: Short word in place of the date, "" for none: open, upheld, closed, refused, returned, lost.
    """

    name: str
    state: StepState
    at: ClaimedTime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the product or parcel is now, the one sentence people come for.

    Attributes:
        code: listed, sold, dispatched, picked_up, in_transit, out_for_delivery, ready_for_pickup, delivered, received,
            attempt_failed, refused, returning, returned, held, delayed, damaged, lost, stale (no scan for 30 days).
        time: When that became so.
        place: Where, or None.
        promised_ms: Delivery promised by, Unix milliseconds, or None when nobody promised.
        late_ms: Delivery (or now, while on the way) minus promise: > 0 late, < 0 early, None without a promise.
        complaints_open: Complaints without a decision or acceptance.
        complaints_closed: Complaints closed, whichever way.
    """

    code: str
    time: ClaimedTime
    place: Place | None = None
    promised_ms: int | None = None
    late_ms: int | None = None
    complaints_open: int = 0
    complaints_closed: int = 0


@dataclass(frozen=True, slots=True)
class Permit:
    """A licence as its authority recorded it.

    Attributes:
        ref: Its newest entry.
        kind: express, business or outlet.
        number: Its number.
        until: Last day, YYYY-MM-DD, or "" for none.
        state: valid, expired, suspend, revoke or lapse, as of the published epoch.
    """

    ref: EntryRef
    kind: str
    number: str
    until: str
    state: str


@dataclass(frozen=True, slots=True)
class RecallBanner:
    """A recall, or a sample that failed a test, that touches this product; stands above everything else.

    Attributes:
        ref: Its entry.
        by: Who recalls: the maker or an authority; or who tested.
        scope: lot, class or item.
        subject: The stream subject it names, for example "/01/06901234567892/10/B2026A".
        reason: safety, quality, labelling or other; failed_sample where it is no recall.
        time: Claimed time of the recall.
        number: The recall's or report's own number, "" for none.
        level: I, II or III, I being the gravest; "" for none.
        remedy: refund, replace, repair, return, destroy, stop_use; "" when the entry names none.
        ended: The entry that ended it, or None while it stands.
    """

    ref: EntryRef
    by: Party
    scope: str
    subject: str
    reason: str
    time: ClaimedTime
    number: str = ""
    level: str = ""
    remedy: str = ""
    ended: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class CourierBox:
    """The carrier of one waybill, with its published rating, and with counts from its file.

    Attributes:
        carrier: The company; `path` leads to its file.
        waybill_path: Unprefixed path of the waybill page.
        counts_for_carrier: Whether the carrier accepted, scanned or delivered the parcel, so that it stands in its file.
        parcels: Parcels accepted in the file's whole period.
        delivered: Of these, delivered.
        late: Of the delivered, later than promised.
        complaints_upheld: Complaints of carriage upheld.
        rating: Its service rating as last published, or None.
    """

    carrier: Party
    waybill_path: str
    counts_for_carrier: bool
    parcels: int
    delivered: int
    late: int
    complaints_upheld: int
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class RatingBox:
    """Ratings of the offer under which an item was last sold, product and seller apart; no bundle proves the figures.

    Attributes:
        offer: Seller and class.
        path: Unprefixed path of all its reviews.
        product_n: Ratings of the product that count.
        product_mean: Their average in hundredths of a star.
        seller_n: Ratings of the seller that count.
        seller_mean: Their average.
    """

    offer: str
    path: str
    product_n: int = 0
    product_mean: int = 0
    seller_n: int = 0
    seller_mean: int = 0


@dataclass(frozen=True, slots=True)
class ProofPanel:
    """What the panel says before any device has checked anything: the server knows no other state.

    Attributes:
        entries: Entries in the bundle, all streams of the story together.
        streams: Streams in the bundle, those proved absent included.
        signers: Different keys that signed.
        bundle_path: Path of the bundle under /v1 (no language in it).
        bundle_bytes: Its size, or None when not worked out.
        json_path: Path of the same facts as JSON, under /v1.
        state: Always `none`: not checked on this device.
    """

    entries: int
    streams: int
    signers: int
    bundle_path: str
    json_path: str
    bundle_bytes: int | None = None
    state: Literal["none"] = "none"


@dataclass(frozen=True, slots=True)
class TracePage:
    """The trace page of one item.

    Attributes:
        path: Unprefixed Digital Link path, `/01/{gtin14}/21/{serial}` or `/s/{uscc}/{sku}/21/{serial}`; the QR code's.
        name: Name of the goods from the listing; `text` "" when no listing names them.
        gtin: 14 digits, "" for goods of a seller's own number.
        sku: Seller's own number, "" for goods with a GTIN.
        serial: Serial of the item.
        lot: Lot, "" when the item names none: then recalls cannot be checked and the page says so.
        makers: Those who claim to have made this item; more than one is shown as a contradiction.
        seller: Who sold it, or None before a sale.
        seller_licences: Licence numbers of the seller, as registered.
        seller_permits: Licences that authorities recorded about it.
        pledge: Its newest credit commitment, or None.
        promises: What the buyer was promised in the last sale, and what became of it.
        standing: Where it is now, or None when nothing has happened yet.
        steps: The six, in order.
        record: Everything about it, newest first, runs of scans folded.
        record_count: Entries in `record`, folded and nested ones included.
        couriers: One box per waybill, newest first.
        ratings: Ratings of the offer, or None before a sale.
        proof: The proof panel.
        recalls: Standing recalls first.
        papers: Files of evidence that its entries name by hash.
        withheld: Entries withheld by law.
        not_understood: Entries of types this version does not know.
    """

    path: str
    name: Name
    serial: str
    standing: Standing | None
    steps: tuple[Step, ...]
    record: tuple[RecordRow | ScanFold, ...]
    record_count: int
    proof: ProofPanel
    gtin: str = ""
    sku: str = ""
    lot: str = ""
    makers: tuple[Party, ...] = ()
    seller: Party | None = None
    seller_licences: tuple[str, ...] = ()
    seller_permits: tuple[Permit, ...] = ()
    pledge: Pledge | None = None
    promises: tuple[Promise, ...] = ()
    couriers: tuple[CourierBox, ...] = ()
    ratings: RatingBox | None = None
    recalls: tuple[RecallBanner, ...] = ()
    papers: int = 0
    withheld: tuple[Withheld, ...] = ()
    not_understood: int = 0


@dataclass(frozen=True, slots=True)
class WaybillPage:
    """The page of one waybill. It never says what is in the box.

    Attributes:
        path: Unprefixed path, `/w/{carrier uscc}/{ref}`.
        ref: The 22-character reference; the waybill number itself is a commitment and not on the page.
        carrier: The carrier named by the waybill.
        shipper: Who consigned it, or None when only scans exist.
        standing: Where it is now, or None.
        steps: The six of a waybill, in order.
        contents: Items committed to by the live consign, or None when there is none.
        weight_g: Weight at pick-up in grams, or None when not recorded.
        promised_ms: Delivery promised by, or None.
        service: Delivery mode agreed: door, locker, station, pickup, "" when none was recorded.
        counts_for_carrier: Whether the carrier accepted, scanned or delivered it.
        next_path: Unprefixed path of the waybill it was handed over to, "" for none.
        record: Everything about it, newest first.
        record_count: Entries in `record`.
        box: Counts of the carrier's file.
        papers: Files of evidence that its entries name by hash.
        proof: The proof panel.
        withheld: Entries withheld by law.
        not_understood: Entries of types this version does not know.
    """

    path: str
    ref: str
    carrier: Party
    standing: Standing | None
    steps: tuple[Step, ...]
    record: tuple[RecordRow | ScanFold, ...]
    record_count: int
    proof: ProofPanel
    shipper: Party | None = None
    contents: int | None = None
    weight_g: int | None = None
    promised_ms: int | None = None
    service: str = ""
    counts_for_carrier: bool = False
    next_path: str = ""
    box: CourierBox | None = None
    papers: int = 0
    withheld: tuple[Withheld, ...] = ()
    not_understood: int = 0

"""The trace page of an item, folded from the entries of its story. Pure: the same entries give the same page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from ..ledger.bodies import ListingBody
from ..ledger.credit import LicenceBody
from ..ledger.entry import Entry
from ..ledger.findings import InspectionBody, RecallBody
from ..ledger.identifier import class_of
from ..ledger.moment import moment_ms
from ..ledger.oddity import claimed_time
from ..ledger.party import title_name
from ..ledger.refs import Name, Party
from .material import Material, Parcel
from .page import CourierBox, Permit, ProofPanel, RatingBox, RecallBanner, TracePage
from .promises import pledge_of, promises_of, rating_of
from .rows import DAY_MS, Rows, count_rows
from .standing import Phase, of_item, phase_of
from .steps import item_steps, last_step

# Parcels accepted, delivered, late, and complaints upheld of a company (18-character USCC).
CourierCounts = Callable[[str], tuple[int, int, int, int]]


def trace_page(item: str, material: Material, counts: CourierCounts) -> TracePage:
    """The page of one item.

    Args:
        item: Its key, `/01/{gtin}/21/{serial}` or `/s/{uscc}/{sku}/21/{serial}`.
        material: Its story: the streams that `ledger/closure.py` names.
        counts: Counts of a courier's file, for the boxes beside the record.
    """
    stream = f"p:{item}"
    rows = Rows(material, stream)
    parcels = rows.support.parcels
    phase = phase_of(material, stream, parcels)
    grievances = rows.marks.grievances
    complaints = [(e, grievances[e.name]) for e in material.shown if e.name in grievances and material.holds(e)]
    standing = of_item(phase, material, [grievance for _, grievance in complaints])
    reviews = [e for e in material.shown if e.statement.type == "review" and e.index > phase.since]
    record = rows.record(material.shown)
    makings = material.of_type(stream, "item")
    sales = material.of_type(stream, "sale")
    seller = material.party(sales[-1].statement.party) if sales else None
    product, _, serial = item.rpartition("/21/")
    gtin = product[4:] if product.startswith("/01/") else ""
    return TracePage(
        path=quote(item),
        name=_name(phase, sales, material),
        serial=serial,
        gtin=gtin,
        sku="" if gtin else product.rpartition("/")[2],
        lot=next((e.statement.subjects["lot"].rpartition("/10/")[2] for e in makings if "lot" in e.statement.subjects), ""),
        makers=_distinct(makings, material),
        seller=seller,
        seller_licences=_licences(seller, material),
        seller_permits=_permits(seller, material),
        pledge=pledge_of(seller.actor, material) if seller is not None else None,
        promises=promises_of(stream, material, parcels),
        standing=standing,
        steps=item_steps(phase, material, stream, standing, last_step(reviews, complaints)),
        record=record,
        record_count=count_rows(record),
        couriers=tuple(_boxes(phase, parcels, material, counts)),
        ratings=_ratings(sales),
        proof=proof_panel(material, f"/v1/products{quote(item)}"),
        recalls=tuple(_recalls(item, material)),
        papers=sum(len(entry.statement.evidence) for entry in material.shown),
        withheld=material.withheld,
        not_understood=sum(entry.statement.body is None for entry in material.shown),
    )


def _ratings(sales: list[Entry]) -> RatingBox | None:
    offer = sales[-1].statement.subjects["offer"] if sales else ""
    return RatingBox(offer, f"/reviews/{quote(offer)}") if offer else None


def proof_panel(material: Material, json_path: str) -> ProofPanel:
    """What is to be checked: all entries of the story, those about actors included."""
    entries = {e.index: e for found in material.streams.values() for e in found}
    keys = {e.statement.key for e in entries.values()}
    return ProofPanel(len(entries), len(material.streams), len(keys), f"{json_path}/bundle", json_path)


def box_of(parcel: Parcel, material: Material, counts: CourierCounts) -> CourierBox:
    """The carrier of one waybill beside the counts of its file."""
    carrier = parcel.carrier
    return CourierBox(
        material.party(carrier),
        f"/w/{parcel.waybill}",
        bool(parcel.moves or parcel.acceptances),
        *counts(carrier[5:]),
        rating=rating_of(carrier, material),
    )


def _boxes(phase: Phase, parcels: dict[str, Parcel], material: Material, counts: CourierCounts) -> list[CourierBox]:
    """One box for each waybill, the newest first; those of the current phase are found in it too."""

    def newest(parcel: Parcel) -> int:
        entries = [*parcel.moves, *([parcel.consign] if parcel.consign else [])]
        return max((e.index for e in entries), default=-1)

    return [box_of(parcel, material, counts) for parcel in sorted(parcels.values(), key=newest, reverse=True)]


def _name(phase: Phase, sales: list[Entry], material: Material) -> Name:
    """Title of the newest listing of the offer under which the item was last sold or offered."""
    turn = phase.entry if phase.kind == "relist" else (sales[-1] if sales else phase.entry)
    offer = turn.statement.subjects.get("offer") if turn is not None else None
    listings = material.of_type(f"l:{offer}", "listing") if offer else []
    body = listings[-1].statement.body if listings else None
    return title_name(body.title) if isinstance(body, ListingBody) else Name("")


def _distinct(makings: list[Entry], material: Material) -> tuple[Party, ...]:
    return tuple(material.party(actor) for actor in dict.fromkeys(e.statement.party for e in makings))


def _licences(seller: Party | None, material: Material) -> tuple[str, ...]:
    known = material.directory.actors.get(seller.actor) if seller is not None else None
    return (known.licence,) if known is not None and known.licence else ()


def _permits(seller: Party | None, material: Material) -> tuple[Permit, ...]:
    """Licences that an authority recorded about the seller, each as its newest entry leaves it, by number."""
    if seller is None:
        return ()
    newest = {(e.statement.body.kind, e.statement.body.number): e for e in material.of_type(f"a:{seller.actor}", "licence")
              if isinstance(e.statement.body, LicenceBody)}  # fmt: skip
    return tuple(_permit(entry, material) for _, entry in sorted(newest.items()))


def _permit(entry: Entry, material: Material) -> Permit:
    body = entry.statement.body
    assert isinstance(body, LicenceBody)
    last = body.last if isinstance(body.last, str) else ""
    state: str = body.event
    if state not in ("suspend", "revoke", "lapse"):  # the last day ends at midnight in China
        state = "expired" if last and moment_ms(f"{last}T00:00:00+08:00") + DAY_MS <= material.now_ms else "valid"
    return Permit(entry.ref, body.kind, body.number, last, state)


def _recalls(item: str, material: Material) -> list[RecallBanner]:
    """Recalls and failed samples of exactly this item's class and of its lots; those that stand first, the newest first."""
    lots = {e.statement.subjects["lot"] for e in material.of_type(f"p:{item}", "item") if "lot" in e.statement.subjects}
    found = []
    for subject in (*sorted(lots), class_of(item)):
        entries = material.of_type(f"p:{subject}", "recall")
        for entry in entries:
            if isinstance(entry.statement.body, RecallBody) and entry.statement.body.event == "start":
                found.append(_banner(entry, entry.statement.body, subject, entries, material))
        for entry in material.of_type(f"p:{subject}", "inspection"):
            if isinstance(entry.statement.body, InspectionBody) and entry.statement.body.verdict == "fail":
                found.append(_failure(entry, entry.statement.body, subject, material))
    return sorted(found, key=lambda banner: (banner.ended is not None, -banner.ref.index))


def _failure(entry: Entry, body: InspectionBody, subject: str, material: Material) -> RecallBanner:
    by, scope = material.party(entry.statement.party), "lot" if "/10/" in subject else "class"
    return RecallBanner(entry.ref, by, scope, subject, "failed_sample", claimed_time(entry), body.report)


def _banner(entry: Entry, body: RecallBody, subject: str, entries: list[Entry], material: Material) -> RecallBanner:
    party = entry.statement.party
    ends = [
        e.ref
        for e in entries
        if e.index > entry.index
        and isinstance(e.statement.body, RecallBody)
        and (e.statement.body.event, e.statement.body.number, e.statement.party) == ("finish", body.number, party)
    ]
    return RecallBanner(
        ref=entry.ref,
        by=material.party(party),
        scope="lot" if "/10/" in subject else "class",
        subject=subject,
        reason=body.reason,
        time=claimed_time(entry),
        number=body.number,
        level=body.level,
        ended=ends[0] if ends else None,
    )

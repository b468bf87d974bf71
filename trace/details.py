"""The details of an entry that a record shows: which fields of a body, in which order, under which name. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from ..ledger.bodies import (
    ConfirmBody,
    ConsignBody,
    CorrectionBody,
    DeliveryBody,
    DispatchBody,
    ItemBody,
    ListingBody,
    SaleBody,
    ScanBody,
)
from ..ledger.entry import Entry
from ..ledger.erasure import ErasureBody
from ..ledger.findings import InspectionBody, RecallBody
from ..ledger.refs import Name, Place
from ..ledger.terms import Place as RecordedPlace
from ..ledger.terms import Row
from ..ledger.voices import CaseBody, ComplaintBody, ReviewBody
from .record import Fact

# Fields of each type's body that are shown as they are, in this order. "field>name" shows a field under another name.
_SHOWN: Final = {
    "item": ("made_on", "expires_on", "weight_g"),
    "listing": ("event", "category", "licence"),
    "sale": ("channel", "dispatch_by", "deliver_by"),
    "return": ("reason>why",),
    "relist": ("condition",),
    "consign": ("destination", "weight_g", "deliver_by"),
    "scan": ("reason", "consent", "weight_g", "realname_checked", "inspected", "by_air", "carrier_code"),
    "delivery": ("method", "consent"),
    "confirm": ("reason",),
    "review": ("seller_stars",),
    "complaint": ("against", "remedy>remedy_sought"),
    "reply": ("remedy",),
    "case": ("at_fault", "rule>hiding_rule"),
    "recall": ("event", "level", "number", "notice>sha256"),
    "inspection": ("kind>inspection_kind", "report", "standard", "valid_until"),
    "correction": ("reason>why",),
    "erasure": ("until",),
}
FACES: Final = ("acceptance", "pickup", "delivery", "aftersales", "information")


def facts_of(entry: Entry, currency: str = "") -> tuple[Fact, ...]:
    """Details of an entry, in the order to show them.

    Args:
        entry: Which.
        currency: ISO 4217 code of the story's prices, for amounts that name none; "" shows no such amount.
    """
    statement = entry.statement
    body = statement.body
    if body is None:
        return ()
    found = [*_money(body, currency), *_subjects(entry)]
    for field in _SHOWN.get(statement.type, ()):
        source, _, name = field.partition(">")
        value = getattr(body, source, UNSET)
        if value is not UNSET:
            found.append(Fact(name or source, value))
    found += _nested(body)
    if statement.evidence:
        found.append(Fact("evidence_files", len(statement.evidence)))
    return tuple(found)


def _money(body: Row, currency: str) -> list[Fact]:
    if isinstance(body, ListingBody | SaleBody):
        return [Fact("price_minor", (body.price_minor, body.currency))]
    if isinstance(body, CaseBody) and isinstance(body.paid_minor, int) and currency:
        return [Fact("paid_minor", (body.paid_minor, currency))]
    return []


def _subjects(entry: Entry) -> list[Fact]:
    """Where else the entry leads; its own subject is the page itself."""
    subjects, found = entry.statement.subjects, []
    if entry.statement.type == "item" and "lot" in subjects:
        found.append(Fact("lot", subjects["lot"].rpartition("/10/")[2]))
    if entry.statement.type == "dispatch":
        found.append(Fact("waybill", f"/w/{subjects['waybill']}"))
    if "next" in subjects:
        found.append(Fact("next", f"/w/{subjects['next']}"))
    return found


def _nested(body: Row) -> list[Fact]:
    if isinstance(body, ListingBody) and body.promise is not UNSET:
        promised = ("dispatch_hours", "deliver_hours", "return_days")
        return [Fact(name, value) for name in promised if (value := getattr(body.promise, name)) is not UNSET]
    if isinstance(body, ConsignBody):
        return [Fact("contents", body.contents.count)]
    if isinstance(body, DispatchBody):
        return [Fact("piece", f"{body.piece}/{body.pieces}")]
    if isinstance(body, ReviewBody) and body.faces is not UNSET:
        return [Fact(name, value) for name in FACES if (value := getattr(body.faces, name)) is not UNSET]
    if isinstance(body, CorrectionBody) and body.changes is not UNSET:
        return [Fact(change.pointer, change.value) for change in body.changes]
    return []


def code_of(entry: Entry) -> str:
    """What kind of its kind an entry is; see `RecordRow.code`."""
    body = entry.statement.body
    match body:
        case ScanBody():
            return body.code
        case ConfirmBody():
            return body.kind
        case ComplaintBody():
            return body.category
        case CaseBody():
            return body.outcome if isinstance(body.outcome, str) else body.state
        case InspectionBody():
            return body.verdict
        case ReviewBody():
            return "follow" if body.kind == "follow" else ""
        case ErasureBody():
            return "sealed" if body.until is not UNSET else "withdrawn" if entry.statement.actor.startswith("anon:") else "erased"
        case RecallBody() | ListingBody():
            return body.event
        case _:
            return ""


def place_of(entry: Entry) -> Place | None:
    """Where an entry says it happened: a district, and a facility, whose code stands for its name."""
    body = entry.statement.body
    if isinstance(body, ScanBody | DeliveryBody):
        place: RecordedPlace = body.place
        return Place(place.district, Name(place.facility) if isinstance(place.facility, str) else None)
    if isinstance(body, ItemBody | ListingBody | ConsignBody) and isinstance(body.origin, str):
        return Place(body.origin)
    return None

"""Routes that tell stories as JSON: products, waybills, couriers, and codes to print."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..courier.page import CourierList, CourierRow
from ..ledger.errors import Refused
from ..ledger.identifier import CLASS, COMPANY, ITEM, WAYBILL, check_class, check_uscc
from ..trace.qr import draw_qr
from . import resolve
from .ratings import ratings_of
from .read import service_of
from .site_of import base_url
from .stories import Stories, stories_of

router = APIRouter(prefix="/v1", tags=["stories"])
router.include_router(resolve.router)

ROWS_A_PAGE: Final = 50
USCC: Final = r"[0-9A-HJ-NPQRTUWXY]{18}"
_ITEM = re.compile(rf"{ITEM}\Z")
_WAYBILL = re.compile(rf"{WAYBILL}\Z")
_OFFER = re.compile(rf"(?P<seller>{COMPANY})(?P<product>{CLASS})\Z")
_USCC = re.compile(rf"{USCC}\Z")

Order = Literal["rating", "name", "parcels"]
Grade = Literal["", "A", "B", "C", "D", "none"]


def item_key(path: str) -> str:
    """Key of an item out of a path without its first slash.

    Raises:
        Refused: `subject-malformed`, `check-digit`.
    """
    key = f"/{path}"
    if not _ITEM.match(key):
        raise Refused("subject-malformed", "an item is /01/{gtin14}/21/{serial} or /s/{uscc}/{number}/21/{serial}")
    check_class(key[:18] if key.startswith("/01/") else key[:21], "")
    return key


def waybill_key(carrier: str, ref: str) -> str:
    """Key of a waybill.

    Raises:
        Refused: `subject-malformed`, `check-digit`.
    """
    key = f"{carrier}/{ref}"
    if not _WAYBILL.match(key):
        raise Refused("subject-malformed", "a waybill is an 18-character company code, a slash and 22 characters")
    check_uscc(carrier, "")
    return key


def company_key(uscc: str) -> str:
    """A unified social credit code.

    Raises:
        Refused: `subject-malformed`, `check-digit`.
    """
    if not _USCC.match(uscc):
        raise Refused("subject-malformed", "a company is named by its unified social credit code of 18 characters")
    check_uscc(uscc, "")
    return uscc


def offer_key(text: str) -> str:
    """Key of an offer, seller and class.

    Raises:
        Refused: `subject-malformed`, `check-digit`.
    """
    found = _OFFER.match(text)
    if found is None:
        raise Refused("subject-malformed", "an offer is a seller, uscc:…, and a class, /01/{gtin14} or /s/{uscc}/{number}")
    if found["seller"].startswith("uscc:"):
        check_uscc(found["seller"][5:], "")
    check_class(found["product"], "")
    return text


def list_couriers(
    rows: Iterable[CourierRow], query: str = "", order: Order = "rating", page: int = 1, region: str = "", grade: str = ""
) -> CourierList:
    """One page of the list of couriers that match a name or a code, a region and a grade.

    Args:
        rows: All of them.
        query: Part of a name or code.
        order: By the lower bound of the rating, by name, or by parcels.
        page: From 1.
        region: Leading digits of the district of registration.
        grade: A to D, or `none` for those without a grade.
    """
    all_of_them = tuple(rows)
    wanted = query.strip().casefold()
    found = [
        row for row in all_of_them if _matches(row, wanted) and row.uscc[2:8].startswith(region) and grade in ("", _grade(row))
    ]
    found.sort(key={"rating": _by_rating, "name": _by_name, "parcels": lambda row: (-row.accepted, row.uscc)}[order])
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    regions = tuple(
        sorted({code for row in all_of_them for code in (row.region[:2], row.region)} | ({region} if region else set()))
    )
    return CourierList(tuple(shown), len(found), page, pages, query, order, region, grade, regions)


def _grade(row: CourierRow) -> str:
    return (row.rating.grade if row.rating is not None else "") or "none"


def _by_name(row: CourierRow) -> tuple[str, str]:
    return row.party.name.text.casefold(), row.uscc


def _by_rating(row: CourierRow) -> tuple[int, str, str]:
    """The lower bound, high ones first: a good score that few data carry stands behind one that many do."""
    low = row.rating.low_e1 if row.rating is not None else None
    return (1 if low is None else -low, *_by_name(row))


def _matches(row: CourierRow, wanted: str) -> bool:
    name = row.party.name
    return wanted in name.text.casefold() or wanted in name.english.casefold() or wanted in row.uscc.casefold()


def told(stories: Stories, what: str, model: object) -> Response:
    """A view model as JSON, beside the state of the book that it was made from."""
    published = stories.published
    as_of = {"epoch": published.epoch, "size": published.size, "time_ms": published.at_ms}
    value: dict[str, Any] = {"as_of": as_of, what: model}
    return Response(orjson.dumps(value), media_type="application/json", headers={"cache-control": "no-cache"})


@router.get("/products/{key:path}")
def get_product(request: Request, key: str) -> Response:
    """The story of one product."""
    stories = stories_of(service_of(request))
    page = stories.trace(item_key(key))
    if page is None:
        raise Refused("not-found", "nothing is recorded about this item here")
    return told(stories, "product", page)


@router.get("/waybills/{carrier}/{ref}")
def get_waybill(request: Request, carrier: str, ref: str) -> Response:
    """The story of one parcel; it never says what is in it."""
    stories = stories_of(service_of(request))
    page = stories.waybill(waybill_key(carrier, ref))
    if page is None:
        raise Refused("not-found", "nothing is recorded about this waybill here")
    return told(stories, "waybill", page)


@router.get("/reviews/{offer:path}")
def get_reviews(request: Request, offer: str) -> Response:
    """Every first review of an offer (`{seller}{class}`) and what they add up to, with and without what is hidden."""
    stories = stories_of(service_of(request))
    found = stories.offer(offer_key(offer))
    if found is None:
        raise Refused("not-found", "nothing is recorded about this offer here")
    return told(stories, "reviews", found[2])


@router.get("/couriers")
def get_couriers(
    request: Request,
    q: str = Query("", max_length=100),
    order: Order = "rating",
    page: int = Query(1, ge=1, le=100_000),
    region: str = Query("", pattern=r"^(?:[0-9]{2}){0,3}$", description="leading digits of a district code"),
    grade: Grade = "",
) -> Response:
    """Courier companies by the lower bound of their published rating, the ungraded last; or by name or parcels. No ranks."""
    service = service_of(request)
    return told(stories_of(service), "couriers", list_couriers(ratings_of(service).rows(), q, order, page, region, grade))


@router.get("/couriers/{uscc}")
def get_courier(request: Request, uscc: str) -> Response:
    """The public file of one courier company: facts, and the rating where one was published."""
    service = service_of(request)
    page = ratings_of(service).page(company_key(uscc))
    if page is None:
        raise Refused("not-found", "no courier company with this code is recorded here")
    return told(stories_of(service), "courier", page)


@router.get("/qr/{key:path}", response_class=Response)
def get_qr(request: Request, key: str, scale: int = Query(8, ge=1, le=64)) -> Response:
    """The code of a product, a parcel (`w/…`) or a company (`couriers/…`) as `.svg` or `.png`; it holds the page's address."""
    name, _, kind = key.rpartition(".")
    if kind not in ("svg", "png"):
        raise Refused("not-found", "a code is drawn as .svg or .png")
    first, _, rest = name.partition("/")
    if first == "w":
        waybill_key(*rest.partition("/")[::2])
    elif first == "couriers":
        company_key(rest)
    else:
        item_key(name)
    code = draw_qr(f"{base_url(request)}/{name}")
    if kind == "svg":
        return Response(code.svg(), media_type="image/svg+xml")
    return Response(code.png(scale), media_type="image/png")

"""Routes that tell stories as JSON: products, waybills, couriers, and codes to print."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..courier.page import CourierList, CourierRow
from ..ledger.errors import Refused
from ..ledger.identifier import CLASS, COMPANY, ITEM, WAYBILL, check_class, check_uscc
from ..trace.qr import draw_qr
from . import resolve
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

Order = Literal["name", "parcels"]


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


def list_couriers(stories: Stories, query: str, order: Order, page: int) -> CourierList:
    """One page of the list of couriers that match a name or a code."""
    wanted = query.strip().casefold()
    rows = [row for row in stories.couriers() if _matches(row, wanted)]
    rows.sort(key=lambda row: (row.party.name.text.casefold(), row.uscc) if order == "name" else (-row.accepted, row.uscc))
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    shown = rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return CourierList(tuple(shown), len(rows), page, pages, query, order)


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
    request: Request, q: str = Query("", max_length=100), order: Order = "name", page: int = Query(1, ge=1, le=100_000)
) -> Response:
    """Courier companies, in order of name or of parcels, never of merit."""
    stories = stories_of(service_of(request))
    return told(stories, "couriers", list_couriers(stories, q, order, page))


@router.get("/couriers/{uscc}")
def get_courier(request: Request, uscc: str) -> Response:
    """The public file of one courier company: facts only."""
    stories = stories_of(service_of(request))
    page = stories.courier(company_key(uscc))
    if page is None:
        raise Refused("not-found", "no courier company with this code is recorded here")
    return told(stories, "courier", page)


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

"""Pages: look-up, trace, waybill, courier files, how to check. Server-rendered, each address in two languages.

An address without a language chooses by Accept-Language. On the address of a product, a parcel or a company
`Accept: application/json` gives the same story as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ..ledger.errors import Refused
from ..trace.page import TracePage
from . import resolver
from .bulletins import Bulletins
from .home import home_page
from .lookup import find_path, item_path
from .packing import packed, packed_file
from .places import districts_json
from .products import (
    Grade,
    Order,
    company_key,
    get_courier,
    get_couriers,
    get_product,
    get_waybill,
    item_key,
    list_couriers,
    waybill_key,
)
from .ratings import ratings_of
from .read import LONG_CACHE, service_of
from .render import LABEL_CSP, LANGUAGES, STATIC_TYPES, Model, choose_language, headers, page, split_language
from .scans import PLACE, scans_of
from .site import BulletinsPage, ErrorPage, LabelsPage, VerifyPage
from .site_of import site_of
from .stories import stories_of

router = APIRouter(include_in_schema=False)

# First segments of addresses that programs read; a refusal there is a problem document, never a page.
MACHINE = frozenset((
    "v1", "docs", "openapi.json", "checkpoint", "tile", ".well-known", "healthz", "readyz", "metrics", "static", "problems",
))  # fmt: skip
DAY_CACHE = "public, max-age=86400"  # names of districts, which scripts ask for by no hash
_SUBJECTS = {
    "01": "no_such_item",
    "s": "no_such_item",
    "say": "no_such_item",
    "papers": "no_such_item",
    "w": "no_such_waybill",
    "couriers": "no_such_courier",
}
QUERIES = ("q", "order", "page", "region", "grade")
ORDERS: tuple[Order, ...] = ("rating", "name", "parcels")
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "none")
REGION = re.compile(r"(?:[0-9]{2}){1,3}\Z")
Handler = Callable[[Request], Response]


def prefers_json(request: Request) -> bool:
    """Whether the caller asks for JSON and not for a page."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def as_json(answer: Response) -> Response:
    """An answer to a program, from an address that shows others a page: caches must tell the two apart."""
    answer.headers["vary"] = "Accept"
    return answer


def wants_page(request: Request, code: str = "") -> bool:
    """Whether a refusal of this request is shown as a page; so is that of an entry, to which pages link, in a browser."""
    first = split_language(request.url.path)[1].split("/")[1]
    if code == "entries-private":
        return "text/html" in request.headers.get("accept", "")
    return first not in MACHINE and not prefers_json(request)


def show(request: Request, template: str, model: Model, *, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    """Render a page in the language of its address, else in the reader's."""
    lang, path = split_language(request.url.path)
    chosen = lang or choose_language(request.headers.get("accept-language", ""))
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name in QUERIES])
    site = site_of(request)

    def render() -> tuple[Model, str]:
        return model, page(template, model, chosen, site=site, path=quote(path), query=query, opened=PLACE)

    if status == 200:
        shown, html = stories_of(service_of(request)).once(
            "page", f"{site.base_url} {site.witnesses} {site.full_witnesses} {chosen} {path}?{query}", render
        )
    if status != 200 or shown != model:  # an epoch came between model and page: what is kept is of the other one
        html = render()[1]
    if isinstance(model, TracePage):
        html = html.replace(PLACE, f"{scans_of(service_of(request)).of(model.path):,}")
    sent = headers(chosen, negotiated=not lang) | {"cache-control": "no-cache"} | dict(more or {})
    return packed(request, html.encode(), sent, status)


def error_page(request: Request, status: int, refused: Refused, more: Mapping[str, str]) -> Response:
    """A refusal in words."""
    path = split_language(request.url.path)[1]
    subject = request.query_params.get("q", path)[:300]
    return show(request, "error.html", ErrorPage(status, _trouble(status, refused, path), subject), status=status, more=more)


def _trouble(status: int, refused: Refused, path: str) -> str:
    if refused.code in ("check-digit", "entries-private"):
        return refused.code.replace("-", "_")
    if refused.code == "subject-malformed":
        return "bad_code"
    if status == 404:
        return _SUBJECTS.get(path.split("/")[1], "no_such_page")
    if status == 503:
        return "busy" if refused.code == "busy" else "unavailable"
    return "server_error" if status >= 500 else "bad_request"


def in_both_languages(path: str, router: APIRouter = router) -> Callable[[Handler], Handler]:
    """Serve a page at its address and at the address in each language."""

    def register(handler: Handler) -> Handler:
        for prefix in ("", *(f"/{lang}" for lang in LANGUAGES)):
            router.add_api_route(prefix + path, handler, methods=["GET", "HEAD"], include_in_schema=False)
        return handler

    return register


@in_both_languages("/")
def get_home(request: Request) -> Response:
    """Start page with the look-up box."""
    return show(request, "home.html", home_page(service_of(request), request.query_params.get("q", "")[:300]))


@in_both_languages("/find")
def find(request: Request) -> Response:
    """Go to the page of what was typed: a code, an address, a parcel's reference, a company."""
    lang, _ = split_language(request.url.path)
    query = request.query_params.get("q", "").strip()[:300]
    if not query:
        return RedirectResponse(f"/{lang}" if lang else "/", 303)
    path = find_path(query, stories_of(service_of(request)))
    return RedirectResponse((f"/{lang}" if lang else "") + path, 303)


@in_both_languages("/01/{gtin}/10/{lot}/21/{serial}")
def get_with_lot(request: Request) -> Response:
    """A GS1 Digital Link that carries the lot too; an item's own address never does."""
    return _canonical(request)


def _canonical(request: Request) -> Response:
    lang, _ = split_language(request.url.path)
    path = item_path(request.path_params["gtin"], request.path_params["serial"])
    return RedirectResponse((f"/{lang}" if lang else "") + path, 301)


@in_both_languages("/01/{gtin}/21/{serial}")
@in_both_languages("/s/{uscc}/{sku}/21/{serial}")
def get_trace(request: Request) -> Response:
    """Trace page of one item (GS1 Digital Link)."""
    key = split_language(request.url.path)[1][1:]
    if request.path_params.get("gtin", "").isdigit() and len(request.path_params["gtin"]) in (8, 12, 13):
        return _canonical(request)
    item = item_key(key)
    asked = None if split_language(request.url.path)[0] else resolver.answer(request, item)
    if asked is not None:
        return asked
    if prefers_json(request):
        return as_json(get_product(request, key))
    found = stories_of(service_of(request)).trace(item)
    if found is None:
        raise Refused("not-found", "nothing is recorded about this item here")
    if request.method == "GET" and not split_language(request.url.path)[0]:
        scans_of(service_of(request)).opened(found.path)
    return show(request, "trace.html", found, more={"link": resolver.linkset_pointer(item)})


@in_both_languages("/w/{carrier}/{ref}")
def get_parcel(request: Request) -> Response:
    """Page of one parcel."""
    carrier, ref = request.path_params["carrier"], request.path_params["ref"]
    key = waybill_key(carrier, ref)
    if prefers_json(request):
        return as_json(get_waybill(request, carrier, ref))
    found = stories_of(service_of(request)).waybill(key)
    if found is None:
        raise Refused("not-found", "nothing is recorded about this waybill here")
    return show(request, "waybill.html", found)


@in_both_languages("/couriers")
def get_courier_list(request: Request) -> Response:
    """Courier companies."""
    params = request.query_params
    order: Order = next((one for one in ORDERS if one == params.get("order")), "rating")
    grade: Grade = next((one for one in GRADES if one == params.get("grade")), "")
    number, region = params.get("page", "1"), params.get("region", "")
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    region = region if REGION.match(region) else ""
    query = params.get("q", "")[:100]
    if prefers_json(request):
        return as_json(get_couriers(request, query, order, at, region, grade))
    rows = ratings_of(service_of(request)).rows()
    return show(request, "couriers.html", list_couriers(rows, query, order, at, region, grade))


@in_both_languages("/couriers/{uscc}")
def get_courier_file(request: Request) -> Response:
    """Public file of one courier company."""
    uscc = company_key(request.path_params["uscc"])
    if prefers_json(request):
        return as_json(get_courier(request, uscc))
    found = ratings_of(service_of(request)).page(uscc)
    if found is None:
        raise Refused("not-found", "no courier company with this code is recorded here")
    return show(request, "courier.html", found)


@in_both_languages("/bulletins")
def get_bulletin_list(request: Request) -> Response:
    """Monthly bulletins."""
    return show(request, "bulletins.html", BulletinsPage(Bulletins(service_of(request).settings.data).sizes()))


@in_both_languages("/verify")
def get_verify(request: Request) -> Response:
    """How to check what this site shows."""
    return show(request, "verify.html", VerifyPage())


@in_both_languages("/labels")
def get_labels(request: Request) -> Response:
    """Where a merchant makes labels; what is made there never leaves the browser."""
    return show(request, "labels.html", LabelsPage(), more={"content-security-policy": LABEL_CSP})


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
def get_static(request: Request, name: str) -> Response:
    """A style sheet or picture; its address carries a piece of its hash, so it may be kept for ever."""
    if name == "districts.json":  # names for the script of a page, which asks for those it needs
        found = districts_json(request.query_params.get("codes", ""))
        return packed(request, found, {"cache-control": DAY_CACHE, "content-type": "application/json"})
    if name not in STATIC_TYPES:
        raise Refused("not-found", "no such file")
    kept = LONG_CACHE if "v" in request.query_params else "no-cache"
    sent = {"cache-control": kept, "x-content-type-options": "nosniff"}
    return packed_file(request, name, sent | {"content-type": STATIC_TYPES[name]})

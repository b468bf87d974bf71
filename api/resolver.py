"""The GS1 resolver of this book: which addresses an item's Digital Link leads to, and which of them a request asks for.

The default link of an item is its trace page, shown at the Digital Link itself. Everything else is asked for by `linkType` or by
Accept. Nothing is decompressed and nothing is guessed: what is no Digital Link is a 400, what nothing is recorded of a 404.
Source: GS1 Digital Link resolver standard 1.2, RFC 9264; epcis.md 3.4 and 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ..ledger.errors import Refused
from ..trace.ai import identifiers
from ..trace.link import parse_link
from .read import service_of
from .render import choose_language
from .site_of import base_url
from .stories import stories_of

VOCABULARY: Final = "https://ref.gs1.org/voc/"
LINKSET: Final = "application/linkset+json"
DEFAULT: Final = "defaultLink"
CORS: Final = {"access-control-allow-origin": "*", "access-control-expose-headers": "link, location"}
_CONTEXT: Final = '<https://ref.gs1.org/standards/resolver/linkset-context>; rel="http://www.w3.org/ns/json-ld#context"'


@dataclass(frozen=True, slots=True)
class Target:
    """One address that an item leads to.

    Attributes:
        kind: Link type, a word of the GS1 vocabulary.
        before: What stands before the item's key in the address.
        after: What stands behind it.
        media: Media type of what is there.
        lang: Its language, or "".
        title: What it is called.
    """

    kind: str
    before: str
    after: str
    media: str
    lang: str
    title: str


TARGETS: Final = (
    Target("traceability", "/zh-CN", "", "text/html", "zh-CN", "溯源页：来源、承运与记录核验"),
    Target("traceability", "/en", "", "text/html", "en", "Trace page: origin, carriage and proof"),
    Target("traceability", "/v1/products", "", "application/json", "", "The same as JSON"),
    Target("pip", "/zh-CN", "", "text/html", "zh-CN", "商品信息"),
    Target("pip", "/en", "", "text/html", "en", "Product information"),
    Target("verificationService", "/v1/products", "/bundle", "application/json", "", "Bundle: all that is needed to check this"),
)
MAIN: Final = TARGETS[0]

router = APIRouter(include_in_schema=False)


def answer(request: Request, item: str) -> Response | None:
    """What a Digital Link's request asks for, or None where the trace page itself is meant.

    Args:
        request: To an address without a language.
        item: Key of the item.

    Raises:
        Refused: `not-found`: nothing is recorded of the item, or it has no link of the type asked for.
    """
    kind = next((value for name, value in request.query_params.multi_items() if name.lower() == "linktype"), None)
    accepted = request.headers.get("accept", "")
    if kind is None and LINKSET not in accepted:
        return None
    if stories_of(service_of(request)).trace(item) is None:
        raise Refused("not-found", "nothing is recorded about this item here")
    if kind is None or kind.lower() in ("linkset", "all"):
        headers = CORS | {"cache-control": "no-cache", "link": _CONTEXT}
        return Response(orjson.dumps(linkset(base_url(request), item)), media_type=LINKSET, headers=headers)
    return _redirect(request, item, kind.removeprefix("gs1:").removeprefix(VOCABULARY), accepted)


def _redirect(request: Request, item: str, kind: str, accepted: str) -> Response:
    if kind == DEFAULT:
        kind = MAIN.kind
    found = [target for target in TARGETS if target.kind == kind]
    if not found:
        raise Refused("not-found", f"this item has no link of the type {kind[:60]}; linkType=linkset lists those it has")
    as_json = "application/json" in accepted and "text/html" not in accepted
    lang = choose_language(request.headers.get("accept-language", ""))
    rank = {
        target: (target.media != "application/json" if as_json else target.media == "application/json", target.lang != lang)
        for target in found
    }
    best = min(found, key=rank.__getitem__)
    rest = [(name, value) for name, value in request.query_params.multi_items() if name.lower() != "linktype"]
    headers = CORS | {"link": linkset_pointer(item), "vary": "Accept, Accept-Language"}
    return RedirectResponse(_href("", best, item) + (f"?{urlencode(rest)}" if rest else ""), 307, headers)


def linkset_pointer(item: str) -> str:
    """Value of the Link header of everything that an item's Digital Link answers."""
    return f'<{quote(item)}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'


def linkset(base: str, item: str) -> dict[str, Any]:
    """All links of an item, RFC 9264."""
    found: dict[str, Any] = {
        "anchor": base + quote(item),
        VOCABULARY + DEFAULT: [{"href": base + quote(item), "title": MAIN.title}],
    }
    pages = [target for target in TARGETS if target.kind == MAIN.kind and target.lang]
    found[f"{VOCABULARY}{DEFAULT}Multi"] = [_entry(base, target, item) for target in pages]
    for target in TARGETS:
        found.setdefault(VOCABULARY + target.kind, []).append(_entry(base, target, item))
    return {"linkset": [found]}


def _entry(base: str, target: Target, item: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"href": _href(base, target, item), "title": target.title, "type": target.media}
    return entry | ({"hreflang": [target.lang]} if target.lang else {})


def _href(base: str, target: Target, item: str) -> str:
    return f"{base}{target.before}{quote(item)}{target.after}"


@router.get("/.well-known/gs1resolver")
def get_description(request: Request) -> Response:
    """What this resolver can do."""
    said = {
        "name": "Suxin 溯信",
        "resolverRoot": base_url(request),
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportsLanguageVariants": True,
        "supportsSemanticInterpretation": False,
        "validatesAIcombinations": True,
        "supportsCompression": False,
        "contact": {"fn": service_of(request).genesis.book},
    }
    return Response(orjson.dumps(said), media_type="application/json", headers=CORS | {"cache-control": "no-cache"})


def get_other_link(request: Request) -> Response:
    """A Digital Link that leads to no page here: said whether it is none, or nothing is recorded of what it names."""
    rest = f"?{request.url.query}" if request.url.query else ""
    if request.url.path.endswith("/"):  # no link ends so, and a person may well type it
        return RedirectResponse(quote(request.url.path.rstrip("/")) + rest, 307, CORS)
    parse_link(f"https://host{quote(request.url.path)}{rest}", lenient=True)
    raise Refused("not-found", "nothing is recorded here under this Digital Link; this book knows items, by /01/…/21/…")


def declare_options(_: Request) -> Response:
    """What may be asked of a Digital Link, for a script of another site."""
    return Response(
        status_code=204, headers=CORS | {"allow": "GET, HEAD, OPTIONS", "access-control-allow-methods": "GET, HEAD, OPTIONS"}
    )


for _code in sorted(code for code, row in identifiers().items() if row.qualifiers is not None):
    router.add_api_route(f"/{_code}/{{rest:path}}", declare_options, methods=["OPTIONS"])
    # Added behind the pages, so that it answers only for what no page does.
    router.add_api_route(f"/{_code}/{{rest:path}}", get_other_link, methods=["GET", "HEAD"])

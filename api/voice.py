"""The page on which the public speaks: a claim, a review, a complaint. It is made by the server and signed in the browser.

The tear-off code stands behind `#` in the address and never reaches this server. Source: docs/formats/claim.md.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger import canonical
from ..ledger.errors import Refused
from ..ledger.refs import Name
from ..trace.voice import SayPage
from .pages import in_both_languages, show
from .products import item_key, waybill_key
from .read import service_of
from .render import split_language
from .stories import stories_of

router = APIRouter(include_in_schema=False)


@in_both_languages("/say/01/{gtin}/21/{serial}", router)
@in_both_languages("/say/s/{uscc}/{sku}/21/{serial}", router)
def get_say(request: Request) -> Response:
    """Forms for one item."""
    path = split_language(request.url.path)[1]
    item = item_key(path.removeprefix("/say/"))
    service = service_of(request)
    stories = stories_of(service)
    trace, facts = stories.trace(item), stories.voice(item)
    if trace is None or facts is None:
        raise Refused("not-found", "nothing is recorded about this item here")
    model = SayPage(
        f"/say{item}", item, service.genesis.book, trace.name, trace.seller, canonical.dump(facts).decode(),
        parcels=len(trace.couriers), is_sold=trace.seller is not None,
    )  # fmt: skip
    return show(request, "say.html", model)


@in_both_languages("/say/w/{carrier}/{ref}", router)
def get_say_parcel(request: Request) -> Response:
    """Forms for one parcel: who holds it may never have ordered it, and has no code of any goods."""
    key = waybill_key(request.path_params["carrier"], request.path_params["ref"])
    service = service_of(request)
    stories = stories_of(service)
    page, facts = stories.waybill(key), stories.parcel_voice(key)
    if page is None or facts is None:
        raise Refused("not-found", "nothing is recorded about this waybill here")
    model = SayPage(
        f"/say{page.path}", page.path, service.genesis.book, Name(""), page.shipper, canonical.dump(facts).decode(),
        parcels=1, is_sold=False, is_parcel=True,
    )  # fmt: skip
    return show(request, "say.html", model)

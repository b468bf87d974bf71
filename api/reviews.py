"""The ratings of one offer: a page in each language, and the same as JSON. Counted from the book; docs/formats/reviews.md."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger.errors import Refused
from . import products
from .pages import as_json, in_both_languages, prefers_json, show
from .products import offer_key
from .read import service_of
from .site import ReviewsPage
from .stories import stories_of

router = APIRouter(include_in_schema=False)
ROWS_A_PAGE: Final = 50


def reviews_page(request: Request, offer: str) -> ReviewsPage:
    """The page of an offer's ratings.

    Raises:
        Refused: `not-found`.
    """
    stories = stories_of(service_of(request))
    found = stories.offer(offer)
    if found is None:
        raise Refused("not-found", "nothing is recorded about this offer here")
    name, seller, reviews = found
    pages = max(1, -(-len(reviews.opinions) // ROWS_A_PAGE))
    asked = request.query_params.get("page", "1")
    page = min(max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1), pages)
    shown = reviews.opinions[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return ReviewsPage(f"/reviews/{quote(offer)}", name, seller, reviews, shown, page, pages)


@in_both_languages("/reviews/{offer:path}", router)
def get_reviews(request: Request) -> Response:
    """Averages with and without what is hidden, and every review with its mark."""
    offer = offer_key(request.path_params["offer"])
    if prefers_json(request):
        return as_json(products.get_reviews(request, offer))
    return show(request, "reviews.html", reviews_page(request, offer))

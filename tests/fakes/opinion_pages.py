"""Sample view models of an offer's reviews and of the cases with a regulator."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from fakes.pages import CARRIER_USCC, COURIER, DAY, GTIN, HOUR, ITEM_PATH, LISTED, MAKER, REF, WAYBILL_PATH, ref

from suxin.api.cases import CaseRow
from suxin.api.site import CasesPage, ReviewsPage
from suxin.ledger.refs import Name
from suxin.trace.reviews import Average, Averages, OfferReviews, Opinion

OFFER = f"{MAKER.actor}/01/{GTIN}"


def reviews_page() -> ReviewsPage:
    """Reviews that count, one that is hidden, and some that are left out; the second of three parts."""
    none, some = Average(0, 0, 0, 0), Average(12, 417, 391, 438)
    opinions = (
        Opinion(ref(20_091, LISTED), ITEM_PATH, LISTED + 20 * HOUR, 4, 5, "delivered_claimed", "yes", hidden=False),
        Opinion(ref(20_080, LISTED), ITEM_PATH, LISTED + 10 * HOUR, 1, 1, "ordered", "hidden", hidden=True),
        Opinion(ref(20_070, LISTED), ITEM_PATH, LISTED + 9 * HOUR, 5, 0, "delivered", "burst", hidden=False),
    )
    sets = (Averages(some, some), Averages(some, none), Averages(none, none))
    found = OfferReviews(OFFER, "RV-2026.1", *sets, (("burst", 3), ("hidden", 1)), opinions, 2)
    name = Name("金华火腿礼盒 2 kg", "zh-CN", "Jinhua ham gift box, 2 kg")
    return ReviewsPage(f"/reviews/{OFFER}", name, MAKER, found, opinions, 2, 3)


def cases_page() -> CasesPage:
    """A case in time and one that is overdue, in a book that was not looked through yet."""

    def row(index: int, path: str, subject: str, **more: Any) -> CaseRow:
        entry = cast(Any, SimpleNamespace(index=index, ref=ref(index, LISTED)))
        return CaseRow(entry, path, subject, state="ESCALATED", filed_ms=LISTED, **more)

    waybill = row(
        20_090, WAYBILL_PATH, f"{CARRIER_USCC}/{REF}", category="false_signoff", against="carrier", asked=COURIER,
        due_ms=LISTED + 30 * DAY, overdue=True,
    )  # fmt: skip
    item = row(
        20_095, ITEM_PATH, f"{GTIN}", category="not_as_described", against="seller", asked=None, due_ms=LISTED + 60 * DAY,
        overdue=False,
    )  # fmt: skip
    return CasesPage((waybill, item), 12_000, 20_311)

"""Every template with a sample model and the unprefixed path it is served at."""

from __future__ import annotations

from fakes.courier_pages import courier_list, courier_page, empty_courier
from fakes.opinion_pages import OFFER, cases_page, reviews_page
from fakes.pages import (
    CARRIER_USCC,
    ITEM_PATH,
    WAYBILL_PATH,
    bare_page,
    bulletins_page,
    error_page,
    home_page,
    labels_page,
    trace_page,
    verify_page,
    waybill_page,
)

PAGES = {
    "home": ("home.html", home_page, "/"),
    "trace": ("trace.html", trace_page, ITEM_PATH),
    "bare": ("trace.html", bare_page, "/s/91330700MA2HAMFD5T/%E7%81%AB%E8%85%BF-1/21/0001"),
    "waybill": ("waybill.html", waybill_page, WAYBILL_PATH),
    "courier": ("courier.html", courier_page, f"/couriers/{CARRIER_USCC}"),
    "empty-courier": ("courier.html", empty_courier, "/couriers/91310115MA1HDDKD7F"),
    "couriers": ("couriers.html", courier_list, "/couriers"),
    "verify": ("verify.html", verify_page, "/verify"),
    "bulletins": ("bulletins.html", bulletins_page, "/bulletins"),
    "labels": ("labels.html", labels_page, "/labels"),
    "reviews": ("reviews.html", reviews_page, f"/reviews/{OFFER}"),
    "cases": ("cases.html", cases_page, "/regulator/cases"),
    "error": ("error.html", error_page, "/01/06901234567893/21/x"),
}

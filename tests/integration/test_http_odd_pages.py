"""Statements that are odd but allowed must not break the page of what they speak of: one such row would darken it for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.served import hash_of
from fakes.village import ITEM, OFFER, Village, village

HTML = {"accept": "text/html"}
BIG = 2**53 - 1


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


def corrected(v: Village, raw: bytes, changes: list[dict[str, Any]]) -> int:
    """Status of the carrier's correction of its own statement."""
    told = json.loads(raw)

    def change(members: dict[str, Any]) -> None:
        members.update(ref=hash_of(raw), re={"subjects": told["subjects"], "type": told["type"]})

    body = {"reason": "wrong_data", "changes": changes}
    return v.site.post_event(v.carrier.line(v.carrier.raw("correction", {}, body, change))).status_code


def opens(v: Village, path: str) -> None:
    for lang in ("", "/en", "/zh-CN"):
        answer = v.site.http.get(lang + path, headers=HTML)
        assert answer.status_code == 200, f"{lang}{path}: {answer.status_code}"


VALUES: list[Any] = [True, False, 0, -BIG, BIG, "", "<b>x</b>{{ 7*7 }}", "\u202e\u0000\n"]
POINTERS = ["/body/weight_g", "/body/inspected", "/body/place/district", "/body/nothing"]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [pytest.param(pointer, value) for pointer in POINTERS for value in VALUES],
)
def test_a_correction_may_say_anything(v: Village, pointer: str, value: object) -> None:
    raw = v.scan()
    assert v.site.post_event(v.carrier.line(raw)).status_code == 201
    assert corrected(v, raw, [{"pointer": pointer, "value": value}]) == 201
    opens(v, "/w/" + json.loads(raw)["subjects"]["waybill"])


def test_prices_and_titles_at_their_bounds(v: Village) -> None:
    for n, (currency, price) in enumerate([("XTS", BIG), ("JPY", BIG), ("ZZZ", 0), ("BHD", 1)]):
        body = {
            "event": "change", "title": {"en": "\u0000<i>\n{%" * 17, "zh": "龙" * 120}, "category": "food",
            "price_minor": price, "currency": currency,
            "promise": {"dispatch_hours": 0, "deliver_hours": 24 * 365, "return_days": 365},
        }  # fmt: skip
        assert v.site.post_event(v.seller.line(v.seller.raw("listing", {"offer": OFFER}, body))).status_code == 201
        sale = {"price_minor": price, "currency": currency}
        assert v.site.post_event(v.seller.line(v.seller.raw("sale", {"item": ITEM, "offer": OFFER}, sale))).status_code == 201, n
        opens(v, ITEM)


def test_times_at_their_bounds(v: Village) -> None:
    way = v.waybill()
    for at in ("2000-01-01T00:00:00+14:59", "2000-01-01T00:00:00-14:59", "2026-11-21T23:59:60Z"):
        raw = v.carrier.raw("scan", way, {"code": "HUB_IN", "place": {"district": "BR"}}, lambda m, at=at: m.update(at=at))
        status = v.site.post_event(v.carrier.line(raw)).status_code
        assert status == (422 if at.endswith(":60Z") else 201)
        opens(v, "/w/" + way["waybill"])


def test_a_weight_at_its_bound_and_a_district_of_letters(v: Village) -> None:
    way = v.waybill()
    raw = v.carrier.raw(
        "scan", way, {"code": "HUB_IN", "place": {"district": "ZZZZZZ", "facility": "."}, "weight_g": 100_000_000}
    )
    assert v.site.post_event(v.carrier.line(raw)).status_code == 201
    opens(v, "/w/" + way["waybill"])

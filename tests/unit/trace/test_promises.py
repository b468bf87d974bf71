"""Promises to a buyer, each as kept or broken as its entries say; a seller's commitment; what is proved of an odd time."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.credit_bodies import GREY, PUBLICATION
from fakes.tale import DAY, HOUR, PAPER, Tale, row_at
from fakes.world import BOOK, seed

from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text
from suxin.trace.pledge import Promise

TERMS = {"dispatch_hours": 48, "deliver_hours": 72, "return_days": 7}


class Shop(Tale):
    """A shop with promises on its offer, a courier, and one item sold."""

    def __init__(self, terms: dict[str, int] = TERMS, **sale: Any) -> None:
        super().__init__()
        self.shop, self.courier = self.firm("merchant"), self.firm("courier")
        self.list(self.shop, promise=terms)
        self.item = self.make(self.shop)
        self.her = self.sell(self.shop, self.item, body=sale)
        self.sold = self.now

    def send(self, number: int = 1, of: int = 1) -> str:
        return self.consign(self.shop, self.courier, f"box{number}", [self.item], pieces=(number, of))[0]

    def promises(self) -> dict[str, Promise]:
        return {one.name: one for one in self.trace(self.item).promises}

    def states(self) -> dict[str, str]:
        return {name: one.state for name, one in self.promises().items()}


def test_what_happens_in_time_is_kept_and_what_is_not_due_is_open() -> None:
    tale = Shop()
    assert tale.states() == {"dispatch": "open", "delivery": "open", "return": "open"}
    waybill = tale.send()
    assert tale.states()["dispatch"] == "open", "the seller's own word sends nothing"
    tale.scan(tale.courier, waybill, "CREATED")
    assert tale.states()["dispatch"] == "open", "nobody had it in hand"
    picked = tale.scan(tale.courier, waybill, "PICKED_UP")
    signed = tale.deliver(tale.courier, waybill)
    found = tale.promises()
    assert tale.states() == {"dispatch": "kept", "delivery": "kept", "return": "open"}
    assert (found["dispatch"].due_ms, found["dispatch"].at_ms) == (tale.sold + 48 * HOUR, picked.statement.at_ms)
    assert (found["delivery"].due_ms, found["delivery"].at_ms) == (tale.sold + 72 * HOUR, signed.statement.at_ms)
    assert found["return"].due_ms == signed.statement.at_ms + 7 * DAY
    tale.now += 8 * DAY
    assert tale.states()["return"] == "unused"


def test_what_is_late_or_never_comes_is_broken() -> None:
    tale = Shop()
    waybill = tale.send()
    tale.now += 73 * HOUR
    assert tale.states() == {"dispatch": "broken", "delivery": "broken", "return": "open"}
    assert tale.promises()["delivery"].at_ms is None
    tale.scan(tale.courier, waybill, "PICKED_UP")
    signed = tale.deliver(tale.courier, waybill)
    assert tale.states()["delivery"] == "broken"
    assert tale.promises()["delivery"].at_ms == signed.statement.at_ms


def test_the_sale_s_own_term_goes_before_the_offer_s_and_the_consign_s_comes_last() -> None:
    by = moment_text(Tale().now + 10 * HOUR)
    tale = Shop(dispatch_by=by, deliver_by=by)
    assert {one.due_ms for one in list(tale.promises().values())[:2]} == {Tale().now + 10 * HOUR}
    tale = Shop({"return_days": 7})
    assert tale.states() == {"return": "open"}
    _, consign, _ = tale.consign(tale.shop, tale.courier, "box", [tale.item], body={"deliver_by": by})
    assert tale.promises()["delivery"].ref == consign.ref


def test_every_piece_has_to_come() -> None:
    tale = Shop()
    first = tale.send(1, 2)
    tale.scan(tale.courier, first, "PICKED_UP")
    tale.deliver(tale.courier, first)
    assert tale.states()["delivery"] == "open", "the second box was never sent"
    second = tale.send(2, 2)
    tale.scan(tale.courier, second, "PICKED_UP")
    assert (tale.states()["dispatch"], tale.states()["delivery"]) == ("kept", "open")
    tale.deliver(tale.courier, second)
    assert tale.states()["delivery"] == "kept"


def test_a_refused_parcel_breaks_no_promise_of_delivery() -> None:
    tale = Shop()
    waybill = tale.send()
    tale.scan(tale.courier, waybill, "PICKED_UP")
    tale.scan(tale.courier, waybill, "REFUSED", body={"reason": "recipient.refused"})
    tale.now += 5 * DAY
    assert tale.states()["delivery"] == "void"


def sent_back(days: int, by: str = "her") -> tuple[Shop, Any]:
    tale = Shop()
    waybill = tale.send()
    tale.scan(tale.courier, waybill, "PICKED_UP")
    tale.deliver(tale.courier, waybill)
    tale.now += days * DAY
    back = tale.say(getattr(tale, by), "return", {"item": tale.item}, {"reason": "no_reason_7d"})
    return tale, back


def test_a_return_in_time_is_asked_then_taken_or_refused() -> None:
    tale, back = sent_back(3)
    assert tale.states()["return"] == "asked"
    tale.say(tale.shop, "confirm", {}, {"kind": "refuses", "reason": "sender.wrong_data"}, ref=back)
    assert tale.states()["return"] == "broken"
    taken = tale.confirm(tale.shop, back, "received")
    assert tale.states()["return"] == "kept"
    assert tale.promises()["return"].at_ms == taken.statement.at_ms


@pytest.mark.parametrize(("days", "by", "state"), [(9, "her", "unused"), (3, "shop", "kept")])
def test_a_return_too_late_or_told_by_the_seller(days: int, by: str, state: str) -> None:
    assert sent_back(days, by)[0].states()["return"] == state


def test_a_second_sale_has_promises_of_its_own() -> None:
    tale, _ = sent_back(3)
    tale.say(tale.shop, "relist", {"item": tale.item, "offer": f"{tale.shop.actor}/01/06901234567892"}, {"condition": "opened"})
    assert tale.states()["return"] == "kept", "what is offered again was taken back"
    tale.sell(tale.shop, tale.item)
    assert tale.states() == {"dispatch": "open", "delivery": "open", "return": "open"}


def test_the_seller_s_newest_commitment_stands_beside_its_registration() -> None:
    tale = Shop()
    assert tale.trace(tale.item).pledge is None
    body = {"document": b64u(seed("vow")), "heads": ["quality", "liability"], "until": "2026-11-23"}
    entry = tale.say(tale.shop, "commitment", {"party": tale.shop.actor}, body)
    found = tale.trace(tale.item).pledge
    assert found is not None
    assert (found.ref, found.heads, found.ended) == (entry.ref, ("quality", "liability"), False)
    tale.now += 3 * DAY
    found = tale.trace(tale.item).pledge
    assert found is not None
    assert found.ended


def test_the_courier_s_rating_is_the_newest_day_s() -> None:
    tale = Shop()
    waybill = tale.send()
    office = tale.office()
    assert tale.waybill(waybill).box is not None
    assert tale.waybill(waybill).box.rating is None  # type: ignore[union-attr]
    book = PUBLICATION["book"] | {"origin": f"{BOOK}/1"}
    for body in (GREY | {"as_of": "2026-10-30"}, PUBLICATION):
        tale.say(office, "publication", {"party": tale.courier.actor}, body | {"book": book})
    (box,) = tale.trace(tale.item).couriers
    assert box.rating is not None
    assert (box.rating.grade, box.rating.score, box.rating.low, box.rating.high) == ("B", "79.7", "76.1", "83.3")
    assert (box.rating.as_of, box.rating.rules, box.rating.colour) == ("2026-10-31", "KD-2026.1", "blue")


def test_of_an_odd_time_the_bounds_that_are_proved_are_named() -> None:
    tale = Shop()
    waybill, consign, _ = tale.consign(tale.shop, tale.courier, "box", [tale.item])
    tale.now += 5 * HOUR
    soon = tale.scan(tale.courier, waybill, "PICKED_UP", body={"accepts": consign.name})
    late = tale.scan(tale.courier, waybill, "HUB_IN", at=tale.now - 4 * HOUR, body={"accepts": consign.name}, evidence=PAPER)
    alone = tale.scan(tale.courier, waybill, "HUB_OUT", at=tale.now - 3 * HOUR)
    page = tale.waybill(waybill)
    proved = {
        entry.index: {f.name: f.value for f in row_at(page, entry).facts if f.name.startswith("proved_")}
        for entry in (soon, late, alone)
    }
    assert proved[soon.index] == {}
    assert proved[late.index] == {"proved_after": consign.index, "proved_by": late.received_ms}
    assert proved[alone.index] == {"proved_by": alone.received_ms}
    assert page.papers == 1

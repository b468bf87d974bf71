"""The page of one waybill folded from entries."""

from __future__ import annotations

import pytest
from fakes.tale import DAY, HOUR, Tale, row_at, rows_of
from fakes.world import Signer

from suxin.ledger.moment import moment_text
from suxin.trace.page import WaybillPage


@pytest.fixture
def tale() -> Tale:
    return Tale()


def states(page: WaybillPage) -> list[str]:
    return [step.state for step in page.steps]


def test_what_was_agreed_and_what_happened(tale: Tale) -> None:
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    promised = tale.now + 48 * HOUR
    body = {"deliver_by": moment_text(promised), "weight_g": 900}
    waybill, *_ = tale.consign(shop, courier, "p", body=body)
    page = tale.waybill(waybill)
    assert (page.path, page.ref, page.carrier.actor) == (f"/w/{waybill}", waybill[19:], courier.actor)
    assert page.shipper is not None
    assert (page.shipper.actor, page.contents, page.promised_ms, page.weight_g) == (shop.actor, 1, promised, None)
    assert (page.counts_for_carrier, states(page)) == (False, ["now", "none", "none", "none", "none", "none"])
    tale.scan(courier, waybill, "HUB_IN", body={"weight_g": 2_400})
    tale.scan(courier, waybill, "PICKED_UP", at=tale.now - HOUR // 2, body={"weight_g": 2_310})
    page = tale.waybill(waybill)
    assert page.weight_g == 2_310  # at pick-up, whenever that was recorded
    assert (page.counts_for_carrier, states(page)[:3]) == (True, ["done", "done", "now"])


def test_a_parcel_of_scans_alone_has_a_page(tale: Tale) -> None:
    courier = tale.firm("courier")
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    tale.scan(courier, waybill, "OUT_FOR_DELIVERY")
    page = tale.waybill(waybill)
    assert (page.shipper, page.contents, page.promised_ms) == (None, None, None)
    assert states(page)[:4] == ["none", "none", "none", "now"]


def test_a_replaced_consign_no_longer_binds(tale: Tale) -> None:
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    waybill, first, _ = tale.consign(shop, courier, "p", body={"deliver_by": moment_text(tale.now + HOUR)})
    tale.consign(shop, courier, "p", body={"replaces": first.name})
    page = tale.waybill(waybill)
    assert page.promised_ms is None
    assert [row.kind for row in rows_of(page)] == ["consign", "consign"]


def test_a_parcel_that_was_handed_over_is_where_its_next_waybill_says(tale: Tale) -> None:
    shop, courier, other = tale.firm("merchant"), tale.firm("courier"), tale.firm("courier")
    waybill, *_ = tale.consign(shop, courier, "p")
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    tale.scan(courier, waybill, "PICKED_UP")
    tale.scan(courier, waybill, "HANDOVER", next_=onward)
    tale.deliver(other, onward)
    first, second = tale.waybill(waybill), tale.waybill(onward)
    assert first.standing is not None
    assert (first.standing.code, first.next_path) == ("delivered", f"/w/{onward}")
    assert "delivery" not in [row.kind for row in rows_of(first)]  # that entry is the next waybill's
    assert [row.code for row in rows_of(second)] == ["", "HANDOVER"]
    assert (second.next_path, second.carrier.actor) == ("", other.actor)


def test_a_hand_over_alone_does_not_make_it_the_next_carriers_parcel(tale: Tale) -> None:
    courier, other = tale.firm("courier"), tale.firm("courier")
    waybill, onward = f"{courier.actor[5:]}/{'x' * 22}", f"{other.actor[5:]}/{'y' * 22}"
    handed = tale.scan(courier, waybill, "HANDOVER", next_=onward)
    assert not tale.waybill(onward).counts_for_carrier
    tale.confirm(other, handed, "accepts")
    assert tale.waybill(onward).counts_for_carrier


def test_complaints_of_a_parcel_are_counted_on_its_page(tale: Tale) -> None:
    courier = tale.firm("courier")
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    tale.scan(courier, waybill, "HUB_IN")
    complaint = tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, {"against": "carrier", "category": "delay"})
    page = tale.waybill(waybill)
    assert page.standing is not None
    assert page.standing.complaints_open == 1
    assert (page.steps[5].name, page.steps[5].note) == ("complaint", "open")
    tale.say(tale.office(), "case", {}, {"state": "DECIDED", "outcome": "part"}, ref=complaint)
    page = tale.waybill(waybill)
    assert page.standing is not None
    assert (page.standing.complaints_open, page.steps[5].note) == (0, "upheld")
    assert row_at(page, complaint).replies[0].code == "part"


@pytest.mark.parametrize(("codes", "state", "note", "at"), [
    (["PICKED_UP", "LOST"], "lost", "lost", 2), (["PICKED_UP", "HELD"], "held", "", 2),
    (["PICKED_UP", "DAMAGED"], "damaged", "", 2), (["OUT_FOR_DELIVERY", "ATTEMPT_FAILED"], "attempt_failed", "failed", 3),
    (["OUT_FOR_DELIVERY", "REFUSED"], "refused", "refused", 4), (["PICKED_UP", "RETURNING"], "returning", "returned", 4),
    (["CREATED", "CANCELLED"], "cancelled", "", 2),
])  # fmt: skip
def test_what_went_wrong_asks_for_attention(tale: Tale, codes: list[str], state: str, note: str, at: int) -> None:
    courier = tale.firm("courier")
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    for code in codes:
        tale.scan(courier, waybill, code)
    page = tale.waybill(waybill)
    assert page.standing is not None
    assert page.standing.code == state
    assert (page.steps[at].state, page.steps[at].note) == ("attention", note)


def test_a_late_parcel_says_by_how_much(tale: Tale) -> None:
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    promised = tale.now + HOUR
    waybill, *_ = tale.consign(shop, courier, "p", body={"deliver_by": moment_text(promised)})
    tale.scan(courier, waybill, "PICKED_UP")
    tale.now += DAY
    page = tale.waybill(waybill)
    assert page.standing is not None
    assert page.standing.late_ms == tale.now - promised
    delivery = tale.deliver(courier, waybill)
    page = tale.waybill(waybill)
    assert page.standing is not None
    assert page.standing.late_ms == delivery.statement.at_ms - promised

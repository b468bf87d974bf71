"""Evidence grades: every cell of the definition, and that nobody earns a grade with a signature of his own house."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.tale import HAM, PAPER, PHOTO, Tale, row_at, rows_of
from fakes.world import Signer

from suxin.ledger.entry import Entry
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.trace.page import TracePage, WaybillPage

Graded = tuple[str, str]


def graded(page: TracePage | WaybillPage, entry: Entry) -> Graded:
    found = row_at(page, entry).evidence
    assert found is not None
    return found.grade, found.reason


@pytest.fixture
def tale() -> Tale:
    return Tale()


@pytest.fixture
def shop(tale: Tale) -> Signer:
    firm = tale.firm("merchant")
    tale.list(firm)
    return firm


@pytest.fixture
def courier(tale: Tale) -> Signer:
    return tale.firm("courier")


@pytest.mark.parametrize("kind", ["photo", "signature", "report", "weight", "recording"])
def test_one_firm_with_physical_evidence_earns_c(tale: Tale, courier: Signer, kind: str) -> None:
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    scan = tale.scan(courier, waybill, "HUB_IN", evidence=[PHOTO[0] | {"kind": kind}])
    assert graded(tale.waybill(waybill), scan) == ("C", "physical")


@pytest.mark.parametrize(
    "more", [{}, {"evidence": PAPER}, {"evidence": [PHOTO[0] | {"kind": "other"}]}, {"body": {"weight_g": 900}}]
)
def test_a_bare_word_a_paper_or_a_number_is_a_claim(tale: Tale, courier: Signer, more: dict[str, Any]) -> None:
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    scan = tale.scan(courier, waybill, "HUB_IN", **more)
    assert graded(tale.waybill(waybill), scan) == ("D", "claim_only")


@pytest.mark.parametrize(("mode", "reason"), [("simulated", "simulated"), ("import", "imported"), ("relay", "relayed")])
def test_borrowed_words_are_d(tale: Tale, shop: Signer, courier: Signer, mode: str, reason: str) -> None:
    waybill, consign, code = tale.consign(shop, courier, "p", source={"mode": mode})
    tale.confirm(courier, consign, "accepts")
    delivery = tale.deliver(courier, waybill, source={"mode": mode}, evidence=PHOTO)
    tale.confirm(code, delivery, "received")
    page = tale.waybill(waybill)
    assert graded(page, consign) == graded(page, delivery) == ("D", reason)
    assert row_at(page, delivery).evidence.parties == ()  # type: ignore[union-attr]


def test_borrowed_words_support_nobody_else(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, consign, _ = tale.consign(shop, courier, "p")
    tale.confirm(courier, consign, "accepts", source={"mode": "relay"})
    assert graded(tale.waybill(waybill), consign) == ("D", "claim_only")


def test_a_consign_earns_b_by_a_scan_and_a_by_an_acceptance(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, consign, _ = tale.consign(shop, courier, "p")
    assert graded(tale.waybill(waybill), consign) == ("D", "claim_only")
    tale.scan(courier, waybill, "CREATED")
    assert graded(tale.waybill(waybill), consign) == ("D", "claim_only")  # nobody had it in hand yet
    picked = tale.scan(courier, waybill, "PICKED_UP")
    page = tale.waybill(waybill)
    assert graded(page, consign) == graded(page, picked) == ("B", "two_organisations")
    accepted = tale.confirm(courier, consign, "accepts")
    page = tale.waybill(waybill)
    assert graded(page, consign) == graded(page, accepted) == ("A", "counter_signed")
    assert [p.actor for p in row_at(page, consign).evidence.parties] == [shop.actor, courier.actor]  # type: ignore[union-attr]


def test_a_scan_that_accepts_the_consign_signs_for_both_sides(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, consign, _ = tale.consign(shop, courier, "p")
    device = tale.device(courier)
    picked = tale.scan(device, waybill, "PICKED_UP", body={"accepts": consign.name})
    page = tale.waybill(waybill)
    assert graded(page, consign) == graded(page, picked) == ("A", "counter_signed")
    # A device's signature is its company's, and is shown as such.
    assert {p.actor for p in row_at(page, picked).evidence.parties} == {shop.actor, courier.actor}  # type: ignore[union-attr]


def test_a_refusal_supports_nothing(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, consign, _ = tale.consign(shop, courier, "p")
    tale.confirm(courier, consign, "refuses")
    page = tale.waybill(waybill)
    assert graded(page, consign) == ("D", "claim_only")
    assert row_at(page, consign).flags == ("disputed",)


def test_a_delivery_is_countersigned_by_the_code_that_another_firm_issued(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, _, code = tale.consign(shop, courier, "p")
    delivery = tale.deliver(courier, waybill, evidence=PHOTO)
    assert graded(tale.waybill(waybill), delivery) == ("C", "physical")
    received = tale.confirm(code, delivery, "received")
    page = tale.waybill(waybill)
    assert graded(page, delivery) == graded(page, received) == ("A", "counter_signed")


def test_a_code_from_the_couriers_own_house_countersigns_nothing(tale: Tale, courier: Signer) -> None:
    waybill, _, code = tale.consign(tale.firm("merchant", controllers=[courier.actor]), courier, "p")
    delivery = tale.deliver(courier, waybill)
    tale.confirm(code, delivery, "received")
    assert graded(tale.waybill(waybill), delivery) == ("D", "shared_holder")


def test_a_dispatch_earns_b_by_the_carrier_of_its_parcel(tale: Tale, shop: Signer, courier: Signer) -> None:
    item = tale.make(shop)
    waybill, *_ = tale.consign(shop, courier, "p", [item])
    dispatch = tale.entries[-1]
    assert graded(tale.trace(item), dispatch) == ("D", "claim_only")
    tale.scan(courier, waybill, "HUB_IN")
    assert graded(tale.trace(item), dispatch) == ("B", "two_organisations")


def test_a_journey_that_was_over_supports_nobody_who_names_it_as_his(tale: Tale, shop: Signer, courier: Signer) -> None:
    item, waybill = tale.make(shop), f"{courier.actor[5:]}/{'p'.ljust(22, '0')}"
    tale.scan(courier, waybill, "PICKED_UP")
    delivery = tale.deliver(courier, waybill)
    _, consign, code = tale.consign(shop, courier, "p", [item])
    dispatch = tale.entries[-1]
    received = tale.confirm(code, delivery, "received")  # by a code that never lay in that parcel
    page = tale.trace(item)
    assert graded(page, dispatch) == graded(page, consign) == graded(page, delivery) == ("D", "claim_only")
    assert row_at(page, received).evidence is not None
    parcels = tale.file(courier).tally(tale.directory, tale.now)
    assert (parcels.of("grade", "D"), parcels.of("confirmed")) == (1, 0)
    tale.scan(courier, waybill, "RETURNING")
    assert graded(tale.trace(item), dispatch) == ("B", "two_organisations")


def test_a_hand_over_earns_b_by_the_next_carriers_scan_and_a_by_its_acceptance(tale: Tale, shop: Signer, courier: Signer) -> None:
    other = tale.firm("courier")
    waybill, *_ = tale.consign(shop, courier, "p")
    tale.scan(courier, waybill, "PICKED_UP")
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    handed = tale.scan(courier, waybill, "HANDOVER", next_=onward)
    assert graded(tale.waybill(waybill), handed) == ("D", "claim_only")
    first = tale.scan(other, onward, "HUB_IN")
    second = tale.scan(other, onward, "HUB_OUT")
    page = tale.waybill(onward)
    assert graded(tale.waybill(waybill), handed) == graded(page, first) == ("B", "two_organisations")
    assert graded(page, second) == ("D", "claim_only")
    tale.confirm(other, handed, "accepts")
    assert graded(tale.waybill(waybill), handed) == ("A", "counter_signed")


def test_a_review_earns_b_by_a_delivery_recorded_before_it(tale: Tale, shop: Signer, courier: Signer) -> None:
    item = tale.make(shop)
    code = tale.sell(shop, item)
    waybill, _, parcel_code = tale.consign(shop, courier, "p", [item])
    tale.deliver(courier, waybill)
    both = {"item": item, "offer": f"{shop.actor}{HAM}"}
    review = tale.say(code, "review", both, {"kind": "first", "stars": 5})
    carriage = tale.say(parcel_code, "review", {"waybill": waybill}, {"kind": "first", "stars": 5})
    page = tale.trace(item)
    assert graded(page, review) == graded(page, carriage) == ("B", "two_organisations")


def test_a_review_of_what_nobody_else_saw_is_a_claim(tale: Tale, shop: Signer) -> None:
    item = tale.make(shop)
    code = tale.sell(shop, item)
    review = tale.say(code, "review", {"item": item, "offer": f"{shop.actor}{HAM}"}, {"kind": "first", "stars": 5})
    assert graded(tale.trace(item), review) == ("D", "claim_only")


def test_a_key_bound_by_the_code_counts_as_the_house_that_issued_it(tale: Tale, shop: Signer) -> None:
    item = tale.make(shop)
    code, owner = tale.sell(shop, item), Signer.nobody("owner")
    claim = tale.say(code, "claim", {"item": item}, {"owner": owner.public})
    both = {"item": item, "offer": f"{shop.actor}{HAM}"}
    review = tale.say(owner, "review", both, {"kind": "first", "stars": 5}, ref=claim, evidence=PHOTO)
    assert graded(tale.trace(item), review) == ("C", "physical")
    sale = next(e for e in tale.entries if e.statement.type == "sale")
    tale.confirm(owner, sale, "received")
    assert graded(tale.trace(item), sale) == ("D", "shared_holder")  # the shop's own code does not vouch for the shop


def test_a_key_without_a_code_is_nobody(tale: Tale, courier: Signer) -> None:
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    tale.scan(courier, waybill, "HUB_IN")
    nobody = Signer.nobody("passer-by")
    body = {"against": "carrier", "category": "damaged"}
    complaint = tale.say(nobody, "complaint", {"waybill": waybill}, body, evidence=PHOTO)
    assert graded(tale.waybill(waybill), complaint) == ("D", "no_code")


def test_who_issued_a_code_first_stays_its_house(tale: Tale, shop: Signer, courier: Signer) -> None:
    friend = tale.firm("merchant", controllers=[courier.actor])
    waybill, _, code = tale.consign(friend, courier, "p")
    stranger, _, _ = tale.consign(shop, courier, "q", body={"claim": code.public})  # the same code under a clean name
    delivery = tale.deliver(courier, waybill)
    tale.confirm(code, delivery, "received")
    assert graded(tale.waybill(waybill), delivery) == ("D", "shared_holder")
    assert stranger != waybill


@pytest.mark.parametrize(
    "tie", ["controller", "both controlled by a third", "platform keeps both keys", "operator keeps both keys"]
)
def test_firms_with_an_owner_or_a_key_holder_in_common_count_once(tie: str) -> None:
    tale = Tale()
    platform = tale.firm("platform")
    owner = tale.firm("merchant")
    ties: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "controller": ({}, {}),
        "both controlled by a third": ({"controllers": [owner.actor]}, {"controllers": [owner.actor]}),
        "platform keeps both keys": ({"key_holder": platform.actor}, {"key_holder": platform.actor}),
        "operator keeps both keys": ({"key_holder": "operator"}, {"key_holder": "operator"}),
    }
    of_shop, of_courier = ties[tie]
    shop = tale.firm("merchant", **of_shop)
    courier = tale.firm("courier", **(of_courier or {"controllers": [shop.actor]}))
    tale.list(shop)
    item = tale.make(shop)
    code = tale.sell(shop, item)
    waybill, consign, parcel_code = tale.consign(shop, courier, "p", [item])
    device = tale.device(courier)
    tale.confirm(courier, consign, "accepts")
    for scan in ("PICKED_UP", "HUB_IN", "OUT_FOR_DELIVERY"):
        tale.scan(device, waybill, scan)
    delivery = tale.deliver(device, waybill, body={"accepts": consign.name})
    tale.confirm(parcel_code, delivery, "received")
    both = {"item": item, "offer": f"{shop.actor}{HAM}"}
    tale.say(code, "review", both, {"kind": "first", "stars": 5})
    tale.say(parcel_code, "review", {"waybill": waybill}, {"kind": "first", "stars": 5})
    evidence = [row.evidence for row in rows_of(tale.trace(item)) if row.evidence is not None]
    assert len(evidence) == 13
    assert {found.grade for found in evidence} == {"D"}
    assert {row.evidence.grade for row in rows_of(tale.waybill(waybill)) if row.evidence} == {"D"}


def test_a_mandate_makes_two_firms_one_house(tale: Tale, courier: Signer) -> None:
    """Who signs in another's name is not a second organisation beside it."""
    shop, packer = tale.firm("merchant"), tale.firm("warehouse")
    tale.say(shop, "mandate", {"party": shop.actor}, {"event": "grant", "to": packer.actor, "types": ["consign", "dispatch"]})
    waybill, consign, _ = tale.consign(packer, courier, "p", **{"for": shop.actor})
    tale.confirm(shop, consign, "received")
    assert graded(tale.waybill(waybill), consign) == ("D", "shared_holder")
    assert row_at(tale.waybill(waybill), consign).acting_for.actor == shop.actor  # type: ignore[union-attr]


def test_what_is_no_step_has_no_grade(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "p")
    scan = tale.scan(courier, waybill, "HUB_IN")
    correction = tale.say(courier, "correction", {}, {"reason": "wrong_data"}, ref=scan)
    assert row_at(tale.waybill(waybill), correction).evidence is None
    assert tale.directory.role(ROOT_ACTOR) == "operator"


@pytest.mark.parametrize(("holder", "house"), [("self", 1), ("operator", 2)])
def test_a_registration_says_who_keeps_the_key(tale: Tale, holder: str, house: int) -> None:
    firm = tale.firm("merchant", key_holder=holder)
    assert len(tale.directory.house(firm.actor)) == house


def test_a_code_cannot_be_taken_over_within_one_story(tale: Tale, shop: Signer, courier: Signer) -> None:
    """The courier's friend issues a code, a clean firm repeats it later: the sign-off is still the friend's word."""
    friend = tale.firm("merchant", controllers=[courier.actor])
    item = tale.make(shop)
    waybill, _, code = tale.consign(friend, courier, "p", [item])
    delivery = tale.deliver(courier, waybill)
    tale.consign(shop, courier, "q", [item], body={"claim": code.public})
    tale.confirm(code, delivery, "received")
    assert graded(tale.trace(item), delivery) == ("D", "shared_holder")


def test_a_delivery_that_comes_after_a_review_does_not_support_it(tale: Tale, shop: Signer, courier: Signer) -> None:
    item = tale.make(shop)
    code = tale.sell(shop, item)
    waybill, *_ = tale.consign(shop, courier, "p", [item])
    review = tale.say(code, "review", {"item": item, "offer": f"{shop.actor}{HAM}"}, {"kind": "first", "stars": 5})
    tale.deliver(courier, waybill)
    assert graded(tale.trace(item), review) == ("D", "claim_only")


def test_the_next_carriers_acceptance_is_not_the_first_ones(tale: Tale, shop: Signer) -> None:
    own, other = tale.firm("courier", controllers=[shop.actor]), tale.firm("courier")
    waybill, consign, _ = tale.consign(shop, own, "p")
    handed = tale.scan(own, waybill, "HANDOVER", next_=f"{other.actor[5:]}/{'onward'.ljust(22, '0')}")
    tale.confirm(other, handed, "accepts")
    page = tale.waybill(waybill)
    assert graded(page, consign) == ("D", "shared_holder")
    assert graded(page, handed) == ("A", "counter_signed")

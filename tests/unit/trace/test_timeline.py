"""The trace page folded from entries: journeys, odd times, threads, recalls, contradictions."""

from __future__ import annotations

import pytest
from fakes.tale import DAY, HAM, HOUR, MINUTE, Tale, row_at, rows_of, serial
from fakes.world import Signer, seed

from suxin.ledger.commitment import commit
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text
from suxin.trace.page import TracePage
from suxin.trace.record import ScanFold, Words

OFFER_TITLE = "金华火腿"


class Shop(Tale):
    """A tale with a shop, its offer and a courier in it."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = self.firm("merchant", licence="SC-0579")
        self.courier = self.firm("courier")
        self.offer = self.list(self.shop)

    def carry(self, waybill: str, *codes: str, **more: object) -> None:
        for code in codes:
            self.scan(self.courier, waybill, code, **more)  # type: ignore[arg-type]


@pytest.fixture
def tale() -> Shop:
    return Shop()


def states(page: TracePage) -> dict[str, str]:
    return {step.name: step.state for step in page.steps}


def code_of(page: TracePage) -> str:
    assert page.standing is not None
    return page.standing.code


def test_an_ordinary_life_step_by_step(tale: Shop) -> None:
    item = tale.make(tale.shop, lot="B1")
    page = tale.trace(item)
    assert page.standing is None
    assert (page.gtin, page.sku, page.lot, page.serial) == (HAM[4:], "", "B1", "serial-00000001")
    assert [p.actor for p in page.makers] == [tale.shop.actor]
    assert set(states(page).values()) == {"none"}

    tale.sell(tale.shop, item)
    page = tale.trace(item)
    assert (code_of(page), states(page)["listing"], states(page)["sale"]) == ("sold", "done", "now")
    assert (page.name.text, page.name.english, page.seller_licences) == (OFFER_TITLE, "Ham", ("SC-0579",))
    assert page.seller is not None
    assert page.seller.name.english == "merchant 1"

    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    assert code_of(tale.trace(item)) == "dispatched"
    assert not tale.trace(item).couriers[0].counts_for_carrier
    for code, reached in (
        ("PICKED_UP", "picked_up"), ("HUB_IN", "in_transit"), ("CUSTOMS_PROBLEM", "held"), ("HUB_OUT", "in_transit"),
        ("DELAYED", "delayed"),
        ("OUT_FOR_DELIVERY", "out_for_delivery"), ("ATTEMPT_FAILED", "attempt_failed"), ("READY_FOR_PICKUP", "ready_for_pickup"),
    ):  # fmt: skip
        tale.carry(waybill, code)
        assert code_of(tale.trace(item)) == reached
    assert tale.trace(item).couriers[0].counts_for_carrier
    tale.deliver(tale.courier, waybill)
    page = tale.trace(item)
    assert code_of(page) == "delivered"
    assert [states(page)[name] for name in ("transit", "delivery", "review")] == ["done", "done", "none"]
    assert page.standing is not None
    assert page.standing.place is not None
    assert page.standing.place.district == "310115"


def test_every_entry_stands_in_the_record_once_and_newest_first(tale: Shop) -> None:
    item = tale.make(tale.shop, lot="B1")
    code = tale.sell(tale.shop, item)
    waybill, consign, parcel_code = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.confirm(tale.courier, consign, "accepts")
    tale.carry(waybill, "PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")
    tale.confirm(parcel_code, tale.deliver(tale.courier, waybill), "received")
    first = tale.say(code, "review", {"item": item, "offer": tale.offer}, {"kind": "first", "stars": 4})
    tale.say(code, "review", {"item": item, "offer": tale.offer}, {"kind": "follow", "stars": 2}, ref=first)
    page = tale.trace(item)
    shown = [row.ref.index for row in rows_of(page)]
    material = tale.material(f"p:{item}")
    assert sorted(shown) == [e.index for e in material.shown]
    assert page.record_count == len(shown)
    tops = [part.rows[0] if isinstance(part, ScanFold) else part for part in page.record]
    assert [row.time.at_ms for row in tops] == sorted((row.time.at_ms for row in tops), reverse=True)
    assert page.proof.entries == len(tale.closure(f"p:{item}").entries)
    assert page.proof.streams == len(tale.closure(f"p:{item}").streams)


def test_plain_scans_on_the_way_fold_and_others_do_not(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.carry(waybill, "PICKED_UP", "HUB_IN", "HUB_OUT")
    tale.scan(tale.courier, waybill, "ATTEMPT_FAILED", body={"reason": "recipient.absent"})
    tale.carry(waybill, "OUT_FOR_DELIVERY")
    kinds = [[r.code for r in part.rows] if isinstance(part, ScanFold) else part.code for part in tale.trace(item).record]
    assert kinds[:4] == ["OUT_FOR_DELIVERY", "ATTEMPT_FAILED", ["HUB_OUT", "HUB_IN"], "PICKED_UP"]


def test_one_item_in_three_boxes_is_as_far_as_its_last_box(tale: Shop) -> None:
    item = tale.make(tale.shop)
    tale.sell(tale.shop, item)
    waybills = []
    for piece in (1, 2):
        waybill, *_ = tale.consign(tale.shop, tale.courier, f"piece{piece}", [item], pieces=(piece, 3))
        tale.deliver(tale.courier, waybill)
        waybills.append(waybill)
    assert code_of(tale.trace(item)) == "dispatched"  # the third box was never sent
    third, *_ = tale.consign(tale.shop, tale.courier, "piece3", [item], pieces=(3, 3))
    tale.carry(third, "PICKED_UP", "HUB_IN")
    assert code_of(tale.trace(item)) == "in_transit"
    tale.carry(third, "LOST")
    page = tale.trace(item)
    assert code_of(page) == "lost"
    assert (states(page)["transit"], page.steps[3].note) == ("attention", "lost")
    tale.carry(third, "FOUND")
    assert code_of(tale.trace(item)) == "in_transit"
    tale.deliver(tale.courier, third)
    page = tale.trace(item)
    assert code_of(page) == "delivered"
    assert len(page.couriers) == 3
    assert page.couriers[0].waybill_path == f"/w/{third}"  # the newest first


def test_three_items_in_one_box_do_not_show_each_other(tale: Shop) -> None:
    items = [tale.make(tale.shop, number) for number in (1, 2, 3)]
    waybill, *_ = tale.consign(tale.shop, tale.courier, "box", items)
    tale.deliver(tale.courier, waybill)
    for item in items:
        page = tale.trace(item)
        assert code_of(page) == "delivered"
        assert not [row for row in rows_of(page) if row.kind == "dispatch" and row.ref.index != _dispatch_of(tale, item)]
        assert all(other not in repr(page) for other in items if other != item)


def _dispatch_of(tale: Tale, item: str) -> int:
    (found,) = [e.index for e in tale.entries if e.statement.type == "dispatch" and e.statement.subjects["item"] == item]
    return found


def test_relabelling_on_hand_over_goes_on_under_the_next_waybill(tale: Shop) -> None:
    other = tale.firm("courier")
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.carry(waybill, "PICKED_UP")
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    tale.scan(tale.courier, waybill, "HANDOVER", next_=onward)
    assert code_of(tale.trace(item)) == "in_transit"
    tale.scan(other, onward, "OUT_FOR_DELIVERY")
    tale.deliver(other, onward)
    page = tale.trace(item)
    assert code_of(page) == "delivered"
    assert [box.carrier.actor for box in page.couriers] == [other.actor, tale.courier.actor]
    (row,) = [row for row in rows_of(page) if row.code == "HANDOVER"]
    assert ("next", f"/w/{onward}") in [(fact.name, fact.value) for fact in row.facts]


def test_a_returned_item_is_offered_and_sold_again(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.deliver(tale.courier, waybill)
    tale.say(code, "review", {"item": item, "offer": tale.offer}, {"kind": "first", "stars": 1})
    returned = tale.say(code, "return", {"item": item}, {"reason": "no_reason_7d"})
    assert code_of(tale.trace(item)) == "returning"
    tale.confirm(tale.shop, returned, "received")
    page = tale.trace(item)
    assert (code_of(page), page.steps[4].note) == ("returned", "returned")
    tale.say(tale.shop, "relist", {"item": item, "offer": tale.offer}, {"condition": "opened"})
    assert code_of(tale.trace(item)) == "listed"
    tale.sell(tale.shop, item)
    page = tale.trace(item)
    # The second sale is a life of its own: the first journey and the first review are history.
    assert code_of(page) == "sold"
    assert (states(page)["delivery"], states(page)["review"]) == ("none", "none")
    assert [row for row in rows_of(page) if row.kind == "review"]


def test_a_refused_parcel_goes_back(tale: Shop) -> None:
    item = tale.make(tale.shop)
    tale.sell(tale.shop, item)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.carry(waybill, "PICKED_UP", "OUT_FOR_DELIVERY", "REFUSED")
    page = tale.trace(item)
    assert (code_of(page), page.steps[4].state, page.steps[4].note) == ("refused", "attention", "refused")
    tale.carry(waybill, "RETURNING", "RETURNED")
    assert code_of(tale.trace(item)) == "returned"
    tale.carry(waybill, "HUB_IN")  # what comes late fills history and changes nothing
    assert code_of(tale.trace(item)) == "returned"


def test_a_delivery_stays_one_until_it_is_sent_back_or_taken_back(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    delivery = tale.deliver(tale.courier, waybill)
    tale.carry(waybill, "HUB_OUT", "LOST")
    assert code_of(tale.trace(item)) == "delivered"
    correction = tale.say(tale.courier, "correction", {}, {"reason": "did_not_occur"}, ref=delivery)
    page = tale.trace(item)
    assert code_of(page) == "lost"
    assert row_at(page, delivery).corrected_by == correction.ref  # both stay on the page
    assert row_at(page, correction).kind == "correction"


def test_a_corrected_field_stays_and_its_correction_stands_beside_it(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    scan = tale.scan(tale.courier, waybill, "HUB_IN", body={"weight_g": 7_100})
    changes = [{"pointer": "/body/weight_g", "value": 7_200}]
    correction = tale.say(tale.courier, "correction", {}, {"reason": "wrong_data", "changes": changes}, ref=scan)
    page = tale.trace(item)
    assert code_of(page) == "in_transit"
    assert ("weight_g", 7_100) in [(f.name, f.value) for f in row_at(page, scan).facts]
    assert ("/body/weight_g", 7_200) in [(f.name, f.value) for f in row_at(page, correction).facts]


def test_two_makers_of_one_serial_are_both_shown(tale: Shop) -> None:
    item = tale.make(tale.shop)
    twin = tale.firm("merchant")
    tale.make(twin)
    assert [p.actor for p in tale.trace(item).makers] == [tale.shop.actor, twin.actor]


def test_odd_times_are_flagged_and_none_is_refused(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    scanned = tale.scan(tale.courier, waybill, "PICKED_UP")
    tale.now += HOUR
    tale.sell(tale.shop, item)  # real orders are scanned before the payment was approved
    page = tale.trace(item)
    assert row_at(page, scanned).time.oddities == ("out_of_order",)
    assert code_of(page) == "picked_up"  # the parcel belongs to the sale that was recorded after it

    hours = {3: "late", 100: "very_late"}
    for hour, flag in hours.items():
        late = tale.scan(tale.courier, waybill, "HUB_IN", at=tale.now - hour * HOUR)
        assert flag in row_at(tale.trace(item), late).time.oddities
    ahead = tale.scan(tale.courier, waybill, "HUB_IN", at=tale.now + 4 * MINUTE)
    assumed = tale.scan(tale.courier, waybill, "HUB_IN", body={"time_source": "assumed"})
    page = tale.trace(item)
    assert row_at(page, ahead).time.oddities == ("ahead",)
    assert row_at(page, assumed).time.oddities == ("assumed",)


def test_two_honest_clocks_are_not_called_odd(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    picked = tale.scan(tale.courier, waybill, "PICKED_UP", at=tale.now - MINUTE)
    assert row_at(tale.trace(item), picked).time.oddities == ()


@pytest.mark.parametrize("mode", ["import", "simulated"])
def test_history_that_was_brought_in_is_not_called_late(tale: Shop, mode: str) -> None:
    item = tale.make(tale.shop, 5, source={"mode": mode}, at=tale.now - 900 * DAY)
    (row,) = rows_of(tale.trace(item))
    assert (row.time.oddities, row.source) == ((), mode)


def test_the_offset_of_a_claimed_time_is_kept(tale: Shop) -> None:
    item = tale.make(tale.shop)
    assert moment_text(tale.entries[-1].statement.at_ms) == tale.entries[-1].statement.at
    (row,) = rows_of(tale.trace(item))
    assert row.time.offset_min == 480


def test_recalls_touch_exactly_the_lot_or_class_they_name(tale: Shop) -> None:
    mine, other, without = tale.make(tale.shop, 1, lot="B1"), tale.make(tale.shop, 2, lot="B2"), tale.make(tale.shop, 3)
    notice = {"event": "start", "level": "II", "notice": b64u(seed("n")), "number": "R-1", "reason": "labelling"}
    recall = tale.say(tale.shop, "recall", {"lot": f"{HAM}/10/B1"}, notice)
    assert [banner.ref for banner in tale.trace(mine).recalls] == [recall.ref]
    assert not tale.trace(other).recalls
    assert not tale.trace(without).recalls  # the page says: lot unknown, recalls cannot be checked
    office = tale.office("market")
    both = tale.say(office, "recall", {"class": HAM}, notice | {"number": "R-2", "level": "I"})
    for item in (mine, other, without):
        assert both.ref in [banner.ref for banner in tale.trace(item).recalls]
    end = tale.say(tale.shop, "recall", {"lot": f"{HAM}/10/B1"}, notice | {"event": "finish"})
    banners = [(b.number, b.scope, b.level, b.ended) for b in tale.trace(mine).recalls]
    assert banners == [("R-2", "class", "I", None), ("R-1", "lot", "II", end.ref)]


def test_a_failed_sample_stands_above_exactly_its_lot_or_class_until_it_is_taken_back(tale: Shop) -> None:
    mine, other = tale.make(tale.shop, 1, lot="B1"), tale.make(tale.shop, 2, lot="B2")
    lab = tale.firm("lab")
    finding = {"kind": "sampling", "report": "R-7", "verdict": "fail"}
    failed = tale.say(lab, "inspection", {"lot": f"{HAM}/10/B1"}, finding)
    tale.say(lab, "inspection", {"lot": f"{HAM}/10/B1"}, finding | {"report": "R-8", "verdict": "pass"})
    (banner,) = tale.trace(mine).recalls
    assert (banner.ref, banner.reason, banner.scope, banner.number) == (failed.ref, "failed_sample", "lot", "R-7")
    assert banner.by.actor == lab.actor
    assert not tale.trace(other).recalls
    tale.say(lab, "correction", {}, {"reason": "did_not_occur"}, ref=failed)
    assert not tale.trace(mine).recalls


def test_licences_of_the_seller_are_shown_as_their_authority_left_them(tale: Shop) -> None:
    item = tale.make(tale.shop)
    tale.sell(tale.shop, item)
    office = tale.office("market")
    granted = {"event": "grant", "first": "2024-01-01", "kind": "business", "number": "B-1"}
    last = moment_text(tale.now)[:10]
    tale.say(office, "licence", {"party": tale.shop.actor}, granted | {"last": last})
    tale.say(office, "licence", {"party": tale.shop.actor}, granted | {"number": "B-2"})
    assert [(p.number, p.until, p.state) for p in tale.trace(item).seller_permits] == [
        ("B-1", last, "valid"),
        ("B-2", "", "valid"),
    ]
    tale.now += 2 * DAY
    revoked = tale.say(office, "licence", {"party": tale.shop.actor}, granted | {"event": "revoke", "number": "B-2"})
    permits = tale.trace(item).seller_permits
    assert [(p.number, p.state) for p in permits] == [("B-1", "expired"), ("B-2", "revoke")]
    assert permits[1].ref == revoked.ref


def test_a_recall_is_ended_only_by_who_called_it(tale: Shop) -> None:
    item = tale.make(tale.shop, 1, lot="B1")
    office = tale.office("market")
    notice = {"event": "start", "level": "I", "notice": b64u(seed("n")), "number": "R-1", "reason": "safety"}
    tale.say(office, "recall", {"lot": f"{HAM}/10/B1"}, notice)
    tale.say(tale.shop, "recall", {"lot": f"{HAM}/10/B1"}, notice | {"event": "finish"})
    assert [b.ended for b in tale.trace(item).recalls] == [None]


def test_a_complaint_and_all_that_answers_it_is_one_thread(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    office, platform = tale.office("market"), tale.firm("platform")
    words = "外盒压坏了"
    text = b64u(commit(seed("salt"), "complaint", "/body/text", words))
    body = {"against": "seller", "category": "damaged", "remedy": "refund", "text": text}
    complaint = tale.say(code, "complaint", {"item": item}, body)
    page = tale.trace(item)
    assert page.standing is not None
    assert (page.standing.complaints_open, page.standing.complaints_closed) == (1, 0)
    assert (page.steps[5].name, page.steps[5].state, page.steps[5].note) == ("complaint", "attention", "open")
    assert row_at(page, complaint).words == Words("sealed")
    tale.texts[complaint.statement.hash] = words
    assert row_at(tale.trace(item), complaint).words == Words("shown", words)

    tale.say(platform, "case", {}, {"state": "ACKNOWLEDGED"}, ref=complaint)
    tale.say(tale.shop, "reply", {}, {"text": b64u(seed("sorry")), "remedy": "refund"}, ref=complaint)
    case = tale.say(office, "case", {}, {"state": "DECIDED", "outcome": "upheld", "paid_minor": 39_900}, ref=complaint)
    reply = tale.say(tale.shop, "reply", {}, {"text": b64u(seed("we pay"))}, ref=case)
    page = tale.trace(item)
    (row,) = [part for part in page.record if not isinstance(part, ScanFold) and part.kind == "complaint"]
    assert [(r.kind, r.code) for r in row.replies] == [("case", "ACKNOWLEDGED"), ("reply", ""), ("case", "upheld"), ("reply", "")]
    assert row.replies[-1].ref == reply.ref
    assert ("paid_minor", (39_900, "CNY")) in [(f.name, f.value) for f in row.replies[2].facts]
    assert page.standing is not None
    assert (page.standing.complaints_open, page.standing.complaints_closed, page.steps[5].note) == (0, 1, "upheld")
    tale.say(code, "case", {}, {"state": "REOPENED"}, ref=complaint)
    assert tale.trace(item).steps[5].note == "open"


def test_silence_is_overdue_after_seven_days_and_an_answer_ends_it(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    complaint = tale.say(code, "complaint", {"item": item}, {"against": "seller", "category": "quality"})
    assert row_at(tale.trace(item), complaint).flags == ()
    tale.now += 8 * DAY
    assert row_at(tale.trace(item), complaint).flags == ("overdue",)
    tale.say(tale.shop, "reply", {}, {"text": b64u(seed("sorry"))}, ref=complaint)
    assert row_at(tale.trace(item), complaint).flags == ()


def test_a_follow_up_says_how_many_days_later(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    both = {"item": item, "offer": tale.offer}
    first = tale.say(code, "review", both, {"kind": "first", "stars": 5, "seller_stars": 4})
    tale.now += 3 * DAY
    follow = tale.say(code, "review", both, {"kind": "follow", "stars": 2}, ref=first)
    page = tale.trace(item)
    assert (row_at(page, first).stars, row_at(page, follow).stars) == (5, 2)
    assert row_at(page, follow).facts[0].value == 3
    assert row_at(page, first).replies == (row_at(page, follow),)
    assert states(page)["review"] == "done"


@pytest.mark.parametrize(("hours", "late_ms"), [(2, HOUR), (6, -3 * HOUR)])
def test_late_is_measured_from_the_promise_to_the_sign_off(tale: Shop, hours: int, late_ms: int) -> None:
    item = tale.make(tale.shop)
    sold = tale.now
    tale.sell(tale.shop, item, body={"deliver_by": moment_text(sold + hours * HOUR)})
    waybill, _, code = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.now = sold + 5 * HOUR
    delivery = tale.deliver(tale.courier, waybill, at=sold + 3 * HOUR)
    tale.now += DAY
    tale.confirm(code, delivery, "received")  # receipt comes later and makes nobody late
    standing = tale.trace(item).standing
    assert standing is not None
    assert (standing.code, standing.late_ms, standing.promised_ms) == ("received", late_ms, sold + hours * HOUR)


def test_while_under_way_late_is_measured_to_now_and_an_offers_promise_counts_from_the_sale(tale: Shop) -> None:
    tale.list(tale.shop, event="change", promise={"deliver_hours": 48})
    item = tale.make(tale.shop)
    tale.sell(tale.shop, item)
    sold = tale.entries[-1].statement.at_ms
    tale.list(tale.shop, event="change", promise={"deliver_hours": 1})  # a later change binds later sales
    tale.now += 3 * DAY
    standing = tale.trace(item).standing
    assert standing is not None
    assert standing.promised_ms == sold + 48 * HOUR
    assert standing.late_ms == tale.now - standing.promised_ms


def test_thirty_days_without_a_scan_are_stale(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.carry(waybill, "PICKED_UP")
    tale.now += 31 * DAY
    assert code_of(tale.trace(item)) == "stale"


def test_what_brought_an_item_to_the_shop_is_not_its_buyers_parcel(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "to-shop", [item])
    tale.deliver(tale.courier, waybill)
    tale.now += DAY
    tale.sell(tale.shop, item)
    assert code_of(tale.trace(item)) == "sold"


def test_a_scan_again_within_two_minutes_is_a_probable_double(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    first, second = tale.scan(tale.courier, waybill, "HUB_IN"), tale.scan(tale.courier, waybill, "HUB_IN")
    tale.now += 10 * MINUTE
    third = tale.scan(tale.courier, waybill, "HUB_IN")
    page = tale.trace(item)
    assert [row_at(page, e).flags for e in (first, second, third)] == [(), ("probable_duplicate",), ()]


@pytest.mark.parametrize(("method", "body", "flags"), [
    ("in_person", {}, ()), ("locker", {}, ("no_consent",)), ("locker", {"consent": "none"}, ("no_consent",)),
    ("station", {"consent": "standing"}, ()), ("neighbour", {"consent": "this_parcel"}, ()),
])  # fmt: skip
def test_a_sign_off_without_consent_is_marked(tale: Shop, method: str, body: dict[str, str], flags: tuple[str, ...]) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    delivery = tale.deliver(tale.courier, waybill, method, body=body)
    assert row_at(tale.trace(item), delivery).flags == flags


def test_a_denied_delivery_is_disputed_until_the_denial_fails(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    delivery = tale.deliver(tale.courier, waybill)
    body = {"against": "carrier", "category": "false_signoff"}
    complaint = tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, body)
    assert row_at(tale.trace(item), delivery).flags == ("disputed",)
    tale.say(tale.office(), "case", {}, {"state": "DECIDED", "outcome": "not_upheld"}, ref=complaint)
    assert row_at(tale.trace(item), delivery).flags == ()


def test_a_scan_claimed_after_the_sign_off_is_marked(tale: Shop) -> None:
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.deliver(tale.courier, waybill)
    tale.now += HOUR
    scan = tale.scan(tale.courier, waybill, "HUB_OUT")
    back = tale.scan(tale.courier, waybill, "RETURNING")
    page = tale.trace(item)
    assert row_at(page, scan).flags == ("after_delivery",)
    assert row_at(page, back).flags == ()


def test_what_a_stolen_key_signed_is_marked_by_the_time_of_receipt(tale: Shop) -> None:
    item = tale.make(tale.shop)
    device = tale.device(tale.courier)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [item])
    before = tale.scan(device, waybill, "PICKED_UP")
    tale.now += HOUR
    since, antedated = tale.now, tale.now - 2 * HOUR
    theirs = [tale.scan(device, waybill, "HUB_IN"), tale.scan(device, waybill, "HUB_OUT", at=antedated)]
    assert [row_at(tale.trace(item), scan).flags for scan in (before, *theirs)] == [(), (), ()], "not yet reported"
    tale.say(tale.courier, "key", {"party": device.actor}, {"event": "revoke", "key": device.public, "since": moment_text(since)})
    own = tale.scan(tale.courier, waybill, "OUT_FOR_DELIVERY")
    page = tale.trace(item)
    assert [row_at(page, scan).flags for scan in (before, *theirs, own)] == [(), ("key_stolen",), ("key_stolen",), ()]


def test_a_firm_that_turns_out_to_have_reviewed_its_own_house_is_an_insider(tale: Shop) -> None:
    """While its owner is known its review is refused; what is told of owners later marks what was said before."""
    friend = tale.firm("merchant")
    found = []
    for shipper in (friend, tale.shop):
        waybill, *_ = tale.consign(shipper, tale.courier, f"of-{shipper.actor[-4:]}")
        tale.deliver(tale.courier, waybill)
        found.append((waybill, tale.say(shipper, "review", {"waybill": waybill}, {"kind": "first", "stars": 5})))
    owner = {"controllers": [tale.courier.actor], "event": "change", "role": "merchant"}
    tale.say(friend, "actor", {"party": friend.actor}, owner)
    assert [row_at(tale.waybill(waybill), review).flags for waybill, review in found] == [("insider",), ()]


def test_a_stranger_in_a_parcel_is_no_part_of_the_page(tale: Shop) -> None:
    """Nobody borrows a stranger's journey: without a dispatch that opens it, a parcel tells nothing about an item."""
    item = tale.make(tale.shop)
    waybill, *_ = tale.consign(tale.shop, tale.courier, "p", [serial(1)])
    other = tale.make(tale.shop, 2)
    tale.deliver(tale.courier, waybill)
    assert f"w:{waybill}" not in tale.closure(f"p:{other}").streams
    assert tale.trace(other).standing is None
    assert code_of(tale.trace(item)) == "delivered"


def test_custody_never_steps_back(tale: Shop) -> None:
    """An acceptance or a pick-up that claims a later time than a hub's scan does not bring the parcel back."""
    item = tale.make(tale.shop)
    waybill, consign, _ = tale.consign(tale.shop, tale.courier, "p", [item])
    tale.carry(waybill, "HUB_IN")
    tale.now += HOUR
    tale.confirm(tale.courier, consign, "accepts")
    tale.carry(waybill, "PICKED_UP")
    assert code_of(tale.trace(item)) == "in_transit"


def test_a_complainants_own_words_are_no_answer(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    complaint = tale.say(code, "complaint", {"item": item}, {"against": "seller", "category": "quality"})
    tale.say(code, "reply", {}, {"text": b64u(seed("more"))}, ref=complaint)
    tale.now += 8 * DAY
    assert row_at(tale.trace(item), complaint).flags == ("overdue",)


def test_steps_that_claim_to_come_before_what_must_precede_them(tale: Shop) -> None:
    item = tale.make(tale.shop)
    code = tale.sell(tale.shop, item)
    tale.now += DAY
    returned = tale.say(code, "return", {"item": item}, {"reason": "damaged"}, at=tale.now - 2 * DAY)
    tale.now += DAY
    second = tale.say(tale.shop, "return", {"item": item}, {"reason": "damaged"})
    relisted = tale.say(
        tale.shop, "relist", {"item": item, "offer": tale.offer}, {"condition": "opened"}, at=second.statement.at_ms - HOUR
    )
    resold = tale.say(tale.shop, "sale", {"item": item, "offer": tale.offer}, {"price_minor": 1, "currency": "CNY"})
    page = tale.trace(item)
    odd = [entry for entry in (returned, second, relisted, resold) if "out_of_order" in row_at(page, entry).time.oddities]
    assert odd == [returned, relisted]

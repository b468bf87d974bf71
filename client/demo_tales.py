"""The situations that the invented world promises to have, each told once on purpose: what a visitor is shown. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from .demo_cast import report_text
from .demo_goods import find_goods
from .demo_order import claim, make, move, rate_carriage, rate_item, sell
from .demo_parcel import carry, deliver, new_waybill, pick_up, receive, said_ms, scan, send, show_item, show_parcel
from .demo_stage import DAY, HOUR, MINUTE, Stage, Story, say
from .demo_words import COMPLAINTS

NEAR_MS = 15 * HOUR  # of the parcel on its way


def good(stage: Stage) -> Story:
    """Everything as it should be: tested lot, counter-signed hand-overs, weighed, photographed, confirmed, reviewed, answered."""
    at, carrier, goods = stage.start_ms + 12 * DAY, stage.players["qingluan"], find_goods("tingquan", 0)
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + 5 * HOUR)
    show_item(stage, "good", goods, item, "一件商品的完整记录", "an item with a full record")
    parcel = yield from send(stage, stage.players["tingquan"], [unit], carrier, "310115", at + 7 * HOUR)
    show_parcel(stage, "parcel", parcel, "上面那件商品的包裹", "the parcel that it came in")
    picked = yield from pick_up(stage, parcel, at + 9 * HOUR, countersign=True)
    depot = yield from carry(stage, parcel, picked)
    delivery = yield from deliver(stage, parcel, depot, evidence=("signature", "photo"))
    yield from receive(parcel, delivery, 12 * MINUTE)
    at = said_ms(delivery)
    said = yield from rate_carriage(stage, parcel, at + 3 * HOUR, 5, "提前打了电话，准时送到，茶罐没有一点磕碰。")
    yield from say(carrier.pen, at + 6 * HOUR, "reply", ref=said, text="谢谢，我们会转告当班的同事。")
    pen, bound = yield from claim(stage, unit, at + 26 * HOUR)
    first = yield from rate_item(
        stage, unit, at + 26 * HOUR + 4 * MINUTE, 5, "香气清，回甘快，罐底的批次和检测报告都对得上。", by=pen, claim=bound
    )
    yield from say(stage.players["tingquan"].pen, at + 30 * HOUR, "reply", ref=first, text="感谢认可，秋茶下月上架。")
    subjects = {"item": item, "offer": goods.offer}
    yield from say(
        pen, at + 192 * HOUR, "review", subjects, {"kind": "follow", "stars": 5}, ref=first, text="喝了一周，依然推荐。"
    )


def recall(stage: Stage) -> Story:
    """A sampled lot fails; its maker calls it back, and a buyer sends hers in."""
    at, goods = stage.start_ms + 6 * DAY, find_goods("shanyue", 4)
    lot = f"{goods.key}/10/{goods.lots[1]}"
    item = yield from make(stage, goods, at, goods.lots[1])
    unit = yield from sell(stage, goods, item, at + 4 * HOUR)
    show_item(stage, "recalled", goods, item, "同批商品被召回", "an item of a recalled lot")
    parcel = yield from send(stage, stage.players["shanyue"], [unit], stage.players["jieyan"], "320505", at + 5 * HOUR)
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 8 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot)
    yield from receive(parcel, delivery, HOUR)
    at = stage.start_ms + 15 * DAY + 2 * HOUR
    body: dict[str, JsonValue] = {"kind": "sampling", "report": "JH-CJ-0457", "standard": "GB-2760", "verdict": "fail"}
    paper = stage.paper(report_text(body, goods.zh, goods.lots[1], "市场监管部门（演示）", "甜蜜素项目不合格"))
    yield from say(stage.players["market"].pen, at, "inspection", {"lot": lot}, body, evidence=[paper])
    body = {"event": "start", "level": "II", "notice": stage.token(32), "number": "ZH-0031", "reason": "safety"}
    yield from say(stage.players["shanyue"].pen, at + 24 * HOUR, "recall", {"lot": lot}, body)
    yield from say(unit.buyer, at + 52 * HOUR, "return", {"item": item}, {"reason": "recall"})


def late(stage: Stage) -> Story:
    """A parcel that came two days late; the complaint about it was settled, so nobody had to decide it."""
    at, goods = stage.start_ms + 10 * DAY, find_goods("yunxi", 2)
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + 2 * HOUR)
    carrier = stage.players["jieyan"]
    parcel = yield from send(stage, stage.players["yunxi"], [unit], carrier, "510107", at + 4 * HOUR, promise_h=72)
    show_parcel(stage, "late", parcel, "迟到两天的包裹", "a parcel that came two days late")
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 6 * HOUR)))
    yield from scan(stage, parcel, depot + HOUR, "DELAYED", "510107", "HUB", reason="carrier.capacity")
    delivery = yield from deliver(stage, parcel, parcel.promised_ms + 36 * HOUR)
    at = said_ms(delivery)
    body: dict[str, JsonValue] = {"against": "carrier", "category": "delay", "remedy": "compensation"}
    complaint = yield from say(parcel.key, at + 2 * HOUR, "complaint", parcel.subjects, body, text=COMPLAINTS["delay"])
    yield from move(stage.players["xiji"], complaint, at + 2 * HOUR + 5 * MINUTE, "ACKNOWLEDGED")
    yield from say(
        carrier.pen, at + 20 * HOUR, "reply", body={"remedy": "compensation"}, ref=complaint, text="因运力不足延误，按承诺补偿。"
    )
    yield from move(carrier, complaint, at + 20 * HOUR + 5 * MINUTE, "PROPOSED", paid_minor=1_500)
    yield from say(parcel.key, at + 27 * HOUR, "case", body={"state": "ACCEPTED"}, ref=complaint)
    yield from rate_carriage(stage, parcel, at + 28 * HOUR, 2, "晚了两天，不过赔付处理得快。")


def upheld(stage: Stage) -> Story:
    """The one complaint that was upheld: put into a locker without consent, told to nobody, and the office decided."""
    at, goods = stage.start_ms + 5 * DAY, find_goods("wuheng", 2)
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + 3 * HOUR)
    carrier, office = stage.players["jiangfan"], stage.players["postal"]
    by = stage.players["cangting"]
    parcel = yield from send(stage, stage.players["wuheng"], [unit], carrier, "330702", at + 5 * HOUR, by=by)
    show_parcel(stage, "upheld", parcel, "一件成立的投诉：未经同意入柜", "a complaint upheld: a locker without consent")
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 7 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot, "locker", "none")
    at = said_ms(delivery)
    body: dict[str, JsonValue] = {"against": "carrier", "category": "locker_without_consent", "remedy": "apology"}
    text = COMPLAINTS["locker_without_consent"]
    complaint = yield from say(parcel.key, at + 5 * HOUR, "complaint", parcel.subjects, body, text=text)
    yield from move(stage.players["xiji"], complaint, at + 5 * HOUR + 2 * MINUTE, "ACKNOWLEDGED")
    yield from move(office, complaint, at + 24 * HOUR, "TRIAGED")
    yield from move(office, complaint, at + 25 * HOUR, "WITH_PARTY")
    yield from move(carrier, complaint, at + 60 * HOUR, "PROPOSED", paid_minor=500)
    yield from say(parcel.key, at + 66 * HOUR, "case", body={"state": "REJECTED_BY_CONSUMER"}, ref=complaint)
    yield from say(parcel.key, at + 67 * HOUR, "case", body={"state": "ESCALATED"}, ref=complaint)
    yield from move(office, complaint, at + 120 * HOUR, "DECIDED", outcome="upheld", at_fault="carrier")
    yield from move(carrier, complaint, at + 140 * HOUR, "REMEDIED", paid_minor=2_000)


def moving(stage: Stage, at: int) -> Story:
    """A parcel that, fifteen hours after `at`, nears the town where the rest of its steps happen, quickly one by one."""
    goods, carrier, near_ms = find_goods("yunxi", 6), stage.players["jieyan"], at + NEAR_MS
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + HOUR)
    parcel = yield from send(stage, stage.players["yunxi"], [unit], carrier, "330106", at + 3 * HOUR)
    show_parcel(stage, "moving", parcel, "正在路上的包裹：每分钟一次新扫描", "a parcel on its way: a new scan every minute")
    at = yield from pick_up(stage, parcel, at + 5 * HOUR, countersign=True)
    yield from scan(stage, parcel, at + 2 * HOUR, "HUB_IN", parcel.start, "HUB")
    yield from scan(stage, parcel, at + 5 * HOUR, "HUB_OUT", parcel.start, "HUB")
    at = near_ms
    for number, code in enumerate(("HUB_IN", "HUB_OUT", "HUB_IN", "HUB_OUT", "AT_DELIVERY_DEPOT", "OUT_FOR_DELIVERY")):
        facility = ("HUB", "HUB", "WEST", "WEST", "D3", "")[number]
        yield from scan(stage, parcel, at + (number + 1) * HOUR, code, parcel.end, facility)
    yield from scan(stage, parcel, at + 7 * HOUR, "ATTEMPT_FAILED", parcel.end, reason="recipient.absent")
    delivery = yield from deliver(stage, parcel, at + 8 * HOUR)
    yield from receive(parcel, delivery, HOUR)
    yield from rate_carriage(stage, parcel, said_ms(delivery) + 3 * HOUR, 5)
    yield from rate_item(stage, unit, said_ms(delivery) + 4 * HOUR, 5)


def empty_parcel(stage: Stage, number: int, shown: bool) -> Story:
    """One of a row of sales to nobody: shop and courier have one owner, nothing is weighed, all runs by the minute.

    Seller, buyer's code and courier are one house, so no signature supports another and every step stays a claim.
    """
    goods = find_goods("xingyao", number % 3)
    at = stage.start_ms + 14 * DAY + number * 4 * MINUTE
    shop, carrier = stage.players["xingyao"], stage.players["suyi"]
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + 2 * MINUTE)
    end = ("330702", "330783", "330106")[number % 3]
    parcel = yield from send(stage, shop, [unit], carrier, end, at + 4 * MINUTE, grams=goods.grams)
    if shown:
        show_item(
            stage, "empty", goods, item, "疑似空包裹：每一步都只是自称", "an empty-parcel scheme: every step is a claim only"
        )
    yield from pick_up(stage, parcel, at + 6 * MINUTE, weigh=False)
    delivery = yield from deliver(stage, parcel, at + 20 * HOUR, evidence=())
    yield from receive(parcel, delivery, 2 * MINUTE)
    yield from rate_item(stage, unit, said_ms(delivery) + 4 * MINUTE, 5, "非常好，五星好评！")
    if shown:
        stranger = stage.consumer()
        body: dict[str, JsonValue] = {"against": "seller", "category": "not_my_order"}
        at = said_ms(delivery) + 30 * HOUR
        yield from say(stranger, at, "complaint", parcel.subjects, body, text=COMPLAINTS["not_my_order"])


def hand_over(stage: Stage) -> Story:
    """A parcel that a second courier takes on under a new waybill; both sign the hand-over."""
    at, goods = stage.start_ms + 9 * DAY, find_goods("shanyue", 1)
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + 2 * HOUR)
    first, second = stage.players["jieyan"], stage.players["jiangfan"]
    parcel = yield from send(stage, stage.players["shanyue"], [unit], first, "310104", at + 4 * HOUR)
    show_parcel(stage, "handed over", parcel, "交给另一家快递的包裹", "a parcel handed over to another courier")
    picked = yield from pick_up(stage, parcel, at + 6 * HOUR, countersign=True)
    yield from scan(stage, parcel, picked + 2 * HOUR, "HUB_IN", "330702", "HUB")
    at, waybill = picked + 9 * HOUR, new_waybill(stage, second)
    onward = replace(parcel, carrier=second, waybill=waybill, start="310118")
    body = onward.consign_body
    onward.consign = yield from say(first.pen, at - 10 * MINUTE, "consign", onward.subjects, body)
    handed = yield from scan(stage, parcel, at, "HANDOVER", "310118", "HUB", next_=waybill, weight_g=parcel.grams)
    yield from say(second.pen, at + 6 * MINUTE, "confirm", body={"kind": "accepts"}, ref=handed)
    accepts = b64u(onward.consign.hash)
    weight: dict[str, JsonValue] = {"accepts": accepts, "weight_g": parcel.grams}
    yield from scan(stage, onward, at + 40 * MINUTE, "HUB_IN", "310118", "HUB", evidence=("weight",), more=weight)
    yield from scan(stage, onward, at + 5 * HOUR, "AT_DELIVERY_DEPOT", "310104", "D1")
    yield from deliver(stage, onward, at + 5 * HOUR, evidence=("signature",))

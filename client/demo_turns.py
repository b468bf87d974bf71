"""Journeys of the invented world that take a turn: refused, returned, lost, boxed in three, told too late or twice. Pure."""

from __future__ import annotations

from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from .demo_goods import find_goods
from .demo_order import make, rate_carriage, rate_item, ride, sell
from .demo_parcel import Parcel, Unit, carry, deliver, pick_up, receive, said_ms, scan, send, show_item, show_parcel
from .demo_stage import DAY, HOUR, MINUTE, Stage, Story, say


def relisted(stage: Stage) -> Story:
    """An item is sent back within seven days, put on sale again and sold to somebody else."""
    at, goods, seller = stage.start_ms + 3 * DAY, find_goods("wuheng", 5), stage.players["wuheng"]
    carrier, by = stage.players["jiangfan"], stage.players["cangting"]
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + HOUR)
    show_item(stage, "relisted", goods, item, "退回后再次上架的商品", "an item returned and put on sale again")
    parcel = yield from send(stage, seller, [unit], carrier, "310115", at + 3 * HOUR, by=by)
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot)
    at = said_ms(delivery) + 40 * HOUR
    yield from say(unit.buyer, at, "return", {"item": item}, {"reason": "no_reason_7d"})
    yield from rate_item(stage, unit, at + 10 * MINUTE, 3, "灯没有问题，只是比我想的大。")
    at += 4 * DAY
    subjects = {"item": item, "offer": goods.offer}
    yield from say(seller.pen, at, "relist", subjects, {"condition": "opened"})
    unit = yield from sell(stage, goods, item, at + 30 * HOUR)
    parcel = yield from send(stage, seller, [unit], carrier, "330212", at + 34 * HOUR, by=by)
    yield from ride(stage, parcel, [unit], at + 36 * HOUR)


def refused(stage: Stage) -> Story:
    """The recipient refuses the parcel at the door, and it goes back to the sender."""
    at, goods, seller = stage.start_ms + 8 * DAY, find_goods("shanyue", 2), stage.players["shanyue"]
    unit = yield from sell(stage, goods, (yield from make(stage, goods, at)), at + HOUR)
    parcel = yield from send(stage, seller, [unit], stage.players["jieyan"], "320505", at + 2 * HOUR)
    show_parcel(stage, "refused", parcel, "被拒收并退回的包裹", "a parcel refused and sent back")
    at = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
    yield from scan(stage, parcel, at + 14 * HOUR, "OUT_FOR_DELIVERY", parcel.end)
    yield from scan(stage, parcel, at + 17 * HOUR, "REFUSED", parcel.end, reason="recipient.refused", evidence=("photo",))
    yield from scan(stage, parcel, at + 26 * HOUR, "RETURNING", parcel.end, "HUB")
    at += 50 * HOUR
    yield from scan(stage, parcel, at, "RETURNED", parcel.start)
    yield from say(seller.pen, at + 2 * HOUR, "return", {"item": unit.item}, {"reason": "other"})


def lockers(stage: Stage) -> Story:
    """Two parcels in lockers: one with consent for this parcel, one without any."""
    goods, seller, linhe = find_goods("tingquan", 3), stage.players["tingquan"], stage.players["linhe"]
    for number, consent in enumerate(("this_parcel", "none")):
        at = stage.start_ms + (11 + 4 * number) * DAY
        unit = yield from sell(stage, goods, (yield from make(stage, goods, at)), at + HOUR)
        parcel = yield from send(stage, seller, [unit], stage.players["qingluan"], "310115", at + 2 * HOUR)
        zh, en = (("经同意入柜的包裹", "a locker with consent"), ("未经同意入柜的包裹", "a locker without consent"))[number]
        show_parcel(stage, f"locker {consent}", parcel, zh, en)
        depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
        delivery = yield from deliver(stage, parcel, depot, "locker", consent, station=linhe, evidence=("other",))
        if consent != "none":
            yield from receive(parcel, delivery, 20 * MINUTE)
        else:
            yield from rate_carriage(stage, parcel, said_ms(delivery) + 9 * HOUR, 2, "没问过我就放柜子了。")


def three_boxes(stage: Stage) -> Story:
    """One bookcase in three boxes; the second box goes astray and is found again."""
    at, goods, seller = stage.start_ms + 4 * DAY, find_goods("muli", 1), stage.players["muli"]
    unit = yield from sell(stage, goods, (yield from make(stage, goods, at)), at + 2 * HOUR)
    show_item(stage, "three boxes", goods, unit.item, "一件商品分装三箱", "one item in three boxes")
    carrier, parcels = stage.players["jieyan"], []
    for box in (1, 2, 3):
        packed = at + 4 * HOUR + box * 5 * MINUTE
        parcel = yield from send(
            stage, seller, [unit], carrier, "330212", packed, piece=(box, 3), grams=(18_000, 15_500, 9_200)[box - 1]
        )
        parcels.append(parcel)
    for box, parcel in enumerate(parcels):
        stage.open(_box(stage, box, parcel, at + 8 * HOUR + box * 2 * MINUTE))


def _box(stage: Stage, box: int, parcel: Parcel, at_ms: int) -> Story:
    at = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at_ms)))
    if box == 1:
        yield from scan(stage, parcel, at + 20 * HOUR, "LOST", parcel.end, "HUB", reason="carrier.lost")
        at += 70 * HOUR
        yield from scan(stage, parcel, at, "FOUND", parcel.end, "D4")
    delivery = yield from deliver(stage, parcel, at, evidence=("signature",))
    yield from receive(parcel, delivery, 30 * MINUTE)


def one_box(stage: Stage) -> Story:
    """Three items in one box; a weight that was typed wrongly is corrected, and one device was without a network for hours."""
    at, seller, carrier = stage.start_ms + 13 * DAY, stage.players["shanyue"], stage.players["jieyan"]
    shelf, items, units = [find_goods("shanyue", number) for number in (0, 3, 6)], [], []
    for goods in shelf:
        items.append((yield from make(stage, goods, at, goods.lots[2])))
    for goods, item in zip(shelf, items, strict=True):
        units.append((yield from sell(stage, goods, item, at + HOUR)))
    parcel = yield from send(stage, seller, units, carrier, "330783", at + 3 * HOUR)
    show_parcel(stage, "one box", parcel, "一箱三件，重量更正过一次", "three items in one box, its weight corrected once")
    typed: dict[str, JsonValue] = {"accepts": b64u(parcel.consign.hash), "weight_g": parcel.grams * 10}
    weighed = yield from scan(stage, parcel, at + 5 * HOUR, "PICKED_UP", parcel.start, more=typed)
    body: dict[str, JsonValue] = {"changes": [{"pointer": "/body/weight_g", "value": parcel.grams}], "reason": "wrong_data"}
    yield from say(carrier.pen, at + 9 * HOUR, "correction", body=body, ref=weighed)
    yield from scan(stage, parcel, at + 10 * HOUR, "HUB_OUT", parcel.start, "HUB")
    yield from scan(stage, parcel, at + 13 * HOUR, "AT_DELIVERY_DEPOT", parcel.end, "D1")
    yield from scan(stage, parcel, at + 25 * HOUR, "OUT_FOR_DELIVERY", parcel.end, offline_ms=6 * HOUR)
    yield from say(
        carrier.devices[parcel.end], at + 27 * HOUR, "delivery", parcel.subjects,
        {"method": "in_person", "place": {"district": parcel.end}, "time_source": "device"},
        evidence=[stage.file("photo")], offline_ms=4 * HOUR,
    )  # fmt: skip
    yield from rate_carriage(stage, parcel, at + 40 * HOUR, 4, by=seller.pen)


def two_makers(stage: Stage) -> Story:
    """Two firms say to have made one and the same item; both are shown, neither is locked out."""
    at, goods = stage.start_ms + 10 * DAY, find_goods("wuheng", 4)
    item = yield from make(stage, goods, at)
    show_item(stage, "two makers", goods, item, "两家都说是自己生产的商品", "an item that two firms say to have made")
    body: dict[str, JsonValue] = {"origin": "330782"}
    yield from say(stage.players["xingyao"].pen, at + DAY, "item", {"item": item}, body)
    unit = yield from sell(stage, goods, item, at + 2 * DAY)
    by, carrier = stage.players["cangting"], stage.players["jiangfan"]
    parcel = yield from send(stage, stage.players["wuheng"], [unit], carrier, "440106", at + 2 * DAY + 2 * HOUR, by=by)
    yield from ride(stage, parcel, [unit], at + 2 * DAY + 4 * HOUR)


def sold_late(stage: Stage) -> Story:
    """A parcel that was scanned before its sale: one in eighty real orders is like this. Flagged, never refused."""
    at, goods, carrier = stage.start_ms + 16 * DAY, find_goods("yunxi", 0), stage.players["qingluan"]
    item = yield from make(stage, goods, at)
    unit = Unit(goods, item, stage.consumer())
    show_item(stage, "sold late", goods, item, "扫描早于售出的商品", "an item scanned before it was sold")
    parcel = yield from send(stage, stage.players["yunxi"], [unit], carrier, "330110", at + HOUR)
    yield from pick_up(stage, parcel, at + 2 * HOUR)
    yield from sell(stage, goods, item, at + 5 * HOUR, buyer=unit.buyer)
    depot = yield from carry(stage, parcel, at + 6 * HOUR)
    yield from deliver(stage, parcel, depot, "household_member", "standing")

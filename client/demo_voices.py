"""Situations of the invented world in which a word is in doubt: brushed, copied, malicious, hidden, disputed, erased. Pure."""

from __future__ import annotations

from typing import Final

from ..ledger.canonical import JsonValue
from .demo_goods import find_goods
from .demo_order import claim, make, move, rate_carriage, rate_item, sell
from .demo_parcel import Part, Unit, carry, deliver, pick_up, receive, said_ms, send, show_item, show_parcel
from .demo_stage import DAY, HOUR, MINUTE, Sight, Stage, Story, day_text, say
from .statement import Signed

MALICIOUS: Final = 3  # who blame the same goods within the hour


def _arrive(stage: Stage, shop: str, number: int, carrier: str, at: int, end: str) -> Part[tuple[Unit, Signed]]:
    """One item is made, sold, carried, signed off and countersigned. Returns it with its sign-off."""
    goods = find_goods(shop, number)
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + HOUR)
    parcel = yield from send(stage, stage.players[shop], [unit], stage.players[carrier], end, at + 3 * HOUR)
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot, evidence=("photo",))
    yield from receive(parcel, delivery, 20 * MINUTE)
    return unit, delivery


def brushed(stage: Stage) -> Story:
    """The seller's own claim: it binds the code from the box before the box is signed off, and praises itself.

    The courier is honest and unrelated, so the hand-over is well supported: only the early claim gives it away.
    """
    at, goods, shop = stage.start_ms + 8 * DAY, find_goods("muli", 1), stage.players["muli"]
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + HOUR)
    show_item(
        stage, "brushed", goods, item, "商家自己认领、自己好评：不计入", "claimed and praised by the seller itself: not counted"
    )
    owner, bound = yield from claim(stage, unit, at + 2 * HOUR)
    parcel = yield from send(stage, shop, [unit], stage.players["jieyan"], "330783", at + 3 * HOUR)
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot, evidence=("photo",))
    yield from receive(parcel, delivery, 10 * MINUTE)
    yield from rate_item(stage, unit, said_ms(delivery) + HOUR, 5, "强烈推荐，五星！", by=owner, claim=bound)


def malicious(stage: Stage, number: int) -> Story:
    """One of three who buy the same goods and blame them within the hour; together they are a burst, which counts for nothing."""
    at = stage.start_ms + 4 * DAY + number * 2 * HOUR
    unit, _ = yield from _arrive(stage, "muli", 0, "jieyan", at, "330702")
    offer = unit.goods.offer
    names, note = (unit.goods.zh, unit.goods.en), ("一小时内三条差评：暂不计入", "three bad reviews within an hour: set apart")
    stage.sights["burst"] = Sight(f"/reviews/{offer}", names, note)
    yield from rate_item(stage, unit, stage.start_ms + 12 * DAY + number * 15 * MINUTE, 1, "做工太差，千万别买。")


def hidden(stage: Stage) -> Story:
    """A demand for gain in the shape of a review: its words are hidden under a rule that is named, its stars stay to be seen."""
    at, platform = stage.start_ms + 7 * DAY, stage.players["xiji"]
    unit, delivery = yield from _arrive(stage, "tingquan", 1, "qingluan", at, "310104")
    show_item(stage, "hidden", unit.goods, unit.item, "一条被依规则隐藏的评价", "a review hidden under a rule that is named")
    at = said_ms(delivery) + 5 * HOUR
    review = yield from rate_item(stage, unit, at, 1, "不退一半货款，我就天天来给差评。")
    answer = yield from say(
        stage.players["tingquan"].pen, at + 4 * HOUR, "reply", ref=review, text="商品没有问题可七日无理由退货，请走退货流程。"
    )
    yield from say(unit.buyer, at + 5 * HOUR, "reply", ref=answer, text="不退货，只要钱。")
    body: dict[str, JsonValue] = {"rule": "for_gain", "state": "HIDDEN"}
    text = "以差评索要利益，依平台规则隐藏文字；星级保留，平均分两种算法并列。"
    yield from say(platform.pen, at + 30 * HOUR, "case", body=body, ref=review, text=text)


def disputed(stage: Stage) -> Story:
    """A sign-off that the recipient says she never gave; the courier answers, she does not believe it, the office has it now."""
    at, goods, carrier = stage.start_ms + 14 * DAY, find_goods("shanyue", 2), stage.players["jiangfan"]
    item = yield from make(stage, goods, at)
    unit = yield from sell(stage, goods, item, at + HOUR)
    parcel = yield from send(stage, stage.players["shanyue"], [unit], carrier, "330702", at + 3 * HOUR)
    show_parcel(stage, "disputed", parcel, "争议签收：收件人说没有签收", "a disputed sign-off: the recipient says she gave none")
    depot = yield from carry(stage, parcel, (yield from pick_up(stage, parcel, at + 5 * HOUR)))
    delivery = yield from deliver(stage, parcel, depot, "reception", "standing", evidence=())
    at = said_ms(delivery) + 8 * HOUR
    body: dict[str, JsonValue] = {"against": "carrier", "category": "false_signoff", "remedy": "deliver"}
    complaint = yield from say(parcel.key, at, "complaint", parcel.subjects, body, text="没有人签收，前台也说没收到。")
    yield from say(carrier.pen, at + 20 * HOUR, "reply", ref=complaint, text="网点记录显示已交前台。")
    yield from say(parcel.key, at + 22 * HOUR, "case", body={"state": "REJECTED_BY_CONSUMER"}, ref=complaint)
    yield from say(parcel.key, at + 22 * HOUR + MINUTE, "case", body={"state": "ESCALATED"}, ref=complaint)
    yield from move(stage.players["postal"], complaint, at + 40 * HOUR, "TRIAGED")
    yield from rate_carriage(stage, parcel, at + 41 * HOUR, 1, "没签收却显示签收。")


def overdue(stage: Stage) -> Story:
    """A complaint that the shop passes on and nobody answers: its term ran out, and everybody can see that."""
    at, shop = stage.start_ms + 5 * DAY, stage.players["yunxi"]
    unit, delivery = yield from _arrive(stage, "yunxi", 3, "qingluan", at, "330110")
    show_item(stage, "overdue", unit.goods, unit.item, "逾期未答复的投诉", "a complaint whose answer is overdue")
    at = said_ms(delivery) + 6 * HOUR
    body: dict[str, JsonValue] = {"against": "seller", "category": "not_as_described", "remedy": "replace"}
    complaint = yield from say(unit.buyer, at, "complaint", {"item": unit.item}, body, text="颜色与页面不符。")
    yield from move(shop, complaint, at + 3 * HOUR, "WITH_PARTY")


def copied(stage: Stage) -> Story:
    """One label, printed again on fakes: its buyer has claimed it, and strangers who hold other goods scan the same code."""
    at, shop = stage.start_ms + 4 * DAY, stage.players["yunxi"]
    unit, delivery = yield from _arrive(stage, "yunxi", 5, "jieyan", at, "330106")
    note = (
        "标签被复制：已有人认领，扫码次数多，陌生人投诉假货",
        "a copied label: claimed already, opened often, and strangers complain of fakes",
    )
    show_item(stage, "copied", unit.goods, unit.item, *note)
    at = said_ms(delivery) + 3 * HOUR
    owner, bound = yield from claim(stage, unit, at)
    yield from rate_item(stage, unit, at + 2 * MINUTE, 5, "刀口圆，孩子用着放心。", by=owner, claim=bound)
    body: dict[str, JsonValue] = {"against": "seller", "category": "counterfeit", "remedy": "refund"}
    for days, text in ((12, "扫出来说早就被别人认领了，我这把是夜市买的。"), (13, "包装粗糙，扫码却显示别的城市签收过。")):
        complaint = yield from say(stage.consumer(), at + days * DAY, "complaint", {"item": unit.item}, body, text=text)
        answer = "该码对应的商品只售出一件，买家已认领；您手中的标签是复制品，请凭购买凭证向出售者或 12315 反映。"
        yield from say(shop.pen, at + days * DAY + 5 * HOUR, "reply", ref=complaint, text=answer)


def penalised(stage: Stage) -> Story:
    """A fine of last spring that the postal office enters; the office repairs it once this world has been told."""
    at, carrier = stage.start_ms + 2 * DAY, stage.players["jiangfan"]
    body: dict[str, JsonValue] = {
        "basis": "《快递市场管理办法》 54", "decided": day_text(at - 230 * DAY), "degree": "general", "final": True,
        "fine_minor": 1_000_000, "first": day_text(at - 230 * DAY), "kind": "fine", "last": day_text(at + 130 * DAY),
        "number": "JH-POST-2026-17", "remedy": "review_or_lawsuit",
    }  # fmt: skip
    stage.penalty = yield from say(stage.players["postal"].pen, at, "penalty", {"party": carrier.actor}, body)


def erased(stage: Stage) -> Story:
    """Words that are gone: a buyer takes back hers, an authority has a complaint erased that blamed a neighbour. Stars stay."""
    at = stage.start_ms + 6 * DAY
    unit, delivery = yield from _arrive(stage, "tingquan", 2, "jieyan", at, "310115")
    note = ("文字已撤回或已依法删除：星级与哈希仍在", "words withdrawn, or erased by law: stars and hashes stay")
    show_item(stage, "erased", unit.goods, unit.item, *note)
    at = said_ms(delivery) + 4 * HOUR
    review = yield from rate_item(stage, unit, at, 3, "茶不错，就是罐子磕了一下。")
    body: dict[str, JsonValue] = {"against": "seller", "category": "other"}
    complaint = yield from say(
        stage.consumer(), at + 2 * HOUR, "complaint", {"item": unit.item}, body, text="楼下那家人总拿错我的快递。"
    )
    yield from say(unit.buyer, at + 9 * HOUR, "erasure", body={"ground": "request"}, ref=review)
    order: dict[str, JsonValue] = {"basis": "PIPL-47", "ground": "law"}
    yield from say(stage.players["market"].pen, at + 20 * HOUR, "erasure", body=order, ref=complaint)

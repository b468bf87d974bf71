"""Orders of the invented world: made, sold, sent, received, rated; and what ordinary buyers do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..ledger.canonical import JsonValue
from ..ledger.moment import moment_text
from .demo_goods import Goods, stock
from .demo_parcel import TOWNS, Parcel, Part, Unit, carry, deliver, drive_ms, pick_up, receive, said_ms, scan, send
from .demo_stage import DAY, HOUR, MINUTE, Player, Scene, Stage, Story, clock_time, day_text, say
from .demo_words import (
    CARRIAGE_BLAME,
    CARRIAGE_PRAISE,
    COMPLAINTS,
    FOLLOW_UPS,
    GOODS_BLAME,
    GOODS_PRAISE,
    SORRY,
    THANKS,
)
from .signer import Signer
from .statement import Signed

# Seller: how much of the trade it has of a hundred, and the couriers it works with.
TRADE: Final[dict[str, tuple[int, tuple[str, ...]]]] = {
    "yunxi": (30, ("jieyan", "qingluan")),
    "shanyue": (22, ("jieyan",)),
    "tingquan": (20, ("qingluan",)),
    "wuheng": (20, ("jiangfan",)),
    "muli": (8, ("jieyan",)),
}
FACES: Final = ("acceptance", "pickup", "delivery", "aftersales", "information")
_METHODS: Final = ("in_person",) * 10 + ("station",) * 4 + ("locker",) * 4 + ("household_member", "reception")


def make(stage: Stage, goods: Goods, at_ms: int, lot: str | None = None, serial: str = "") -> Part[str]:
    """One unit is made; of goods with lots it is of the newest, unless another is given. Returns its item key."""
    item = f"{goods.key}/21/{serial or stage.token(9)}"
    lot = goods.lots[-1] if lot is None and goods.lots else lot
    maker = stage.players[goods.maker]
    body: dict[str, JsonValue] = {"made_on": day_text(at_ms), "origin": maker.firm.district, "weight_g": goods.grams}
    if goods.category != "general":
        body["expires_on"] = day_text(at_ms + 270 * DAY)
    subjects = {"item": item, "lot": f"{goods.key}/10/{lot}"} if lot else {"item": item}
    yield from say(maker.pen, at_ms, "item", subjects, body)
    return item


def sell(stage: Stage, goods: Goods, item: str, at_ms: int, buyer: Signer | None = None) -> Part[Unit]:
    """One sale with a code for its buyer; of a shop that mandated the platform, the platform signs it."""
    seller, buyer = stage.players[goods.maker], buyer or stage.consumer()
    body: dict[str, JsonValue] = {
        "channel": stage.chance.choice(("platform", "platform", "shop", "live")),
        "claim": buyer.key.public_text,
        "currency": "CNY",
        "dispatch_by": moment_text((at_ms + 2 * DAY) // 1000 * 1000),
        "price_minor": goods.price_minor,
    }
    pen, for_ = (seller.pen, None)
    if goods.maker == "wuheng":
        pen, for_, body["channel"] = stage.players["xiji"].pen, seller.actor, "platform"
    yield from say(pen, at_ms, "sale", {"item": item, "offer": goods.offer}, body, for_=for_)
    return Unit(goods, item, buyer)


def rate_item(
    stage: Stage, unit: Unit, at_ms: int, stars: int, text: str = "", *, by: Signer | None = None, claim: Signed | None = None
) -> Scene:
    """The buyer's first review of an item and its offer."""
    body: dict[str, JsonValue] = {
        "kind": "first",
        "seller_stars": max(1, min(5, stars + stage.chance.choice((0, 0, 1)))),
        "stars": stars,
    }
    subjects = {"item": unit.item, "offer": unit.goods.offer}
    return (yield from say(by or unit.buyer, at_ms, "review", subjects, body, text=text, ref=claim))


def rate_carriage(stage: Stage, parcel: Parcel, at_ms: int, stars: int, text: str = "", by: Signer | None = None) -> Scene:
    """A review of the carriage with its five faces."""
    dice = stage.chance
    faces: dict[str, JsonValue] = {
        face: max(1, min(5, stars + dice.choice((-1, 0, 0, 0, 1)))) for face in FACES if dice.random() < 0.85
    }
    body: dict[str, JsonValue] = {"kind": "first", "stars": stars, **({"faces": faces} if faces else {})}
    return (yield from say(by or parcel.key, at_ms, "review", parcel.subjects, body, text=text))


def claim(stage: Stage, unit: Unit, at_ms: int) -> Part[tuple[Signer, Signed]]:
    """The buyer binds a key of her own to the code. Returns that key's pen and the claim."""
    owner = stage.consumer()
    body: dict[str, JsonValue] = {"owner": owner.key.public_text}
    return owner, (yield from say(unit.buyer, at_ms, "claim", {"item": unit.item}, body))


def order(stage: Stage, at_ms: int) -> Story:
    """One ordinary order, from the making of its goods to the last word about it."""
    dice = stage.chance
    name = dice.choices(list(TRADE), [share for share, _ in TRADE.values()])[0]
    seller, shelf = stage.players[name], [goods for goods in stock() if goods.maker == name]
    units = []
    sold_ms = at_ms + dice.randrange(2 * HOUR, 20 * HOUR)
    chosen = dice.choices(shelf, k=dice.choice((1, 1, 1, 1, 1, 2, 3)))
    made = []
    for goods in chosen:
        made.append((yield from make(stage, goods, at_ms, dice.choice(goods.lots) if goods.lots else None)))
    for goods, item in zip(chosen, made, strict=True):
        units.append((yield from sell(stage, goods, item, sold_ms)))
    carrier = stage.players[dice.choice(TRADE[name][1])]
    end = dice.choice([town for town in TOWNS if town != seller.firm.district])
    by = stage.players["cangting"] if name == "wuheng" else None
    packed_ms = clock_time(sold_ms + HOUR, dice.randrange(9, 16), dice.randrange(60))
    promise_h = 60 + drive_ms(seller.firm.district, end) // HOUR
    parcel = yield from send(stage, seller, units, carrier, end, packed_ms, by=by, promise_h=promise_h)
    yield from ride(stage, parcel, units, packed_ms + dice.randrange(30, 200) * MINUTE)


def ride(stage: Stage, parcel: Parcel, units: Sequence[Unit], at_ms: int) -> Story:
    """What an ordinary parcel goes through once it is packed."""
    dice = stage.chance
    at = yield from pick_up(stage, parcel, at_ms, countersign=dice.random() < 0.35, weigh=dice.random() < 0.8)
    at = yield from carry(stage, parcel, at)
    if dice.random() < 0.03:
        reason = dice.choice(("external.weather", "carrier.capacity", "carrier.missort"))
        yield from scan(stage, parcel, at + HOUR, "DELAYED", parcel.end, "HUB", reason=reason)
        at += dice.randrange(30, 70) * HOUR
    if dice.random() < 0.06:
        at = clock_time(at, 8, 10) + dice.randrange(180) * MINUTE
        yield from scan(stage, parcel, at, "ATTEMPT_FAILED", parcel.end, reason="recipient.absent")
    method = dice.choice(_METHODS)
    consent = "" if method == "in_person" else dice.choices(("this_parcel", "standing", "none"), (11, 8, 1))[0]
    linhe = stage.players["linhe"] if method == "locker" and parcel.carrier.firm.name in ("jieyan", "qingluan") else None
    evidence = ("photo",) if dice.random() < 0.7 else ()
    delivery = yield from deliver(stage, parcel, at, method, consent, station=linhe, evidence=evidence)
    at = said_ms(delivery)
    if dice.random() < 0.45:
        stage.open(_judge_goods(stage, units[0], at + dice.randrange(20 * HOUR, 100 * HOUR)))
    if dice.random() < 0.4:
        stage.open(_judge_carriage(stage, parcel, at + dice.randrange(5 * HOUR, 60 * HOUR)))
    if dice.random() < 0.08:
        stage.open(_grievance(stage, parcel, units[0], at + dice.randrange(2 * HOUR, 60 * HOUR)))
    if dice.random() < 0.55:
        yield from receive(parcel, delivery, dice.randrange(5 * MINUTE, 20 * HOUR))


def _judge_goods(stage: Stage, unit: Unit, at_ms: int) -> Story:
    """A review of the goods, perhaps under a key of the buyer's own, with the answer and the follow-up it gets."""
    dice, at, pen, bound = stage.chance, at_ms, unit.buyer, None
    stars = dice.choices((5, 4, 3, 2, 1), (58, 24, 9, 5, 4))[0]
    if dice.random() < 0.3:
        pen, bound = yield from claim(stage, unit, at)
    text = dice.choice(GOODS_PRAISE if stars > 3 else GOODS_BLAME) if dice.random() < 0.6 else ""
    first = yield from rate_item(stage, unit, at + 3 * MINUTE, stars, text, by=pen, claim=bound)
    if text and dice.random() < 0.5:
        at += dice.randrange(2, 30) * HOUR
        yield from say(
            stage.players[unit.goods.maker].pen, at, "reply", ref=first, text=dice.choice(THANKS if stars > 3 else SORRY)
        )
    if dice.random() < 0.15:
        at += dice.randrange(40, 200) * HOUR
        body: dict[str, JsonValue] = {"kind": "follow", "stars": stars}
        subjects = {"item": unit.item, "offer": unit.goods.offer}
        yield from say(pen, at, "review", subjects, body, ref=first, text=dice.choice(FOLLOW_UPS))


def _judge_carriage(stage: Stage, parcel: Parcel, at_ms: int) -> Story:
    """A review of the carriage; the carrier answers a bad one that has words."""
    dice = stage.chance
    stars = dice.choices((5, 4, 3, 2, 1), (62, 22, 8, 4, 4))[0]
    text = dice.choice(CARRIAGE_PRAISE if stars > 3 else CARRIAGE_BLAME) if dice.random() < 0.5 else ""
    said = yield from rate_carriage(stage, parcel, at_ms, stars, text)
    if text and stars < 4:
        yield from say(parcel.carrier.pen, at_ms + dice.randrange(3, 40) * HOUR, "reply", ref=said, text=SORRY[1])


def _grievance(stage: Stage, parcel: Parcel, unit: Unit, at_ms: int) -> Story:
    """A complaint that ends in anything but a decision against somebody: settled, not upheld, or still open."""
    dice = stage.chance
    category, firm = dice.choice((("delay", "carrier"), ("damaged", "carrier"), ("attitude", "carrier"), ("quality", "seller")))
    body: dict[str, JsonValue] = {
        "against": firm,
        "category": category,
        "remedy": "compensation" if firm == "carrier" else "refund",
    }
    pen, subjects, party = parcel.key, parcel.subjects, parcel.carrier
    if firm == "seller":
        pen, subjects, party = unit.buyer, {"item": unit.item}, stage.players[unit.goods.maker]
    complaint = yield from say(pen, at_ms, "complaint", subjects, body, text=COMPLAINTS[category])
    yield from move(stage.players["xiji"], complaint, at_ms + 10 * MINUTE, "ACKNOWLEDGED")
    if dice.random() < 0.25:
        return
    at = at_ms + dice.randrange(3, 70) * HOUR
    yield from say(party.pen, at, "reply", body={"remedy": "compensation"}, ref=complaint, text=dice.choice(SORRY))
    yield from move(party, complaint, at + 5 * MINUTE, "PROPOSED", paid_minor=dice.randrange(5, 40) * 100)
    at += dice.randrange(1, 40) * HOUR
    if dice.random() < 0.75:
        yield from say(pen, at, "case", body={"state": "ACCEPTED"}, ref=complaint)
        return
    yield from say(pen, at, "case", body={"state": "ESCALATED"}, ref=complaint)
    office = stage.players["postal" if firm == "carrier" else "market"]
    yield from move(office, complaint, at + 60 * HOUR, "DECIDED", outcome="not_upheld", at_fault="none")


def move(player: Player, complaint: Signed, at_ms: int, state: str, **body: JsonValue) -> Scene:
    """A firm or an office moves a complaint's case on."""
    return (yield from say(player.pen, at_ms, "case", body={"state": state, **body}, ref=complaint))

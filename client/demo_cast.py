"""How the invented world begins: firms register, give their couriers devices, mandate each other, promise and list. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from .demo_goods import find_goods, stock
from .demo_parcel import TOWNS
from .demo_stage import DAY, HOUR, MINUTE, Player, Stage, Story, day_text, say
from .signer import MemoryCounter

COURIERS = ("jieyan", "qingluan", "jiangfan", "suyi")
# Who lets whom sign what in its name.
MANDATES = (
    ("wuheng", "xiji", ("sale", "reply")),
    ("wuheng", "cangting", ("consign", "dispatch")),
    ("jieyan", "linhe", ("scan", "delivery")),
    ("qingluan", "linhe", ("scan", "delivery")),
)
_PROMISE: dict[str, JsonValue] = {"deliver_hours": 96, "dispatch_hours": 48, "return_days": 7}


def begin(stage: Stage) -> None:
    """Open the stories of the first day; the firms are registered within its first hour, all else comes after that."""
    stage.open(_register(stage))
    for player in stage.players.values():
        stage.open(_equip(stage, player))
    stage.open(_mandate(stage))
    stage.open(_list(stage))
    stage.open(_test(stage))


def _register(stage: Stage) -> Story:
    for number, player in enumerate(stage.players.values()):
        firm = player.firm
        body: dict[str, JsonValue] = {
            "district": firm.district,
            "event": "register",
            "key": player.pen.key.public_text,
            "name": {"en": firm.en, "zh": firm.zh},
            "role": firm.role,
        }
        if firm.owner:
            body["controllers"] = [stage.players[firm.owner].actor]
        if firm.key_holder:
            body["key_holder"] = stage.players[firm.key_holder].actor
        if firm.licence:
            body["licence"] = firm.licence
            body["brand"] = {"en": firm.en.split()[0], "zh": firm.zh[:2]}
        yield from say(player.pen, stage.start_ms + number * MINUTE, "actor", {"party": player.actor}, body)


def _equip(stage: Stage, player: Player) -> Story:
    """Promises of firms that deal with consumers, and devices of couriers."""
    at = stage.start_ms + 2 * HOUR + stage.chance.randrange(HOUR)
    role = player.firm.role
    if role in ("merchant", "courier", "platform") and player.firm.name != "holding":
        heads: list[JsonValue] = ["lawfulness", "true_data", "quality", "service", "liability"]
        body: dict[str, JsonValue] = {"document": stage.token(32), "heads": heads, "until": day_text(at + 365 * DAY)}
        if role == "courier":
            body["promise"] = {"deliver_hours": 72}
        yield from say(player.pen, at, "commitment", {"party": player.actor}, body)
    for number, district in enumerate(TOWNS if player.firm.name in COURIERS else ()):
        pen = player.devices[district] = stage.pen(f"dev:{stage.token(16)}")
        yield from say(player.pen, at + (number + 1) * MINUTE, "actor", *device(player, pen.actor, pen.key.public_text))


def device(player: Player, actor: str, public: str) -> tuple[Mapping[str, str], Mapping[str, JsonValue]]:
    """Subjects and body of the registration of a company's device."""
    return {"company": player.actor, "party": actor}, {"event": "register", "key": public, "role": "device"}


def _mandate(stage: Stage) -> Story:
    for number, (name, to, types) in enumerate(MANDATES):
        player = stage.players[name]
        at = stage.start_ms + 4 * HOUR + number * 3 * MINUTE
        body: dict[str, JsonValue] = {"event": "grant", "to": stage.players[to].actor, "types": list(types)}
        yield from say(player.pen, at, "mandate", {"party": player.actor}, body)


def _list(stage: Stage) -> Story:
    for number, goods in enumerate(stock()):
        player = stage.players[goods.maker]
        body: dict[str, JsonValue] = {
            "category": goods.category,
            "currency": "CNY",
            "event": "open",
            "origin": player.firm.district,
            "price_minor": goods.price_minor,
            "promise": _PROMISE,
            "title": {"en": goods.en, "zh": goods.zh},
        }
        if goods.category != "general":
            body["licence"] = f"SC{player.firm.district}{number:04d}"
        at = stage.start_ms + 5 * HOUR + number * 2 * MINUTE
        yield from say(player.pen, at, "listing", {"offer": goods.offer}, body)


def _test(stage: Stage) -> Story:
    """The laboratory's tests of the first lots, and a price that changes later."""
    lab = stage.players["heming"]
    number = 0
    for goods in stock():
        for lot in goods.lots:
            number += 1
            at = stage.start_ms + 8 * HOUR + number * 4 * MINUTE
            body: dict[str, JsonValue] = {
                "kind": "lot_test",
                "report": f"HM-{number:04d}",
                "standard": "GB-2762" if goods.category != "general" else "GB-21027",
                "valid_until": day_text(at + 180 * DAY),
                "verdict": "pass",
            }
            paper = stage.paper(report_text(body, goods.zh, lot, lab.firm.zh, "各项指标合格"))
            yield from say(lab.pen, at, "inspection", {"lot": f"{goods.key}/10/{lot}"}, body, evidence=[paper])
    goods = find_goods("yunxi", 1)
    body = {
        "category": goods.category, "currency": "CNY", "event": "change", "origin": stage.players["yunxi"].firm.district,
        "price_minor": goods.price_minor - 300, "promise": _PROMISE, "title": {"en": goods.en, "zh": goods.zh},
    }  # fmt: skip
    yield from say(stage.players["yunxi"].pen, stage.start_ms + 6 * DAY, "listing", {"offer": goods.offer}, body)


def report_text(body: Mapping[str, JsonValue], goods: str, lot: str, by: str, finding: str) -> str:
    """An invented report as a file; its hash stands in the book."""
    lines = (
        f"检验报告 {body['report']}（演示，纯属虚构）",
        f"样品：{goods}，批次 {lot}",
        f"依据：{body['standard']}",
        f"结论：{finding}",
        by,
    )
    return "\n".join(lines) + "\n"


def change_keys(stage: Stage) -> Story:
    """A courier company changes its key: the new one is added, then the old one is rotated out and signs for 30 days more."""
    player = stage.players["qingluan"]
    at, old = stage.start_ms + 9 * DAY + 2 * HOUR, player.pen
    fresh = stage.pen(player.actor)
    party = {"party": player.actor}
    yield from say(old, at, "key", party, {"event": "add", "key": fresh.key.public_text, "reason": "routine"})
    player.pen = fresh
    body: dict[str, JsonValue] = {"event": "rotate", "key": old.key.public_text, "reason": "routine"}
    yield from say(fresh, at + 20 * MINUTE, "key", party, body)


def lose_device(stage: Stage) -> Story:
    """A device is registered, signs one number that never arrives, and is revoked; its company closes the hole."""
    player = stage.players["jieyan"]
    at, counter = stage.start_ms + 7 * DAY, MemoryCounter(1)
    pen = stage.pen(f"dev:{stage.token(16)}", counter=counter)
    yield from say(player.pen, at, "actor", *device(player, pen.actor, pen.key.public_text))
    body: dict[str, JsonValue] = {"code": "CREATED", "place": {"district": "330702"}}
    yield from say(pen, at + HOUR, "scan", {"waybill": f"{player.firm.uscc}/{stage.token(16)}"}, body)
    party = {"party": pen.actor}
    body = {"event": "revoke", "key": pen.key.public_text, "reason": "lost"}
    yield from say(player.pen, at + DAY, "key", party, body)
    body = {"key": b64u(pen.key.key_id), "n": 1, "reason": "device_lost"}
    yield from say(player.pen, at + DAY + 10 * MINUTE, "void", party, body)

"""Parcels of the invented world: packed, handed in, carried from hub to hub, delivered, signed for. Pure.

Each function is a piece of a story; it returns what the next piece needs. Vans drive 65 km an hour here.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from ..ledger.canonical import JsonValue
from ..ledger.commitment import content_leaf
from ..ledger.encoding import b64u
from ..ledger.merkle import inclusion_path, nodes_of, root_of
from ..ledger.moment import moment_text
from .demo_goods import Goods
from .demo_stage import HOUR, MINUTE, Player, Scene, Sight, Stage, Step, clock_time, say
from .signer import Signer
from .statement import Signed

Result = TypeVar("Result")
Part: TypeAlias = Generator[Step, Signed, Result]  # a piece of a story that hands on a result

# District of a town, with its latitude and longitude in hundredths of a degree.
TOWNS: Final = {
    "330782": (2931, 12008), "330702": (2908, 11965), "330783": (2929, 12024), "330106": (3026, 12013), "330110": (3027, 11998),
    "310104": (3119, 12144), "310115": (3122, 12154), "310118": (3115, 12112), "320505": (3130, 12057), "330212": (2982, 12155),
    "420111": (3050, 11434), "440106": (2312, 11336), "440305": (2253, 11393), "510107": (3064, 10404), "610113": (3422, 10896),
    "110105": (3992, 11644), "370203": (3609, 12037), "350203": (2445, 11808), "430104": (2824, 11293), "500112": (2972, 10663),
}  # fmt: skip
_MIDWAY: Final = "420111"  # long hauls are sorted once more in Wuhan
_KM_H: Final = 65


@dataclass(frozen=True, slots=True)
class Unit:
    """One item that somebody bought.

    Attributes:
        goods: Its class.
        item: Item key.
        buyer: Pen of the code that came with it.
    """

    goods: Goods
    item: str
    buyer: Signer


@dataclass(slots=True)
class Parcel:
    """One parcel.

    Attributes:
        carrier: Who carries it.
        waybill: Waybill key.
        start: District it is sent from.
        end: District it is sent to.
        grams: Declared weight.
        promised_ms: When it was promised to arrive.
        key: Pen of the code in the box.
        consign_body: What the shipper says.
        consign: The shipper's statement.
    """

    carrier: Player
    waybill: str
    start: str
    end: str
    grams: int
    promised_ms: int
    key: Signer
    consign_body: dict[str, JsonValue]
    consign: Signed

    @property
    def subjects(self) -> dict[str, str]:
        """As the subjects of a statement."""
        return {"waybill": self.waybill}


def drive_ms(start: str, end: str) -> int:
    """How long a van takes from one district to another."""
    (lat_a, lon_a), (lat_b, lon_b) = TOWNS[start], TOWNS[end]
    north, east = (lat_a - lat_b) * 1.11, (lon_a - lon_b) * 1.11 * math.cos(math.radians(30))
    return int(math.hypot(north, east) * 1.25 / _KM_H * HOUR)


def show_item(stage: Stage, name: str, goods: Goods, item: str, zh: str, en: str) -> None:
    """Offer an item's page to visitors."""
    stage.sights[name] = Sight(item, (goods.zh, goods.en), (zh, en))


def show_parcel(stage: Stage, name: str, parcel: Parcel, zh: str, en: str) -> None:
    """Offer a parcel's page to visitors."""
    firm = parcel.carrier.firm
    stage.sights[name] = Sight(f"/w/{parcel.waybill}", (f"{firm.zh} 的包裹", f"A parcel of {firm.en}"), (zh, en))


def new_waybill(stage: Stage, carrier: Player) -> str:
    """A waybill key that nobody can guess."""
    return f"{carrier.firm.uscc}/{stage.token(16)}"


def send(
    stage: Stage,
    seller: Player,
    units: Sequence[Unit],
    carrier: Player,
    end: str,
    at_ms: int,
    *,
    by: Player | None = None,
    promise_h: int = 84,
    piece: tuple[int, int] = (1, 1),
    grams: int | None = None,
) -> Part[Parcel]:
    """The shipper commits to what is in the box, then opens that commitment for each item.

    Args:
        stage: Where it is played.
        seller: In whose name it is sent.
        units: What is in the box.
        carrier: Who will carry it.
        end: District of the recipient.
        at_ms: When the shipper says so.
        by: Who signs for the seller under its mandate; None for the seller.
        promise_h: Hours until it shall arrive.
        piece: This box and all boxes of the items in it.
        grams: Weight where the items do not say it.
    """
    salts = [stage.randomness(32) for _ in units]
    leaves = [content_leaf(salt, f"p:{unit.item}") for salt, unit in zip(salts, units, strict=True)]
    pen, for_ = (seller.pen, None) if by is None else (by.pen, seller.actor)
    weight = grams or sum(unit.goods.grams for unit in units) + 120
    waybill, key, promised = new_waybill(stage, carrier), stage.consumer(), at_ms + promise_h * HOUR
    start = (by or seller).firm.district
    said: dict[str, JsonValue] = {
        "claim": key.key.public_text,
        "contents": {"count": len(leaves), "root": b64u(root_of(leaves))},
        "deliver_by": moment_text(promised // 1000 * 1000),
        "destination": end,
        "origin": start,
        "weight_g": weight,
    }
    consign = yield from say(pen, at_ms, "consign", {"waybill": waybill}, said, for_=for_)
    node = nodes_of(leaves)
    for position, unit in enumerate(units):
        body: dict[str, JsonValue] = {
            "consign": b64u(consign.hash),
            "path": [b64u(part) for part in inclusion_path(position, len(leaves), node)],
            "piece": piece[0],
            "pieces": piece[1],
            "position": position,
            "salt": b64u(salts[position]),
        }
        subjects = {"item": unit.item, "waybill": waybill}
        yield from say(pen, at_ms + (position + 1) * 20_000, "dispatch", subjects, body, for_=for_)
    return Parcel(carrier, waybill, start, end, weight, promised, key, said, consign)


def scan(
    stage: Stage,
    parcel: Parcel,
    at_ms: int,
    code: str,
    district: str,
    facility: str = "",
    *,
    station: Player | None = None,
    evidence: Sequence[str] = (),
    offline_ms: int = 0,
    next_: str = "",
    more: Mapping[str, JsonValue] | None = None,
    **body: JsonValue,
) -> Scene:
    """One handling: by the company in its facility, on the road by the device of that district, or for it by a station."""
    place: dict[str, JsonValue] = {"district": district}
    if facility:
        place["facility"] = f"{district}-{facility}"
    pen = parcel.carrier.pen if facility else parcel.carrier.devices[district]
    said: dict[str, JsonValue] = {
        "code": code,
        "place": place,
        "time_source": "facility" if facility else "device",
        **body,
        **(more or {}),
    }
    subjects = {**parcel.subjects, "next": next_} if next_ else parcel.subjects
    files = [stage.file(kind) for kind in evidence]
    if station is not None:
        return (yield from say(station.pen, at_ms, "scan", subjects, said, for_=parcel.carrier.actor, evidence=files))
    return (yield from say(pen, at_ms, "scan", subjects, said, evidence=files, offline_ms=offline_ms))


def pick_up(stage: Stage, parcel: Parcel, at_ms: int, *, countersign: bool = False, weigh: bool = True) -> Part[int]:
    """The carrier takes the parcel; from here on it counts for the carrier. Returns when."""
    if countersign:
        yield from say(parcel.carrier.pen, at_ms - 5 * MINUTE, "confirm", body={"kind": "accepts"}, ref=parcel.consign)
    body: dict[str, JsonValue] = {"accepts": b64u(parcel.consign.hash)}
    if weigh:
        body |= {"inspected": True, "realname_checked": True, "weight_g": parcel.grams + stage.chance.randrange(-15, 16)}
    evidence = ("weight", "photo") if weigh else ()
    yield from scan(stage, parcel, at_ms, "PICKED_UP", parcel.start, evidence=evidence, more=body)
    return at_ms


def carry(stage: Stage, parcel: Parcel, at_ms: int) -> Part[int]:
    """From the sender's sorting centre to the recipient's depot. Returns when it is there."""
    dice = stage.chance
    at = at_ms + dice.randrange(60, 150) * MINUTE
    yield from scan(stage, parcel, at, "HUB_IN", parcel.start, "HUB")
    at += dice.randrange(90, 240) * MINUTE
    yield from scan(stage, parcel, at, "HUB_OUT", parcel.start, "HUB")
    where = parcel.start
    if drive_ms(parcel.start, parcel.end) > 14 * HOUR and _MIDWAY not in (parcel.start, parcel.end):
        at += drive_ms(where, _MIDWAY) + dice.randrange(90) * MINUTE
        yield from scan(stage, parcel, at, "HUB_IN", _MIDWAY, "HUB")
        at += dice.randrange(60, 180) * MINUTE
        yield from scan(stage, parcel, at, "HUB_OUT", _MIDWAY, "HUB")
        where = _MIDWAY
    at += drive_ms(where, parcel.end) + dice.randrange(30, 90) * MINUTE
    yield from scan(stage, parcel, at, "HUB_IN", parcel.end, "HUB")
    at += dice.randrange(60, 200) * MINUTE
    yield from scan(stage, parcel, at, "AT_DELIVERY_DEPOT", parcel.end, f"D{dice.randrange(1, 5)}")
    return at


def deliver(
    stage: Stage,
    parcel: Parcel,
    at_ms: int,
    method: str = "in_person",
    consent: str = "",
    *,
    station: Player | None = None,
    evidence: Sequence[str] = ("photo",),
) -> Part[Signed]:
    """Out in the morning, handed over by one method. Returns the sign-off.

    Args:
        stage: Where it is played.
        parcel: The parcel.
        at_ms: When it was at the depot.
        method: How it is handed over.
        consent: As recorded, "" for none recorded.
        station: Whose locker or counter it is put in; signs for the carrier under its mandate.
        evidence: Kinds of files with the sign-off.
    """
    dice = stage.chance
    at = clock_time(at_ms, 7, 40) + dice.randrange(50) * MINUTE
    yield from scan(stage, parcel, at, "OUT_FOR_DELIVERY", parcel.end)
    at += dice.randrange(45, 400) * MINUTE
    given: dict[str, JsonValue] = {"consent": consent} if consent else {}
    pen = parcel.carrier.devices[parcel.end] if station is None else station.pen
    if method in ("locker", "station"):
        yield from scan(stage, parcel, at, "READY_FOR_PICKUP", parcel.end, station=station, more=given)
        at += dice.randrange(40, 500) * MINUTE
    body: dict[str, JsonValue] = {"method": method, "place": {"district": parcel.end}, "time_source": "device", **given}
    for_ = None if station is None else parcel.carrier.actor
    files = [stage.file(kind) for kind in evidence]
    return (yield from say(pen, at, "delivery", parcel.subjects, body, for_=for_, evidence=files))


def receive(parcel: Parcel, delivery: Signed, after_ms: int) -> Scene:
    """The recipient countersigns the sign-off with the code from the box."""
    return (yield from say(parcel.key, said_ms(delivery) + after_ms, "confirm", body={"kind": "received"}, ref=delivery))


def said_ms(signed: Signed) -> int:
    """The time that a statement claims, Unix milliseconds."""
    return signed.statement.at_ms

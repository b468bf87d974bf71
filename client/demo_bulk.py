"""What a wholesaler sends in the first two weeks of the invented world: parcels enough that one courier can be rated. Pure.

A rating needs a hundred parcels whose cohort has closed, ten days after pick-up; the ordinary orders of three weeks do not
give that.
"""

from __future__ import annotations

from typing import Final

from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from ..ledger.moment import moment_text
from .demo_order import FACES
from .demo_parcel import Parcel, carry, deliver, new_waybill, pick_up, receive, said_ms
from .demo_stage import DAY, HOUR, MINUTE, Stage, Story, clock_time, day_text, say

PARCELS: Final = 200
DAYS: Final = 12
_TO: Final = ("330106", "330110", "310104", "310115", "320505")
_RATED: Final = 3  # one recipient in so many rates the carriage


def bulk(stage: Stage, number: int) -> Story:
    """One parcel: in order, but for one in twelve that stays in its depot for three days, and one in twenty put in a locker."""
    dice, carrier, shop = stage.chance, stage.players["jieyan"], stage.players["shanyue"]
    at = clock_time(stage.start_ms + DAY + dice.randrange(DAYS) * DAY, 9) + dice.randrange(8 * 60) * MINUTE
    end, key, waybill, grams = dice.choice(_TO), stage.consumer(), new_waybill(stage, carrier), dice.randrange(800, 4_000)
    promised = at + 96 * HOUR
    said: dict[str, JsonValue] = {
        "claim": key.key.public_text,
        "contents": {"count": 1, "root": b64u(stage.randomness(32))},
        "deliver_by": moment_text(promised // 1000 * 1000),
        "destination": end,
        "origin": shop.firm.district,
        "weight_g": grams,
    }
    consign = yield from say(shop.pen, at, "consign", {"waybill": waybill}, said)
    parcel = Parcel(carrier, waybill, shop.firm.district, end, grams, promised, key, said, consign)
    yield from pick_up(stage, parcel, at + dice.randrange(60, 300) * MINUTE, weigh=False)
    there = yield from carry(stage, parcel, said_ms(consign) + 5 * HOUR)
    if number % 12 == 0:
        there += 3 * DAY
    method, consent = ("locker", "this_parcel") if number % 20 == 5 else ("in_person", "")
    delivery = yield from deliver(stage, parcel, there, method, consent)
    if number % _RATED == 0:
        yield from receive(parcel, delivery, dice.randrange(5, 300) * MINUTE)
        stars = 3 if number % 12 == 0 else dice.choice((4, 5, 5, 5))
        faces: dict[str, JsonValue] = {face: max(1, min(5, stars + dice.choice((-1, 0, 0)))) for face in FACES}
        body: dict[str, JsonValue] = {"faces": faces, "kind": "first", "stars": stars}
        yield from say(key, said_ms(delivery) + dice.randrange(6, 40) * HOUR, "review", parcel.subjects, body)


def inspect(stage: Stage) -> Story:
    """The postal authority checks the courier, and says what its vans were fined for."""
    office, company = stage.players["postal"].pen, {"company": stage.players["jieyan"].actor}
    at = stage.start_ms + 9 * DAY
    checks: dict[str, JsonValue] = {
        "checked": 180, "day": day_text(at), "kind": "realname", "number": "JH-CHECK-2026-88", "passed": 173,
    }  # fmt: skip
    yield from say(office, at, "check", company, checks)
    fines: dict[str, JsonValue] = {"day": day_text(at), "found": 14, "months": 640, "number": "JH-TRAFFIC-2026-11"}
    yield from say(office, at + HOUR, "traffic", company, fines)

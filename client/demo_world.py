"""The invented world put together: weeks of trade up to now, with every situation in it that a visitor should see. Pure.

Nothing in it is real: firms, goods, parcels and opinions are made up, and the book that takes it is a sandbox.
"""

from __future__ import annotations

import os
from typing import Final

from . import demo_tales as tales
from . import demo_turns as turns
from . import demo_voices as voices
from .demo_bulk import PARCELS, bulk, inspect
from .demo_cast import COURIERS, begin, change_keys, lose_device
from .demo_order import order
from .demo_stage import DAY, HOUR, MINUTE, Sight, Stage, clock_time
from .signer import Randomness

DAYS: Final = 24  # how far back it begins
ORDERS: Final = 330  # ordinary ones; makes some 5,000 entries with all else
EMPTY_PARCELS: Final = 12
SEED: Final = 20261001
MOVING: Final = "moving"  # label of the story that goes on in real time
SHOWN: Final = (
    "good", "parcel", "recalled", "late", MOVING, "empty", "upheld", "relisted", "refused", "handed over", "locker this_parcel",
    "locker none", "three boxes", "one box", "two makers", "sold late", "brushed", "copied", "hidden", "burst",
    "disputed", "overdue", "erased",
)  # fmt: skip

_NOTES: Final = {
    "jiangfan": (
        "快递企业档案：一项处罚已修复，不再显示",
        "a courier company's file: a penalty was repaired and is shown no more",
    ),
}


def start_of(now_ms: int) -> int:
    """When a world that leads up to `now_ms` begins: eight in the morning in China, `DAYS` days before."""
    return clock_time(now_ms - (DAYS + 1) * DAY, 8)


def build_world(book: str, now_ms: int, *, scale: float = 1.0, seed: int = SEED, randomness: Randomness = os.urandom) -> Stage:
    """A world whose stories wait to be told: `Stage.until(now_ms)` tells them.

    Args:
        book: Origin of the place whose book it is for.
        now_ms: Unix milliseconds; what is to come later stays on the stage.
        scale: Share of the ordinary orders; the promised situations are always all there.
        seed: Same seed and time, same world, but for keys, ids and salts.
        randomness: Source of keys, ids and salts.
    """
    stage = Stage(book, seed, start_of(now_ms), randomness)
    begin(stage)
    for tale in (tales.good, tales.recall, tales.late):
        stage.open(tale(stage))
    stage.open(tales.moving(stage, now_ms - tales.NEAR_MS), MOVING)
    for number in range(EMPTY_PARCELS):
        stage.open(tales.empty_parcel(stage, number, shown=number == 5))
    for tale in (
        tales.upheld, tales.hand_over, turns.relisted, turns.refused, turns.lockers, turns.three_boxes, turns.one_box,
        turns.two_makers, turns.sold_late, voices.brushed, voices.hidden, voices.disputed, voices.overdue,
        voices.erased, voices.copied, voices.penalised, change_keys, lose_device,
    ):  # fmt: skip
        stage.open(tale(stage))
    for number in range(voices.MALICIOUS):
        stage.open(voices.malicious(stage, number))
    stage.open(inspect(stage))
    for number in range(round(PARCELS * scale)):
        stage.open(bulk(stage, number))
    trade = now_ms - stage.start_ms - DAY
    for at in sorted(stage.chance.randrange(trade) for _ in range(round(ORDERS * scale))):
        stage.open(order(stage, waking(stage, stage.start_ms + DAY + at)))
    return stage


def sights(stage: Stage) -> dict[str, Sight]:
    """Pages worth opening, in the order to show them; those of a world that was told as far as its own end."""
    found = {name: stage.sights[name] for name in SHOWN}
    for name in COURIERS:
        firm = stage.players[name].firm
        note = _NOTES.get(name, ("快递企业档案", "a courier company's file"))
        found[name] = Sight(f"/couriers/{firm.uscc}", (firm.zh, firm.en), note)
    return found


def waking(stage: Stage, at_ms: int) -> int:
    """The same time, or in the morning after where people sleep: workshops run from seven to eleven at night."""
    morning = clock_time(at_ms, 7)
    night = clock_time(at_ms, 23)
    return at_ms if night < morning else morning + stage.chance.randrange(2 * HOUR // MINUTE) * MINUTE

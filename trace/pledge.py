"""What a page says of promises and of a courier's rating: values that a template shows. Plain, filled by `promises.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..ledger.refs import EntryRef

PromiseName = Literal["dispatch", "delivery", "return"]
PromiseState = Literal["kept", "broken", "open", "asked", "unused", "void"]


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to the buyer of an item, and what became of it.

    Attributes:
        name: `dispatch`: in the courier's hands by then; `delivery`: signed off by then; `return`: taken back without a reason.
        state: `kept`, `broken`, `open` (not due yet); of a return also `asked` (sent back in time, and the seller has not said
            that it took it back) and `unused` (nobody sent it back in time); of a delivery `void` (refused or sent back).
        due_ms: When it was due, Unix milliseconds; None for a return while nothing is signed off.
        at_ms: When it was kept, or broken late; when a return was asked for; else None.
        ref: The entry that made the promise: a sale, a listing or a consign.
    """

    name: PromiseName
    state: PromiseState
    due_ms: int | None
    at_ms: int | None
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Pledge:
    """A company's newest credit commitment.

    Attributes:
        ref: Its entry.
        heads: Some of lawfulness, true_data, price, quality, service, liability.
        until: Its last day, YYYY-MM-DD, or "" for none.
        ended: Whether that day is over.
    """

    ref: EntryRef
    heads: tuple[str, ...]
    until: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """The service rating of a courier as it was last published.

    Attributes:
        ref: The publication.
        grade: A to D, or "" for none.
        colour: blue, yellow, red or grey.
        score: Score with one decimal, "" without a grade.
        low: Lower bound of its 90 % interval, likewise.
        high: Upper bound.
        as_of: The day it is as of, YYYY-MM-DD.
        rules: Version of the rules.
    """

    ref: EntryRef
    grade: str
    colour: str
    score: str
    low: str
    high: str
    as_of: str
    rules: str

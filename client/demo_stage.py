"""What the stories of the invented world are played on: players with their keys, chance, one clock for all. Pure.

A story is a generator that yields what somebody says next and is handed the signed statement back; the stage always lets the
earliest speak. So every key counts in the order of time, a story may refer to what was said, and what lies ahead of "now"
can be said later, when its time has come. Keys, ids and salts come from the randomness that is handed in, all else from a seed.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeAlias

from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from ..ledger.keys import SigningKey
from ..ledger.moment import moment_text
from .demo_firms import FIRMS, Firm
from .signer import Counter, MemoryCounter, Randomness, Signer
from .statement import Draft, Signed

MINUTE = 60_000  # milliseconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_ZONE = 8 * HOUR  # the world lives by China Standard Time


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody says next.

    Attributes:
        at_ms: When it happens, Unix milliseconds.
        pen: Who says it.
        draft: What; its time is filled in.
        offline_ms: How long the signer has no network: the book receives it so much later.
    """

    at_ms: int
    pen: Signer
    draft: Draft
    offline_ms: int = 0


Story: TypeAlias = Generator[Step, Signed, None]
Scene: TypeAlias = Generator[Step, Signed, Signed]  # a story of one step that hands on what was said


def say(
    pen: Signer,
    at_ms: int,
    kind: str,
    subjects: Mapping[str, str] | None = None,
    body: Mapping[str, JsonValue] | None = None,
    *,
    text: str = "",
    ref: Signed | None = None,
    for_: str | None = None,
    evidence: Sequence[Mapping[str, JsonValue]] = (),
    offline_ms: int = 0,
) -> Scene:
    """One step; a text stands in the statement as a commitment."""
    draft = Draft(
        kind, "", subjects or {}, body or {}, {"/body/text": text} if text else {}, None if ref is None else ref.statement,
        for_, evidence=tuple(evidence),
    )  # fmt: skip
    return (yield Step(at_ms, pen, draft, offline_ms))


@dataclass(slots=True)
class Player:
    """A firm on the stage.

    Attributes:
        firm: Who it is.
        pen: Signs with its present key.
        devices: Pens of its couriers' devices, by the district they work in.
    """

    firm: Firm
    pen: Signer
    devices: dict[str, Signer] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """Its actor id."""
        return self.firm.actor


@dataclass(frozen=True, slots=True)
class Sight:
    """A page worth opening.

    Attributes:
        path: Unprefixed path.
        title: What it is about, in Chinese and English.
        note: Why it is worth opening, in Chinese and English.
    """

    path: str
    title: tuple[str, str]
    note: tuple[str, str]


class Stage:
    """Players and stories.

    Args:
        book: Origin of the place whose book the statements go to.
        seed: Same seed, same world, but for keys, ids and salts.
        start_ms: When the world begins.
        randomness: Source of keys, ids and salts; nobody may be able to guess it.

    Attributes:
        chance: Dice of the stories.
        players: By the name of their firm.
        sights: Pages worth opening, by a short name.
        papers: Files of reports, by their SHA-256 in hexadecimal.
        penalty: A fine that its office is going to repair: who does it has to know where the book has it.
        now_ms: Time of what was said last.
    """

    def __init__(self, book: str, seed: int, start_ms: int, randomness: Randomness) -> None:
        self.book = book
        self.start_ms = self.now_ms = start_ms
        self.randomness = randomness
        self.chance = random.Random(seed)  # noqa: S311 - decides what happens, never a key
        self.players = {firm.name: Player(firm, self.pen(firm.actor)) for firm in FIRMS}
        self.sights: dict[str, Sight] = {}
        self.papers: dict[str, bytes] = {}
        self.penalty: Signed | None = None
        self._queue: list[tuple[int, int, Story, Step, str]] = []
        self._order = itertools.count()

    def pen(self, actor: str, key: SigningKey | None = None, counter: Counter | None = None) -> Signer:
        """A pen of an actor, with a new key unless one is given."""
        key = key or SigningKey(self.randomness(32))
        return Signer(key, actor, self.book, counter or MemoryCounter(), lambda: self.now_ms, self.randomness)

    def consumer(self) -> Signer:
        """The pen of somebody who is known by a throw-away key only."""
        key = SigningKey(self.randomness(32))
        return self.pen(f"anon:{key.public_text}", key)

    def token(self, size: int) -> str:
        """Random text of `size` bytes: 16 for a waybill or device, 9 for a serial, 32 in place of a hash."""
        return b64u(self.randomness(size))

    def file(self, kind: str) -> dict[str, JsonValue]:
        """A file of evidence beside the book; only its hash is anywhere, for there is no file."""
        size = {"photo": 180_000, "weight": 900}.get(kind, 40_000)
        return {"bytes": size + self.chance.randrange(size), "kind": kind, "sha256": self.token(32)}

    def paper(self, text: str) -> dict[str, JsonValue]:
        """A report of which there is a file, in `papers` by its SHA-256 in hexadecimal."""
        raw = text.encode()
        digest = sha256(raw).digest()
        self.papers[digest.hex()] = raw
        return {"bytes": len(raw), "kind": "report", "sha256": b64u(digest)}

    def open(self, story: Story, label: str = "") -> None:
        """Let a story begin; a label names it for `hurry`."""
        self._put(story, next(story, None), label)

    def _put(self, story: Story, step: Step | None, label: str) -> None:
        if step is not None:
            heapq.heappush(self._queue, (step.at_ms + step.offline_ms, next(self._order), story, step, label))

    def until(self, end_ms: int) -> Iterator[tuple[int, Signed]]:
        """Play on to a moment: when each statement reaches the book at the earliest, and the statement; in order of time."""
        while self._queue and self._queue[0][0] <= end_ms:
            due_ms, _, story, step, label = heapq.heappop(self._queue)
            self.now_ms = max(self.now_ms, due_ms)
            yield self.now_ms, self._play(story, step, label)

    def hurry(self, label: str, now_ms: int) -> Signed | None:
        """Let the next step of the story with that label happen now; None when it is over."""
        waiting = [entry for entry in self._queue if entry[4] == label]
        if not waiting:
            return None
        self._queue.remove(waiting[0])
        heapq.heapify(self._queue)
        self.now_ms = max(self.now_ms, now_ms)
        return self._play(waiting[0][2], replace(waiting[0][3], at_ms=now_ms, offline_ms=0), label)

    def _play(self, story: Story, step: Step, label: str) -> Signed:
        signed = step.pen.sign(replace(step.draft, at=moment_text(step.at_ms)))
        try:
            following = story.send(signed)
        except StopIteration:
            following = None
        self._put(story, following, label)
        return signed


def clock_time(ms: int, hour: int, minute: int = 0) -> int:
    """The first moment from `ms` on at which clocks in China show that time."""
    day = (ms + _ZONE) // DAY * DAY - _ZONE
    at = day + hour * HOUR + minute * MINUTE
    return at if at >= ms else at + DAY


def day_text(ms: int) -> str:
    """The day in China, YYYY-MM-DD."""
    return moment_text(ms)[:10]

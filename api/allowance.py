"""How much the public may write in how short a time: anonymous statements, and registrations that an actor signs itself.

A registered actor answers with its name; whoever registers has none yet, and stays in the log and in memory for ever.

Each allowance is a bucket that fills at a steady pace. A network's is drawn on before anything is checked; a key's and an
item's are given back unless the statement is recorded, so that nobody empties another's with signatures that do not hold.
Kept in memory: a restart forgives. Simulated statements in a sandbox draw on none: anybody may register there and write at
will, and an importer brings years of buyers from one address. Source: DESIGN 4; the table below is the whole rule.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec import Struct

from ..ledger.errors import Refused

BUCKETS_MAX: Final = 50_000  # of one kind, about 10 MB; the one not drawn on for longest is forgotten first

Kind = Literal["network", "key", "subject", "company", "tries"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One named limit.

    Attributes:
        burst: Statements at once.
        per_hour: Statements an hour after that.
        of: Whose allowance it is.
        reason: Why so many.
    """

    burst: int
    per_hour: int
    of: str
    reason: str


LIMITS: Final[dict[Kind, Limit]] = {
    "network": Limit(
        600, 3_600, "one IPv4 address, or one IPv6 network of 64 bits",
        "Thousands of phones can share an address. One transaction has room for 6,000 rows, so that no address fills it.",
    ),
    "key": Limit(
        40, 60, "one anonymous key",
        "A buyer says a handful of things about a purchase. More is a program.",
    ),
    "subject": Limit(
        60, 60, "one item, parcel or company, from one address",
        "A page that strangers flood can no longer be read. Counted for each address, so that nobody locks the buyer out.",
    ),
    "company": Limit(
        10, 2, "registrations of one company that is not approved yet, from everywhere",
        "Each stays in its streams, and so in every bundle of its goods.",
    ),
    "tries": Limit(
        10, 10, "claims and reviews of one item, or parcel, from one address, that were refused for lack of the right code",
        "A code has 128 bits and is not guessed. Ten tries forgive every honest mistake; more are somebody trying.",
    ),
}  # fmt: skip


_BY_CODE: Final = frozenset(("claim", "review"))  # types whose right comes from a tear-off code


class _Head(Struct):
    actor: str = ""
    body: dict[str, object] = {}
    type: str = ""
    key: str = ""
    subjects: dict[str, object] = {}
    source: dict[str, object] = {}


_HEAD = msgspec.json.Decoder(_Head)


@dataclass(frozen=True, slots=True)
class Voice:
    """One anonymous statement or registration, before anybody has checked it.

    Attributes:
        type: Type of the statement.
        key: Its key id as it says.
        subject: Item, parcel or actor it is about, "" for none.
    """

    type: str
    key: str
    subject: str


def voices_of(raws: Iterable[bytes], *, sandbox: bool) -> list[Voice | None]:
    """For each statement what it is drawn on for.

    None for one of a registered actor, one that cannot be read, and in a sandbox a registration or one that says it is simulated.
    """
    return [_voice(raw, sandbox) for raw in raws]


def _voice(raw: bytes, sandbox: bool) -> Voice | None:
    registers = not sandbox and b'"register"' in raw
    if not registers and b'"anon:' not in raw:  # the bulk of all rows
        return None
    try:
        head = _HEAD.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # refused for its form a moment later
    if registers and head.type == "actor" and head.body.get("event") == "register" and head.subjects.get("party") == head.actor:
        return Voice(head.type, head.key, head.actor)
    if not head.actor.startswith("anon:") or (sandbox and head.source.get("mode") == "simulated"):
        return None
    subject = head.subjects.get("item") or head.subjects.get("waybill")
    return Voice(head.type, head.key, subject if isinstance(subject, str) else "")


def network_of(address: str) -> str:
    """The network an address belongs to: IPv4 whole, IPv6 its first 64 bits, since a household has as many."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class _Buckets:
    """Allowances of one kind."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._pace = limit.per_hour / 3_600
        self._left: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()  # what is left, as of when

    def take(self, name: tuple[str, ...], count: int, now_s: float) -> float:
        """Draw on an allowance; seconds to wait, and nothing is drawn, where it does not suffice."""
        left = self._level(name, now_s)
        if left < count:
            return (count - left) / self._pace
        self._left[name] = (left - count, now_s)
        self._left.move_to_end(name)
        while len(self._left) > BUCKETS_MAX:
            self._left.popitem(last=False)
        return 0.0

    def give_back(self, name: tuple[str, ...], count: int, now_s: float) -> None:
        if name in self._left:
            self._left[name] = (min(self._limit.burst, self._level(name, now_s) + count), now_s)

    def _level(self, name: tuple[str, ...], now_s: float) -> float:
        left, as_of = self._left.get(name, (float(self._limit.burst), now_s))
        return min(self._limit.burst, left + (now_s - as_of) * self._pace)


class Allowance:
    """What each network, key and subject may still write.

    Args:
        clock: Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[Kind, _Buckets] = {kind: _Buckets(limit) for kind, limit in LIMITS.items()}

    def draw(self, voices: Sequence[Voice | None], address: str) -> None:
        """Draw for the rows of one request: for all of them, or for none.

        Args:
            voices: What `voices_of` found.
            address: The caller's address as text.

        Raises:
            Refused: `too-often`, with the limit's name and `retry_after` in seconds; `rows-too-many` for a request that no
                waiting would help.
        """
        said = [voice for voice in voices if voice is not None]
        if not said:
            return
        network, now_s = network_of(address), self._clock()
        wanted = self._wanted(said, network)
        for kind, _, count in wanted:
            if count > LIMITS[kind].burst:
                raise Refused("rows-too-many", f"{count} anonymous rows; the limit `{kind}` is {LIMITS[kind].burst} at once")
        with self._lock:
            drawn: list[tuple[Kind, tuple[str, ...], int]] = []
            for kind, name, count in wanted:
                wait_s = self._buckets[kind].take(name, count, now_s)
                if wait_s:
                    for other, given, number in drawn:
                        self._buckets[other].give_back(given, number, now_s)
                    raise _too_often(kind, wait_s)
                drawn.append((kind, name, count))

    def settle(self, voices: Sequence[Voice | None], address: str, outcomes: Sequence[str]) -> None:
        """Give back what was drawn for rows that were not recorded; a try with the wrong code is kept.

        Args:
            voices: As given to `draw`.
            address: As given to `draw`.
            outcomes: For each row "recorded", "already" or the code of its refusal.
        """
        network, now_s = network_of(address), self._clock()
        with self._lock:
            for voice, outcome in zip(voices, outcomes, strict=True):
                if voice is None:
                    continue
                for kind, name, count in self._wanted([voice], network)[1:]:
                    if outcome != ("no-authority" if kind == "tries" else "recorded"):
                        self._buckets[kind].give_back(name, count, now_s)

    @staticmethod
    def _wanted(said: Sequence[Voice], network: str) -> list[tuple[Kind, tuple[str, ...], int]]:
        counted: dict[tuple[Kind, tuple[str, ...]], int] = {("network", (network,)): len(said)}
        for voice in said:
            names: list[tuple[Kind, tuple[str, ...]]] = [("key", (voice.key,)), ("subject", (network, voice.subject))]
            if voice.type == "actor":
                names.append(("company", (voice.subject,)))
            if voice.type in _BY_CODE:
                names.append(("tries", (network, voice.subject)))
            for name in names:
                counted[name] = counted.get(name, 0) + 1
        return [(kind, name, count) for (kind, name), count in counted.items()]


def _too_often(kind: Kind, wait_s: float) -> Refused:
    limit = LIMITS[kind]
    return Refused(
        "too-often",
        f"the limit `{kind}` is reached: {limit.burst} at once and {limit.per_hour} an hour for {limit.of}",
        limit=kind,
        retry_after=math.ceil(wait_s),
    )

"""What the verifier remembers of streams, keys and actors, in bounded memory: the recent ones at hand, the rest laid aside.

Two generations: what is used moves to the young one; when that is full the old one goes to the shelf in one piece. A
value is only ever what the verifier itself has worked out from the leaves; nothing is taken from the stored tables.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Generic, TypeVar

from .audit_port import Shelf
from .chain import HEAD_START
from .map_hash import map_key

State = TypeVar("State")
Value = TypeVar("Value")

KEY_BYTES = 16  # of a SHA-256: nobody finds two names with the same


class Generations(Generic[Value]):
    """Values by name, of which only about `live_max` are in memory.

    Args:
        shelf: Where the others lie.
        live_max: Bound of both generations together.
        key: Name to its key on the shelf.
        encode: Value to bytes; None for a value that need not be kept.
        decode: Name and bytes to value.
    """

    def __init__(
        self,
        shelf: Shelf,
        live_max: int,
        key: Callable[[str], bytes],
        encode: Callable[[Value], bytes | None],
        decode: Callable[[str, bytes], Value],
    ) -> None:
        self.live: dict[str, Value] = {}  # the young generation
        self._old: dict[str, Value] = {}
        self._half = max(1, live_max // 2)
        self._shelf = shelf
        self._key = key
        self._encode = encode
        self._decode = decode
        self._shelved = False

    def load(self, names: Iterable[str]) -> list[str]:
        """Bring names into `live`; give back those that have no value yet."""
        missing = []
        for name in names:
            if name not in self.live:
                value = self._old.pop(name, None)
                if value is None:
                    missing.append(name)
                else:
                    self.live[name] = value
        if not missing or not self._shelved:
            return missing
        found = self._shelf.get([self._key(name) for name in missing])
        unknown = []
        for name in missing:
            value_bytes = found.get(self._key(name)) if found else None
            if value_bytes is None:
                unknown.append(name)
            else:
                self.live[name] = self._decode(name, value_bytes)
        return unknown

    def trim(self) -> None:
        """Lay the old generation aside when the young one is full; between two chunks of the log only."""
        if len(self.live) <= self._half:
            return
        if self._old:
            coded = ((self._key(name), self._encode(value)) for name, value in self._old.items())
            self._shelf.put((key, value) for key, value in coded if value is not None)
            self._shelved = True
        self._old, self.live = self.live, {}


class Record(Generic[State]):
    """What is known of one stream.

    Attributes:
        key: Its key in the map.
        number: Its number in order of first appearance, 0 before that.
        count: Entries so far.
        head: Head of its chain.
        state: State that the rules keep of it; None where they keep none, or nothing yet.
    """

    __slots__ = ("count", "head", "key", "number", "state")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.number = 0
        self.count = 0
        self.head = HEAD_START
        self.state: State | None = None


class Records(Generic[State]):
    """Records of all streams."""

    def __init__(self, shelf: Shelf, live_max: int) -> None:
        self._generations: Generations[Record[State]] = Generations(shelf, live_max, _stream_key, _encode_record, _decode_record)
        self.trim = self._generations.trim

    def load(self, names: Iterable[str]) -> dict[str, Record[State]]:
        """Bring streams into memory and give the table of all that are; good until the next `trim`."""
        live = self._generations.live
        for name in self._generations.load(names):
            if name not in live:
                live[name] = Record(map_key(name))
        return live


class Numbers:
    """Numbers of keys or actors, from 1, in order of first appearance."""

    def __init__(self, kind: str, shelf: Shelf, live_max: int) -> None:
        self.count = 0
        self._generations: Generations[int] = Generations(shelf, live_max, lambda name: _name_key(kind, name), _encode, _decode)
        self.trim = self._generations.trim

    def load(self, names: Iterable[str]) -> dict[str, int]:
        """Bring known names into memory and give the table of all that are; good until the next `trim`."""
        self._generations.load(names)
        return self._generations.live

    def new(self, name: str) -> int:
        """Number of a loaded name that has none yet."""
        self.count += 1
        self._generations.live[name] = self.count
        return self.count


def _name_key(kind: str, name: str) -> bytes:
    return sha256(f"{kind} {name}".encode()).digest()[:KEY_BYTES]


def _encode(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _decode(_name: str, value: bytes) -> int:
    return int.from_bytes(value, "big")


def _stream_key(name: str) -> bytes:
    return map_key(name)[:KEY_BYTES]


def _encode_record(record: Record[State]) -> bytes | None:
    if not record.count:
        return None  # asked after, but nothing stands in it
    state = b"" if record.state is None else pickle.dumps(record.state, 5)
    return record.number.to_bytes(4, "big") + record.count.to_bytes(8, "big") + record.head + state


def _decode_record(name: str, value: bytes) -> Record[State]:
    record: Record[State] = Record(map_key(name))
    record.number, record.count = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:12], "big")
    record.head = value[12:44]
    if len(value) > 44:
        record.state = pickle.loads(value[44:])  # noqa: S301 - written by this very run, into a file of its own
    return record

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

KEY_BYTES = 16  # of a hash: nobody finds two names with the same


class Generations(Generic[Value]):
    """Values by name, of which only about `live_max` are in memory.

    Args:
        shelf: Where the others lie.
        live_max: Bound of both generations together.
        key: Name to a hash of it, 32 bytes, of which the shelf uses the first 16.
        encode: Value to bytes; None for a value that need not be kept.
        decode: Hash of the name and bytes to value.
    """

    def __init__(
        self,
        shelf: Shelf,
        live_max: int,
        key: Callable[[str], bytes],
        encode: Callable[[Value], bytes | None],
        decode: Callable[[bytes, bytes], Value],
    ) -> None:
        self.live: dict[str, Value] = {}  # the young generation
        self._old: dict[str, Value] = {}
        self._half = max(1, live_max // 2)
        self._shelf = shelf
        self._key = key
        self._encode = encode
        self._decode = decode
        self._shelved = False

    def load(self, names: Iterable[str]) -> list[tuple[str, bytes]]:
        """Bring names into `live`; give back those that have no value yet, with their hash, each once."""
        live, old = self.live, self._old
        missing: dict[str, bytes] = {}
        for name in names:
            if name not in live and name not in missing:
                value = old.pop(name, None)
                if value is None:
                    missing[name] = self._key(name)
                else:
                    live[name] = value
        if missing and self._shelved:
            found = self._shelf.get([key[:KEY_BYTES] for key in missing.values()])
            for name, key in [*missing.items()] if found else ():
                coded = found.get(key[:KEY_BYTES])
                if coded is not None:
                    live[name] = self._decode(key, coded)
                    del missing[name]
        return [*missing.items()]

    def trim(self) -> None:
        """Lay the old generation aside when the young one is full; between two chunks of the log only."""
        if len(self.live) <= self._half:
            return
        if self._old:
            coded = ((self._key(name)[:KEY_BYTES], self._encode(value)) for name, value in self._old.items())
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
        self._generations: Generations[Record[State]] = Generations(shelf, live_max, map_key, _encode_record, _decode_record)
        self.trim = self._generations.trim

    def load(self, names: Iterable[str]) -> dict[str, Record[State]]:
        """Bring streams into memory and give the table of all that are; good until the next `trim`."""
        live = self._generations.live
        for name, key in self._generations.load(names):
            live[name] = Record(key)
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
    return sha256(f"{kind} {name}".encode()).digest()


def _encode(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _decode(_key: bytes, value: bytes) -> int:
    return int.from_bytes(value, "big")


def _encode_record(record: Record[State]) -> bytes | None:
    if not record.count:
        return None  # asked after, but nothing stands in it
    state = b"" if record.state is None else pickle.dumps(record.state, 5)
    return record.number.to_bytes(4, "big") + record.count.to_bytes(8, "big") + record.head + state


def _decode_record(key: bytes, value: bytes) -> Record[State]:
    record: Record[State] = Record(key)
    record.number, record.count = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:12], "big")
    record.head = value[12:44]
    if len(value) > 44:
        record.state = pickle.loads(value[44:])  # noqa: S301 - written by this very run, into a file of its own
    return record

"""What the verifier remembers of streams, keys and actors, in bounded memory: the recent ones at hand, the rest laid aside.

Two generations: what is used moves to the young one; when that is full the old one goes to the shelf in one piece. A
value is only ever what the verifier itself has worked out from the leaves; nothing is taken from the stored tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

import msgspec
import numpy as np

from .audit_port import Shelf
from .chain import HEAD_START
from .map_hash import map_key

State = TypeVar("State")
Value = TypeVar("Value")

KEY_BYTES = 16  # of a hash: nobody finds two names with the same
MARKS_BITS: Final = 23  # a mebibyte of marks; with a million names one look in twenty is in vain

_ENCODE = msgspec.msgpack.Encoder().encode


class Marks:
    """Says of most keys that never came that they did not; two bits a key, set where its hash says."""

    def __init__(self) -> None:
        self._bytes = np.zeros(1 << MARKS_BITS - 3, np.uint8)

    def _places(self, keys: Sequence[bytes]) -> tuple[Any, Any]:
        words = np.frombuffer(b"".join(keys), np.uint32).reshape(len(keys), -1)[:, :2] & np.uint32((1 << MARKS_BITS) - 1)
        return words >> np.uint32(3), np.left_shift(1, words & np.uint32(7)).astype(np.uint8)

    def add(self, keys: Sequence[bytes]) -> None:
        """Mark some keys, each of as many bytes, at least 8."""
        where, bits = self._places(keys)
        np.bitwise_or.at(self._bytes, where, bits)

    def maybe(self, keys: Sequence[bytes]) -> list[bytes]:
        """Those of some keys that may have come."""
        where, bits = self._places(keys)
        seen = (self._bytes[where] & bits).all(axis=1)
        return [keys[place] for place in np.flatnonzero(seen).tolist()]


class Generations(Generic[Value]):
    """Values by name, of which only about `live_max` are in memory.

    Args:
        shelf: Where the others lie.
        live_max: Bound of both generations together.
        key: Name to a hash of it, 32 bytes, of which the shelf uses the first 16.
        encode: Name and value to hash of the name and bytes; None for a value that need not be kept.
        decode: Hash of the name and bytes to value.
    """

    def __init__(
        self,
        shelf: Shelf,
        live_max: int,
        key: Callable[[str], bytes],
        encode: Callable[[str, Value], tuple[bytes, bytes] | None],
        decode: Callable[[bytes, bytes], Value],
    ) -> None:
        self.live: dict[str, Value] = {}  # the young generation
        self._old: dict[str, Value] = {}
        self._half = max(1, live_max // 2)
        self._shelf = shelf
        self._key = key
        self._encode = encode
        self._decode = decode
        self._marks: Marks | None = None  # of what lies on the shelf

    def load(self, names: set[str]) -> list[tuple[str, bytes]]:
        """Bring names into `live`; give back those that have no value yet, with their hash."""
        live, old = self.live, self._old
        missing: dict[str, bytes] = {}
        for name in names.difference(live):
            value = old.pop(name, None)
            if value is None:
                missing[name] = self._key(name)
            else:
                live[name] = value
        if missing and self._marks is not None:
            asked = self._marks.maybe([key[:KEY_BYTES] for key in missing.values()])
            found = self._shelf.get(asked) if asked else {}
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
            coded = map(self._encode, self._old, self._old.values())
            kept = [(pair[0][:KEY_BYTES], pair[1]) for pair in coded if pair is not None]
            if kept:
                self._shelf.put(kept)
                if self._marks is None:
                    self._marks = Marks()
                self._marks.add([key for key, _ in kept])
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
        self._generations: Generations[Record[State]] = Generations(shelf, live_max, map_key, self._encode, self._decode)
        self._decode_state: Callable[[bytes], State] | None = None  # all states of one book are of one type
        self.trim = self._generations.trim

    def load(self, names: Iterable[str]) -> dict[str, Record[State]]:
        """Bring streams into memory and give the table of all that are; good until the next `trim`."""
        missing = self._generations.load(set(names))
        live = self._generations.live
        for name, key in missing:
            live[name] = Record(key)
        return live

    def _encode(self, _name: str, record: Record[State]) -> tuple[bytes, bytes] | None:
        if not record.count:
            return None  # asked after, but nothing stands in it
        state = record.state
        if state is not None and self._decode_state is None:
            self._decode_state = msgspec.msgpack.Decoder(type(state)).decode
        coded = b"" if state is None else _ENCODE(state)
        return record.key, record.number.to_bytes(4, "big") + record.count.to_bytes(8, "big") + record.head + coded

    def _decode(self, key: bytes, value: bytes) -> Record[State]:
        record: Record[State] = Record(key)
        record.number, record.count = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:12], "big")
        record.head = value[12:44]
        if len(value) > 44:
            assert self._decode_state is not None
            record.state = self._decode_state(value[44:])
        return record


class Numbers:
    """Numbers of keys or actors, from 1, in order of first appearance."""

    def __init__(self, kind: str, shelf: Shelf, live_max: int) -> None:
        self.count = 0

        def key(name: str) -> bytes:
            return sha256(f"{kind} {name}".encode()).digest()

        self._generations: Generations[int] = Generations(
            shelf, live_max, key, lambda name, number: (key(name), _u32(number)), _number
        )
        self.trim = self._generations.trim

    def load(self, names: Iterable[str]) -> dict[str, int]:
        """Bring known names into memory and give the table of all that are; good until the next `trim`."""
        self._generations.load(set(names))
        return self._generations.live

    def new(self, name: str) -> int:
        """Number of a loaded name that has none yet."""
        self.count += 1
        self._generations.live[name] = self.count
        return self.count


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _number(_key: bytes, value: bytes) -> int:
    return int.from_bytes(value, "big")

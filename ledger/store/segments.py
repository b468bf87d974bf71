"""Leaves whose bodies stand in segments. Writes nothing; `sealing` makes segments, `reads` asks here for what it does not find.

Source: docs/formats/segment.md.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from ..audit_port import LeafRow
from ..errors import StoreError, VerificationError
from ..segment import BLOCK_LEAVES, SEGMENT_LEAVES, decode_segment, first_of
from .lookup import Lookup, Step, run

SEGMENTS: Final = 16  # read by one statement: under 1 MB, as a rule

KEPT: Final = 128  # inflated blocks in memory for each database that is open: about 6 MB


class _Blocks:
    """Blocks that were read last, by shard and first leaf. They never change, so none is ever too old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], Sequence[bytes]] = OrderedDict()

    def get(self, shard: int, first: int) -> Sequence[bytes] | None:
        with self._lock:
            block = self._kept.get((shard, first))
            if block is not None:
                self._kept.move_to_end((shard, first))
            return block

    def put(self, shard: int, first: int, block: Sequence[bytes]) -> None:
        with self._lock:
            self._kept[shard, first] = block
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)


_BLOCKS: Final[WeakKeyDictionary[Engine, _Blocks]] = WeakKeyDictionary()


def leaves_at(connection: Connection, shard: int, indexes: Iterable[int]) -> dict[int, bytes]:
    """Sealed leaves at these log indexes; those that are in no segment are left out.

    Args:
        connection: Where to read.
        shard: Number of the shard.
        indexes: Ascending.

    Raises:
        StoreError: A segment does not hold; the words say which and what to do.
    """
    blocks = _BLOCKS.setdefault(connection.engine, _Blocks())
    found: dict[int, bytes] = {}
    due: dict[int, dict[int, list[int]]] = {}  # by segment and block, the first leaves of which name them
    for at, group in groupby(indexes, lambda index: index - index % BLOCK_LEAVES):
        block = blocks.get(shard, at)
        if block is None:
            due.setdefault(first_of(at), {})[at] = list(group)
        else:
            found.update((index, block[index - at]) for index in group)
    firsts = iter(due)
    body = "CAST(s.body AS BLOB)" if connection.dialect.name == "sqlite" else "s.body"  # whatever type a vandal has written
    step = Step("segment", "s", f"s.shard = {shard:d} AND s.first = w.a")
    what = Lookup(("bigint",), (step,), f"s.first, {body}")
    while some := list(islice(firsts, SEGMENTS)):
        for first, raw in run(connection, what, [(first,) for first in some]):
            try:
                opened = decode_segment(raw, first)
                for at, wanted in due[first].items():
                    block = opened.block((at - first) // BLOCK_LEAVES)
                    blocks.put(shard, at, block)
                    found.update((index, block[index - at]) for index in wanted)
            except (VerificationError, TypeError) as error:
                raise StoreError(broken(first, error)) from error
    return found


def merge(
    rows: Iterator[Sequence[tuple[Any, ...]]], sealed: Iterator[Sequence[tuple[Any, ...]]], faults: list[tuple[int, str]]
) -> Iterator[Sequence[LeafRow]]:
    """The log from its bodies and its segments, for who verifies: in order, damaged rows as they stand.

    Args:
        rows: Index and body, ascending.
        sealed: First leaf and segment, ascending.
        faults: Takes first leaf and fault of each segment that cannot be read, or that differs from a body beside it.
    """
    waiting: Sequence[tuple[Any, ...]] = ()
    for first, raw in chain.from_iterable(sealed):
        if type(first) is not int:
            faults.append((0, "a row of the table of segments does not say where it belongs"))
            continue
        beside: list[LeafRow] = []
        while True:
            # A damaged index is no number, and stands behind all numbers.
            before = [row for row in waiting if type(row[0]) is int and row[0] < first]
            if before:
                yield before
            inside = [row for row in waiting[len(before) :] if type(row[0]) is int and row[0] < first + SEGMENT_LEAVES]
            beside += inside
            waiting = waiting[len(before) + len(inside) :]
            if waiting:
                break
            waiting = next(rows, ())
            if not waiting:
                break
        try:
            leaves = dict(enumerate(decode_segment(raw, first).leaves(), first))
        except (VerificationError, TypeError) as error:
            faults.append((first, _cause(error)))
            leaves = {}
        if leaves and any(leaves.get(index) != body for index, body in beside):
            faults.append((first, "a body that still stands differs from it"))
        yield sorted((leaves | dict(beside)).items())
    if waiting:
        yield waiting
    yield from rows


def broken(first: int, error: Exception) -> str:
    """What to say of a segment that does not hold."""
    return (
        f"the segment of leaves {first} to {first + SEGMENT_LEAVES - 1} does not hold: {_cause(error)}; put the table `segment` "
        "back from a backup, then run `suxin verify`"
    )


def _cause(error: Exception) -> str:
    return error.detail if isinstance(error, VerificationError) else "it is not bytes"

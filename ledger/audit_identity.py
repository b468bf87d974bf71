"""Nobody says two things under one name: (key, n) and (actor, id) are unique in the whole book.

A set of all identities would outgrow memory, and the database's unique indexes are what is being verified. So rows of
plain integers are sorted in runs that lie on the shelf, and merged at the end: equal ones are then neighbours. The
same sweep shows the holes in each key's counter. Source: DESIGN 3.1.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .audit_port import Shelf

Rows: TypeAlias = npt.NDArray[np.uint64]

RUN_ROWS = 131_072  # rows sorted at a time: 4 MiB of four columns
BLOCK_ROWS = 2_048  # rows of a run read back at a time


class Runs:
    """Rows of unsigned integers, given back in lexicographic order.

    Args:
        name: Distinguishes these runs on the shelf.
        columns: Integers of a row, each below 2**64.
        shelf: Where full runs lie.
        run_rows: Rows of a run.
        block_rows: Rows of a block.
    """

    def __init__(self, name: bytes, columns: int, shelf: Shelf, run_rows: int = RUN_ROWS, block_rows: int = BLOCK_ROWS) -> None:
        self._name = name
        self._columns = columns
        self._shelf = shelf
        self._run_rows = run_rows
        self._block_rows = block_rows
        self._open = array("Q")
        self._blocks: list[int] = []  # blocks of each run
        self.add = self._open.extend  # one row at a time; the caller then calls `trim` now and then

    def trim(self) -> None:
        """Lay a full run aside."""
        if len(self._open) >= self._run_rows * self._columns:
            self._flush()

    def _flush(self) -> None:
        rows = _ordered(np.frombuffer(self._open, np.uint64).reshape(-1, self._columns))
        parts = [rows[first : first + self._block_rows] for first in range(0, len(rows), self._block_rows)]
        run = len(self._blocks)
        self._shelf.put((self._key(run, block), part.tobytes()) for block, part in enumerate(parts))
        self._blocks.append(len(parts))
        self._open = array("Q")
        self.add = self._open.extend

    def _key(self, run: int, block: int) -> bytes:
        return b"%s/%d/%d" % (self._name, run, block)

    def _read(self, run: int) -> Iterator[Rows]:
        for block in range(self._blocks[run]):
            key = self._key(run, block)
            yield np.frombuffer(self._shelf.get([key])[key], np.uint64).reshape(-1, self._columns)

    def merged(self) -> Iterator[Rows]:
        """All rows in order, some at a time; nothing may be added afterwards."""
        sources: list[Iterator[Rows]] = [self._read(run) for run in range(len(self._blocks))]
        if self._open:
            rows = _ordered(np.frombuffer(self._open, np.uint64).reshape(-1, self._columns))
            sources.append(iter([rows[first : first + self._block_rows] for first in range(0, len(rows), self._block_rows)]))
        heads = [(next(source), source) for source in sources]
        while heads:
            # Everything up to the least of the blocks' last rows can have no smaller row behind it.
            limit = min(tuple(block[-1].tolist()) for block, _ in heads)
            taken, left = [], []
            for block, source in heads:
                cut = _upto(block, limit)
                taken.append(block[:cut])
                rest = block[cut:] if cut < len(block) else next(source, None)
                if rest is not None:
                    left.append((rest, source))
            heads = left
            yield _ordered(np.concatenate(taken))


def _ordered(rows: Rows) -> Rows:
    return rows[np.lexsort(rows.T[::-1])]


def _upto(rows: Rows, limit: tuple[int, ...]) -> int:
    """How many of the sorted rows are not above `limit`."""
    first, end = 0, len(rows)
    for column, bound in enumerate(limit):
        part = rows[first:end, column]
        least = int(np.searchsorted(part, np.uint64(bound), "left"))
        most = int(np.searchsorted(part, np.uint64(bound), "right"))
        first, end = first + least, first + most
        if first == end:
            return first
    return end


class Counters:
    """Every (key number, n) with its index in the log."""

    def __init__(self, shelf: Shelf) -> None:
        self.runs = Runs(b"n", 3, shelf)

    def sweep(self, holes_max: int) -> tuple[list[tuple[int, int]], dict[int, list[tuple[int, int]]]]:
        """Look at all of them in order.

        Args:
            holes_max: Runs of missing numbers to keep, over all keys.

        Returns:
            Pairs of indexes (earlier, later) with the same key and n, the first 100; and by key number the runs of
            missing numbers (first, last).
        """
        twins: list[tuple[int, int]] = []
        holes: dict[int, list[tuple[int, int]]] = {}
        last: Sequence[int] = (0, 0, 0)
        kept = 0
        for rows in self.runs.merged():
            table = np.concatenate([np.array([last], np.uint64), rows])
            same_key = table[1:, 0] == table[:-1, 0]
            before = np.where(same_key, table[:-1, 1], np.uint64(0))
            for place in np.flatnonzero(same_key & (table[1:, 1] == before)).tolist():
                if len(twins) < 100:
                    twins.append((int(table[place, 2]), int(table[place + 1, 2])))
            for place in np.flatnonzero(table[1:, 1] > before + np.uint64(1)).tolist():
                if kept < holes_max:
                    kept += 1
                    hole = (int(before[place]) + 1, int(table[place + 1, 1]) - 1)
                    holes.setdefault(int(table[place + 1, 0]), []).append(hole)
            last = rows[-1].tolist()
        return twins, holes


class Ids:
    """Every (id, actor number) with its index in the log."""

    def __init__(self, shelf: Shelf) -> None:
        self.runs = Runs(b"id", 4, shelf)

    def sweep(self) -> list[tuple[int, int]]:
        """Pairs of indexes (earlier, later) where one actor used one id twice, the first 100."""
        twins: list[tuple[int, int]] = []
        last: list[int] | None = None
        for rows in self.runs.merged():
            table = rows if last is None else np.concatenate([np.array([last], np.uint64), rows])
            same = (table[1:, :3] == table[:-1, :3]).all(axis=1)
            for place in np.flatnonzero(same).tolist():
                if len(twins) < 100:
                    twins.append((int(table[place, 3]), int(table[place + 1, 3])))
            last = rows[-1].tolist()
        return twins

"""More rows than memory holds, put in order: sorted in runs that lie on the shelf, and merged at the end.

Rows are plain integers of 64 bits, so that all of it is a few array operations. Rows with equal keys keep the order in
which they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .audit_port import Shelf

Rows: TypeAlias = npt.NDArray[np.uint64]

RUN_BYTES = 2 * 1024 * 1024  # sorted at a time
BLOCK_BYTES = 48 * 1024  # of a run, read back at a time


class Sorted:
    """A pile of rows that is given back in order of its first columns.

    Args:
        name: Distinguishes this pile on the shelf.
        columns: Integers of a row.
        keys: How many of them, from the first, make the order.
        shelf: Where full runs lie.
        run_bytes: Size of a run.
        block_bytes: Size of a block.
    """

    def __init__(
        self, name: bytes, columns: int, keys: int, shelf: Shelf, run_bytes: int = RUN_BYTES, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._name = name
        self._columns = columns
        self._keys = keys
        self._shelf = shelf
        self._run_rows = max(1, run_bytes // (8 * columns))
        self._block_rows = max(1, block_bytes // (8 * columns))
        self._parts: list[Rows] = []
        self._pending = 0  # rows in `_parts`
        self._blocks: list[int] = []  # blocks of each run

    def add(self, columns: Sequence[npt.NDArray[np.generic]]) -> None:
        """Add rows, given as columns of equal length; a column of several integers a row is a two-dimensional array."""
        rows = np.column_stack([column.view(np.uint64) if column.ndim > 1 else column.astype(np.uint64) for column in columns])
        self._parts.append(rows)
        self._pending += len(rows)
        if self._pending >= self._run_rows:
            self._lay_aside()

    def _take(self) -> Rows:
        rows = np.concatenate(self._parts) if self._parts else np.empty((0, self._columns), np.uint64)
        self._parts, self._pending = [], 0
        return self._ordered(rows)

    def _lay_aside(self) -> None:
        rows, run = self._take(), len(self._blocks)
        cuts = range(0, len(rows), self._block_rows)
        self._shelf.put(
            (self._key(run, block), rows[first : first + self._block_rows].tobytes()) for block, first in enumerate(cuts)
        )
        self._blocks.append(len(cuts))

    def _key(self, run: int, block: int) -> bytes:
        return b"%s/%d/%d" % (self._name, run, block)

    def _read(self, run: int) -> Iterator[Rows]:
        for block in range(self._blocks[run]):
            key = self._key(run, block)
            yield np.frombuffer(self._shelf.get([key])[key], np.uint64).reshape(-1, self._columns)

    def _ordered(self, rows: Rows) -> Rows:
        if self._keys == 1:
            return rows[np.argsort(rows[:, 0], kind="stable")]
        return rows[np.lexsort(rows[:, : self._keys].T[::-1])]

    def merged(self) -> Iterator[Rows]:
        """All rows in order, some at a time; nothing may be added afterwards."""
        rest = self._take()
        sources = [self._read(run) for run in range(len(self._blocks))]
        sources.append(rest[first : first + self._block_rows] for first in range(0, len(rest), self._block_rows))
        heads = [(block, source) for source in sources if (block := next(source, None)) is not None]
        while heads:
            # Nothing that is still to be read has a smaller key than the least of the blocks' last rows.
            limit = min(tuple(block[-1, : self._keys].tolist()) for block, _ in heads)
            taken, left = [], []
            for head, source in heads:
                rows: Rows | None = head
                while rows is not None:  # a run may go on with the very key of the limit
                    cut = self._below(rows, limit)
                    taken.append(rows[:cut])
                    if cut < len(rows):
                        left.append((rows[cut:], source))
                        break
                    rows = next(source, None)
            heads = left
            yield self._ordered(np.concatenate(taken))

    def _below(self, rows: Rows, limit: tuple[int, ...]) -> int:
        """How many of the sorted rows are not above the key `limit`."""
        first, end = 0, len(rows)
        for column, bound in enumerate(limit):
            part = rows[first:end, column]
            least = int(np.searchsorted(part, np.uint64(bound), "left"))
            most = int(np.searchsorted(part, np.uint64(bound), "right"))
            first, end = first + least, first + most
            if first == end:
                return first
        return end

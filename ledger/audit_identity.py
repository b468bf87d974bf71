"""Nobody says two things under one name: (key, n) and (actor, id) are unique in the whole book.

A set of all identities would outgrow memory, and the database's unique indexes are what is being verified. So they are
sorted, and equal ones are then neighbours. The same sweep shows the holes in each key's counter. Source: DESIGN 3.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .audit_port import Shelf
from .audit_sorted import Rows, Sorted

Numbers = npt.NDArray[np.uint64]
TWINS_MAX = 100  # pairs that are named


class Counters:
    """Every (key number, n) with its index in the log."""

    def __init__(self, shelf: Shelf) -> None:
        self._sorted = Sorted(b"n", 3, 2, shelf)

    def add(self, keys: Numbers, counters: Numbers, indexes: Numbers) -> None:
        """Take some entries."""
        self._sorted.add((keys, counters, indexes))

    def sweep(self, holes_max: int) -> tuple[list[tuple[int, int]], dict[int, list[tuple[int, int]]]]:
        """Look at all of them in order.

        Args:
            holes_max: Runs of missing numbers to keep, over all keys.

        Returns:
            Pairs of indexes (earlier, later) with the same key and n; and by key number the runs of missing numbers
            (first, last).
        """
        twins: list[tuple[int, int]] = []
        holes: dict[int, list[tuple[int, int]]] = {}
        left = holes_max
        last = np.zeros((1, 3), np.uint64)
        for rows in self._sorted.merged():
            table = np.concatenate([last, rows])
            last = table[-1:]
            keys, counters = table[:, 0], table[:, 1]
            before = np.where(keys[1:] == keys[:-1], counters[:-1], np.uint64(0))
            for place in np.flatnonzero(counters[1:] == before).tolist():
                if len(twins) < TWINS_MAX:
                    twins.append((int(table[place, 2]), int(table[place + 1, 2])))
            for place in np.flatnonzero(counters[1:] > before + np.uint64(1)).tolist()[:left]:
                left -= 1
                hole = (int(before[place]) + 1, int(counters[place + 1]) - 1)
                holes.setdefault(int(keys[place + 1]), []).append(hole)
        return twins, holes


class Ids:
    """Every (id, actor number) with its index in the log."""

    def __init__(self, shelf: Shelf) -> None:
        self._sorted = Sorted(b"id", 4, 3, shelf)

    def add(self, ids: bytes, actors: Numbers, indexes: Numbers) -> None:
        """Take some entries; `ids` are their ids, 16 bytes each."""
        self._sorted.add((np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64), actors, indexes))

    def sweep(self) -> list[tuple[int, int]]:
        """Pairs of indexes (earlier, later) where one actor used one id twice."""
        twins: list[tuple[int, int]] = []
        last: Rows = np.empty((0, 4), np.uint64)
        for rows in self._sorted.merged():
            table = np.concatenate([last, rows])
            last = table[-1:]
            same = (table[1:, :3] == table[:-1, :3]).all(axis=1)
            for place in np.flatnonzero(same).tolist():
                if len(twins) < TWINS_MAX:
                    twins.append((int(table[place, 3]), int(table[place + 1, 3])))
        return twins

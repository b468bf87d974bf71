"""The chains of all streams as stored, each link hashed again from the head before it; and the map that their ends make.

Each link is checked by itself, so that all of a chunk are laid out side by side in one buffer; the stored head before it is
itself the subject of the link before. Source: DESIGN 3.2, 3.3; docs/formats/chain.md, docs/formats/map.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import chain, islice
from typing import Final

import numpy as np
import numpy.typing as npt

from .audit_port import Rows as Stored
from .audit_report import Findings
from .audit_rows import stored_rows
from .audit_sorted import Rows
from .hashing import CHAIN_TAG, HASH_SIZE
from .map import Map
from .map_hash import map_key

BATCH: Final = 65_536  # streams put into the map at a time
_TAG: Final = len(CHAIN_TAG)
_LINK: Final = _TAG + HASH_SIZE + 8 + HASH_SIZE  # tag ‖ head before ‖ index ‖ leaf hash
_POSITION: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)

Bytes = npt.NDArray[np.uint8]


class Links:
    """Chains of one book.

    Args:
        leaves: Leaf hashes of the log, a row of 32 bytes each.
        findings: Where faults go.

    Attributes:
        streams: Chains read so far.
    """

    def __init__(self, leaves: Bytes, findings: Findings) -> None:
        self.streams = 0
        self._leaves = leaves
        self._findings = findings
        self._counts: list[npt.NDArray[np.uint64]] = []  # of each chain that has ended
        self._heads: list[bytes] = []

    def read(self, source: Stored) -> None:
        """Read `stream_row` from its first row to its last."""
        last: Rows = np.zeros((1, 6), np.uint64)
        for rows in stored_rows(source, self._findings):
            if len(rows):
                self._check(np.concatenate([last, rows]))
                last = rows[-1:]
        if last[0, 0]:
            self._end(last)

    def _check(self, rows: Rows) -> None:
        """Check rows after the first, which has been checked."""
        before, now = rows[:-1], rows[1:]
        begins = now[:, 0] & _POSITION == 0
        follows = now[:, 0] == np.where(begins, ((before[:, 0] >> _HALF) + np.uint64(1)) << _HALF, before[:, 0] + np.uint64(1))
        inside = (now[:, 1] < len(self._leaves)) & (begins | (now[:, 1] > before[:, 1]))
        links = np.empty((len(now), _LINK), np.uint8)
        links[:, :_TAG] = np.frombuffer(CHAIN_TAG, np.uint8)
        links[:, _TAG : _TAG + HASH_SIZE] = np.where(begins[:, None], np.uint64(0), before[:, 2:]).view(np.uint8)
        links[:, _TAG + HASH_SIZE : -HASH_SIZE] = now[:, 1].astype(">u8").view(np.uint8).reshape(-1, 8)
        links[:, -HASH_SIZE:] = self._leaves[np.where(inside, now[:, 1], np.uint64(0)).astype(np.int64)]
        made = b"".join([sha256(link).digest() for link in links.view(f"V{_LINK}").ravel().tolist()])
        same = (np.frombuffer(made, np.uint64).reshape(-1, 4) == now[:, 2:]).all(axis=1)
        for place in np.flatnonzero(~(follows & inside & same)).tolist():
            self._name(now[place].tolist(), "follows no row before it" if not follows[place] else "another head")
        self._end(before[begins & (before[:, 0] > 0)])

    def _end(self, rows: Rows) -> None:
        """Take the last rows of some chains."""
        self.streams += len(rows)
        self._counts.append((rows[:, 0] & _POSITION) + np.uint64(1))
        self._heads.append(np.ascontiguousarray(rows[:, 2:]).tobytes())

    def _name(self, row: list[int], words: str) -> None:
        key = f"{row[0] >> 32}/{row[0] & 0xFFFFFFFF}"
        self._findings.add("derived-differs", f"the row of index {row[1]}: {words}", row[1], "stream_row", key)

    def map(self, source: Stored, depth: int) -> tuple[bytes, int]:
        """Root of the map that the ends of all chains make under the names of `stream`, and number of streams."""
        made = Map(depth)
        records = self._records(source)
        while batch := list(islice(records, BATCH)):
            try:
                made.update(batch)
            except ValueError as error:  # one name twice
                self._findings.add("derived-differs", str(error), None, "stream")
        return made.root, self.streams

    def _records(self, source: Stored) -> Iterator[tuple[bytes, int, bytes]]:
        """Map key, count and head of every stream."""
        counts, heads = np.concatenate(self._counts or [np.empty(0, np.uint64)]).tolist(), b"".join(self._heads)
        names = chain.from_iterable(source.streams())
        for number, count in enumerate(counts, 1):
            found, name = next(names, (None, None))
            if found != number or not isinstance(name, str) or not name.isascii():
                self._findings.add("derived-differs", f"stream {number} has no name of its own", None, "stream", str(number))
                return
            yield map_key(name), count, heads[(number - 1) * HASH_SIZE : number * HASH_SIZE]
        for number, _ in names:
            self._findings.add("derived-extra", "a name without a row", None, "stream", str(number))

"""Tables whose order is not that of the log, made anew, put in order and compared: stream rows and look-up tags.

What the log gives comes in the order of the log, what is stored in the order of its key. So the former is sorted, outside
memory, and both are then read side by side.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from .audit_derived import show
from .audit_port import BookSource, Shelf
from .audit_report import Findings
from .audit_sorted import Rows, Sorted

_HEAD_WORDS = 4
_SIGN = np.uint64(2**63)  # turns the order of signed integers into that of unsigned ones
_MISFITS = (ValueError, TypeError, OverflowError)  # what a stored value of the wrong kind or size raises

_Row: TypeAlias = tuple[int, ...]
_Read: TypeAlias = Callable[[Sequence[tuple[Any, ...]]], Rows]
_Report: TypeAlias = Callable[[str, _Row, str], None]


class StreamRows:
    """Rows of `stream_row`: stream number and position as one integer, index, head."""

    def __init__(self, shelf: Shelf) -> None:
        self._sorted = Sorted(b"row", 2 + _HEAD_WORDS, 1, shelf)
        self._numbers = array("Q")
        self._heads = bytearray()

    def add(self, number: int, position: int, index: int, head: bytes) -> None:
        """Take a row that is due; `flush` now and then."""
        self._numbers.extend((number << 32 | position, index))
        self._heads += head

    def flush(self) -> None:
        """Hand on what was taken."""
        if self._numbers:
            numbers = np.frombuffer(self._numbers, np.uint64).reshape(-1, 2)
            heads = np.frombuffer(bytes(self._heads), np.uint64).reshape(-1, _HEAD_WORDS)
            self._sorted.add((numbers, heads))
            self._numbers, self._heads = array("Q"), bytearray()

    def compare(self, source: BookSource, findings: Findings) -> None:
        """Compare with the stored table."""

        def read(rows: Sequence[tuple[Any, ...]]) -> Rows:
            if not all(type(r[0]) is type(r[1]) is type(r[2]) is int and 0 <= r[0] < 2**31 and 0 <= r[1] < 2**32 for r in rows):
                raise ValueError
            heads = np.frombuffer(b"".join([row[3] for row in rows]), np.uint64).reshape(len(rows), _HEAD_WORDS)
            places = np.array([row[0] << 32 | row[1] for row in rows], np.uint64)
            return np.column_stack([places, np.array([row[2] for row in rows], np.uint64), heads])

        def report(code: str, row: _Row, words: str) -> None:
            findings.add(code, words, row[1], "stream_row", f"{row[0] >> 32}/{row[0] & 0xFFFFFFFF}")

        _compare(self._sorted.merged(), _stored(source.stream_rows(), read, "stream_row", findings), report)


class Tags:
    """Rows of `statement_tag`: tag, as an integer above 0 in the order of the table, and index."""

    def __init__(self, shelf: Shelf) -> None:
        self._sorted = Sorted(b"tag", 2, 1, shelf)

    def add(self, statements: Sequence[bytes], indexes: Sequence[int]) -> None:
        """Take the rows that are due for some statement hashes."""
        tags = np.frombuffer(b"".join([name[:8] for name in statements]), ">u8").astype(np.uint64) ^ _SIGN
        self._sorted.add((tags, np.array(indexes, np.uint64)))

    def compare(self, source: BookSource, findings: Findings) -> None:
        """Compare with the stored table."""

        def read(rows: Sequence[tuple[Any, ...]]) -> Rows:
            if not all(type(row[0]) is type(row[1]) is int for row in rows):
                raise ValueError
            tags = np.array([row[0] for row in rows], np.int64).view(np.uint64) ^ _SIGN
            return np.column_stack([tags, np.array([row[1] for row in rows], np.uint64)])

        def report(code: str, row: _Row, words: str) -> None:
            tag = row[0] - 2**63
            findings.add(code, words, row[1] if code != "derived-extra" else None, "statement_tag", f"{tag}/{row[1]}")

        _compare(self._sorted.merged(), _stored(source.tags(), read, "statement_tag", findings), report)


def _stored(chunks: Iterable[Sequence[tuple[Any, ...]]], read: _Read, table: str, findings: Findings) -> Iterator[Rows]:
    """Stored rows as integers; one that does not fit its columns is reported and left out."""
    for chunk in chunks:
        try:
            rows = read(chunk)
        except _MISFITS:
            good = []
            for row in chunk:
                try:
                    read([row])
                    good.append(row)
                except _MISFITS:
                    findings.add("derived-differs", f"stored {show(row)}", None, table, show(row[:2]))
            rows = read(good)
        yield rows[np.argsort(rows[:, 0], kind="stable")]


def _compare(due: Iterator[Rows], stored: Iterator[Rows], report: _Report) -> None:
    """Read two sorted piles side by side."""
    a, b = next(due, None), next(stored, None)
    while a is not None and b is not None:
        common = min(len(a), len(b))
        if np.array_equal(a[:common], b[:common]):
            cut_a = cut_b = common
        else:
            limit = min(a[-1, 0], b[-1, 0]) if common else np.uint64(0)
            cut_a = int(np.searchsorted(a[:, 0], limit, "right"))
            cut_b = int(np.searchsorted(b[:, 0], limit, "right"))
            _differences(a[:cut_a], b[:cut_b], report)
        a = a[cut_a:] if cut_a < len(a) else next(due, None)
        b = b[cut_b:] if cut_b < len(b) else next(stored, None)
    none = np.empty((0, 1), np.uint64)
    for rows in [] if a is None else [a, *due]:
        _differences(rows, none, report)
    for rows in [] if b is None else [b, *stored]:
        _differences(none, rows, report)


def _differences(due: Rows, stored: Rows, report: _Report) -> None:
    """Name the rows of one pile that the other lacks; rows of one key are one row that differs."""
    wanted, found = {tuple(row) for row in due.tolist()}, {tuple(row) for row in stored.tolist()}
    missing = {row[0]: row for row in wanted - found}
    extra = {row[0]: row for row in found - wanted}
    for key in sorted(missing.keys() | extra.keys()):
        if key in missing and key in extra:
            report("derived-differs", missing[key], f"stored {_show(extra[key])}, the log gives {_show(missing[key])}")
        elif key in missing:
            report("derived-missing", missing[key], f"the log gives {_show(missing[key])}")
        else:
            report("derived-extra", extra[key], f"stored {_show(extra[key])}")


def _show(row: _Row) -> str:
    """Index and head, or index alone."""
    return show((row[1], b"".join(word.to_bytes(8, "little") for word in row[2:])))

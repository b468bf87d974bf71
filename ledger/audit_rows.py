"""Tables whose order is not that of the log, made anew, put in order and compared: stream rows and look-up tags.

What the log gives comes in the order of the log, what is stored in the order of its key. So the former is sorted, outside
memory, and both are then read side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .audit_derived import show
from .audit_port import BookSource, Shelf
from .audit_port import Rows as Stored
from .audit_report import Findings
from .audit_sorted import Rows, Sorted

_HEAD_WORDS = 4
_SIGN = np.uint64(2**63)  # turns the order of signed integers into that of unsigned ones
_HALF = np.uint64(32)
_MISFITS = (ValueError, TypeError, OverflowError)  # what a stored value of the wrong kind or size raises

_Row: TypeAlias = tuple[int, ...]
_Read: TypeAlias = Callable[[Sequence[tuple[Any, ...]]], Rows]
_Report: TypeAlias = Callable[[str, _Row, str], None]


class StreamRows:
    """Rows of `stream_row`.

    Attributes:
        places: Of each row that is due stream number ‖ position, 32 bits each; the caller appends.
        indexes: The index of each.
        heads: The head of each, 32 bytes.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.places: list[int] = []
        self.indexes: list[int] = []
        self.heads: list[bytes] = []
        self._sorted = Sorted(b"row", 2 + _HEAD_WORDS, 1, shelf)

    def flush(self) -> None:
        """Take over what the caller has added; now and then."""
        if self.places:
            heads = np.frombuffer(b"".join(self.heads), np.uint64).reshape(-1, _HEAD_WORDS)
            self._sorted.add((np.array(self.places, np.uint64), np.array(self.indexes, np.uint64), heads))
            for rows in (self.places, self.indexes, self.heads):
                rows.clear()

    def compare(self, source: BookSource, findings: Findings) -> None:
        """Compare with the stored table."""

        def report(code: str, row: _Row, words: str) -> None:
            findings.add(code, words, row[1], "stream_row", f"{row[0] >> 32}/{row[0] & 0xFFFFFFFF}")

        _compare(self._sorted.merged(), stored_rows(source, findings), report)


def stored_rows(source: Stored, findings: Findings) -> Iterator[Rows]:
    """Rows of `stream_row` as stored: stream number ‖ position, index, and four words of the head."""

    def read(rows: Sequence[tuple[Any, ...]]) -> Rows:
        numbers, positions, indexes, heads = zip(*rows, strict=True) if rows else ((), (), (), ())
        places = _integers(numbers, np.uint32) << _HALF | _integers(positions, np.uint32)
        words = np.frombuffer(b"".join(heads), np.uint64).reshape(len(rows), _HEAD_WORDS)
        return np.column_stack([places, _integers(indexes, np.uint64), words])

    return _stored(source.stream_rows(), read, "stream_row", findings)


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
            tags, indexes = zip(*rows, strict=True) if rows else ((), ())
            return np.column_stack([_integers(tags, np.int64) ^ _SIGN, _integers(indexes, np.uint64)])

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


def _integers(values: Sequence[object], kind: type[np.integer[Any]]) -> npt.NDArray[np.uint64]:
    """Stored values as integers that fit a kind, carried in 64 bits.

    Raises:
        TypeError: One is no integer; numpy would turn a text or a float into one.
        OverflowError: One does not fit.
    """
    if not set(map(type, values)) <= {int}:
        raise TypeError("not an integer")
    return np.array(values, kind).astype(np.uint64)


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

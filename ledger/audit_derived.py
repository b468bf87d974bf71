"""Derived tables in the order of the log: index rows, dictionaries, checkpoints. Made anew and compared row by row.

Tables in an order of their own are compared in `audit_rows.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from .audit_report import Findings

Row: TypeAlias = tuple[Any, ...]


class Ordered:
    """A stored table whose key rises as the log is read.

    Args:
        table: Its name.
        chunks: Its rows in order of their first column, the key.
        findings: Where differences go.
    """

    def __init__(self, table: str, chunks: Iterator[Sequence[Row]], findings: Findings) -> None:
        self._table = table
        self._chunks = chunks
        self._findings = findings
        self._rows: Sequence[Row] = ()
        self._at = 0

    def _peek(self) -> Row | None:
        """The next row; None at the end."""
        while self._at >= len(self._rows):
            rows = next(self._chunks, None)
            if rows is None:
                return None
            self._rows, self._at = rows, 0
        return self._rows[self._at]

    def match(self, due: Row, index: int | None) -> None:
        """Compare the next stored row with the one that is due, which belongs to the log's `index`."""
        if self._peek() == due:
            self._at += 1
        else:
            self._differs(due, index)

    def match_indexed(self, dues: Sequence[Row]) -> None:
        """Compare rows that are due, each keyed by the log index it belongs to."""
        self._peek()
        end = self._at + len(dues)
        if self._rows[self._at : end] == dues:
            self._at = end
        else:
            for due in dues:
                self.match(due, due[0])

    def take(self, key: int) -> Row | None:
        """The stored row of this key, to be judged by the caller; None when it is missing. Keys rise by one."""
        while (row := self._peek()) is not None and isinstance(row[0], int) and row[0] < key:
            self._extra(row)
        if row is None or row[0] != key:  # SQLite sorts text and bytes behind all numbers
            return None
        self._at += 1
        return row

    def end(self) -> None:
        """Report what is left when nothing more is due."""
        while (row := self._peek()) is not None:
            self._extra(row)

    def _differs(self, due: Row, index: int | None) -> None:
        row = self.take(due[0])
        if row is None:
            self._findings.add("derived-missing", f"the log gives {show(due)}", index, self._table, str(due[0]))
        elif row != due:
            code = "leaf-hash" if self._table == "entry" and row[:-1] == due[:-1] else "derived-differs"
            self._findings.add(code, f"stored {show(row)}, the log gives {show(due)}", index, self._table, str(due[0]))

    def _extra(self, row: Row) -> None:
        self._findings.add("derived-extra", f"stored {show(row)}", None, self._table, show(row[:1]))
        self._at += 1


def show(row: Sequence[object]) -> str:
    """A row in words: bytes as hexadecimal, long values shortened."""
    words = [value.hex() if isinstance(value, bytes) else str(value) for value in row]
    return "/".join(word if len(word) <= 80 else f"{word[:77]}…" for word in words)

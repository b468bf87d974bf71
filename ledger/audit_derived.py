"""Derived tables: made anew from the log and compared with what is stored, row by row, naming table and key.

Tables in the order of the log (index rows, dictionaries, checkpoints) are compared as the log is read. Those in an order
of their own (stream rows, look-up tags) are compared as piles; `audit_locate.py` then names the rows that differ.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from .audit_fingerprint import Fingerprint
from .audit_port import BookSource
from .audit_report import Findings

_STREAM_ROW = struct.Struct(">IQQ32s")
_TAG = struct.Struct(">qQ")
pack_stream_row = _STREAM_ROW.pack
pack_tag = _TAG.pack


class Ordered:
    """A stored table whose key rises as the log is read.

    Args:
        table: Its name.
        chunks: Its rows in order of their first column, the key.
        findings: Where differences go.
    """

    def __init__(self, table: str, chunks: Iterable[Sequence[tuple[Any, ...]]], findings: Findings) -> None:
        self._table = table
        self._rows: Iterator[tuple[Any, ...]] = chain.from_iterable(chunks)
        self._findings = findings
        self._next = next(self._rows, None)

    def match(self, due: tuple[Any, ...], index: int | None) -> None:
        """Compare the next stored row with the one that is due, which belongs to the log's `index`."""
        if self._next == due:
            self._next = next(self._rows, None)
        else:
            self._differs(due, index)

    def take(self, key: int) -> tuple[Any, ...] | None:
        """The stored row of this key, to be judged by the caller; None when it is missing. Keys rise by one."""
        while self._next is not None and not _reaches(self._next[0], key):
            self._extra()
        if self._next is None or self._next[0] != key:
            return None
        row, self._next = self._next, next(self._rows, None)
        return row

    def end(self) -> None:
        """Report what is left when nothing more is due."""
        while self._next is not None:
            self._extra()

    def _differs(self, due: tuple[Any, ...], index: int | None) -> None:
        row = self.take(due[0])
        if row is None:
            self._findings.add("derived-missing", f"the log gives {show(due)}", index, self._table, str(due[0]))
        elif row != due:
            code = "leaf-hash" if self._table == "entry" and row[:-1] == due[:-1] else "derived-differs"
            self._findings.add(code, f"stored {show(row)}, the log gives {show(due)}", index, self._table, str(due[0]))

    def _extra(self) -> None:
        assert self._next is not None
        self._findings.add("derived-extra", f"stored {show(self._next)}", None, self._table, show(self._next[:1]))
        self._next = next(self._rows, None)


def _reaches(found: object, key: int) -> bool:
    """Whether a stored key is not before `key`. SQLite sorts text and bytes behind all numbers."""
    return not isinstance(found, int) or found >= key


class Piles:
    """Stream rows and look-up tags, as the log gives them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.stream_rows = Fingerprint(secret)
        self.tags = Fingerprint(secret)

    def add_tag(self, statement: bytes, index: int) -> None:
        """Take the look-up row of one entry."""
        tag = int.from_bytes(statement[:8], "big", signed=True)
        self.tags.add(tag, pack_tag(tag, index))

    def compare(self, source: BookSource, findings: Findings) -> tuple[list[int], list[int]]:
        """Read the stored tables.

        Returns:
            Buckets in which stream rows and tags differ.
        """
        rows, tags = Fingerprint(self._secret), Fingerprint(self._secret)
        for stream_row in chain.from_iterable(source.stream_rows()):
            try:
                rows.add(stream_row[0], pack_stream_row(*stream_row))
            except (struct.error, TypeError):
                findings.add("derived-differs", f"stored {show(stream_row)}", None, "stream_row", show(stream_row[:2]))
        for tag in chain.from_iterable(source.tags()):
            try:
                tags.add(tag[0], pack_tag(*tag))
            except (struct.error, TypeError):
                findings.add("derived-differs", f"stored {show(tag)}", None, "statement_tag", show(tag[:1]))
        return self.stream_rows.differs_from(rows), self.tags.differs_from(tags)


def show(row: Sequence[object]) -> str:
    """A row in words: bytes as hexadecimal, long values shortened."""
    words = [value.hex() if isinstance(value, bytes) else str(value) for value in row]
    return "/".join(word if len(word) <= 80 else f"{word[:77]}…" for word in words)

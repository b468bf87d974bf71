"""Which rows of a derived table differ, once the piles are known to: a second reading of a small part of them.

Runs only when something was found, and only over a log that holds. Source: docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from .audit_derived import show
from .audit_entry import ReadEntry, read_entry
from .audit_fingerprint import BUCKETS
from .audit_port import BookSource
from .audit_report import Findings
from .chain import HEAD_START, extend
from .errors import VerificationError
from .hashing import leaf_hash

BUCKETS_MAX = 8  # buckets looked into; each is 1/256 of the table
_Rows = Mapping[tuple[object, ...], tuple[object, ...]]


def locate_stream_rows(source: BookSource, buckets: Sequence[int], findings: Findings) -> None:
    """Name the rows of `stream_row` that differ in these buckets."""
    if not buckets:
        return
    wanted = set(buckets[:BUCKETS_MAX])
    numbers = {name: number for number, name in chain.from_iterable(source.streams()) if _within(number, wanted)}
    tails = dict.fromkeys(numbers, (0, HEAD_START))
    due: dict[tuple[object, ...], tuple[object, ...]] = {}
    for index, hashed, entry in _entries(source):
        for name in entry.statement.streams:
            if name in tails:
                count, head = tails[name]
                head = extend(head, index, hashed)
                tails[name] = count + 1, head
                due[numbers[name], count] = index, head
    stored: dict[tuple[object, ...], tuple[object, ...]] = {
        row[:2]: row[2:] for row in chain.from_iterable(source.stream_rows()) if _within(row[0], wanted)
    }
    _compare("stream_row", due, stored, findings)
    _more("stream_row", buckets, findings)


def locate_tags(source: BookSource, buckets: Sequence[int], findings: Findings) -> None:
    """Name the rows of `statement_tag` that differ in these buckets."""
    if not buckets:
        return
    wanted = set(buckets[:BUCKETS_MAX])
    due: dict[tuple[object, ...], tuple[object, ...]] = {}
    for index, _, entry in _entries(source):
        tag = int.from_bytes(entry.statement.hash[:8], "big", signed=True)
        if _within(tag, wanted):
            due[tag, index] = ()
    stored: dict[tuple[object, ...], tuple[object, ...]] = {
        row: () for row in chain.from_iterable(source.tags()) if _within(row[0], wanted)
    }
    _compare("statement_tag", due, stored, findings)
    _more("statement_tag", buckets, findings)


def _entries(source: BookSource) -> Iterable[tuple[int, bytes, ReadEntry]]:
    for index, raw in chain.from_iterable(source.leaves()):
        try:
            yield index, leaf_hash(raw), read_entry(raw)
        except VerificationError:
            continue  # no entry


def _within(number: object, buckets: set[int]) -> bool:
    return isinstance(number, int) and number % BUCKETS in buckets


def _compare(table: str, due: _Rows, stored: _Rows, findings: Findings) -> None:
    for key in due.keys() - stored.keys():
        findings.add("derived-missing", f"the log gives {show((*key, *due[key]))}", _index(key, due[key]), table, show(key))
    for key in stored.keys() - due.keys():
        findings.add("derived-extra", f"stored {show((*key, *stored[key]))}", None, table, show(key))
    for key in due.keys() & stored.keys():
        if due[key] != stored[key]:
            detail = f"stored {show(stored[key])}, the log gives {show(due[key])}"
            findings.add("derived-differs", detail, _index(key, due[key]), table, show(key))


def _index(key: tuple[object, ...], value: tuple[object, ...]) -> int | None:
    found = value[0] if value else key[1]
    return found if isinstance(found, int) else None


def _more(table: str, buckets: Sequence[int], findings: Findings) -> None:
    if len(buckets) > BUCKETS_MAX:
        findings.add("derived-differs", f"{len(buckets) - BUCKETS_MAX} further parts of the table differ", None, table)

"""Verification of a whole book from its stored bytes: one pass over the log, then the tables that are derived from it.

For every leaf in order what `audit_reading.py` says; at every epoch also the root of the log against the checkpoint signed
for it. Beside it every derived row is made anew and compared.
It cannot see what the log's key holder rewrote together with every signature of his own: see docs/formats/verify.md.

Pure: book, signature checker, shelf and rules are handed in. Memory is bounded but for the map (about 200
bytes a stream) and the directory of actors. Source: DESIGN 3.2-3.5; docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from .audit_conflict import compare_conflicts
from .audit_derived import Ordered
from .audit_entry import ReadEntry
from .audit_holes import list_holes
from .audit_identity import Counters, Ids
from .audit_log import Log
from .audit_port import BookSource, EntryRow, LeafRow, Shelf
from .audit_reading import Reading, Tools
from .audit_report import AuditReport, Findings, Holes
from .audit_rows import StreamRows, Tags
from .errors import VerificationError
from .hashing import leaf_hash
from .rules import Rules

__all__ = ["Tools", "verify_book"]

State = TypeVar("State")
HOLES_MAX = 1_000  # runs of missing counter numbers that are kept

Progress = Callable[[int], None]  # leaves read so far


def verify_book(source: BookSource, rules: Rules[State], tools: Tools, progress: Progress = lambda _leaves: None) -> AuditReport:
    """Verify a whole book.

    Args:
        source: The book as stored.
        rules: Rules of the trade, the same that the writer runs.
        tools: What to work with.
        progress: Called now and then with the number of leaves read.

    Returns:
        The report; a book that does not hold is no exception.
    """
    findings = Findings()
    chunks = source.leaves()
    first = next(chunks, None)
    raw = first[0][1] if first and first[0][0] == 0 else None
    if first is None or not isinstance(raw, bytes):
        findings.add("leaf-missing", "there is no leaf 0", 0)
        _add_segments(source, findings)
        return _nothing(findings)
    checkpoints = Ordered("checkpoint", source.checkpoints(), findings)
    try:
        log = Log(raw, leaf_hash(raw), checkpoints, findings)
    except VerificationError as error:
        findings.add(error.code, error.detail, 0)
        return _nothing(findings)
    tables = _Tables(source, tools.shelf, findings)
    reading = Reading(source, rules, tools, log, tables, findings)
    return _run(source, reading, tables, findings, chain([first], chunks), progress)


def _add_segments(source: BookSource, findings: Findings) -> None:
    for first, fault in source.segment_faults():
        findings.add("segment-malformed", fault, first, "segment", str(first))


def _nothing(findings: Findings) -> AuditReport:
    return AuditReport("", "", 0, 0, 0, 0, 0, 0, findings.first, tuple(findings.kept), findings.total)


class _Tables:
    """The stored tables that are derived from the log; each row is compared with the one that the log gives."""

    def __init__(self, source: BookSource, shelf: Shelf, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self.names = Ordered("stream", source.streams(), findings)
        self.rows = StreamRows(shelf)
        self._tags = Tags(shelf)
        self._entries = Ordered("entry", source.entries(), findings)
        self._signers = Ordered("signer", source.signers(), findings)
        self._actors = Ordered("actor", source.actors(), findings)
        self._counters, self._ids = Counters(shelf), Ids(shelf)
        self.flush = self.rows.flush

    def foresee(self, first: int, entries: Sequence[ReadEntry | None]) -> None:
        """Nothing: what is referred to is looked up in the book."""

    def take_entries(self, due: Sequence[EntryRow]) -> None:
        """Compare index rows, and lay identities and tags aside."""
        self._entries.match_indexed(due)
        indexes, _, _, key_nos, counters, actor_nos, ids, names, _ = zip(*due, strict=True)
        numbers = np.array((indexes, key_nos, counters, actor_nos), np.uint64)
        self._counters.add(numbers[1], numbers[2], numbers[0])
        self._ids.add(b"".join(ids), numbers[3], numbers[0])
        self._tags.add(names, indexes)

    def take_other(self, due: EntryRow) -> None:
        """Compare the index row of a leaf that is no entry."""
        self._entries.match(due, due[0])

    def take_unread(self, index: int) -> None:
        """Pass over the index row of a leaf that cannot be read."""
        self._entries.take(index)

    def take_key(self, number: int, key: bytes, index: int) -> None:
        """Compare a row of the dictionary of keys."""
        self._signers.match((number, key), index)

    def take_actor(self, number: int, actor: str, index: int) -> None:
        """Compare a row of the dictionary of actors."""
        self._actors.match((number, actor), index)

    def sweep(self) -> dict[int, list[tuple[int, int]]]:
        """Look for identities used twice; gives the holes in the counters by key number."""
        twins, holes = self._counters.sweep(HOLES_MAX)
        for earlier, later in twins:
            self._findings.add("counter-twice", f"key and n are those of index {earlier}", later)
        for earlier, later in self._ids.sweep():
            self._findings.add("id-twice", f"actor and id are those of index {earlier}", later)
        return holes

    def end(self, head: tuple[int, int]) -> Findings:
        """Compare the rest: what the log did not ask for is too much.

        Args:
            head: Epoch and size of the log.

        Returns:
            Faults that count only where the log itself holds: rows made from other leaves than those that were signed would
            say nothing.
        """
        _add_segments(self._source, self._findings)
        for table in (self._entries, self._signers, self._actors, self.names):
            table.end()
        if (stored := self._source.head()) != head:
            self._findings.add("derived-differs", f"stored {stored}, the log ends at {head}", None, "head")
        compare_conflicts(self._source, self._findings)
        made = Findings()
        if not self._findings.of_log:
            self.rows.compare(self._source, made)
            self._tags.compare(self._source, made)
        return made


def _run(
    source: BookSource, reading: Reading[State], tables: _Tables, findings: Findings,
    chunks: Iterator[Sequence[LeafRow]], progress: Progress,
) -> AuditReport:  # fmt: skip
    """Read the log, then the tables."""
    for chunk in chunks:
        whole = reading.read(chunk)
        progress(reading.size)
        if not whole:
            break
    log = reading.log
    reading.batches.end(reading.size)
    notices = log.end()
    listed: tuple[tuple[Holes, ...], int] = list_holes(source, tables.sweep(), reading.judge.voided)
    made = tables.end((log.epoch, reading.size))
    reading.signatures.end()  # the last ones were checked while the tables were compared
    if not findings.of_log:
        findings.take(made)
    return AuditReport(
        origin=log.genesis.origin, log_key=log.genesis.log, size=reading.size, signed_size=log.signed_size,
        epochs=log.epoch, entries=reading.entries, batches=reading.batches.count, streams=reading.streams.count,
        first=findings.first, findings=tuple(findings.kept), findings_total=findings.total,
        not_understood=reading.judge.not_understood, holes=listed[0], holes_total=listed[1], notices=tuple(notices),
        log_keys=log.signing(),
    )  # fmt: skip

"""Verification of a whole book from its stored bytes: one pass over the log, then the tables that are derived from it.

For every leaf in order: its form; an entry's statement in canonical form, its signature by the key valid at that index,
authority and life cycle, identity, streams; batches; received times. At every epoch: the epoch's own rules, the root of
the map, the root of the log against the checkpoint signed for it. Beside it every derived row is made anew and compared.
It cannot see what the log's key holder rewrote together with every signature of his own: see docs/formats/verify.md.

Pure: book, signature checker, shelf and rules are handed in. Memory is bounded but for the map (about 200
bytes a stream) and the directory of actors. Source: DESIGN 3.2-3.5; docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from .audit_batch import Batches
from .audit_conflict import compare_conflicts
from .audit_derived import Ordered
from .audit_entry import ReadEntry, read_entry
from .audit_holes import list_holes
from .audit_identity import Counters, Ids
from .audit_log import Log
from .audit_memory import Numbers, Record, Records
from .audit_port import BookSource, EntryRow, LeafRow, Shelf, SignatureChecker
from .audit_report import AuditReport, Findings, Holes
from .audit_rows import StreamRows, Tags
from .audit_rules import Judge
from .audit_signatures import Signatures
from .audit_streams import Streams
from .encoding import unb64u
from .errors import VerificationError
from .hashing import leaf_hash
from .leaf import kind_of
from .rules import Rules

State = TypeVar("State")
LIVE_MAX = 14_000  # streams in memory with their states, about 1.5 KB each
NAMES_MAX = 8_000  # keys, and as many actors, in memory with their numbers
HOLES_MAX = 1_000  # runs of missing counter numbers that are kept

Progress = Callable[[int], None]  # leaves read so far


@dataclass(frozen=True, slots=True)
class Tools:
    """What a verification works with.

    Attributes:
        checker: Checks signatures.
        shelf: Takes what does not fit in memory; empty, and thrown away afterwards.
        live_max: Streams kept in memory.
    """

    checker: SignatureChecker
    shelf: Shelf
    live_max: int = LIVE_MAX


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
        return _nothing(findings)
    checkpoints = Ordered("checkpoint", source.checkpoints(), findings)
    try:
        log = Log(raw, leaf_hash(raw), checkpoints, findings)
    except VerificationError as error:
        findings.add(error.code, error.detail, 0)
        return _nothing(findings)
    return _Audit(source, rules, tools, log, findings).run(chain([first], chunks), progress)


def _nothing(findings: Findings) -> AuditReport:
    return AuditReport("", "", 0, 0, 0, 0, 0, 0, findings.first, tuple(findings.kept), findings.total)


class _Tables(NamedTuple):
    """What is in memory while a chunk of the log is read."""

    records: dict[str, Record[Any]]
    keys: dict[str, int]
    actors: dict[str, int]


class _Audit(Generic[State]):
    """One verification under way."""

    def __init__(self, source: BookSource, rules: Rules[State], tools: Tools, log: Log, findings: Findings) -> None:
        self._source = source
        self._log = log
        self._findings = findings
        self._size = self._entries = 0
        self._signatures = Signatures(tools.checker, findings)
        self._batches = Batches(log.genesis.book, findings)
        self._records: Records[State] = Records(tools.shelf, tools.live_max)
        self._judge: Judge[State] = Judge(log.root_key, rules, source, findings)
        self._rows_due, self._tags_due = StreamRows(tools.shelf), Tags(tools.shelf)
        names = Ordered("stream", source.streams(), findings)
        self._streams: Streams[State] = Streams(log.genesis.depth, names, self._rows_due)
        self._entry_rows = Ordered("entry", source.entries(), findings)
        self._signers = Ordered("signer", source.signers(), findings)
        self._actor_rows = Ordered("actor", source.actors(), findings)
        self._keys = Numbers("key", tools.shelf, NAMES_MAX)
        self._actors = Numbers("actor", tools.shelf, NAMES_MAX)
        self._counters, self._ids = Counters(tools.shelf), Ids(tools.shelf)

    def run(self, chunks: Iterator[Sequence[LeafRow]], progress: Progress) -> AuditReport:
        """Read the log, then the tables."""
        for chunk in chunks:
            leaves = self._gapless(chunk)
            if leaves:
                self._read(leaves)
            progress(self._size)
            if len(leaves) < len(chunk):
                break
        self._batches.end(self._size)
        notices = self._log.end()
        self._signatures.end()
        holes, holes_total = self._sweep()
        self._compare_tables()
        log, findings = self._log, self._findings
        return AuditReport(
            origin=log.genesis.origin, log_key=log.genesis.log, size=self._size, signed_size=log.signed_size,
            epochs=log.epoch, entries=self._entries, batches=self._batches.count, streams=self._streams.count,
            first=findings.first, findings=tuple(findings.kept), findings_total=findings.total,
            not_understood=self._judge.not_understood, holes=holes, holes_total=holes_total, notices=tuple(notices),
        )  # fmt: skip

    def _gapless(self, chunk: Sequence[LeafRow]) -> Sequence[LeafRow]:
        """The leaves up to the first gap."""
        for position, (index, raw) in enumerate(chunk):
            if index != self._size or not isinstance(raw, bytes):
                self._findings.add("leaf-missing", f"index {index} where {self._size} is due; the rest was not read", self._size)
                return chunk[:position]
            self._size += 1
        return chunk

    def _read(self, leaves: Sequence[LeafRow]) -> None:
        """Read some leaves: runs of entries, and what stands between them."""
        first = leaves[0][0]
        hashes = [leaf_hash(raw) for _, raw in leaves]
        entries = [self._take_apart(index, raw) for index, raw in leaves]
        present = [entry.statement for entry in entries if entry is not None]
        watched = [self._judge.watched(statement) for statement in present]
        names = chain(chain.from_iterable(watched), *(statement.streams for statement in present))
        tables = _Tables(
            self._records.load(names),
            self._keys.load([statement.key for statement in present]),
            self._actors.load([statement.actor for statement in present]),
        )
        others = [place for place, entry in enumerate(entries) if entry is None]
        done, seen = 0, iter(watched)
        for place in (*others, len(leaves)):
            run = [entry for entry in entries[done:place] if entry is not None]
            if run:
                self._take(first + done, hashes[done:place], run, seen, tables)
            self._log.extend(hashes[done : place + 1])
            if place < len(leaves):
                self._other(first + place, leaves[place][1], hashes[place])
            done = place + 1
        for bounded in (self._records, self._keys, self._actors):
            bounded.trim()
        self._rows_due.flush()

    def _take_apart(self, index: int, raw: bytes) -> ReadEntry | None:
        if not raw.startswith((b'{"leaf":"entry"', b'{"batch":[')):
            return None
        try:
            return read_entry(raw)
        except VerificationError as error:
            self._findings.add(error.code, error.detail, index)
            return None

    def _other(self, index: int, raw: bytes, hashed: bytes) -> None:
        """Take a leaf that is no entry, or none that can be read."""
        epoch = self._log.epoch + 1
        match kind_of(raw):
            case "genesis":
                self._batches.end(index)
                kind, epoch = 0, 0
                if index:
                    self._findings.add("leaf-malformed", "a second genesis leaf", index)
            case "batch":
                kind = 2
                self._batches.begin(index, raw, hashed)
            case "epoch":
                kind = 3
                self._batches.end(index)
                self._log.close_epoch(raw, index, *self._streams.close_epoch())
            case other:
                if other != "entry":  # a malformed entry has been named already
                    self._findings.add("leaf-malformed", f"a leaf of the kind {other!r}", index)
                self._entry_rows.take(index)
                return
        self._entry_rows.match((index, epoch, kind, None, None, None, None, None, hashed), index)

    def _take(
        self, first: int, hashes: Sequence[bytes], entries: Sequence[ReadEntry], watched: Iterator[Iterable[str]], tables: _Tables
    ) -> None:
        """Take a run of entries that could be read."""
        epoch, book, judge = self._log.epoch + 1, self._log.genesis.book, self._judge.judge
        records, keys, actors = tables
        due: list[EntryRow] = []
        received = -1
        for index, hashed, entry in zip(range(first, first + len(entries)), hashes, entries, strict=True):
            statement = entry.statement
            if entry.received != received:
                received = entry.received
                self._log.receive(received, index)
            if statement.book != book:
                self._findings.add("book-wrong", f"a statement for the book {statement.book}", index)
            public = judge(index, statement, received, next(watched), records)
            self._check_signature(index, entry, public)
            key_no = keys.get(statement.key) or self._new_key(statement.key, index)
            actor_no = actors.get(statement.actor) or self._new_actor(statement.actor, index)
            identity = bytes.fromhex(statement.id.replace("-", ""))
            due.append((index, epoch, 1, key_no, statement.n, actor_no, identity, statement.hash, hashed))
            self._streams.add(index, hashed, statement.streams, records)
        self._entries += len(due)
        self._entry_rows.match_indexed(due)
        indexes, _, _, key_nos, counters, actor_nos, ids, names, _ = zip(*due, strict=True)
        numbers = np.array((indexes, key_nos, counters, actor_nos), np.uint64)
        self._counters.add(numbers[1], numbers[2], numbers[0])
        self._ids.add(b"".join(ids), numbers[3], numbers[0])
        self._tags_due.add(names, indexes)

    def _check_signature(self, index: int, entry: ReadEntry, public: bytes | None) -> None:
        if entry.signature is not None:
            self._batches.end(index)
            if public is not None:
                self._signatures.add_statement(index, public, entry.signature, entry.statement.raw)
        else:
            signed = self._batches.signed(index, entry)
            if signed is not None and public is not None:
                self._signatures.add(signed[0], public, signed[1])

    def _new_key(self, key: str, index: int) -> int:
        number = self._keys.new(key)
        self._signers.match((number, unb64u(key)), index)
        return number

    def _new_actor(self, actor: str, index: int) -> int:
        number = self._actors.new(actor)
        self._actor_rows.match((number, actor), index)
        return number

    def _sweep(self) -> tuple[tuple[Holes, ...], int]:
        """Look for identities used twice, and for holes in the counters."""
        twins, holes = self._counters.sweep(HOLES_MAX)
        for earlier, later in twins:
            self._findings.add("counter-twice", f"key and n are those of index {earlier}", later)
        for earlier, later in self._ids.sweep():
            self._findings.add("id-twice", f"actor and id are those of index {earlier}", later)
        return list_holes(self._source, holes, self._judge.voided)

    def _compare_tables(self) -> None:
        """Compare what is derived: what the log did not ask for is too much."""
        for table in (self._entry_rows, self._signers, self._actor_rows, self._streams):
            table.end()
        if (head := self._source.head()) != (self._log.epoch, self._size):
            self._findings.add("derived-differs", f"stored {head}, the log ends at {(self._log.epoch, self._size)}", None, "head")
        compare_conflicts(self._source, self._findings)
        if not self._findings.of_log:  # rows made from other leaves than those that were signed would say nothing
            self._rows_due.compare(self._source, self._findings)
            self._tags_due.compare(self._source, self._findings)

"""Verification of a whole book from its stored bytes: one pass over the log, then the tables that are derived from it.

For every leaf in order: its form; an entry's statement in canonical form, its signature by the key valid at that index,
authority and life cycle, identity, streams; batches; received times. At every epoch: the epoch's own rules, the root of
the map, the root of the log against the checkpoint signed for it. Beside it every derived row is made anew and compared.
It cannot see what the log's key holder rewrote together with every signature of his own: see docs/formats/verify.md.

Pure: book, signature checker, shelf, rules and randomness are handed in. Memory is bounded but for the map (about 200
bytes a stream) and the directory of actors. Source: DESIGN 3.2-3.5; docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

from .audit_batch import Batches
from .audit_conflict import compare_conflicts
from .audit_derived import Ordered, Piles
from .audit_entry import ReadEntry, read_entry
from .audit_holes import list_holes
from .audit_identity import Counters, Ids
from .audit_locate import locate_stream_rows, locate_tags
from .audit_log import Log
from .audit_memory import Numbers, Record, Records
from .audit_port import BookSource, LeafRow, Shelf, SignatureChecker
from .audit_report import AuditReport, Findings, Holes
from .audit_rules import Judge
from .audit_signatures import Signatures
from .audit_streams import Streams
from .encoding import unb64u
from .errors import VerificationError
from .hashing import leaf_hash
from .leaf import kind_of
from .rules import Rules

State = TypeVar("State")
LIVE_MAX = 24_000  # streams in memory with their states, about 1 KB each
NAMES_MAX = 16_000  # keys, and as many actors, in memory with their numbers
HOLES_MAX = 1_000  # runs of missing counter numbers that are kept

Progress = Callable[[int], None]  # leaves read so far


@dataclass(frozen=True, slots=True)
class Tools:
    """What a verification works with.

    Attributes:
        checker: Checks signatures.
        shelf: Takes what does not fit in memory; empty, and thrown away afterwards.
        secret: 32 random bytes, fresh for this run.
        live_max: Streams kept in memory.
    """

    checker: SignatureChecker
    shelf: Shelf
    secret: bytes
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


class _Audit(Generic[State]):
    """One verification under way."""

    def __init__(self, source: BookSource, rules: Rules[State], tools: Tools, log: Log, findings: Findings) -> None:
        self._source = source
        self._log = log
        self._findings = findings
        self._size = self._entries = 0
        self._signatures = Signatures(tools.checker, findings)
        self._batches = Batches(log.genesis.book, findings)
        self._records: Records[State] = Records(rules, tools.shelf, tools.live_max)
        self._judge: Judge[State] = Judge(log.root_key, rules, self._records, source, findings)
        self._piles = Piles(tools.secret)
        self._streams: Streams[State] = Streams(log.genesis.depth, Ordered("stream", source.streams(), findings), self._piles)
        self._rows = Ordered("entry", source.entries(), findings)
        self._signers = Ordered("signer", source.signers(), findings)
        self._actors = Ordered("actor", source.actors(), findings)
        self._key_numbers = Numbers("key", tools.shelf, NAMES_MAX)
        self._actor_numbers = Numbers("actor", tools.shelf, NAMES_MAX)
        self._counters, self._ids = Counters(tools.shelf), Ids(tools.shelf)

    def run(self, chunks: Iterator[Sequence[LeafRow]], progress: Progress) -> AuditReport:
        """Read the log, then the tables."""
        for chunk in chunks:
            whole = self._read(chunk)
            progress(self._size)
            if not whole:
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

    def _read(self, chunk: Sequence[LeafRow]) -> bool:
        """Read some leaves; says whether the log goes on without a gap."""
        leaves, whole = self._gapless(chunk)
        entries = [self._take_apart(index, raw) for index, raw in leaves]
        present = [entry.statement for entry in entries if entry is not None]
        records = self._records.load(self._judge.names(present))
        self._key_numbers.load([statement.key for statement in present])
        self._actor_numbers.load([statement.actor for statement in present])
        for (index, raw), entry in zip(leaves, entries, strict=True):
            hashed = leaf_hash(raw)
            self._log.add(hashed)
            if entry is None:
                self._other(index, raw, hashed)
            else:
                self._entry(index, hashed, entry, records)
        for bounded in (self._records, self._key_numbers, self._actor_numbers, self._counters.runs, self._ids.runs):
            bounded.trim()
        return whole

    def _gapless(self, chunk: Sequence[LeafRow]) -> tuple[Sequence[LeafRow], bool]:
        for position, (index, raw) in enumerate(chunk):
            if index != self._size or not isinstance(raw, bytes):
                self._findings.add("leaf-missing", f"index {index} where {self._size} is due; the rest was not read", self._size)
                return chunk[:position], False
            self._size += 1
        return chunk, True

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
                self._rows.take(index)
                return
        self._rows.match((index, epoch, kind, None, None, None, None, None, hashed), index)

    def _entry(self, index: int, hashed: bytes, entry: ReadEntry, records: dict[str, Record[State]]) -> None:
        """Take an entry leaf that could be read."""
        statement = entry.statement
        self._entries += 1
        self._log.receive(entry.received, index)
        if statement.book != self._log.genesis.book:
            self._findings.add("book-wrong", f"a statement for the book {statement.book}", index)
        public = self._judge.judge(index, statement, entry.received, records)
        if entry.batch is None:
            self._batches.end(index)
            if public is not None and entry.signature is not None:
                self._signatures.add_statement(index, public, entry.signature, statement.raw)
        else:
            signed = self._batches.signed(index, entry)
            if signed is not None and public is not None:
                self._signatures.add(signed[0], public, signed[1])
        key_no, new_key = self._key_numbers.number(statement.key)
        if new_key:
            self._signers.match((key_no, unb64u(statement.key)), index)
        actor_no, new_actor = self._actor_numbers.number(statement.actor)
        if new_actor:
            self._actors.match((actor_no, statement.actor), index)
        identity = bytes.fromhex(statement.id.replace("-", ""))
        self._counters.runs.add((key_no, statement.n, index))
        self._ids.runs.add((int.from_bytes(identity[:8], "big"), int.from_bytes(identity[8:], "big"), actor_no, index))
        self._streams.add(index, hashed, statement.streams, records)
        epoch = self._log.epoch + 1
        self._rows.match((index, epoch, 1, key_no, statement.n, actor_no, identity, statement.hash, hashed), index)
        self._piles.add_tag(statement.hash, index)

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
        for table in (self._rows, self._signers, self._actors, self._streams):
            table.end()
        if (head := self._source.head()) != (self._log.epoch, self._size):
            self._findings.add("derived-differs", f"stored {head}, the log ends at {(self._log.epoch, self._size)}", None, "head")
        compare_conflicts(self._source, self._findings)
        if self._findings.of_log:
            return  # rows made from other leaves than those that were signed say nothing
        stream_rows, tags = self._piles.compare(self._source, self._findings)
        locate_stream_rows(self._source, stream_rows, self._findings)
        locate_tags(self._source, tags, self._findings)

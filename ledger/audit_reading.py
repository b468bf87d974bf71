"""One pass over a log, leaf by leaf, from its first to wherever it ends now: whatever the leaves alone can say.

For every leaf in order: its form; an entry's statement in canonical form, its signature by the key valid at that index,
authority and life cycle, identity, streams; batches; received times; at every epoch its rules and the root of the map. What
stands beside the log is told what the leaves give: `audit.py` compares stored tables with it, `audit_follow.py` keeps of
it what a log that goes on growing needs. So a stored book and a book that is followed run the very same checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from .audit_batch import Batches
from .audit_entry import ReadEntry, read_entry
from .audit_log import Log
from .audit_memory import Numbers, Record, Records
from .audit_port import EntryRow, LeafRow, Shelf, SignatureChecker
from .audit_report import Findings
from .audit_rules import Judge, Leaves
from .audit_signatures import Signatures
from .audit_streams import Names, RowsDue, Streams
from .encoding import unb64u
from .errors import VerificationError
from .leaf import kind_of
from .rules import Rules
from .statement import Statement

State = TypeVar("State")
LIVE_MAX = 10_000  # streams in memory with their states, about 1.5 KB each
NAMES_MAX = 8_000  # keys, and as many actors, in memory with their numbers
PIECE = 128  # leaves taken apart at a time: about 0.4 MB with all that is made of them, so that it stays in a core's own cache


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


class Beside(Protocol):
    """What stands beside the log; told row by row what the log gives."""

    @property
    def names(self) -> Names:
        """Told the name of each new stream."""
        ...

    @property
    def rows(self) -> RowsDue:
        """Told the rows of streams."""
        ...

    def foresee(self, first: int, entries: Sequence[ReadEntry | None]) -> None:
        """Some leaves, the first of them at an index, are about to be judged; None for what is no entry."""
        ...

    def take_entries(self, due: Sequence[EntryRow]) -> None:
        """Index rows of a run of entries."""
        ...

    def take_other(self, due: EntryRow) -> None:
        """Index row of a leaf that is no entry."""
        ...

    def take_unread(self, index: int) -> None:
        """A leaf that cannot be read has no row that could be known."""
        ...

    def take_key(self, number: int, key: bytes, index: int) -> None:
        """A key id seen for the first time, at an index."""
        ...

    def take_actor(self, number: int, actor: str, index: int) -> None:
        """An actor seen for the first time, at an index."""
        ...

    def flush(self) -> None:
        """A chunk of leaves is done."""
        ...


class _Tables(NamedTuple):
    """What is in memory while a chunk of the log is read."""

    records: dict[str, Record[Any]]
    keys: dict[str, int]
    actors: dict[str, int]


class Reading(Generic[State]):
    """One pass under way.

    Args:
        leaves: Leaves that later ones refer to.
        rules: Rules of the trade, the same that the writer runs.
        tools: What to work with.
        log: The log, of which nothing has been read.
        beside: What stands beside it.
        findings: Where faults go.
    """

    def __init__(self, leaves: Leaves, rules: Rules[State], tools: Tools, log: Log, beside: Beside, findings: Findings) -> None:
        self.size = self.entries = 0
        self.log = log
        self.judge: Judge[State] = Judge(log.root_key, log.log_key, rules, leaves, findings)
        log.log_keys = self.judge.log_keys  # those that the entries give, as they are read
        self.batches = Batches(log.genesis.book, findings)
        self.signatures = Signatures(tools.checker, findings)
        self.streams: Streams[State] = Streams(log.genesis.depth, beside.names, beside.rows)
        self._findings = findings
        self._beside = beside
        self._records: Records[State] = Records(tools.shelf, tools.live_max)
        self._keys = Numbers("key", tools.shelf, NAMES_MAX)
        self._actors = Numbers("actor", tools.shelf, NAMES_MAX)

    def read(self, chunk: Sequence[LeafRow]) -> bool:
        """Read some leaves; only those before a gap, and then the answer is False."""
        leaves = self._gapless(chunk)
        for first in range(0, len(leaves), PIECE):
            self._read(leaves[first : first + PIECE])
        self._beside.flush()
        return len(leaves) == len(chunk)

    def _gapless(self, chunk: Sequence[LeafRow]) -> Sequence[LeafRow]:
        """The leaves up to the first gap."""
        indexes, bodies = zip(*chunk, strict=True) if chunk else ((), ())
        if indexes == tuple(range(self.size, self.size + len(chunk))) and {*map(type, bodies)} <= {bytes}:
            self.size += len(chunk)
            return chunk
        for position, (index, raw) in enumerate(chunk):
            if index != self.size or not isinstance(raw, bytes):
                self._findings.add("leaf-missing", f"index {index} where {self.size} is due; the rest was not read", self.size)
                return chunk[:position]
            self.size += 1
        return chunk

    def _read(self, leaves: Sequence[LeafRow]) -> None:
        """Runs of entries, and what stands between them."""
        first = leaves[0][0]
        hashes = [sha256(b"\x00" + raw).digest() for _, raw in leaves]  # `leaf_hash` of each
        entries = [self._take_apart(index, raw) for index, raw in leaves]
        self._beside.foresee(first, entries)
        present = [entry.statement for entry in entries if entry is not None]
        watched = [self.judge.watched(statement) for statement in present]
        names = set[str]().union(*watched, *[statement.streams for statement in present])
        tables = _Tables(
            self._records.load(names),
            self._keys.load({statement.key for statement in present}),
            self._actors.load({statement.actor for statement in present}),
        )
        others = [place for place, entry in enumerate(entries) if entry is None]
        done, seen = 0, iter(watched)
        for place in (*others, len(leaves)):
            run = [entry for entry in entries[done:place] if entry is not None]
            if run:
                self._take(first + done, hashes[done:place], run, seen, tables)
            self.log.extend(hashes[done : place + 1])
            if place < len(leaves):
                self._other(first + place, leaves[place][1], hashes[place])
            done = place + 1
        for bounded in (self._records, self._keys, self._actors):
            bounded.trim()

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
        epoch = self.log.epoch + 1
        match kind_of(raw):
            case "genesis":
                self.batches.end(index)
                kind, epoch = 0, 0
                if index:
                    self._findings.add("leaf-malformed", "a second genesis leaf", index)
            case "batch":
                kind = 2
                self.batches.begin(index, raw, hashed)
            case "epoch":
                kind = 3
                self.batches.end(index)
                self.log.close_epoch(raw, index, self.streams.close_epoch())
            case other:
                if other != "entry":  # a malformed entry has been named already
                    self._findings.add("leaf-malformed", f"a leaf of the kind {other!r}", index)
                self._beside.take_unread(index)
                return
        self._beside.take_other((index, epoch, kind, None, None, None, None, None, hashed))

    def _take(
        self, first: int, hashes: Sequence[bytes], entries: Sequence[ReadEntry], watched: Iterator[Iterable[str]], tables: _Tables
    ) -> None:
        """Take a run of entries that could be read."""
        judge, sign, batches, records = self.judge.judge, self.signatures.add_statement, self.batches, tables.records
        statements = [entry.statement for entry in entries]
        book, received = self.log.genesis.book, -1
        for index, entry, statement in zip(range(first, first + len(entries)), entries, statements, strict=True):
            if entry.received != received:
                received = entry.received
                self.log.receive(received, index)
            if statement.book != book:
                self._findings.add("book-wrong", f"a statement for the book {statement.book}", index)
            public = judge(index, statement, received, next(watched), records)
            signature = entry.signature
            if signature is None:
                self._check_batch(index, entry, public)
            else:
                if batches.under_way:
                    batches.end(index)
                if public is not None:
                    sign(index, public, signature, statement.raw)
        self.streams.add(first, hashes, [statement.streams for statement in statements], records)
        self.entries += len(entries)
        self._beside.take_entries(self._due(first, hashes, statements, tables))

    def _due(self, first: int, hashes: Sequence[bytes], statements: Sequence[Statement], tables: _Tables) -> list[EntryRow]:
        """Index rows of a run of entries; a key or an actor that is new gets its number."""
        keys, actors = tables.keys, tables.actors
        indexes = range(first, first + len(statements))
        key_nos = [keys.get(s.key) or self._new_key(s.key, index) for index, s in zip(indexes, statements, strict=True)]
        actor_nos = [actors.get(s.actor) or self._new_actor(s.actor, index) for index, s in zip(indexes, statements, strict=True)]
        ids = bytes.fromhex("".join([s.id for s in statements]).replace("-", ""))
        return list(
            zip(
                indexes, repeat(self.log.epoch + 1), repeat(1), key_nos, [s.n for s in statements], actor_nos,
                [ids[place : place + 16] for place in range(0, len(ids), 16)], [s.hash for s in statements], hashes,
            )
        )  # fmt: skip

    def _check_batch(self, index: int, entry: ReadEntry, public: bytes | None) -> None:
        signed = self.batches.signed(index, entry)
        if signed is not None and public is not None:
            self.signatures.add(signed[0], public, signed[1])

    def _new_key(self, key: str, index: int) -> int:
        number = self._keys.new(key)
        self._beside.take_key(number, unb64u(key), index)
        return number

    def _new_actor(self, actor: str, index: int) -> int:
        number = self._actors.new(actor)
        self._beside.take_actor(number, actor, index)
        return number

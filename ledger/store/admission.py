"""Judges checked rows against the book, in order, and gives each admitted one its index.

Judging needs no hashes, so it runs before the leaves are built: a batch leaf stands before its entries yet lists the
rows that were not admitted. Source: DESIGN 3.4.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..directory import DIRECTORY_TYPES, Directory
from ..encoding import b64u, unb64u
from ..errors import Refused, VerificationError
from ..keys import verify_batch, verify_statement
from ..leaf import decode_entry
from ..rules import Rules
from ..statement import Statement
from .book import Book
from .crowd import Crowd
from .draft import Draft, identity_of, is_fresh
from .job import Job, Outcome, Recorded
from .memory import Memory, statement_of
from .recent import Recent

State = TypeVar("State")


class Admission(Generic[State]):
    """Judge of one shard; owns memory and directory while the head is ours."""

    def __init__(self, book: Book, rules: Rules[State], directory: Directory, book_name: str, crowd: Crowd) -> None:
        """Take a book, the rules of the trade, the directory as of the book's end, and who crowds the map."""
        self._book = book
        self._rules = rules
        self._name = book_name
        self._crowd = crowd
        self.directory = directory
        self.memory: Memory[State] = Memory(book, rules)
        self._recent_counters: Recent[int] = Recent(lambda key: book.highest_counter(self.memory.keys[key]))
        self._recent_ids: Recent[str] = Recent(lambda actor: _text_of(book.highest_id(self.memory.actors[actor])))
        self._watched: dict[bytes, tuple[str, ...]] = {}
        self._counters: dict[tuple[str, int], tuple[int, bytes]] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._known: dict[int, Recorded] = {}

    def prepare(self, jobs: list[Job]) -> None:
        """Read in bulk what judging these jobs will ask the database."""
        self._crowd.begin()
        statements = [row.statement for job in jobs for row in job.rows if row.statement is not None]
        names: list[str] = []
        self._watched = {}
        for statement in statements:
            names += statement.streams
            self._watched[statement.hash] = watched = self._rules.watched(statement)
            names += watched
        self.memory.load_tails(names)
        self.memory.load_numbers(statements)
        self._look_up_counters(statements)
        self._look_up_ids(statements)
        self.memory.load_states(self._needed(jobs))

    def _needed(self, jobs: list[Job]) -> Iterator[str]:
        """Streams whose states will be asked for, of rows that are new and whose signature was checked: no others cost a read."""
        for job in jobs:
            for row in job.rows:
                statement = row.statement
                if statement is not None and row.public is not None and (statement.key, statement.n) not in self._counters:
                    yield from self._watched[statement.hash]
                    yield from filter(self._rules.keeps, statement.streams)

    def _look_up_counters(self, statements: list[Statement]) -> None:
        """Note which (key, n) of these the book holds."""
        self._recent_counters.trim()
        known = self.memory.keys
        asked = self._recent_counters.doubtful((s.key, s.n) for s in statements if s.key in known)
        raws = {key: unb64u(key, 32) for key, _ in asked}
        counters = self._book.by_counters([(raws[key], n) for key, n in asked])
        rows = self._book.entry_rows_at(counters.values())
        leaves = self._book.leaves_at(counters.values())
        self._counters, self._known = {}, {}
        for (key_id, n), index in counters.items():
            name = rows[index].statement
            assert name is not None
            self._counters[(b64u(key_id), n)] = (index, name)
            self._known[index] = Recorded(index, rows[index].epoch, decode_entry(leaves[index]).received, fresh=False)

    def _look_up_ids(self, statements: list[Statement]) -> None:
        """Note which (actor, id) of these the book holds."""
        self._recent_ids.trim()
        known = self.memory.actors
        asked = self._recent_ids.doubtful((s.actor, s.id) for s in statements if s.actor in known)
        found = self._book.by_ids([(actor, identity_of(identity)) for actor, identity in asked])
        self._ids = {(actor, _text_of(identity)): index for (actor, identity), index in found.items()}

    def admit(self, job: Job, draft: Draft) -> list[Outcome]:
        """Judge a job's rows in order and build what was admitted into the draft.

        A job that is all or nothing must be the first of its draft: undoing it drops the states it touched.
        """
        before = copy.deepcopy(self.directory) if job.rollback and _speaks_of_actors(job) else None
        start = index = draft.size + (1 if job.batch is not None else 0)
        outcomes: list[Outcome] = []
        for position in range(len(job.rows)):
            outcome = self._judge(job, position, draft, index)
            outcomes.append(outcome)
            index += is_fresh(outcome)
        if job.rollback and any(isinstance(outcome, Refused) for outcome in outcomes):
            return self._undo(outcomes, draft, before)
        if index > start:
            draft.add(job, outcomes)
        return outcomes

    def _undo(self, outcomes: list[Outcome], draft: Draft, before: Directory | None) -> list[Outcome]:
        for statement in draft.fresh.values():
            self.memory.forget(statement.streams)
        draft.fresh.clear()
        if before is not None:
            self.directory = before
        withdrawn = Refused("rolled-back", "another row of this all-or-nothing request was refused")
        return [withdrawn if is_fresh(outcome) else outcome for outcome in outcomes]

    def _judge(self, job: Job, position: int, draft: Draft, index: int) -> Outcome:
        row = job.rows[position]
        if row.statement is None:
            assert row.refused is not None
            return row.refused
        statement = row.statement
        try:
            if statement.book != self._name:
                raise Refused("book-wrong", f"this book is {self._name}", "/book")
            self._verify(job, position, statement, row.public)
            known = self._duplicate(statement, draft)
            if known is not None:
                return known
            watched = self._watched.get(statement.hash)
            states = self.memory.states(self._rules.watched(statement) if watched is None else watched)
            self._rules.judge(statement, draft.received, self.directory, states, lambda at: self._lookup(at, draft))
            if opened := [name for name in statement.streams if not self.memory.tails[name].count]:
                self._crowd.admit(statement.actor, opened)
        except Refused as error:
            return error
        except VerificationError as error:
            # A text that its schema let through and its decoder does not: the row's fault, never the writer's end.
            return Refused("field-invalid", error.detail)
        self._take_in(statement, draft, index)
        return Recorded(index, draft.epoch, draft.received, fresh=True)

    def _verify(self, job: Job, position: int, statement: Statement, public: bytes | None) -> None:
        """Tie the key to its actor, and verify what the workers could not."""
        due = self.directory.public_for(statement)
        if public == due:
            return
        try:
            if job.batch is not None:
                verify_batch(due, job.batch.header, job.batch.signature)
            else:
                verify_statement(due, statement.raw, job.signatures[position])
        except VerificationError as error:
            raise Refused(error.code, error.detail, "/signature") from error

    def _duplicate(self, statement: Statement, draft: Draft) -> Recorded | None:
        """The earlier recording of the same statement, if there is one.

        Raises:
            Refused: `counter-used` or `id-used` when another statement has its identity.
        """
        counter = self._counters.get((statement.key, statement.n))
        if counter is not None:
            index, known = counter
            if known != statement.hash:
                cause = f"n = {statement.n} of this key stands at index {index} with other bytes"
                raise Refused("counter-used", cause, "/n", index=index)
            if index in draft.fresh:
                return Recorded(index, draft.epoch, draft.received, fresh=False)
            return self._known[index]
        index_of_id = self._ids.get((statement.actor, statement.id))
        if index_of_id is not None:
            raise Refused("id-used", f"this id stands at index {index_of_id} with other bytes", "/id", index=index_of_id)
        return None

    def _lookup(self, index: int, draft: Draft) -> Statement:
        fresh = draft.fresh.get(index)
        return fresh if fresh is not None else statement_of(self._book.leaf(index))

    def _take_in(self, statement: Statement, draft: Draft, index: int) -> None:
        draft.fresh[index] = statement
        key, n, actor, identity = statement.key, statement.n, statement.actor, statement.id
        self._counters[(key, n)] = (index, statement.hash)
        self._recent_counters.add(key, n)
        self._ids[(actor, identity)] = index
        self._recent_ids.add(actor, identity)
        rules, memory = self._rules, self.memory
        for name in statement.streams:
            if rules.keeps(name):
                memory.fold(name, statement, index)
        if statement.type in DIRECTORY_TYPES:
            self.directory.fold(statement, index, draft.received)


def _text_of(identity: bytes) -> str:
    """Text of a UUID's 16 bytes; empty for no bytes, which sorts before every other."""
    return str(uuid.UUID(bytes=identity)) if identity else ""


def _speaks_of_actors(job: Job) -> bool:
    return any(row.statement is not None and row.statement.type in DIRECTORY_TYPES for row in job.rows)

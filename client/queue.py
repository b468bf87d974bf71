"""A courier's queue: signs at the moment of capture, keeps what it signed through crashes, uploads it when there is a network.

One SQLite file. A statement and the number it uses up are written in one transaction, so no crash leaves a hole or a
number used twice. A row leaves the queue only with a receipt that holds, which is kept. Source: docs/guide/client.md.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..ledger import canonical
from ..ledger.encoding import unb64u
from ..ledger.keys import SigningKey
from .errors import LocalError, Problem
from .post import ROWS_MAX, Session, packed
from .signer import Clock, Randomness, Signer
from .statement import Draft, Opening, Signed

_TABLES = """
CREATE TABLE IF NOT EXISTS counter (book TEXT NOT NULL, key BLOB NOT NULL, taken INTEGER NOT NULL, PRIMARY KEY (book, key));
CREATE TABLE IF NOT EXISTS receipt (no INTEGER PRIMARY KEY, answer BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS row (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  captured INTEGER NOT NULL,
  type TEXT NOT NULL, raw BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL, open BLOB NOT NULL,
  n INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'kept', 'refused')),
  idx INTEGER,
  receipt INTEGER REFERENCES receipt (no),
  problem BLOB
);
CREATE INDEX IF NOT EXISTS row_state ON row (state, no);
"""
_SIGNED = "type, raw, hash, signature, open"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a queue holds.

    Attributes:
        waiting: Rows not uploaded yet.
        oldest_ms: When the oldest of these was captured, Unix milliseconds; None without one.
        refused: Rows the book refused; they wait for `mend` or `retry`.
        kept: Rows with a receipt.
    """

    waiting: int
    oldest_ms: int | None
    refused: int
    kept: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that is in the book.

    Attributes:
        index: Its place in the log.
        answer: The book's answer that proves it, byte for byte; it covers the rows that were uploaded together.
    """

    index: int
    answer: bytes


class _Numbers:
    """The signer's counter inside the queue's file; both its steps happen in the transaction that stores the row."""

    def __init__(self, connection: sqlite3.Connection, book: str, key: bytes) -> None:
        self._connection = connection
        self._whose = (book, key)

    @property
    def next(self) -> int:
        row = self._connection.execute("SELECT taken FROM counter WHERE book = ? AND key = ?", self._whose).fetchone()
        return 1 if row is None else int(row[0]) + 1

    def take(self, count: int = 1) -> None:
        self._connection.execute(
            "INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT (book, key) DO UPDATE SET taken = taken + ?",
            (*self._whose, count, count),
        )


class Queue:
    """A queue of one actor's statements for one book. For one thread; several programs may share its file.

    Args:
        path: The file; made when it is not there, readable by its owner only: it holds what commitments hide.
        key: The actor's private key. It is not kept in the file.
        actor: Actor id.
        book: Origin of the place.
        clock: Now, in Unix milliseconds.
        randomness: Source of ids and salts.

    Raises:
        LocalError: The file is not a queue, or cannot be opened.
    """

    def __init__(
        self, path: Path, key: SigningKey, actor: str, book: str, clock: Clock, randomness: Randomness = os.urandom
    ) -> None:
        self._path = path
        self._clock = clock
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None)
            # FULL: a row is on the disk, not in a cache, when `capture` returns. Elsewhere than on macOS fullfsync does nothing.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "busy_timeout = 10000"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise LocalError(f"the queue {path} cannot be opened: {error}") from error
        self._signer = Signer(key, actor, book, _Numbers(self._connection, book, key.key_id), clock, randomness)

    def close(self) -> None:
        """Close the file; nothing is lost by not doing so."""
        self._connection.close()

    def capture(self, draft: Draft) -> int:
        """Sign a statement and keep it; it is on disk when this returns.

        Returns:
            The row's number in this queue.

        Raises:
            Refused: The draft is not a statement; nothing was kept and no number used.
            LocalError: The disk did not take it.
        """
        with self._transaction():
            number = self._signer.next_n
            signed = self._signer.sign(draft)
            cursor = self._connection.execute(
                f"INSERT INTO row (captured, n, {_SIGNED}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names, no values
                (self._clock(), number, *_columns(signed)),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def mend(self, no: int, draft: Draft) -> None:
        """Put another statement in the place of a refused row, under the same number: the book has not recorded it.

        Raises:
            LocalError: There is no such refused row.
            Refused: The draft is not a statement; the row stays as it is.
        """
        with self._transaction():
            row = self._connection.execute("SELECT n FROM row WHERE no = ? AND state = 'refused'", (no,)).fetchone()
            if row is None:
                raise LocalError(f"the queue has no refused row {no}")
            signed = self._signer.sign(draft, row[0])
            self._connection.execute(
                "UPDATE row SET type = ?, raw = ?, hash = ?, signature = ?, open = ?, state = 'waiting', problem = NULL"
                " WHERE no = ?",
                (*_columns(signed), no),
            )

    def retry(self) -> int:
        """Let every refused row wait again, as it is: what it needed may have arrived. Returns how many."""
        with self._transaction():
            return self._connection.execute("UPDATE row SET state = 'waiting', problem = NULL WHERE state = 'refused'").rowcount

    def upload(self, session: Session) -> Backlog:
        """Upload what waits, oldest first; what is cut off goes on with the next call, with the very same bytes.

        Raises:
            Unreachable: No network; all rows without a receipt are still there.
            ReceiptInvalid: The book promised what it did not prove; the rows stay, the error carries the evidence.
            Declined, AnswerMalformed: As `Session.post_rows`.
        """
        while waiting := self._waiting():
            numbers, rows = [no for no, _ in waiting], next(packed([signed] for _, signed in waiting))
            receipt = session.post_rows(rows)
            sent = list(zip(numbers, rows, receipt.rows, strict=False))
            with self._transaction():
                proof = self._keep_answer(receipt.answer)
                for no, _, row in sent:
                    if row.outcome == "recorded":
                        self._settle(no, row.index, proof)
                    elif row.problem is not None:
                        problem = msgspec.json.encode(row.problem)
                        self._connection.execute("UPDATE row SET state = 'refused', problem = ? WHERE no = ?", (problem, no))
            for no, signed, row in sent:
                if row.outcome == "already":  # an earlier answer was lost; asked by itself, the book proves it
                    single = session.post(signed)
                    with self._transaction():
                        self._settle(no, single.index, self._keep_answer(single.answer))
        return self.backlog()

    def backlog(self) -> Backlog:
        """How much waits, and since when."""
        counts = dict(self._connection.execute("SELECT state, count(*) FROM row GROUP BY state").fetchall())
        oldest = self._connection.execute("SELECT min(captured) FROM row WHERE state = 'waiting'").fetchone()[0]
        return Backlog(counts.get("waiting", 0), oldest, counts.get("refused", 0), counts.get("kept", 0))

    def kept(self, no: int) -> Kept | None:
        """Place and proof of a row that is in the book; None while it is not."""
        row = self._connection.execute(
            "SELECT idx, answer FROM row JOIN receipt ON receipt.no = row.receipt WHERE row.no = ?", (no,)
        ).fetchone()
        return None if row is None else Kept(*row)

    def refusals(self) -> list[tuple[int, Problem]]:
        """Refused rows by number, each with the book's reason."""
        rows = self._connection.execute("SELECT no, problem FROM row WHERE state = 'refused' ORDER BY no").fetchall()
        return [(no, msgspec.json.decode(problem, type=Problem)) for no, problem in rows]

    def _waiting(self) -> list[tuple[int, Signed]]:
        rows = self._connection.execute(
            f"SELECT no, {_SIGNED} FROM row WHERE state = 'waiting' ORDER BY no LIMIT {ROWS_MAX}"  # noqa: S608 - names, no values
        ).fetchall()
        return [(no, _signed(columns)) for no, *columns in rows]

    def _keep_answer(self, answer: bytes) -> int:
        no = self._connection.execute("INSERT INTO receipt (answer) VALUES (?)", (answer,)).lastrowid
        assert no is not None
        return no

    def _settle(self, no: int, index: int | None, receipt: int) -> None:
        self._connection.execute("UPDATE row SET state = 'kept', idx = ?, receipt = ? WHERE no = ?", (index, receipt, no))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of what is done inside, or nothing; other programs wait for its end."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise LocalError(f"the queue {self._path} cannot be written: {error}") from error


def _columns(signed: Signed) -> tuple[str, bytes, bytes, bytes, bytes]:
    opened = canonical.dump([opening.row() for opening in signed.openings])
    return signed.type, signed.raw, signed.hash, signed.signature, opened


def _signed(columns: Sequence[object]) -> Signed:
    kind, raw, name, signature, opened = columns
    assert isinstance(kind, str)
    assert isinstance(raw, bytes)
    assert isinstance(name, bytes)
    assert isinstance(signature, bytes)
    assert isinstance(opened, bytes)
    rows = msgspec.json.decode(opened, type=list[dict[str, str]])
    return Signed(
        kind, raw, name, signature, tuple(Opening(row["pointer"], unb64u(row["salt"], 32), row["value"]) for row in rows)
    )

"""The file of the vault's keys: one key for each sealed value, what it is of, and until when it is under seal.

A small database rather than a format of ours: it survives a crash in the middle of a deletion. A destroyed key is overwritten
(`secure_delete`), and no log of it is kept (`journal_mode=DELETE`). It is never part of a backup.

It also remembers up to which entry of the book every erasure was carried out: whoever puts an older copy of this file back puts
that memory back with it, so what was erased since is erased again. Source: DESIGN section 3.6.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from nacl.secret import SecretBox
from nacl.utils import random

from ..errors import StoreError
from .files import make_folder, sync_folder

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS key (statement BLOB NOT NULL, pointer TEXT NOT NULL, key BLOB NOT NULL, "
    "PRIMARY KEY (statement, pointer)) WITHOUT ROWID",
    # What the value is of, when it came (Unix ms), and until when nobody may read it (Unix ms, 0 for not sealed).
    "CREATE TABLE IF NOT EXISTS term (statement BLOB NOT NULL, pointer TEXT NOT NULL, kind TEXT NOT NULL, made INTEGER NOT NULL, "
    "until INTEGER NOT NULL, PRIMARY KEY (statement, pointer)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS term_made ON term (kind, pointer, made)",
    "CREATE INDEX IF NOT EXISTS term_until ON term (until) WHERE until > 0",
    "CREATE TABLE IF NOT EXISTS carried (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL)",
)
_PRAGMAS: Final = (
    "PRAGMA journal_mode=DELETE",  # no log that would keep a destroyed key
    "PRAGMA synchronous=EXTRA",  # the folder too, so that a commit outlives a power cut
    "PRAGMA fullfsync=ON",
    "PRAGMA secure_delete=ON",  # a destroyed key is overwritten, not only unlinked
)


class Held(NamedTuple):
    """One value whose key is here."""

    statement: bytes  # statement hash, 32 bytes
    pointer: str
    kind: str  # type of the statement
    made: int  # when it came, Unix milliseconds


class VaultKeys:
    """The key file. One process writes it; threads may share it.

    Args:
        path: The file; made if absent, readable by its owner only.

    Raises:
        StoreError: It cannot be opened, or others may read it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # guards the connection: one statement, and one transaction, at a time
        try:
            _make(path)
            self._keys = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            for sql in (*_PRAGMAS, *_SCHEMA):
                self._keys.execute(sql)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the vault's keys {path} cannot be opened: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._keys.close()

    def make(self, values: Iterable[Held]) -> dict[tuple[bytes, str], bytes]:
        """A key for each value, durable when this returns; one that is there is kept.

        Raises:
            StoreError: The file cannot be written.
        """
        wanted = list(values)
        with self._transaction() as keys:
            keys.executemany(
                "INSERT OR IGNORE INTO key VALUES (?, ?, ?)",
                [(one.statement, one.pointer, random(SecretBox.KEY_SIZE)) for one in wanted],
            )
            keys.executemany("INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?, 0)", wanted)
            found = {(one.statement, one.pointer): _one(keys, one.statement, one.pointer) for one in wanted}
            return {place: key for place, key in found.items() if key is not None}

    def get(self, statement: bytes, pointer: str) -> bytes | None:
        """Key of a value; None when it was destroyed."""
        with self._lock:
            return _one(self._keys, statement, pointer)

    def is_empty(self) -> bool:
        """Whether there is no key at all: then nothing can be read, and nothing is left to be erased."""
        with self._lock:
            return self._keys.execute("SELECT 1 FROM key LIMIT 1").fetchone() is None

    def sealed_until(self, statement: bytes) -> int:
        """Until when the values of a statement are under seal, Unix milliseconds; 0 when they are not."""
        with self._lock:
            row = self._keys.execute("SELECT MAX(until) FROM term WHERE statement = ?", (statement,)).fetchone()
        return row[0] or 0

    def values(self, statement: bytes) -> list[Held]:
        """The values of a statement whose keys are here."""
        sql = (
            "SELECT key.statement, key.pointer, COALESCE(kind, ''), COALESCE(made, 0) FROM key LEFT JOIN term "
            "USING (statement, pointer) WHERE key.statement = ? ORDER BY key.pointer"
        )
        return self._held(sql, (statement,))

    def hold(self, statement: bytes, until: int) -> bool:
        """Put the values of a statement under seal; says whether any was there. A later day is never made earlier.

        Raises:
            StoreError: The file cannot be written.
        """
        sql = (
            "INSERT INTO term SELECT statement, pointer, '', 0, ? FROM key WHERE statement = ? "
            "ON CONFLICT DO UPDATE SET until = MAX(until, excluded.until)"
        )
        with self._transaction() as keys:
            return keys.execute(sql, (until, statement)).rowcount > 0

    def destroy(self, statement: bytes, pointer: str | None = None) -> list[str]:
        """Destroy the keys of a statement, or of one of its values; gives the pointers whose keys were there.

        Raises:
            StoreError: The file cannot be written.
        """
        of, what = ("statement = ?", [statement]) if pointer is None else ("statement = ? AND pointer = ?", [statement, pointer])
        with self._transaction() as keys:
            found = [row[0] for row in keys.execute(f"SELECT pointer FROM key WHERE {of}", what)]  # noqa: S608 - two fixed texts
            keys.execute(f"DELETE FROM key WHERE {of}", what)  # noqa: S608
            keys.execute(f"DELETE FROM term WHERE {of}", what)  # noqa: S608
        return found

    def unsealed(self, now: int) -> list[Held]:
        """Values whose seal has ended: they are due to be erased."""
        return self._held("SELECT statement, pointer, kind, made FROM term WHERE until > 0 AND until <= ?", (now,))

    def older(self, kind: str, pointer: str, last: int) -> list[Held]:
        """Values of a class that came until then, and are not under seal."""
        sql = "SELECT statement, pointer, kind, made FROM term WHERE kind = ? AND pointer = ? AND made <= ? AND until = 0"
        return self._held(sql, (kind, pointer, last))

    @property
    def carried(self) -> int:
        """Size of the book up to which every erasure was carried out; 0 for none."""
        with self._lock:
            row = self._keys.execute("SELECT size FROM carried").fetchone()
        return 0 if row is None else int(row[0])

    @carried.setter
    def carried(self, size: int) -> None:
        with self._transaction() as keys:
            keys.execute("INSERT INTO carried VALUES (1, ?) ON CONFLICT DO UPDATE SET size = excluded.size", (size,))

    def _held(self, sql: str, what: tuple[object, ...]) -> list[Held]:
        with self._lock:
            return [Held(bytes(row[0]), *row[1:]) for row in self._keys.execute(sql, what)]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._keys.execute("BEGIN IMMEDIATE")
                yield self._keys
                self._keys.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(f"the vault's keys {self._path} cannot be written: {error}") from error
            finally:
                if self._keys.in_transaction:
                    self._keys.execute("ROLLBACK")


def _make(path: Path) -> None:
    make_folder(path.parent)
    try:
        # Closed to others from its first moment; a journal takes over the mode of its database.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise StoreError(f"others may read {path}; type: chmod 600 {path}") from None


def _one(keys: sqlite3.Connection, statement: bytes, pointer: str) -> bytes | None:
    row = keys.execute("SELECT key FROM key WHERE statement = ? AND pointer = ?", (statement, pointer)).fetchone()
    return None if row is None else bytes(row[0])

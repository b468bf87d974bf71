"""Values and salts of commitments, sealed one by one; their keys in a file of their own.

The book holds a commitment; value and salt lie sealed in the table `vault`; the key that opens them lies in
`keys/vault.keys`, never in the database and never in a backup. Destroying the key is what erases: every copy
of the sealed value, in whatever backup, is noise from then on.

Order: keys are durable before the rows that need them are committed. A key without a row is harmless; a row
without its key is a value lost.

Source: DESIGN section 3.6; XSalsa20-Poly1305 by libsodium's secretbox.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from ..commitment import SALT_SIZE
from ..errors import StoreError
from .book import Book
from .files import make_folder, sync_folder
from .group import VaultRow
from .streams import Reads

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS key (statement BLOB NOT NULL, pointer TEXT NOT NULL, key BLOB NOT NULL, "
    "PRIMARY KEY (statement, pointer)) WITHOUT ROWID"
)


class Opening(NamedTuple):
    """Value and salt of one commitment of one statement."""

    statement: bytes  # statement hash, 32 bytes
    pointer: str  # JSON pointer of the commitment in the statement
    value: str
    salt: bytes  # 32 bytes


class Vault:
    """The keys of sealed values. One process writes it; threads may share it.

    Args:
        path: The key file; made if absent, readable by its owner only.

    Raises:
        StoreError: The file cannot be opened, or others may read it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # guards the connection: one statement, and one transaction, at a time
        try:
            _make(path)
            # A small database rather than a format of ours: it survives a crash in the middle of a deletion.
            self._keys = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            for sql in (
                "PRAGMA journal_mode=DELETE",  # no log that would keep a destroyed key
                "PRAGMA synchronous=EXTRA",  # the folder too, so that a commit outlives a power cut
                "PRAGMA fullfsync=ON",
                "PRAGMA secure_delete=ON",  # a destroyed key is overwritten, not only unlinked
                _SCHEMA,
            ):
                self._keys.execute(sql)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the vault's keys {path} cannot be opened: {error}") from error

    def close(self) -> None:
        """Close the key file."""
        with self._lock:
            self._keys.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seal(self, openings: Iterable[Opening]) -> list[VaultRow]:
        """Seal values for the group that appends their statements. Their keys are durable when this returns.

        The same statement and pointer again keeps the key it has: a commit whose outcome was unknown may have
        stored a row that needs it.

        Raises:
            StoreError: The key file cannot be written; the statements must not be appended.
            ValueError: A salt is not 32 bytes.
        """
        wanted = list(openings)
        if any(len(opening.salt) != SALT_SIZE for opening in wanted):
            raise ValueError(f"a salt is {SALT_SIZE} bytes")
        if not wanted:
            return []
        with self._transaction() as keys:
            keys.executemany(
                "INSERT OR IGNORE INTO key VALUES (?, ?, ?)",
                [(item.statement, item.pointer, random(SecretBox.KEY_SIZE)) for item in wanted],
            )
            return [
                (item.statement, item.pointer, SecretBox(key).encrypt(item.salt + item.value.encode()))
                for item in wanted
                if (key := _key_of(keys, item.statement, item.pointer)) is not None
            ]

    def get(self, book: Reads, statement: bytes) -> dict[str, Opening]:
        """Openings of a statement by JSON pointer; those whose key was destroyed are left out.

        Raises:
            StoreError: A sealed value does not fit its key: it was changed, or belongs elsewhere.
        """
        found = {}
        for pointer, sealed in book.sealed(statement).items():
            with self._lock:
                key = _key_of(self._keys, statement, pointer)
            if key is None:
                continue
            try:
                plain = SecretBox(key).decrypt(sealed)
            except CryptoError as error:
                raise StoreError(f"the sealed value at {pointer} does not fit its key") from error
            found[pointer] = Opening(statement, pointer, plain[SALT_SIZE:].decode(), plain[:SALT_SIZE])
        return found

    def forget(self, book: Book, statement: bytes, pointer: str) -> bool:
        """Destroy the key of a value, then delete the sealed row; says whether either was there. Cannot be undone."""
        with self._transaction() as keys:
            gone = keys.execute("DELETE FROM key WHERE statement = ? AND pointer = ?", (statement, pointer)).rowcount == 1
        return book.forget_sealed(statement, pointer) or gone

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


def _key_of(keys: sqlite3.Connection, statement: bytes, pointer: str) -> bytes | None:
    row = keys.execute("SELECT key FROM key WHERE statement = ? AND pointer = ?", (statement, pointer)).fetchone()
    return None if row is None else bytes(row[0])

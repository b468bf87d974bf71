"""Rules of every SQLite connection: durability, who begins, and what no application may ask for.

- WAL with `synchronous=FULL`: NORMAL forgot acknowledged rows at a power cut, FULL lost none.
- The driver's own BEGIN is off, so that a writer takes the write lock at once (BEGIN IMMEDIATE) instead
  of failing at its first write.
- `recursive_triggers=ON`, else INSERT OR REPLACE deletes rows without asking the DELETE trigger.
- An authorizer denies schema changes, ATTACH, pragmas, and UPDATE or DELETE outside the mutable tables; who seals may
  write segments and remove leaves, and nothing else.

The owner of the file can still do anything with other tools: that is what checkpoints and witnesses are for.

Source: DESIGN section 3.4; https://sqlite.org/pragma.html; https://sqlite.org/c3ref/c_alter_table.html
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine, event

from ..errors import StoreError
from .tables import ACCOUNTS, MUTABLE, leaf, metadata, segment

BUSY_SECONDS: Final = 5.0  # wait for another process's write lock
WRITER_CACHE_KIB: Final = 128 * 1024  # the pages that the next rows of every index go to; the system caches the rest
READER_CACHE_KIB: Final = 4 * 1024  # of each of up to READERS_MAX connections; the system caches the file anyway
WAL_PAGES: Final = 16_384  # 64 MiB between checkpoints: fewer rewrites of the same index page
WAL_BYTES_MAX: Final = 256 * 1024 * 1024  # what a long read may leave behind on disk

BEGIN = "suxin_begin"  # execution option: how a transaction starts

_INSERTED: Final = {
    "app": frozenset(metadata.tables) - {segment.name},
    "read": frozenset(metadata.tables),  # `query_only` says no
    "archive": frozenset((segment.name,)),
    "account": frozenset(table.name for table in ACCOUNTS),
}
_CHANGED: Final = {
    **dict.fromkeys(("app", "read"), frozenset(table.name for table in MUTABLE)),
    "account": _INSERTED["account"],
}
_REMOVED: Final = _CHANGED | {"archive": frozenset((leaf.name,))}
_READ_PRAGMAS: Final = frozenset(("table_info", "table_xinfo", "table_list", "integrity_check", "quick_check"))


def install(engine: Engine, role: str) -> None:
    """Attach the connection rules of a role to an engine."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        prepare(connection, role)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        default = "BEGIN" if role == "read" else "BEGIN IMMEDIATE"
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, default))


def prepare(connection: sqlite3.Connection, role: str) -> None:
    """Set one connection up.

    Raises:
        StoreError: The file system cannot do WAL (a network folder, often); durability is not to be had.
    """
    # A reader takes the file as it is: a copy made for keeping may well not be in WAL.
    mode = "wal" if role == "read" else connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"SQLite runs in journal mode {mode} here, not WAL; move the data folder to a local disk")
    cache = READER_CACHE_KIB if role in ("read", "account") else WRITER_CACHE_KIB
    for pragma in (
        # What is derived need not be on the disk: after a power cut it goes on from where it was.
        f"synchronous={'NORMAL' if role == 'account' else 'FULL'}",
        "fullfsync=ON",  # macOS: fsync alone leaves data in the drive's cache
        "checkpoint_fullfsync=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",  # what is erased from the vault is overwritten, not only unlinked
        "foreign_keys=OFF",
        "trusted_schema=OFF",
        f"cache_size=-{cache}",
        f"wal_autocheckpoint={WAL_PAGES}",
        f"journal_size_limit={WAL_BYTES_MAX}",
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
        f"query_only={'ON' if role == 'read' else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if role != "migrate":
        connection.set_authorizer(partial(_authorize, role))


def _authorize(role: str, action: int, first: str | None, second: str | None, _schema: str | None, _by: str | None) -> int:
    """Allow reads, and INSERT, UPDATE and DELETE on the tables where this role has them; deny the rest."""
    match action:
        case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_READ | sqlite3.SQLITE_RECURSIVE:
            allowed = True
        case sqlite3.SQLITE_TRANSACTION | sqlite3.SQLITE_SAVEPOINT:
            allowed = True
        case sqlite3.SQLITE_FUNCTION:
            allowed = second != "load_extension"
        case sqlite3.SQLITE_INSERT:
            allowed = first in _INSERTED[role]
        case sqlite3.SQLITE_UPDATE:
            allowed = first in _CHANGED.get(role, ())
        case sqlite3.SQLITE_DELETE:
            allowed = first in _REMOVED[role]
        case sqlite3.SQLITE_PRAGMA:
            # Reading a pragma is harmless; setting one could switch the rules above off.
            allowed = first in _READ_PRAGMAS or second is None
        case _:
            allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

"""Nothing of an erased row stays in the database's own files: its log is emptied, and on demand the table is written anew.

SQLite overwrites what is deleted (`secure_delete`); older pages stand in the write-ahead log until it is emptied. PostgreSQL
keeps a deleted row in its page until VACUUM, and its image in WAL until that is recycled: `sweep`, for an administrator, ends the
first; time ends the second. What is left until then is ciphertext whose key is gone.
Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint; PostgreSQL "Routine Vacuuming", "WAL Configuration".
"""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError
from . import roles
from .engine import file_of, open_engine
from .tables import vault

TRIES: Final = 20
PAUSE_S: Final = 0.1


def scrub(url: str) -> bool:
    """Empty the write-ahead log of a SQLite file; says whether nothing is left in it. Not for PostgreSQL: `sweep`."""
    if file_of(url) is None:
        return True
    engine = open_engine(url, role="migrate")
    try:
        for _ in range(TRIES):
            with engine.connect() as connection:
                busy = _raw(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
            if busy == 0:
                return True
            time.sleep(PAUSE_S)  # a reader still looks at an older state
        return False
    except DBAPIError:
        return False  # locked by a long write: the next erasure empties it
    finally:
        engine.dispose()


def sweep(url: str) -> None:
    """Write the vault's table anew, so that no erased row is left in its files. For whoever may act as its owner; takes a lock.

    Raises:
        StoreError: This login may not, or the database is in use.
    """
    engine = open_engine(url, role="migrate")
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.dialect.name == "sqlite":
                _raw(connection, "VACUUM")
                _raw(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
                return
            database = connection.execute(text("SELECT current_database()")).scalar_one()
            owner = roles.quoted(connection, roles.role_names(database).owner)
            connection.exec_driver_sql(f"SET ROLE {owner}")
            connection.exec_driver_sql(f"VACUUM (FULL) {vault.name}")
            connection.exec_driver_sql("RESET ROLE")
    except DBAPIError as error:
        raise StoreError(f"the vault's table could not be written anew: {error.orig}") from error
    finally:
        engine.dispose()


def _raw(connection: Connection, sql: str) -> int:
    """Run a statement outside any transaction; gives the first column of its first row, 0 where it has none."""
    cursor = connection.connection.cursor()
    try:
        row = cursor.execute(sql).fetchone()
        return int(row[0]) if row else 0
    finally:
        cursor.close()

"""The one transaction that makes the book grow: the head by compare-and-swap, then every row of the group.

The head comes first, so that of two writers the second waits at the row lock and then finds the head moved;
the rows come in key order, so that index pages are touched once; every count is compared, because a rule or a
trigger somebody made could let an INSERT "succeed" and store nothing.

What went wrong decides what a caller may say: a row refused or a full disk was rolled back for certain; a
failing COMMIT or a lost connection leaves the outcome unknown.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine

from ..errors import Fenced, OutcomeUnknown, StoreError, first_line
from . import copy, postgres
from .group import Group, RowsRefused
from .tables import actor, entry, leaf, signer, statement_tag, stream, stream_row, vault

Rows = Sequence[tuple[Any, ...]]

ROWS_A_STATEMENT: Final = 50  # more gain nothing; SQLite takes 32,766 parameters
_SWAP: Final = "UPDATE head SET epoch = {0}, size = {0} WHERE shard = {0} AND term = {0} AND epoch = {0} AND size = {0}"
_SWAP_SQLITE: Final = _SWAP.format("?")
_SWAP_POSTGRES: Final = _SWAP.format("%s")
_ROW_FAULTS: Final = (ValueError, TypeError, AttributeError, OverflowError, struct.error)


def append(engine: Engine, shard: int, group: Group) -> None:
    """Append one group in one transaction.

    Args:
        engine: The writer's engine (role `app`).
        shard: Shard the rows belong to.
        group: The rows; consistent by `Group.check`.

    Raises:
        ValueError: The group contradicts itself.
        RowsRefused: The database refused a row; rolled back.
        Fenced: The head is not where the group says; rolled back.
        OutcomeUnknown: The commit, or the connection before it, failed; nobody may be told "recorded".
        StoreError: The disk is full, the database locked or changed by hand; rolled back.
    """
    group.check()
    if not group.fits():
        raise RowsRefused("a row of the group does not have the shape of its kind; nothing was sent")
    borrowed = engine.raw_connection()
    try:
        raw = borrowed.driver_connection
        if isinstance(raw, sqlite3.Connection):
            _append_sqlite(raw, shard, group)
        else:
            _append_postgres(cast("psycopg.Connection[Any]", raw), shard, group, postgres.warnings_of(borrowed.info))
    except OutcomeUnknown:
        borrowed.invalidate()  # a session in an unknown state serves nobody again
        raise
    finally:
        borrowed.close()


def _tables(group: Group) -> Iterator[tuple[str, int, Rows]]:
    """Name, number of columns with the shard, and rows in key order, of every table that gets some."""
    for table, rows, sort in (
        (leaf, group.leaves, False),
        (entry, group.entries, False),
        (statement_tag, group.tags, True),
        (stream, group.streams, False),
        (stream_row, group.stream_rows, True),
        (signer, group.signers, False),
        (actor, group.actors, False),
        (vault, group.vault, True),
    ):
        if rows:
            yield table.name, len(table.columns), sorted(rows) if sort else cast("Rows", rows)


def _swap_values(shard: int, group: Group) -> tuple[int, ...]:
    return (group.epoch_after, group.size_after, shard, group.term, group.epoch_before, group.size_before)


def _fence(changed: int) -> None:
    if changed != 1:
        raise Fenced("the head is not where this writer left it: another writer took over, or the book was replaced")


def _count(table: str, stored: int, due: int) -> None:
    if stored != due:
        raise StoreError(f"{table}: {due} rows were sent and {stored} stored; a rule or trigger is in the way")


def _append_sqlite(raw: sqlite3.Connection, shard: int, group: Group) -> None:
    try:
        raw.execute("BEGIN IMMEDIATE")
        _fence(raw.execute(_SWAP_SQLITE, _swap_values(shard, group)).rowcount)
        for table, width, rows in _tables(group):
            _count(table, _insert_sqlite(raw, table, f"({int(shard)}{', ?' * (width - 1)})", rows), len(rows))
    except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        _undo_sqlite(raw)
        raise RowsRefused("the database refused a row of the group; nothing was written") from error
    except _ROW_FAULTS as error:
        _undo_sqlite(raw)
        raise RowsRefused("a row of the group does not fit its columns; nothing was written") from error
    except sqlite3.Error as error:
        _undo_sqlite(raw)
        raise StoreError(f"SQLite could not append ({first_line(error)}); nothing was written") from error
    except BaseException:
        _undo_sqlite(raw)
        raise
    _commit_sqlite(raw)


def _insert_sqlite(raw: sqlite3.Connection, table: str, row: str, rows: Rows) -> int:
    """Insert rows, many by one statement; `row` is the text of one. The number of rows stored.

    The shard in it is our own integer, never input: as a literal it spares a copy of every row. One statement a row would
    start and end SQLite's machine for each, and give the interpreter's lock away as often.
    """
    insert = f"INSERT INTO {table} VALUES "  # noqa: S608
    whole = len(rows) - len(rows) % ROWS_A_STATEMENT
    many = (tuple(chain.from_iterable(rows[i : i + ROWS_A_STATEMENT])) for i in range(0, whole, ROWS_A_STATEMENT))
    stored = raw.executemany(insert + ", ".join([row] * ROWS_A_STATEMENT), many).rowcount if whole else 0
    return stored + (raw.executemany(insert + row, rows[whole:]).rowcount if whole < len(rows) else 0)


def _commit_sqlite(raw: sqlite3.Connection) -> None:
    try:
        raw.execute("COMMIT")
    except sqlite3.Error as error:
        # A full disk rolls back by itself, before anything reached the log; everything else is doubt.
        known = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY)
        _undo_sqlite(raw)
        if known:
            raise StoreError(f"SQLite could not commit ({first_line(error)}); nothing was written") from error
        raise OutcomeUnknown(f"SQLite failed in the commit ({first_line(error)})") from error


def _undo_sqlite(raw: sqlite3.Connection) -> None:
    # SQLite has often rolled back by itself; a second ROLLBACK would raise.
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def _append_postgres(raw: psycopg.Connection[Any], shard: int, group: Group, heard: list[str]) -> None:
    heard.clear()
    try:
        with raw.cursor() as cursor:
            cursor.execute(_SWAP_POSTGRES, _swap_values(shard, group))
            _fence(cursor.rowcount)
            for table, _width, rows in _tables(group):
                data = copy.PACKERS[table](shard, rows)
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as sink:
                    sink.write(copy.HEADER + data + copy.TRAILER)
                _count(table, cursor.rowcount, len(rows))
    except _ROW_FAULTS as error:
        _undo_postgres(raw)
        raise RowsRefused("a row of the group does not fit its columns; nothing was written") from error
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        _undo_postgres(raw)
        raise RowsRefused("the database refused a row of the group; nothing was written") from error
    except psycopg.Error as error:
        _undo_postgres(raw)
        raise StoreError(f"PostgreSQL could not append ({first_line(error)}); nothing was written") from error
    except BaseException:
        _undo_postgres(raw)
        raise
    _commit_postgres(raw, heard)


def _commit_postgres(raw: psycopg.Connection[Any], heard: list[str]) -> None:
    try:
        raw.commit()
    except psycopg.Error as error:
        raise OutcomeUnknown(f"PostgreSQL failed in the commit ({first_line(error)})") from error
    if heard:
        # "canceling wait for synchronous replication": committed here, perhaps nowhere else.
        raise OutcomeUnknown(f"PostgreSQL warned during the commit: {heard[0]}")


def _undo_postgres(raw: psycopg.Connection[Any]) -> None:
    """Roll back.

    Raises:
        OutcomeUnknown: The connection is gone, so the server was not heard to roll back.
    """
    try:
        raw.rollback()
    except psycopg.Error as error:
        raise OutcomeUnknown(f"the connection to PostgreSQL was lost ({first_line(error)})") from error

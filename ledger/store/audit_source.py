"""The stored book as the verifier reads it: one moment, in order of the keys, straight from the driver.

Rows are handed on as they stand, also damaged ones. Guards and rights are not asked after: a book whose triggers were
taken off is still to be verified. Source: DESIGN 3.4; `ledger/audit_port.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DBAPIError

from ..audit_port import CheckpointRow, ConflictRow, EntryRow, LeafRow, NameRow, SignerRow, StreamRow, TagRow
from ..errors import StoreError
from . import tables
from .engine import open_engine
from .guards import check_guards
from .reads import tag_of
from .segments import SEGMENTS, leaves_at, merge

CHUNK: Final = 512  # rows read at a time: about 0.4 MB of leaves, so that what is worked on stays in the processor's cache
CACHE_KIB: Final = 2 * 1024  # of SQLite pages, for all tables together

Rows = Iterator[Sequence[tuple[Any, ...]]]


class AuditSource:
    """One shard at one moment; made by `open_source`."""

    def __init__(self, connection: Connection, shard: int) -> None:
        self._shard = self.shard = shard
        self._connection = connection
        self._raw = cast("sqlite3.Connection | psycopg.Connection[Any]", connection.connection.driver_connection)
        self._mark = "?" if isinstance(self._raw, sqlite3.Connection) else "%s"
        self._cursors = 0
        self._faults: list[tuple[int, str]] = []
        self._leaf = f"SELECT body FROM leaf WHERE shard = {shard:d} AND idx = {self._mark}"  # noqa: S608
        self._tag = f"SELECT idx FROM statement_tag WHERE shard = {shard:d} AND tag = {self._mark} ORDER BY idx"  # noqa: S608

    def notices(self) -> list[str]:
        """What is odd about the database itself, though it is no fault of the book."""
        try:
            with _translated():
                check_guards(self._connection)
        except StoreError as error:
            return [str(error)]
        return []

    def leaves_stored(self) -> int:
        """How many leaves there are by their index; for a progress bar."""
        row = self._one(f"SELECT count(*) FROM entry WHERE shard = {self._shard:d}")  # noqa: S608
        return 0 if row is None else int(row[0])

    def head(self) -> tuple[int, int] | None:
        """Epoch and size of the fence."""
        row = self._one(f"SELECT epoch, size FROM head WHERE shard = {self._shard:d}")  # noqa: S608
        return None if row is None else (row[0], row[1])

    def leaves(self) -> Iterator[Sequence[LeafRow]]:
        """The log, from bodies and segments."""
        return merge(self._all(tables.leaf), self._all(tables.segment, SEGMENTS), self._faults)

    def segment_faults(self) -> Sequence[tuple[int, str]]:
        """First leaf of each segment that does not hold, and why; whole once `leaves` has been read to its end."""
        return self._faults

    def entries(self) -> Iterator[Sequence[EntryRow]]:
        """Index rows of the log."""
        return cast("Iterator[Sequence[EntryRow]]", self._all(tables.entry))

    def checkpoints(self) -> Iterator[Sequence[CheckpointRow]]:
        """Every checkpoint ever signed."""
        return cast("Iterator[Sequence[CheckpointRow]]", self._all(tables.checkpoint))

    def streams(self) -> Iterator[Sequence[NameRow]]:
        """Dictionary of streams."""
        return cast("Iterator[Sequence[NameRow]]", self._all(tables.stream))

    def stream_rows(self) -> Iterator[Sequence[StreamRow]]:
        """Entries of every stream."""
        return cast("Iterator[Sequence[StreamRow]]", self._all(tables.stream_row))

    def signers(self) -> Iterator[Sequence[SignerRow]]:
        """Dictionary of keys."""
        return cast("Iterator[Sequence[SignerRow]]", self._all(tables.signer))

    def actors(self) -> Iterator[Sequence[NameRow]]:
        """Dictionary of actors."""
        return cast("Iterator[Sequence[NameRow]]", self._all(tables.actor))

    def tags(self) -> Iterator[Sequence[TagRow]]:
        """Look-up by statement hash."""
        return cast("Iterator[Sequence[TagRow]]", self._all(tables.statement_tag))

    def conflicts(self) -> Iterator[Sequence[ConflictRow]]:
        """Refused statements that claim a taken identity."""
        return cast("Iterator[Sequence[ConflictRow]]", self._all(tables.conflict))

    def leaf(self, index: int) -> bytes | None:
        """One leaf, or None."""
        row = self._one(self._leaf, index)
        if row is None:
            try:
                return leaves_at(self._connection, self._shard, [index]).get(index)
            except StoreError:
                return None  # named by `leaves`
        return row[0] if isinstance(row[0], bytes) else None

    def indexes_of(self, statement: bytes) -> Sequence[int]:
        """Where a statement of this hash may stand."""
        with _translated():
            return [row[0] for row in self._raw.execute(self._tag, (tag_of(statement),)).fetchall()]

    def _one(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        with _translated():
            return cast("tuple[Any, ...] | None", self._raw.execute(sql, parameters).fetchone())

    def _all(self, table: Table, chunk: int = CHUNK) -> Rows:
        """All rows of this shard in order of the primary key, without the shard, by a cursor of its own."""
        columns = [column.name for column in table.columns if column is not table.c.shard]
        if table is tables.segment and isinstance(self._raw, sqlite3.Connection):
            columns[-1] = "CAST(body AS BLOB)"  # a text that is no UTF-8 would end the reading, and not be named
        keys = [column.name for column in table.primary_key.columns if column is not table.c.shard]
        sql = f"SELECT {', '.join(columns)} FROM {table.name} WHERE shard = {self._shard:d} ORDER BY {', '.join(keys)}"  # noqa: S608
        with _translated():
            if isinstance(self._raw, sqlite3.Connection):
                cursor = self._raw.cursor()
                cursor.execute(sql)
                while rows := cursor.fetchmany(chunk):
                    yield rows
                return
            self._cursors += 1
            with self._raw.cursor(f"audit_{self._cursors}", binary=True) as server:
                server.execute(sql.encode())
                while rows := server.fetchmany(chunk):
                    yield rows


@contextmanager
def open_source(url: str, shard: int = 1) -> Iterator[AuditSource]:
    """Open one shard of a book for verification, as it is now, whatever is appended meanwhile. For one thread.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`; any login that may read.
        shard: Number of the shard, from 1.

    Raises:
        StoreError: No such database, another schema than this program's, or a shard that is empty.
    """
    engine = open_engine(url)
    try:
        with _translated(), engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                _shrink(cast("sqlite3.Connection", connection.connection.driver_connection))
            # Both databases fix the moment at the first read, not at BEGIN.
            fence = connection.execute(select(tables.head.c.size).where(tables.head.c.shard == shard)).first()
            leaf = connection.execute(select(tables.leaf.c.idx).where(tables.leaf.c.shard == shard).limit(1)).first()
            if fence is None and leaf is None:
                raise StoreError(f"shard {shard} has no genesis leaf yet")
            yield AuditSource(connection, shard)
    finally:
        engine.dispose()


def _shrink(raw: sqlite3.Connection) -> None:
    """Keep few pages: every table is read once from end to end, so that a cache only takes memory."""
    raw.set_authorizer(None)  # it forbids pragmas; `query_only` still forbids writing
    raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a driver's error into one of ours, without the statement's values."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database failed: {error.orig}") from error
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreError(f"the database failed: {error}") from error

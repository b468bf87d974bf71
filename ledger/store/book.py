"""The stored book of one shard: its reads, and the one way to append. The rules of the trade are not here.

Life of a writer: `Book.open(url, writable=True)` checks schema, guards and role; `create` (an empty database) or
`take_over` (raises the term, so that any earlier writer is fenced); then `append` per commit group and
`put_checkpoint` after each. One thread writes; any number read.

Source: DESIGN section 3.4; distributed.md section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine, Insert, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from ..errors import Fenced, OutcomeUnknown, StoreError, first_line
from . import append as _append
from .engine import file_of, open_engine
from .group import Group, Head
from .guards import check_guards
from .postgres import check_standby, doubts, warnings_of
from .roles import check_role
from .schema import check_schema
from .streams import Reads
from .tables import KIND_GENESIS, checkpoint, conflict, entry, head, leaf, vault


class Book(Reads):
    """One shard of the book in a database. Make it with `Book.open`."""

    def __init__(self, reader: Engine, writer: Engine | None, shard: int) -> None:
        super().__init__(shard, self._connect)
        self._reader = reader
        self._writer = writer
        self._term: int | None = None

    @classmethod
    def open(cls, url: str, shard: int = 1, writable: bool = False) -> Self:
        """Open the book.

        Args:
            url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.
            shard: Number of the shard, from 1.
            writable: Whether to append; then the login must be the application's.

        Raises:
            StoreError: No such database, an old schema, guards taken off, a login with too many rights, or a
                standby that is not in sync. The message says what to do.
        """
        path = file_of(url)
        if path is not None and not path.exists():
            # SQLite would make an empty file where somebody mistyped a name.
            raise StoreError(f"there is no book at {path}; --data names the data folder, --database a database")
        book = cls(open_engine(url), open_engine(url, role="app") if writable else None, int(shard))
        try:
            with _translated():
                book.check()
        except BaseException:
            book.close()
            raise
        return book

    def check(self) -> None:
        """Check the schema and, for a writer, guards, role and standby. For start-up and once a minute.

        Raises:
            StoreError: One of them is not as it must be.
        """
        with _translated(), (self._reader if self._writer is None else self._writer).connect() as connection:
            check_schema(connection)
            if self._writer is not None:
                # Not asked of a reader: whoever verifies must be able to read a book that was tampered with.
                check_guards(connection)
                check_role(connection)
                if connection.dialect.name == "postgresql":
                    check_standby(connection)
            connection.rollback()

    def look(self) -> None:
        """Read from the database, and see that its schema is ours: for whoever asks whether this server is ready.

        Raises:
            StoreError: It cannot be read, or has another schema.
        """
        with self._connect() as connection:
            check_schema(connection)

    def doubts(self) -> list[str]:
        """Settings of the database server under which a power cut undoes receipts; for the log. Empty on SQLite."""
        with self._reader.connect() as connection:
            return doubts(connection) if connection.dialect.name == "postgresql" else []

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[Reads]:
        """Reads that all see the book as it is now, whatever is appended meanwhile. For one thread."""
        with _translated(), self._reader.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")

            @contextmanager
            def same() -> Iterator[Connection]:
                yield connection

            view = Reads(self.shard, same)
            view.head()  # both databases fix the snapshot at the first read, not at BEGIN
            yield view

    def create(self, genesis_leaf: bytes, leaf_hash: bytes) -> Head:
        """Start an empty shard with its genesis leaf, as its writer.

        Args:
            genesis_leaf: Bytes of leaf 0.
            leaf_hash: Its leaf hash, 32 bytes.

        Raises:
            StoreError: The shard is not empty.
        """
        with self._write() as connection:
            if connection.execute(select(head.c.size).where(head.c.shard == self.shard)).first():
                raise StoreError(f"shard {self.shard} has a genesis leaf already")
            _insert(connection, insert(head).values(shard=self.shard, term=1, epoch=0, size=1))
            _insert(connection, insert(leaf).values(shard=self.shard, idx=0, body=genesis_leaf))
            row = {"idx": 0, "epoch": 0, "kind": KIND_GENESIS, "leaf_hash": leaf_hash}
            _insert(connection, insert(entry).values(shard=self.shard, **row))
        self._term = 1
        return Head(1, 0, 1)

    def take_over(self) -> Head:
        """Become the writer: raise the term, so that whoever wrote before finds the head moved.

        Of two at once the later one has the higher term, and the earlier one is fenced at its first append.

        Raises:
            StoreError: The shard is empty (`create` it), or the database cannot write.
        """
        with self._write() as connection:
            raised = connection.execute(update(head).where(head.c.shard == self.shard).values(term=head.c.term + 1))
            if raised.rowcount != 1:
                raise StoreError(f"shard {self.shard} has no genesis leaf yet")
            # After the change, under its row lock: what was read before it might be older.
            now = connection.execute(select(head.c.term, head.c.epoch, head.c.size).where(head.c.shard == self.shard)).one()
        self._term = now[0]
        return Head(*now)

    def retake(self) -> Head:
        """Be the writer again after a failure: in a new session, and with a durable write under the head's row lock.

        A session that was lost in its COMMIT holds that lock until its outcome is certain, so what comes back is certain
        too; and a standby that has this write has all before it. The term stays: nobody else may have been the writer.

        Raises:
            Fenced: Another writer took over.
            StoreError: It failed, and may be called again.
        """
        self._engine().dispose()
        with self._write() as connection:
            mine = (head.c.shard == self.shard, head.c.term == self._term)
            if connection.execute(update(head).where(*mine).values(term=head.c.term)).rowcount != 1:
                raise Fenced("another writer took over")
            now = connection.execute(select(head.c.term, head.c.epoch, head.c.size).where(head.c.shard == self.shard)).one()
        return Head(*now)

    def append(self, group: Group) -> None:
        """Append one commit group in one transaction; see `append.append` for what may be raised."""
        _append.append(self._engine(), self.shard, group)

    def put_checkpoint(self, epoch: int, size: int, note: str) -> None:
        """Store a signed checkpoint. The same one again is no change: a restart signs its last epoch anew.

        Raises:
            Fenced: Another writer took over.
            StoreError: Another checkpoint stands for this epoch, or the database cannot write.
        """
        with self._write() as connection:
            self._fence(connection)
            found = connection.execute(
                select(checkpoint.c.size, checkpoint.c.note).where(checkpoint.c.shard == self.shard, checkpoint.c.epoch == epoch)
            ).first()
            if found is None:
                _insert(connection, insert(checkpoint).values(shard=self.shard, epoch=epoch, size=size, note=note))
            elif tuple(found) != (size, note):
                raise StoreError(f"another checkpoint stands for epoch {epoch}")

    def put_conflicts(self, rows: Sequence[tuple[bytes, str, int, int]]) -> None:
        """Keep statements that claim identities already taken, in one transaction; they are numbered from 1.

        Args:
            rows: Bytes as received, signature as base64url, log index of the entry that has the identity, and when it
                came, Unix milliseconds.

        Raises:
            Fenced: Another writer took over.
            StoreError: None of them was kept.
        """
        with self._write() as connection:
            self._fence(connection)
            highest = connection.execute(select(func.max(conflict.c.no)).where(conflict.c.shard == self.shard)).scalar() or 0
            values = [
                {"shard": self.shard, "no": no, "statement": statement, "signature": signature, "idx": idx, "received": received}
                for no, (statement, signature, idx, received) in enumerate(rows, highest + 1)
            ]
            _insert(connection, insert(conflict), values)

    def forget_sealed(self, statement: bytes, pointer: str) -> bool:
        """Delete one sealed opening; says whether it was there. Destroy its key first (`vault.Vault.forget`)."""
        with self._write() as connection:
            where = (vault.c.shard == self.shard, vault.c.statement == statement, vault.c.pointer == pointer)
            return connection.execute(vault.delete().where(*where)).rowcount == 1

    def _engine(self) -> Engine:
        if self._writer is None:
            raise StoreError("the book was opened for reading")
        return self._writer

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One small transaction of the writer, with the same care for its outcome as `append`."""
        with _translated(), self._engine().connect() as connection:
            heard = warnings_of(connection.connection.info)
            heard.clear()
            with connection.begin() as transaction:
                yield connection
                try:
                    transaction.commit()
                except DBAPIError as error:
                    connection.invalidate()
                    raise OutcomeUnknown(f"the database failed in the commit ({first_line(error.orig)})") from error
            if heard:
                connection.invalidate()
                raise OutcomeUnknown(f"the database warned during the commit: {heard[0]}")

    def _fence(self, connection: Connection) -> None:
        # The row lock keeps a take-over waiting until this transaction is over. SQLite holds its lock already.
        term = connection.execute(select(head.c.term).where(head.c.shard == self.shard).with_for_update(read=True)).scalar()
        if term is None or term != self._term:
            raise Fenced("another writer took over")


def _insert(connection: Connection, statement: Insert, rows: Sequence[dict[str, object]] = ({},)) -> None:
    # Without the option SQLAlchemy forgets the count of an INSERT.
    if connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount != len(rows):
        raise StoreError("a row was sent and not stored; a rule or trigger is in the way")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a driver's error into one of ours, without the statement's values."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database failed: {first_line(error.orig)}") from error

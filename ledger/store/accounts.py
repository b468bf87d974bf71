"""The one way to write accounts of courier companies: a step at a time, each in one transaction with how far it goes.

Beside the writer of the book and without its lock: what is derived may be behind, never half done. Two who step at once do not
count twice: a step says where it found the account, and is thrown away when somebody else has moved it.
Source: docs/formats/account.md; docs/adr/0017-accounts-beside-the-book.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from ..errors import StoreError, first_line
from .account_reads import Account, Carried
from .engine import open_engine
from .tables import ACCOUNTS, account, account_count


@dataclass(frozen=True, slots=True)
class AccountStep:
    """What one step changes.

    Attributes:
        before: Where it found the account; None to begin one.
        after: Where it leaves it.
        parcels: Rows that are new or changed.
        counts: What is added to each count; one that comes to nothing goes.
    """

    before: Account | None
    after: Account
    parcels: Sequence[Carried]
    counts: Mapping[str, int]


class Accounts:
    """Writes the accounts of one shard.

    Args:
        url: Of the database; on PostgreSQL of the application's login.
        shard: Number of the shard, from 1.
    """

    def __init__(self, url: str, shard: int = 1) -> None:
        self._engine = open_engine(url, role="account")
        self._shard = int(shard)

    def apply(self, step: AccountStep) -> bool:
        """Carry one step out.

        Returns:
            Whether it was; else somebody else had moved the account, and nothing was changed.

        Raises:
            StoreError: The database failed; nothing was changed, or all of it.
        """
        try:
            with self._engine.begin() as connection:
                if not self._move(connection, step):
                    connection.rollback()
                    return False
                self._put_parcels(connection, step)
                self._put_counts(connection, step)
        except IntegrityError:
            return False  # begun by somebody else meanwhile
        except DBAPIError as error:
            raise StoreError(f"an account could not be written ({first_line(error.orig)})") from error
        return True

    def forget(self) -> None:
        """Throw every account away, to be made anew from the streams.

        Raises:
            StoreError: The database failed.
        """
        try:
            with self._engine.begin() as connection:
                for table in ACCOUNTS:
                    connection.execute(delete(table).where(table.c.shard == self._shard))
        except DBAPIError as error:
            raise StoreError(f"the accounts could not be thrown away ({first_line(error.orig)})") from error

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _move(self, connection: Connection, step: AccountStep) -> bool:
        """Compare and swap how far the account goes; first of all, so that the row's lock is held."""
        before = step.before
        if before is None:
            connection.execute(insert(account).values(shard=self._shard, **step.after._asdict()))
            return True
        found = connection.execute(
            update(account)
            .where(account.c.shard == self._shard, account.c.company == before.company)
            .where(account.c.position == before.position, account.c.size == before.size, account.c.graded == before.graded)
            .values(**step.after._asdict())
        )
        return found.rowcount == 1

    def _put_parcels(self, connection: Connection, step: AccountStep) -> None:
        if not step.parcels:
            return
        row = self._row(connection, 2 + len(Carried._fields))
        changed = ", ".join(f"{name} = excluded.{name}" for name in Carried._fields[1:])
        sql = f"INSERT INTO account_parcel VALUES {row} ON CONFLICT (shard, company, parcel) DO UPDATE SET {changed}"  # noqa: S608
        company = step.after.company
        connection.exec_driver_sql(sql, [(self._shard, company, *parcel) for parcel in sorted(step.parcels)])

    def _put_counts(self, connection: Connection, step: AccountStep) -> None:
        rows = [(self._shard, step.after.company, name, n) for name, n in sorted(step.counts.items()) if n]
        if not rows:
            return
        row = self._row(connection, 4)
        sql = f"INSERT INTO account_count VALUES {row} ON CONFLICT (shard, company, name) "  # noqa: S608
        connection.exec_driver_sql(f"{sql}DO UPDATE SET n = account_count.n + excluded.n", rows)
        if any(n < 0 for _, _, _, n in rows):
            mine = (account_count.c.shard == self._shard, account_count.c.company == step.after.company)
            gone = [name for _, _, name, n in rows if n < 0]
            for first in range(0, len(gone), 500):
                part = account_count.c.name.in_(gone[first : first + 500])
                connection.execute(delete(account_count).where(*mine, part, account_count.c.n == 0))

    def _row(self, connection: Connection, width: int) -> str:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        return f"({', '.join([mark] * width)})"

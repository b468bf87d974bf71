"""One writer at a time, as a courtesy to the operator: a second `serve` is told at once, and by whom.

The real fence is the compare-and-swap on the head (`append`): a lock is lost with its connection, and a
folder can be shared in ways flock does not see.

Source: DESIGN section 3.4; distributed.md section 5.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError, first_line
from .engine import open_engine
from .folder_lock import FolderLock as FolderLock  # both locks of a book under one name

_NAMESPACE = 0x5375_7869  # "Suxi": first half of the advisory lock's number, the shard is the second


class Taken(StoreError):
    """Another session holds the lock of a shard."""


class ShardLock:
    """Holds the advisory lock of a shard on PostgreSQL, on a connection of its own, until closed.

    Args:
        url: Of the database.
        shard: Number of the shard.

    Raises:
        Taken: Another session holds it.
        StoreError: The database cannot be reached.
    """

    def __init__(self, url: str, shard: int = 1) -> None:
        self._engine = open_engine(url)
        self._shard = shard
        self._connection: Connection | None = None
        try:
            self.hold()
        except StoreError:
            self.close()
            raise

    def hold(self) -> None:
        """Take the lock, or see that it is still held: a session that was lost lost it too.

        Raises:
            Taken: Another session holds it; after a lost connection that may be our own, until the server notices.
            StoreError: The database cannot be reached.
        """
        try:
            if self._connection is not None and not _is_alive(self._connection):
                self._connection = None
            if self._connection is None:
                self._connection = self._engine.connect()
            # Once more where it is held already: a lock is counted, and all counts go with the session.
            taken = self._connection.execute(
                text("SELECT pg_try_advisory_lock(:space, :shard)"), {"space": _NAMESPACE, "shard": self._shard}
            ).scalar_one()
        except DBAPIError as error:
            raise StoreError(f"the database cannot be reached: {first_line(error.orig)}") from error
        if not taken:
            raise Taken(f"another server writes shard {self._shard} of this database; stop that one first")

    def close(self) -> None:
        """Let go, by ending the session."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _is_alive(connection: Connection) -> bool:
    """Whether a session still answers; one that does not is closed."""
    try:
        connection.execute(text("SELECT 1"))
    except DBAPIError:
        connection.invalidate()
        connection.close()
        return False
    return True

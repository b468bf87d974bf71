"""Open a database: which driver, which pool, which session rules. The rules themselves stand per engine.

Five ways in:

- `app`: the one writer. One connection, kept, so that its page cache stays warm.
- `read`: pages, verifier, bundles. Many connections, none of which can write.
- `archive`: `suxin seal`. One connection that writes segments and removes leaves.
- `account`: the same login as `app`; writes the accounts of courier companies and nothing else, without waiting for the disk.
- `migrate`: Alembic and nobody else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from ..errors import StoreError
from . import postgres, sqlite

Role = Literal["app", "read", "archive", "account", "migrate"]

READERS_MAX = 12  # connections for reading, in one process; PostgreSQL's default allows 100 in all
CHECKOUT_SECONDS_MAX = 10  # wait for a free connection, then fail rather than hang


def parse_url(url: str | URL) -> URL:
    """Read a database URL; `postgres://` and `postgresql://` both mean psycopg 3.

    Raises:
        StoreError: Not a URL, another database than SQLite or PostgreSQL, or SQLite in memory.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("not a database URL; write sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    family = parsed.drivername.partition("+")[0]
    if family in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if family != "sqlite":
        raise StoreError(f"{family} is not supported; use sqlite:///FILE or postgresql://USER@HOST/NAME")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("a book in memory would be gone with the process; name a file: sqlite:///FILE")
    return parsed.set(drivername="sqlite+pysqlite")


def show_url(url: str | URL, user: str | None = None) -> str:
    """A URL as an operator would type it, for another user perhaps; never with a password."""
    parsed = parse_url(url)
    shown = parsed.set(drivername=parsed.get_backend_name(), username=user or parsed.username)
    return URL.create(
        shown.drivername, shown.username, None, shown.host, shown.port, shown.database, shown.query
    ).render_as_string()


def open_engine(url: str | URL, role: Role = "read") -> Engine:
    """Make an engine whose every connection carries the rules of its role.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.
        role: `app` (the one writer), `read`, `archive` or `migrate`.

    Raises:
        StoreError: The URL is not one of a supported database.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            connect_args={"check_same_thread": False, "timeout": sqlite.BUSY_SECONDS, "isolation_level": None},
            **_pool(role),
        )
        sqlite.install(engine, role)
        return engine
    engine = create_engine(
        parsed,
        connect_args=postgres.CONNECT_ARGS,
        # One statement needs no transaction: it would be two more journeys to the server. `snapshot` asks for one.
        isolation_level="AUTOCOMMIT" if role == "read" else "READ COMMITTED",
        pool_pre_ping=role == "read",
        **_pool(role),
    )
    postgres.install(engine, role)
    return engine


def _pool(role: Role) -> dict[str, object]:
    if role == "migrate":
        return {"poolclass": NullPool}
    size = READERS_MAX if role == "read" else 1
    return {"poolclass": QueuePool, "pool_size": size, "max_overflow": 0, "pool_timeout": CHECKOUT_SECONDS_MAX}


def file_of(url: str | URL) -> Path | None:
    """Path of a SQLite database file, or None for PostgreSQL."""
    parsed = parse_url(url)
    return Path(str(parsed.database)).absolute() if parsed.get_backend_name() == "sqlite" else None

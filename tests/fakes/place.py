"""A migrated database and the URLs it is reached by; and what its administrator can do to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import make_url

from suxin.ledger.store.book import Book


@dataclass(frozen=True)
class Place:
    """One database, on SQLite (where all URLs are the same) or on PostgreSQL."""

    kind: str
    admin: str  # may do anything
    app: str
    read: str
    migrate: str
    archive: str

    @classmethod
    def sqlite(cls, url: str) -> Place:
        return cls("sqlite", url, url, url, url, url)

    @classmethod
    def postgres(cls, url: str, login: Callable[[str, str], str]) -> Place:
        name = make_url(url).database
        return cls("postgres", url, *(login(url, f"{name}_{kind}") for kind in ("app", "read", "migrate", "archive")))

    @property
    def database(self) -> str:
        return make_url(self.admin).database or ""

    @contextmanager
    def writer(self) -> Iterator[Book]:
        with Book.open(self.app, writable=True) as book:
            yield book

    def force(self, *statements: str) -> None:
        """Run statements as an administrator who takes the guards off and puts them back."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
                triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for name, _ in triggers:
                    connection.execute(f"DROP TRIGGER {name}")
                for statement in statements:
                    connection.execute(statement)
                for _, sql in triggers:
                    connection.execute(sql)
            return
        with connect(self.admin) as connection:
            # As an applying replica, then as ALWAYS triggers are in its way too.
            names = [
                row[0]
                for row in connection.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                )
            ]
            guards = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
            guarded = list(connection.execute(guards))
            for name in names:
                connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
            for table, trigger in guarded:
                connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def connect(url: str, autocommit: bool = True) -> psycopg.Connection[Any]:
    """A bare connection, without any of our session rules."""
    parsed = make_url(url)
    return psycopg.connect(host=str(parsed.query["host"]), user=parsed.username, dbname=parsed.database, autocommit=autocommit)

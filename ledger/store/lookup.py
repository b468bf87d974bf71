"""Look many keys up in one statement, each by a step down an index, whatever the planner believes.

The wanted keys enter as a table `w`: `VALUES` on SQLite (its row-value IN does not use an index), `unnest` of
arrays on PostgreSQL (one plan for any number of keys). Further tables follow one by one, each found by what
stands to its left. That order is forced, because the planner of a freshly filled table knows no statistics and
was seen to join the whole log first: on SQLite by CROSS JOIN, on PostgreSQL by LATERAL, with OFFSET 0 so that it
is not flattened again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import psycopg
from sqlalchemy import Connection

from ..errors import StoreError, first_line

CHUNK: Final = 1_000  # keys a statement; SQLite takes 32,766 parameters

Kind = Literal["bigint", "bytea", "text"]


class Step(NamedTuple):
    """One more table: its name, the letter it goes by, and the condition that finds its row. Never input."""

    table: str
    alias: str
    condition: str


class Lookup(NamedTuple):
    """What to look up: types of a key's parts (columns a, b, c of `w`), tables in order, columns to return."""

    kinds: tuple[Kind, ...]
    steps: tuple[Step, ...]
    columns: str


def run(connection: Connection, lookup: Lookup, keys: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Look keys up, a chunk at a time; keys without a row give none, and a key twice gives its row twice."""
    source, dialect = iter(keys), connection.dialect.name
    while chunk := list(islice(source, CHUNK)):
        # By the driver itself: SQLAlchemy's result, made for each statement, takes longer than the look-up.
        cursor = connection.connection.cursor()
        try:
            cursor.execute(*statement(dialect, lookup, chunk))
            yield from cursor.fetchall()
        except (sqlite3.Error, psycopg.Error) as error:
            raise StoreError(f"the database failed: {first_line(error)}") from error
        finally:
            cursor.close()


def statement(dialect: str, lookup: Lookup, chunk: Sequence[tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
    """Text and parameters of the statement for one chunk of keys."""
    parameters: tuple[Any, ...]
    if dialect == "sqlite":
        row = f"({', '.join('?' * len(lookup.kinds))})"
        wanted = f"VALUES {', '.join([row] * len(chunk))}"
        parameters = tuple(part for key in chunk for part in key)
    else:
        wanted = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in lookup.kinds)})"  # noqa: S608
        parameters = tuple(list(part) for part in zip(*chunk, strict=True))
    letters = ", ".join("abc"[: len(lookup.kinds)])
    return f"WITH w({letters}) AS ({wanted}) SELECT {lookup.columns} FROM w {joined(dialect, lookup.steps)}", parameters  # noqa: S608


def joined(dialect: str, steps: Sequence[Step]) -> str:
    """The steps as text to follow the FROM clause's first table."""
    if dialect == "sqlite":
        return " ".join(f"CROSS JOIN {table} {alias} ON {condition}" for table, alias, condition in steps)
    return " ".join(
        f"CROSS JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {condition} OFFSET 0) {alias}"  # noqa: S608
        for table, alias, condition in steps
    )

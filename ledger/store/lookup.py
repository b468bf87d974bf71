"""Look many keys up in one statement: keys in, (key, index) rows out.

The wanted keys enter as a table of their own that is joined to the unique index: `VALUES` on SQLite (its
row-value IN does not use an index), `unnest` of arrays on PostgreSQL (one plan for any number of keys).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal

from sqlalchemy import Connection

CHUNK: Final = 1_000  # keys a statement; SQLite takes 32,766 parameters

Kind = Literal["bigint", "bytea", "text"]


def join_wanted(
    connection: Connection, kinds: Sequence[Kind], keys: Iterable[tuple[Any, ...]], select: str
) -> Iterator[tuple[Any, ...]]:
    """Run `select` against the keys, a chunk at a time.

    Args:
        connection: To read on.
        kinds: Type of each part of a key; the parts are columns a, b, c of the table `want`.
        keys: The keys; duplicates give duplicate rows.
        select: SQL that reads `want` and takes no parameters of its own; joined by `CROSS JOIN … ON`, which on
            SQLite fixes the order of the tables as written.
    """
    columns = ", ".join("abc"[: len(kinds)])
    source = iter(keys)
    while chunk := list(islice(source, CHUNK)):
        parameters: tuple[Any, ...]
        if connection.dialect.name == "sqlite":
            row = f"({', '.join('?' * len(kinds))})"
            table = f"VALUES {', '.join([row] * len(chunk))}"
            parameters = tuple(part for key in chunk for part in key)
        else:
            select = select.replace("CROSS JOIN", "JOIN")
            arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
            table = f"SELECT * FROM unnest({arrays})"  # noqa: S608
            parameters = tuple(list(part) for part in zip(*chunk, strict=True))
        sql = f"WITH want({columns}) AS ({table}) {select}"
        yield from (tuple(found) for found in connection.exec_driver_sql(sql, parameters))

"""Every column of every table: a changed value is found and named, or the column stands in docs/formats/uncovered.md."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakes.auditing import audit, copy_book, keep_accounts, unguarded
from fakes.story import tell
from fakes.world import World

from suxin.ledger.store.tables import metadata

# Those of `segment` are changed in test_sealed_audit.py: a segment takes 256 leaves, and this world has fewer.
COLUMNS = [(table.name, column.name) for table in metadata.sorted_tables for column in table.columns if table.name != "segment"]
KEYS = {table.name: [column.name for column in table.primary_key if column.name != "shard"] for table in metadata.sorted_tables}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        tell(world)
        keep_accounts(f"sqlite:///{world.folder / 'book.db'}")
        yield world


@pytest.fixture(scope="module")
def uncovered(root: Path) -> set[tuple[str, str]]:
    text = (root / "docs/formats/uncovered.md").read_text(encoding="utf-8")
    return {(table, column) for table, column in re.findall(r"^\| `([a-z_]+)\.([a-z_]+)` \|", text, re.MULTILINE)}


def other(column: str, value: Any, part: float) -> Any:
    """Another value of the same type that the column's own checks let pass, changed at some part of its length."""
    if isinstance(value, int):
        return value ^ 1 if column == "kind" else value + 1_000
    place = int(part * len(value))
    new = bytes([value[place] ^ 1]) if isinstance(value, bytes) else ("x" if value[place] != "x" else "y")
    return value[:place] + new + value[place + 1 :]


def change(path: Path, table: str, column: str, part: float = 0.5) -> dict[str, Any]:
    """Change one value in the middle of a table; gives the row as it was."""
    with closing(unguarded(path)) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        order = ", ".join(KEYS[table] or ["shard"])
        rows = connection.execute(f"SELECT * FROM {table} WHERE {column} IS NOT NULL ORDER BY {order}").fetchall()
        assert rows, f"the world has no {table}.{column}: tell more"
        row = dict(zip(names, rows[len(rows) // 2], strict=True))
        where = " AND ".join(f"{name} = ?" for name in ["shard", *KEYS[table]])
        values = [row["shard"], *(row[name] for name in KEYS[table])]
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", [other(column, row[column], part), *values])
        return row


def unseen(told: World, folder: Path, table: str, column: str, part: float) -> bool:
    path = copy_book(told.folder / "book.db", folder / f"{part}.db")
    change(path, table, column, part)
    return audit(f"sqlite:///{path}").holds


def company_no(told: World) -> int:
    """Number under which a courier company has an account."""
    with closing(sqlite3.connect(told.folder / "book.db")) as connection:
        return int(connection.execute("SELECT min(company) FROM account").fetchone()[0])


def words(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def test_the_page_lists_only_columns_that_are_there(uncovered: set[tuple[str, str]]) -> None:
    assert uncovered <= set(COLUMNS)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{table}.{column}" for table, column in COLUMNS])
def test_a_changed_value_is_found(told: World, tmp_path: Path, uncovered: set[tuple[str, str]], table: str, column: str) -> None:
    if (table, column) in uncovered:
        assert any(unseen(told, tmp_path, table, column, part) for part in (0.1, 0.5, 0.7)), "found: take it off the page"
        return
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    row = change(path, table, column)
    report = audit(f"sqlite:///{path}")
    assert report.first is not None, f"{table}.{column} changed and nothing was found"
    if table == "leaf":
        assert report.first.index == row["idx"]
        return
    key = "/".join(words(row[name]) for name in KEYS[table])
    named = [finding for finding in report.findings if finding.table == table and finding.key == key]
    assert named, report.findings
    if "idx" in row and column != "idx":
        assert {finding.index for finding in named} <= {row["idx"], None}


@pytest.mark.parametrize("place", [0, 1, 40, -1])
@pytest.mark.parametrize("kind", [0, 1, 2, 3], ids=["genesis", "entry", "batch", "epoch"])
def test_a_changed_byte_of_any_leaf_is_found_at_its_index(told: World, tmp_path: Path, kind: int, place: int) -> None:
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    with closing(unguarded(path)) as connection:
        query = "SELECT e.idx, l.body FROM entry e JOIN leaf l ON l.idx = e.idx WHERE e.kind = ? ORDER BY e.idx DESC"
        index, body = connection.execute(query, (kind,)).fetchone()
        changed = bytearray(body)
        changed[place] ^= 1
        connection.execute("UPDATE leaf SET body = ? WHERE idx = ?", (bytes(changed), index))
    first = audit(f"sqlite:///{path}").first
    assert first is not None
    assert first.index == index


@pytest.mark.parametrize(
    "table",
    [
        *("leaf", "entry", "statement_tag", "stream", "stream_row", "signer", "actor", "checkpoint", "head"),
        *("account", "account_parcel", "account_count"),
    ],
)
def test_a_row_taken_away_is_found(told: World, tmp_path: Path, table: str) -> None:
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    with closing(unguarded(path)) as connection:
        key = (KEYS[table] or ["shard"])[0]
        names = [f"CAST({name} AS TEXT)" for name in KEYS[table] or ["shard"]]
        value, text = connection.execute(
            f"SELECT {key}, {' || '.join(names)} FROM {table} ORDER BY {key} LIMIT 1 OFFSET 0"
        ).fetchone()
        connection.execute(f"DELETE FROM {table} WHERE {' || '.join(names)} = ?", (text,))
    report = audit(f"sqlite:///{path}")
    assert not report.holds
    if table == "leaf":
        assert report.first is not None
        assert report.first.index == value
    else:
        assert {finding.table for finding in report.findings} == {table}


@pytest.mark.parametrize(
    "table",
    ["statement_tag", "stream", "stream_row", "signer", "actor", "checkpoint", "account", "account_parcel", "account_count"],
)
def test_a_row_too_many_is_found(told: World, tmp_path: Path, table: str) -> None:
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    rows = {
        "statement_tag": (7, 7),
        "stream": (9_999, "p:/01/00000000000000"),
        "stream_row": (2, 9_999, 3, bytes(32)),
        "signer": (9_999, bytes(32)),
        "actor": (9_999, "uscc:nobody"),
        "checkpoint": (9_999, 9_999, "a note"),
        "account": (9_999, 1, 2, 3, None, None, 2),
        "account_parcel": (company_no(told), 9_999, "moving//none///0/", None, None, None),
        "account_count": (company_no(told), "scan/NOTHING", 1),
    }
    with closing(unguarded(path)) as connection:
        marks = ", ".join("?" * len(rows[table]))
        connection.execute(f"INSERT INTO {table} VALUES (1, {marks})", rows[table])
    report = audit(f"sqlite:///{path}")
    assert {finding.table for finding in report.findings} == {table}

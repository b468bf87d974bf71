"""Every hostile statement that was once tried against an append-only table, as each role, on both databases.

The list is that of the experiments in which INSERT OR REPLACE and CREATE RULE got through.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect
from sqlalchemy import UniqueConstraint

from suxin.ledger.errors import StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store import ddl_guard
from suxin.ledger.store.book import Book
from suxin.ledger.store.engine import open_engine
from suxin.ledger.store.group import Head
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.tables import APPEND_ONLY, metadata

TABLES = [table.name for table in APPEND_ONLY]

# {value} is any bytes; each would change, hide or remove what was recorded, or make a later INSERT do nothing.
CHANGES = {
    "update": "UPDATE leaf SET body = 'x'",
    "update nothing": "UPDATE leaf SET body = body WHERE idx = 1",
    "delete": "DELETE FROM leaf",
    "truncate": "TRUNCATE leaf",
    "truncate all": "TRUNCATE leaf, entry CASCADE",
    "upsert": "INSERT INTO leaf VALUES (1, 1, 'x') ON CONFLICT (shard, idx) DO UPDATE SET body = excluded.body",
    "merge": "MERGE INTO leaf USING (SELECT 1 AS idx) AS s ON leaf.idx = s.idx WHEN MATCHED THEN UPDATE SET body = 'x'",
    "update through a view": "CREATE VIEW v AS SELECT * FROM leaf; UPDATE v SET body = 'x'",
    "delete by a query": "WITH gone AS (DELETE FROM leaf RETURNING 1) SELECT count(*) FROM gone",
    "replica": "SET session_replication_role = replica; UPDATE leaf SET body = 'x'",
    "head back": "UPDATE head SET size = 1",
    "term back": "UPDATE head SET term = 0",
    "no head": "DELETE FROM head",
    "truncate head": "TRUNCATE head",
}
DEFINITIONS = {
    "rule": "CREATE RULE r AS ON INSERT TO leaf DO INSTEAD NOTHING",
    "rule on select": "CREATE OR REPLACE RULE r AS ON UPDATE TO head DO INSTEAD NOTHING",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION suxin_append_only()",
    "trigger off": "ALTER TABLE leaf DISABLE TRIGGER ALL",
    "one trigger off": "ALTER TABLE leaf DISABLE TRIGGER leaf_no_change",
    "trigger as others": "ALTER TABLE leaf ENABLE TRIGGER leaf_no_change",
    "drop trigger": "DROP TRIGGER leaf_no_change ON leaf",
    "rename trigger": "ALTER TRIGGER leaf_no_change ON leaf RENAME TO t",
    "empty function": "CREATE OR REPLACE FUNCTION suxin_append_only() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN NEW; END'",
    "drop function": "DROP FUNCTION suxin_append_only() CASCADE",
    "rename function": "ALTER FUNCTION suxin_append_only() RENAME TO f",
    "drop table": "DROP TABLE leaf",
    "drop cascade": "DROP TABLE leaf CASCADE",
    "drop owned": "DROP OWNED BY CURRENT_USER",
    "drop schema": "DROP SCHEMA public CASCADE",
    "rename table": "ALTER TABLE leaf RENAME TO old",
    "rename column": "ALTER TABLE leaf RENAME COLUMN body TO b",
    "other schema": "CREATE SCHEMA s; ALTER TABLE leaf SET SCHEMA s",
    "drop column": "ALTER TABLE leaf DROP COLUMN body",
    "rewrite column": "ALTER TABLE leaf ALTER COLUMN body TYPE bytea USING 'x'::bytea",
    "new column": "ALTER TABLE leaf ADD COLUMN c integer",
    "child table": "CREATE TABLE child () INHERITS (leaf)",
    "index": "CREATE INDEX i ON leaf (body)",
    "drop index": "DROP INDEX pk_leaf",
    "policy": "CREATE POLICY p ON leaf",
    "row security": "ALTER TABLE leaf ENABLE ROW LEVEL SECURITY",
    "reassign": "ALTER TABLE leaf OWNER TO CURRENT_USER",
    "event trigger off": "ALTER EVENT TRIGGER suxin_guard_end DISABLE",
    "drop event trigger": "DROP EVENT TRIGGER suxin_guard_drop",
    "event triggers off": "SET event_triggers = off; DROP TABLE leaf",
    "comes back as superuser": "RESET SESSION AUTHORIZATION; SET ROLE postgres; DROP TABLE leaf",
    "program": "COPY leaf TO PROGRAM 'cat'",
    "catalog": "UPDATE pg_trigger SET tgenabled = 'D'",
}


@pytest.fixture(scope="module")
def filled_postgres(postgres_module_url: str, postgres_role: Callable[[str, str], str]) -> Place:
    migrate(postgres_module_url)
    place = Place.postgres(postgres_module_url, postgres_role)
    fill(place)
    return place


def fill(place: Place) -> None:
    with place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        book.append(Filler().group(Head(1, 0, 1), Fact()))
        book.put_checkpoint(1, 3, "note")
        book.put_conflicts([(b"{}", "sig", 1, 0)])
    archive = open_engine(place.archive, role="archive")
    with archive.begin() as connection:
        connection.exec_driver_sql("INSERT INTO segment VALUES (1, 256, 'of leaves that are not there')")
    archive.dispose()


def everything(connection: sqlite3.Connection | psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """All rows of all tables, and the guards that stand."""
    guards = (
        "SELECT name FROM sqlite_master"
        if isinstance(connection, sqlite3.Connection)
        else "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
    )
    queries = {name: f"SELECT * FROM {name}" for name in metadata.tables} | {"guards": guards}
    return {name: sorted(connection.execute(query), key=repr) for name, query in queries.items()}


def everything_in(place: Place) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(place.database)) as connection:
        return everything(connection)


@pytest.fixture(scope="module")
def observer(filled_postgres: Place) -> Iterator[psycopg.Connection[Any]]:
    with closing(connect(filled_postgres.admin)) as connection:
        yield connection


@pytest.fixture(scope="module")
def _filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "book.db"
    migrate(f"sqlite:///{path}")
    fill(Place.sqlite(f"sqlite:///{path}"))
    return path


@pytest.fixture
def filled_sqlite(_filled_file: Path, tmp_path: Path) -> Place:
    return Place.sqlite(f"sqlite:///{shutil.copy(_filled_file, tmp_path)}")


@pytest.fixture(params=["app", "read", "archive", "migrate", "owner"])
def session(request: pytest.FixtureRequest, filled_postgres: Place) -> Iterator[psycopg.Connection[Any]]:
    """A fresh session of each role."""
    place = filled_postgres
    role = request.param
    url = place.migrate if role == "owner" else getattr(place, role)
    with closing(connect(url, autocommit=True)) as connection:
        if role == "owner":
            connection.execute(f"SET ROLE {place.database}_owner".encode())
        yield connection


@pytest.mark.parametrize("attack", [*CHANGES, *DEFINITIONS])
def test_postgres_refuses_each_role(session: psycopg.Connection[Any], observer: psycopg.Connection[Any], attack: str) -> None:
    before = everything(observer)
    with pytest.raises(psycopg.Error) as caught:
        # One call is one transaction, so that a first statement that is allowed goes back with the second.
        session.execute((CHANGES | DEFINITIONS)[attack].encode())
    assert type(caught.value) in (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.InvalidParameterValue,  # a role that may not be set
        psycopg.errors.FeatureNotSupported,
        psycopg.errors.DependentObjectsStillExist,
        psycopg.errors.UndefinedObject,  # a setting this version does not know
    ), caught.value
    assert everything(observer) == before


@pytest.mark.parametrize("grant", ["UPDATE", "UPDATE (body)", "DELETE", "TRUNCATE", "TRIGGER", "ALL"])
def test_no_role_can_lend_a_right_to_change(session: psycopg.Connection[Any], grant: str) -> None:
    rights = (
        "SELECT relacl::text, attacl::text FROM pg_class c LEFT JOIN pg_attribute a ON attrelid = c.oid WHERE relname = 'leaf'"
    )
    before = session.execute(rights).fetchall()
    # Without the right to lend, PostgreSQL only warns that nothing was granted.
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        session.execute(f"GRANT {grant} ON leaf TO PUBLIC".encode())
    assert session.execute(rights).fetchall() == before


@pytest.mark.parametrize("statement", ["UPDATE {0} SET shard = shard", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_every_table_is_closed_even_to_the_owner(filled_postgres: Place, statement: str) -> None:
    with closing(connect(filled_postgres.migrate)) as connection:
        connection.execute(f"SET ROLE {filled_postgres.database}_owner".encode())
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(statement.format(table).encode())


def test_even_a_superuser_cannot_make_a_rule(filled_postgres: Place) -> None:
    with closing(connect(filled_postgres.admin)) as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="INSERT"):
        admin.execute("CREATE RULE r AS ON INSERT TO leaf DO INSTEAD NOTHING")


def test_even_a_superuser_in_replica_role_meets_the_triggers(filled_postgres: Place) -> None:
    with closing(connect(filled_postgres.admin)) as admin:
        admin.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            admin.execute("DELETE FROM leaf")


def test_the_migration_role_may_still_add_tables(filled_postgres: Place) -> None:
    with closing(connect(filled_postgres.migrate, autocommit=False)) as connection:
        connection.execute(f"SET ROLE {filled_postgres.database}_owner".encode())
        connection.execute("CREATE TABLE rollup (shard integer PRIMARY KEY, n integer)")
        connection.execute("CREATE INDEX rollup_n ON rollup (n)")
        connection.rollback()


SQLITE = {
    "update": "UPDATE leaf SET body = x'00'",
    "delete": "DELETE FROM leaf",
    "replace": "INSERT OR REPLACE INTO leaf VALUES (1, 1, x'00')",
    "replace into": "REPLACE INTO leaf VALUES (1, 1, x'00')",
    "upsert": "INSERT INTO leaf VALUES (1, 1, x'00') ON CONFLICT (shard, idx) DO UPDATE SET body = excluded.body",
    "replace by counter": "INSERT OR REPLACE INTO entry VALUES (1, 9, 1, 1, 1, 1, 9, zeroblob(16), zeroblob(32), zeroblob(32))",
    "replace by id": "INSERT OR REPLACE INTO entry SELECT 1, 9, 1, 1, 9, 9, actor_no, id, statement, leaf_hash "
    "FROM entry WHERE idx = 1",
    "replace a name": "INSERT OR REPLACE INTO stream VALUES (1, 9, 'p:a')",
    "replace a key": "INSERT OR REPLACE INTO signer SELECT 1, 9, key_id FROM signer",
    "replace an actor": "INSERT OR REPLACE INTO actor SELECT 1, 9, actor FROM actor",
    "replace a checkpoint": "REPLACE INTO checkpoint VALUES (1, 1, 3, 'other')",
    "replace the head": "REPLACE INTO head VALUES (1, 9, 9, 9)",
    "head back": "UPDATE head SET size = 1",
    "no head": "DELETE FROM head",
}
SQLITE_APP = {
    "drop": "DROP TABLE leaf",
    "drop trigger": "DROP TRIGGER leaf_no_update",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON leaf BEGIN SELECT RAISE(IGNORE); END",
    "temporary trigger": "CREATE TEMP TRIGGER t BEFORE INSERT ON leaf BEGIN SELECT RAISE(IGNORE); END",
    "temporary table": "CREATE TEMP TABLE leaf (shard, idx, body)",
    "view": "CREATE TEMP VIEW leaf AS SELECT 1",
    "rename": "ALTER TABLE leaf RENAME TO old",
    "new column": "ALTER TABLE leaf ADD COLUMN c",
    "drop column": "ALTER TABLE leaf DROP COLUMN body",
    "index": "CREATE INDEX i ON leaf (body)",
    "attach": "ATTACH ':memory:' AS other",
    "schema": "PRAGMA writable_schema = ON",
    "schema rows": "DELETE FROM sqlite_master",
    "triggers off": "PRAGMA recursive_triggers = OFF",
    "sync off": "PRAGMA synchronous = OFF",
    "journal off": "PRAGMA journal_mode = OFF",
    "version": "PRAGMA user_version = 7",
    "vacuum": "VACUUM",
    "extension": "SELECT load_extension('x')",
}


@pytest.mark.parametrize("attack", SQLITE)
@pytest.mark.parametrize("recursive", [True, False])
def test_sqlite_refuses_a_stranger_with_its_own_tools(filled_sqlite: Place, attack: str, recursive: bool) -> None:
    """A plain connection, as of the sqlite3 command, with and without the pragma that REPLACE depends on."""
    before = everything_in(filled_sqlite)
    with closing(sqlite3.connect(filled_sqlite.database, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(SQLITE[attack])
    assert everything_in(filled_sqlite) == before


@pytest.mark.parametrize("statement", ["UPDATE {0} SET shard = shard", "DELETE FROM {0}"])
def test_every_sqlite_table_is_closed(filled_sqlite: Place, statement: str) -> None:
    for table in TABLES:
        with closing(sqlite3.connect(filled_sqlite.database)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement.format(table))


def test_no_sqlite_row_is_replaced_by_any_of_its_keys(filled_sqlite: Place) -> None:
    """Each unique key of each table in turn names a row that is there, all other columns a new one."""
    before = everything_in(filled_sqlite)
    tried = 0
    for table in APPEND_ONLY:
        old = dict(zip(table.columns.keys(), before[table.name][-1], strict=True))
        new = {name: value + 70 if isinstance(value, int) else value and value[::-1] for name, value in old.items()}
        uniques = [item.columns.keys() for item in table.constraints if isinstance(item, UniqueConstraint)]
        for key in (table.primary_key.columns.keys(), *uniques):
            if any(old[name] is None for name in key):
                old = dict(zip(table.columns.keys(), before[table.name][1], strict=True))
            row = {**new, **{name: old[name] for name in key}}
            with closing(sqlite3.connect(filled_sqlite.database)) as connection:
                sql = f"INSERT OR REPLACE INTO {table.name} VALUES ({', '.join('?' * len(row))})"
                if row == old:
                    connection.execute(sql, tuple(row.values()))
                    connection.commit()
                else:
                    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                        connection.execute(sql, tuple(row.values()))
                tried += 1
    assert everything_in(filled_sqlite) == before
    assert tried == 15


@pytest.mark.parametrize("attack", [*SQLITE, *SQLITE_APP])
def test_sqlite_refuses_our_own_connection(filled_sqlite: Place, attack: str) -> None:
    before = everything_in(filled_sqlite)
    for role in ("app", "read"):
        engine = open_engine(filled_sqlite.app, role=role)
        with closing(engine.raw_connection()) as borrowed, pytest.raises(sqlite3.Error):
            borrowed.driver_connection.execute((SQLITE | SQLITE_APP)[attack])
        engine.dispose()
    assert everything_in(filled_sqlite) == before


def test_a_rule_that_swallows_rows_is_noticed(postgres_place: Place, filler: Filler) -> None:
    """A trigger does what a rule did: the INSERT reports success and stores nothing. Only the count tells."""
    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        with closing(connect(postgres_place.admin)) as admin:
            admin.execute("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
            admin.execute("CREATE TRIGGER a BEFORE INSERT ON stream_row FOR EACH ROW EXECUTE FUNCTION nothing()")
            admin.execute("CREATE TRIGGER a BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION nothing()")
        swallowed(book, filler)


def test_a_trigger_that_swallows_rows_is_noticed(sqlite_place: Place, filler: Filler) -> None:
    with sqlite_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        with closing(sqlite3.connect(sqlite_place.database)) as stranger:
            for table in ("stream_row", "checkpoint"):
                stranger.execute(f"CREATE TRIGGER t_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")
            stranger.commit()
        swallowed(book, filler)


def swallowed(book: Book, filler: Filler) -> None:
    with pytest.raises(StoreError, match="stream_row: 1 rows were sent and 0 stored"):
        book.append(filler.group(Head(1, 0, 1), Fact()))
    with pytest.raises(StoreError, match="sent and not stored"):
        book.put_checkpoint(0, 1, "note")
    assert book.head() == Head(1, 0, 1)
    assert len(list(book.leaves())) == 1
    with pytest.raises(StoreError, match="guards are missing or changed"):
        book.check()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("ALTER TABLE leaf DISABLE TRIGGER leaf_no_change", "leaf_no_change"),
        ("ALTER TABLE head ENABLE TRIGGER head_no_truncate", "head_no_truncate"),
        ("DROP TRIGGER entry_no_change ON entry", "entry_no_change"),
        (
            "CREATE OR REPLACE FUNCTION suxin_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "actor_no",
        ),
        ("ALTER EVENT TRIGGER suxin_guard_end DISABLE; CREATE RULE r AS ON INSERT TO leaf DO INSTEAD NOTHING", "r"),
    ],
)
def test_a_guard_that_was_taken_off_is_noticed_on_postgres(postgres_place: Place, statement: str, name: str) -> None:
    with closing(connect(postgres_place.admin)) as admin:
        admin.execute(statement.encode())
    with pytest.raises(StoreError, match=f"guards are missing or changed: .*{name}"):
        Book.open(postgres_place.app, writable=True)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER leaf_no_delete",
        "DROP TRIGGER leaf_no_delete; CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf BEGIN SELECT 1; END",
    ],
)
def test_a_guard_that_was_taken_off_is_noticed_on_sqlite(sqlite_place: Place, statement: str) -> None:
    with closing(sqlite3.connect(sqlite_place.database)) as stranger:
        stranger.executescript(statement)
    with pytest.raises(StoreError, match="guards are missing or changed: leaf_no_delete"):
        Book.open(sqlite_place.app, writable=True)
    Book.open(sqlite_place.app).close()  # who verifies must be able to read it


def test_the_event_triggers_are_put_back_by_the_next_migration(postgres_place: Place) -> None:
    with closing(connect(postgres_place.admin)) as admin:
        admin.execute("DROP EVENT TRIGGER suxin_guard_end")
    engine = open_engine(postgres_place.read)
    with engine.connect() as connection:
        assert not ddl_guard.ensure(connection)
        migrate(postgres_place.admin)
        assert ddl_guard.ensure(connection)
    engine.dispose()

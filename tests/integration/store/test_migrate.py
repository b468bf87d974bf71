"""Migration: the same tables as `tables.py` says, twice is once, one database of each kind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect
from sqlalchemy import CheckConstraint, inspect

from suxin.ledger.errors import StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.book import Book
from suxin.ledger.store.engine import file_of, open_engine, parse_url, show_url
from suxin.ledger.store.group import Head
from suxin.ledger.store.guards import unique_keys
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.tables import APPEND_ONLY, MUTABLE, metadata


def test_the_migrated_tables_are_those_of_the_metadata(place: Place) -> None:
    engine = open_engine(place.admin, role="migrate")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for name, table in metadata.tables.items():
            assert found.get_pk_constraint(name)["constrained_columns"] == list(table.primary_key.columns.keys())
            assert {check["name"] for check in found.get_check_constraints(name)} == {
                item.name for item in table.constraints if isinstance(item, CheckConstraint)
            }


def test_every_table_is_either_append_only_or_named_as_mutable() -> None:
    assert set(APPEND_ONLY).isdisjoint(MUTABLE)
    assert {*APPEND_ONLY, *MUTABLE} == set(metadata.tables.values())
    assert {table.name for table in MUTABLE} == {"head", "vault", "account", "account_parcel", "account_count"}
    for table in metadata.tables.values():
        assert table.primary_key.columns.keys()[0] == "shard"
        assert all(key[0] == "shard" for key in unique_keys(table.name))


def test_migrating_twice_changes_nothing(place: Place) -> None:
    with place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        book.append(Filler().group(Head(1, 0, 1), Fact()))
    before = schema_of(place)
    migrate(place.admin)
    assert schema_of(place) == before
    with Book.open(place.read) as book:
        assert book.head() == Head(1, 1, 3)


def schema_of(place: Place) -> list[object]:
    """What the database says of its own schema and rights."""
    if place.kind == "sqlite":
        with closing(sqlite3.connect(place.database)) as connection:
            return connection.execute("SELECT * FROM sqlite_master ORDER BY name").fetchall()
    with closing(connect(place.admin)) as connection:
        rows: list[object] = []
        for query in (
            "SELECT relname, relowner, relacl::text, relkind, relfilenode FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT tgrelid, tgname, tgenabled FROM pg_trigger ORDER BY 1, 2",
            "SELECT evtname, evtevent, evtenabled FROM pg_event_trigger ORDER BY 1",
            "SELECT rolname, rolsuper, rolcanlogin, rolcreaterole FROM pg_roles ORDER BY 1",
            "SELECT roleid, member FROM pg_auth_members ORDER BY 1, 2",
            "SELECT datacl::text FROM pg_database WHERE datname = current_database()",
            "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'",
        ):
            rows += connection.execute(query.encode()).fetchall()
        return rows


def test_entries_have_no_way_back() -> None:
    config = Config()
    config.set_main_option("script_location", "suxin:migrations")
    for revision in ScriptDirectory.from_config(config).walk_revisions():
        with pytest.raises(NotImplementedError, match="append-only"):
            revision.module.downgrade()


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE head (x)")
    with pytest.raises(StoreError, match="could not be migrated"):
        migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("head",)]


def test_a_newer_schema_is_not_served(sqlite_place: Place) -> None:
    with closing(sqlite3.connect(sqlite_place.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreError, match="at revision 9999, this program wants"):
        Book.open(sqlite_place.app)


def test_sqlite_is_durable_on_every_connection(sqlite_place: Place) -> None:
    for role in ("app", "read"):
        engine = open_engine(sqlite_place.app, role=role)
        with engine.connect() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "fullfsync", "recursive_triggers", "foreign_keys")
            }
        engine.dispose()
        assert found == {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "recursive_triggers": 1, "foreign_keys": 0}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("book.db", "not a database URL"),
        ("mysql://x@y/z", "mysql is not supported"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_what_is_no_place_for_a_book_is_said(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        open_engine(url)


def test_urls_are_shown_as_one_types_them_and_without_a_password() -> None:
    assert show_url("postgres://me:secret@db.example/city?sslmode=verify-full", "city_app") == (
        "postgresql://city_app@db.example/city?sslmode=verify-full"
    )
    assert show_url("sqlite:///a/b.db") == "sqlite:///a/b.db"
    assert parse_url("postgresql://me@db/city").drivername == "postgresql+psycopg"
    assert file_of("postgresql://me@db/city") is None


def test_a_copy_that_is_not_in_wal_is_readable(sqlite_place: Place, tmp_path: Path) -> None:
    with sqlite_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
    with closing(sqlite3.connect(sqlite_place.database)) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    with Book.open(f"sqlite:///{tmp_path / 'copy.db'}") as book:
        assert book.leaf(0) == GENESIS


def test_a_mistyped_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no book at .*typo\.db; --data names the data folder"):
        Book.open(f"sqlite:///{tmp_path / 'typo.db'}")
    assert list(tmp_path.iterdir()) == []

"""Sealing moves bodies into segments and changes nothing of what is read, on both databases; and only who may can do it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from fakes.auditing import audit, copy_book, unguarded
from fakes.house import OTHER, House, expect_recorded
from fakes.place import Place, connect
from fakes.sealed import ROWS, everything, fill, filled, seal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suxin.ledger.errors import StoreError
from suxin.ledger.segment import SEGMENT_LEAVES, encode_segment
from suxin.ledger.store import sealing as module
from suxin.ledger.store.book import Book
from suxin.ledger.store.engine import open_engine
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sealing import Sealed, open_sealing


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite book; two segments of it may be sealed."""
    return filled(tmp_path_factory.mktemp("book"))


@pytest.fixture
def book(original: Path, tmp_path: Path) -> Path:
    return copy_book(original, tmp_path / "book.db")


def url_of(book: Path) -> str:
    return f"sqlite:///{book}"


def counts(book: Path) -> tuple[int, int]:
    """Bodies and segments."""
    with closing(sqlite3.connect(book)) as connection:
        leaves, segments = (connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("leaf", "segment"))
    return leaves, segments


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(befores=st.lists(st.integers(0, ROWS + 300), max_size=3), seed=st.integers(0, 99))
def test_a_book_sealed_anywhere_answers_every_read_as_before(
    original: Path, tmp_path: Path, befores: list[int], seed: int
) -> None:
    (tmp_path / "sealed.db").unlink(missing_ok=True)
    book = copy_book(original, tmp_path / "sealed.db")
    for before in befores:
        seal(url_of(book), before)
    with Book.open(url_of(original)) as whole, Book.open(url_of(book)) as sealed:
        assert everything(sealed, seed) == everything(whole, seed)
        with sealed.snapshot() as view:
            assert everything(view, seed) == everything(whole, seed)
    due = max([min(before, ROWS) // SEGMENT_LEAVES for before in befores], default=0)
    assert counts(book)[1] == due


def test_what_was_done_is_said_and_the_rest_stays(book: Path) -> None:
    leaves, _ = counts(book)
    with closing(sqlite3.connect(book)) as connection:
        bodies = connection.execute("SELECT sum(length(body)) FROM leaf WHERE idx < 512").fetchone()[0]
    (done,) = seal(url_of(book))
    with closing(sqlite3.connect(book)) as connection:
        segments = connection.execute("SELECT sum(length(body)) FROM segment").fetchone()[0]
    assert done == Sealed(512, bodies, segments)
    assert segments < bodies / 3
    assert counts(book) == (leaves - 512, 2)
    assert seal(url_of(book)) == []
    assert audit(url_of(book)).holds


def test_steps_are_of_some_segments(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP", 1)
    with open_sealing(url_of(book)) as sealing:
        limit = sealing.limit()
        assert (limit, sealing.unsealed(limit)) == (512, 512)
        steps = sealing.run(limit)
        assert next(steps).leaves == 256
        assert sealing.unsealed(limit) == 256  # and here the run is left
    assert audit(url_of(book)).holds
    assert [step.leaves for step in seal(url_of(book))] == [256]


def test_the_newest_leaf_is_never_sealed(tmp_path: Path) -> None:
    """The checkpoint ends with a whole segment: its epoch leaf stays a body all the same."""
    with House(tmp_path) as house:
        fill(house, 100)
        other = house.firm(OTHER, "courier", 2)
        expect_recorded(house.post([other.scan(parcel) for parcel in range(255 - house.service.sequencer.tree.size)]))
        assert house.service.sequencer.tree.size == 256
    book = tmp_path / "data/book.db"
    assert seal(url_of(book)) == []


def test_it_goes_on_where_a_crash_left_it(book: Path) -> None:
    """Segments are recorded, bodies are still there: both stand for some time, and nobody notices."""
    with Book.open(url_of(book)) as whole:
        before = everything(whole)
    archive = open_engine(url_of(book), role="archive")
    with archive.begin() as connection, Book.open(url_of(book)) as whole:
        bodies = [body for _, body in whole.leaves(0, 255)]
        connection.exec_driver_sql("INSERT INTO segment VALUES (1, 0, ?)", (encode_segment(0, bodies),))
    archive.dispose()
    assert audit(url_of(book)).holds
    assert [step.leaves for step in seal(url_of(book))] == [512]
    assert counts(book)[1] == 2
    with Book.open(url_of(book)) as sealed:
        assert everything(sealed) == before


@pytest.mark.parametrize("part", [b"garbage", None])
def test_a_segment_that_reads_back_differently_keeps_the_bodies(book: Path, part: bytes | None) -> None:
    with Book.open(url_of(book)) as whole:
        bodies = [body for _, body in whole.leaves(0, 255)]
    found = counts(book)[0]
    archive = open_engine(url_of(book), role="archive")
    with archive.begin() as connection:
        body = part or encode_segment(0, [*bodies[:7], bodies[8], *bodies[8:]])
        connection.exec_driver_sql("INSERT INTO segment VALUES (1, 0, ?)", (body,))
    archive.dispose()
    words = "does not hold: not a segment" if part else "leaf 7 reads back differently"
    with pytest.raises(StoreError, match=words) as caught:
        seal(url_of(book))
    assert "bodies are still there" in str(caught.value)
    assert counts(book)[0] == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE leaf SET body = CAST('x' AS BLOB) || substr(body, 2) WHERE idx = 300", "leaf 300 does not have its hash"),
        ("UPDATE leaf SET body = CAST(body AS TEXT) WHERE idx = 300", "leaf 300 does not have its hash"),
        ("DELETE FROM leaf WHERE idx = 300", "leaf 300 is missing and in no segment"),
        ("UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 300", "do not give the root that was signed"),
        ("UPDATE checkpoint SET note = 'x' || note", "the newest checkpoint does not hold"),
        ("DELETE FROM checkpoint", "has no checkpoint yet"),
    ],
)
def test_what_was_changed_is_not_sealed(book: Path, change: str, words: str) -> None:
    Place.sqlite(url_of(book)).force(change)
    found = counts(book)[0]
    with pytest.raises(StoreError, match=words):
        seal(url_of(book))
    assert counts(book)[0] == found


def test_guards_that_are_off_stop_it(book: Path) -> None:
    unguarded(book).close()
    with pytest.raises(StoreError, match="append-only guards are missing"):
        seal(url_of(book))


def test_sqlite_lets_a_body_go_only_where_its_segment_stands(book: Path) -> None:
    seal(url_of(book), 256)
    with closing(sqlite3.connect(book)) as connection:
        for sql in ("DELETE FROM leaf WHERE idx = 256", "DELETE FROM segment", "UPDATE segment SET first = 256"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
    for role, sql in (
        ("app", "DELETE FROM leaf WHERE idx = 1"),
        ("app", "INSERT INTO segment VALUES (1, 512, 'x')"),
        ("archive", "INSERT INTO leaf VALUES (1, 9000, 'x')"),
        ("archive", "UPDATE head SET size = size + 1"),
        ("archive", "DELETE FROM vault"),
        ("archive", "DELETE FROM entry"),
        ("archive", "DROP TRIGGER leaf_no_delete"),
    ):
        engine = open_engine(url_of(book), role=role)  # type: ignore[arg-type]
        with (
            closing(engine.raw_connection()) as borrowed,
            pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited"),
        ):
            borrowed.driver_connection.execute(sql)  # type: ignore[union-attr]
        engine.dispose()


def test_postgres_seals_while_it_is_served(postgres_place: Place, tmp_path: Path) -> None:
    """The whole way on the other database, and every login that must not be able to do it."""
    place = postgres_place
    with House(tmp_path, database=place.app) as house:
        fill(house)
        with Book.open(place.read) as reads:
            before = everything(reads)
        for url, words in ((place.app, "_app' may not"), (place.read, "_read' may not"), (place.admin, "'postgres' may not")):
            with pytest.raises(StoreError, match=words) as caught:
                seal(url)
            assert f"suxin seal --database postgresql://{place.database}_archive@" in str(caught.value)
        assert [step.leaves for step in seal(place.archive)] == [512]
        with Book.open(place.read) as reads:
            assert everything(reads) == before
        house.firm(OTHER, "courier", 2)  # and it goes on being written
        assert house.service.book.leaf(7) == before["all"][7][1]
    assert audit(place.read).holds
    with House(tmp_path, database=place.app):  # the whole book is hashed again at a start
        pass
    denied = psycopg.errors.InsufficientPrivilege
    for url, sql in (
        (place.admin, b"DELETE FROM leaf WHERE idx = 513"),
        (place.admin, b"DELETE FROM segment"),
        (place.archive, b"DELETE FROM leaf WHERE idx = 513"),
        (place.archive, b"DELETE FROM entry"),
        (place.archive, b"UPDATE leaf SET body = 'x'"),
        (place.archive, b"INSERT INTO leaf VALUES (1, 9000, 'x')"),
        (place.archive, b"TRUNCATE leaf"),
        (place.app, b"INSERT INTO segment VALUES (1, 512, 'x')"),
    ):
        with closing(connect(url)) as connection, pytest.raises(denied):
            connection.execute(sql)
    # A segment stands beside its bodies, as a crash leaves it: even then only the archive login removes them.
    with closing(connect(place.archive)) as connection:
        connection.execute("INSERT INTO segment VALUES (1, 512, 'x')")
    for url in (place.admin, place.migrate, place.app):
        with closing(connect(url)) as connection, pytest.raises(denied):
            connection.execute("DELETE FROM leaf WHERE idx = 513")
    with closing(connect(place.archive)) as connection:
        assert connection.execute("DELETE FROM leaf WHERE idx = 513").rowcount == 1


FIRST_REVISION = {
    "sqlite": (
        "DROP TABLE account",
        "DROP TABLE account_parcel",
        "DROP TABLE account_count",
        "DROP TABLE segment",
        "CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END",
        "UPDATE alembic_version SET version_num = '0001'",
    ),
    "postgres": (
        "DROP TABLE account",
        "DROP TABLE account_parcel",
        "DROP TABLE account_count",
        "DROP TABLE segment",
        "DROP TRIGGER leaf_no_change ON leaf",
        "DROP FUNCTION suxin_leaf_only_sealed",
        "CREATE TRIGGER leaf_no_change BEFORE UPDATE OR DELETE ON leaf FOR EACH ROW EXECUTE FUNCTION suxin_append_only()",
        "ALTER TABLE leaf ENABLE ALWAYS TRIGGER leaf_no_change",
        "UPDATE alembic_version SET version_num = '0001'",
    ),
}


def test_a_sqlite_book_of_the_first_revision_is_brought_on_and_sealed(book: Path) -> None:
    with closing(sqlite3.connect(book, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER leaf_no_delete")
        for sql in FIRST_REVISION["sqlite"]:
            connection.execute(sql)
    with pytest.raises(StoreError, match=r"is at revision 0001, this program wants \w+; type: suxin migrate"):
        seal(url_of(book))
    migrate(url_of(book))
    assert [step.leaves for step in seal(url_of(book))] == [512]
    assert audit(url_of(book)).holds


def test_a_postgres_book_of_the_first_revision_is_brought_on_by_a_superuser(postgres_place: Place) -> None:
    """The guards on the tables' definitions stand already: nobody else may change them."""
    with closing(connect(postgres_place.admin)) as admin:
        admin.execute(f"REVOKE DELETE ON leaf FROM {postgres_place.database}_archive".encode())
        for sql in FIRST_REVISION["postgres"]:
            admin.execute(sql.encode())
    with pytest.raises(StoreError, match="a superuser changes its tables"):
        migrate(postgres_place.migrate)
    migrate(postgres_place.admin)
    migrate(postgres_place.migrate)  # nothing is left to do, and that anybody may
    with postgres_place.writer() as book:
        assert book.is_empty()

"""Disks that fill, commits that fail, processes that are killed: what may be said afterwards is true."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect

from suxin.ledger.errors import OutcomeUnknown, StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Group, Head


def driver_of(book: Book) -> Any:
    """The writer's own connection, with the authorizer off so that a test may prepare a fault on it."""
    with closing(book._writer.raw_connection()) as borrowed:  # type: ignore[union-attr]
        raw = borrowed.driver_connection
    raw.set_authorizer(None)
    return raw


def wide_group(filler: Filler, head: Head, rows: int = 400) -> Group:
    facts = [Fact(n=head.size + i, serial=head.size + i, streams=(f"p:{head.size + i}" + "x" * 150,)) for i in range(rows)]
    return filler.group(head, *facts)


def test_a_full_disk_refuses_and_keeps_what_was_there(sqlite_place: Place, filler: Filler) -> None:
    with sqlite_place.writer() as book:
        head = book.create(GENESIS, leaf_hash(GENESIS))
        group = wide_group(filler, head)
        book.append(group)
        head = filler.learn(group)
        raw = driver_of(book)
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages + 5}")
        with pytest.raises(StoreError, match=r"disk is full.*nothing was written") as caught:
            book.append(wide_group(filler, head))
        assert type(caught.value) is StoreError
        assert not raw.in_transaction
        assert book.head() == head
        raw.execute("PRAGMA max_page_count = 1000000")
        book.append(wide_group(filler, head))
    with closing(sqlite3.connect(sqlite_place.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_commit_that_fails_on_sqlite_is_an_unknown_outcome(sqlite_place: Place, filler: Filler) -> None:
    with sqlite_place.writer() as book:
        head = book.create(GENESIS, leaf_hash(GENESIS))
        raw = driver_of(book)
        # A deferred constraint fails in COMMIT itself, as a failing fsync would.
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("CREATE TABLE child (x REFERENCES head (shard) DEFERRABLE INITIALLY DEFERRED)")
        raw.execute("CREATE TRIGGER t AFTER INSERT ON leaf BEGIN INSERT INTO child VALUES (99); END")
        with pytest.raises(OutcomeUnknown, match="failed in the commit"):
            book.append(filler.group(head, Fact()))
        assert book.head() == head
        with closing(sqlite3.connect(sqlite_place.database)) as admin:
            admin.execute("DROP TRIGGER t")
            admin.commit()
        book.append(filler.group(head, Fact()))


@pytest.mark.parametrize("table", ["leaf", "checkpoint"])
def test_a_commit_that_fails_on_postgres_is_an_unknown_outcome(postgres_place: Place, filler: Filler, table: str) -> None:
    with postgres_place.writer() as book:
        head = book.create(GENESIS, leaf_hash(GENESIS))
        with closing(connect(postgres_place.admin)) as admin:
            admin.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'in the commit'; END$$")
            admin.execute(
                f"CREATE CONSTRAINT TRIGGER t AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION f()".encode()
            )
            with pytest.raises(OutcomeUnknown, match="in the commit"):
                book.append(filler.group(head, Fact())) if table == "leaf" else book.put_checkpoint(0, 1, "note")
            assert book.head() == head
            assert book.checkpoints() == []
            admin.execute(f"DROP TRIGGER t ON {table}".encode())
        book.append(filler.group(head, Fact()))
        book.put_checkpoint(0, 1, "note")


def test_an_error_that_is_not_the_databases_rolls_back_too(book: Book, filler: Filler, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    group = filler.group(Head(1, 0, 1), Fact())
    with monkeypatch.context() as patch:
        patch.setattr("suxin.ledger.store.append._count", interrupt)
        with pytest.raises(KeyboardInterrupt):
            book.append(group)
    assert book.head() == Head(1, 0, 1)
    book.append(group)


def test_a_table_that_is_gone_is_an_error_of_the_store(book: Book, place: Place, filler: Filler) -> None:
    admin = sqlite3.connect(place.database) if place.kind == "sqlite" else connect(place.admin)
    with closing(admin):
        admin.execute("ALTER TABLE stream RENAME TO elsewhere")
    with pytest.raises(StoreError, match="nothing was written"):
        book.append(filler.group(Head(1, 0, 1), Fact()))
    with pytest.raises(StoreError, match="the database failed"):
        book.find_streams(["p:a"])


WRITER = """
from suxin.ledger.store.book import Book
from fakes.filler import Fact, Filler
with Book.open(URL, writable=True) as book:
    head = book.take_over()
    while True:
        # A key and an actor of its own for each epoch, so that every number is new.
        filler = Filler()
        filler.signers = {bytes(32) + bytes([i]): i for i in range(1, head.epoch + 1)}
        filler.actors = {f"{i}": i for i in range(1, head.epoch + 1)}
        name = f"{head.epoch}"
        facts = [Fact(signer=name, actor="uscc:" + name, n=n, serial=head.size + n, streams=()) for n in range(20)]
        group = filler.group(head, *facts)
        book.append(group)
        head = head._replace(epoch=group.epoch_after, size=group.size_after)
        print(head.size, flush=True)
"""


def test_what_was_acknowledged_before_a_kill_is_there_once(place: Place) -> None:
    with place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
    tests = str(Path(__file__).parents[2])
    acknowledged = 1
    for after in (1, 4, 9):
        program = f"import sys; sys.path.insert(0, {tests!r}); URL = {place.app!r}\n{WRITER}"
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(after):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        with Book.open(place.read) as book:
            head = book.head()
            assert head.size >= acknowledged
            assert [idx for idx, _ in book.leaves()] == list(range(head.size))
            assert [row.leaf_hash for row in book.entries()] == [leaf_hash(body) for _, body in book.leaves()]
            assert head.size == 1 + 21 * head.epoch
    assert acknowledged > 1 + 14 * 20

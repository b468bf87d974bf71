"""Only one writer at a time gets through, and what it was told is true."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect
from sqlalchemy import Connection

from suxin.ledger.errors import Fenced, OutcomeUnknown, StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store import postgres, sqlite
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Head
from suxin.ledger.store.lock import FolderLock, ShardLock
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.tables import KIND_EPOCH


def test_a_take_over_fences_the_writer_before(book: Book, place: Place, filler: Filler) -> None:
    old = book.take_over()
    with place.writer() as other:
        new = other.take_over()
        assert new == Head(old.term + 1, 0, 1)
        for attempt in (
            lambda: book.append(filler.group(old, Fact())),
            lambda: book.put_checkpoint(0, 1, "note"),
            lambda: book.put_conflicts([(b"{}", "sig", 0, 0)]),
        ):
            with pytest.raises(Fenced):
                attempt()
        other.append(filler.group(new, Fact()))
        other.put_checkpoint(1, 3, "note")
    assert book.checkpoints() == [(1, 3, "note")]
    assert book.conflicts() == []


@pytest.mark.parametrize("change", [{"epoch_before": 1, "epoch_after": 2}, {"term": 2}], ids=str)
def test_a_stale_head_is_fenced(book: Book, filler: Filler, change: dict[str, int]) -> None:
    with pytest.raises(Fenced):
        book.append(replace(filler.group(Head(1, 0, 1), Fact()), **change))
    assert book.head() == Head(1, 0, 1)


def test_the_same_group_twice_is_fenced(book: Book, filler: Filler) -> None:
    group = filler.group(Head(1, 0, 1), Fact())
    book.append(group)
    with pytest.raises(Fenced):
        book.append(group)
    assert book.head() == Head(1, 1, 3)


def test_of_two_writers_at_once_each_size_is_taken_by_one(place: Place) -> None:
    """Both hold the same term, as after a split brain: every epoch is won by exactly one of them."""
    with place.writer() as first, place.writer() as second:
        first.create(GENESIS, leaf_hash(GENESIS))
        wins: dict[str, list[int]] = {"first": [], "second": []}
        failures: list[BaseException] = []

        def write(name: str, book: Book) -> None:
            try:
                while (head := book.head()).epoch < 20:
                    body = f"{name} {head.epoch}".encode()
                    group = Filler().group(head, Fact(signer=name, n=head.epoch + 1, serial=head.size))
                    group = replace(
                        group, signers=[], actors=[], streams=[], stream_rows=[], leaves=[(head.size, body), group.leaves[1]]
                    )
                    group = replace(group, entries=[(*row[:2], KIND_EPOCH, *[None] * 5, row[8]) for row in group.entries])
                    try:
                        book.append(group)
                    except Fenced:
                        continue
                    wins[name].append(head.epoch)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=write, args=item) for item in (("first", first), ("second", second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert sorted(wins["first"] + wins["second"]) == list(range(20))
        for name, book in (("first", first), ("second", second)):
            for epoch in wins[name]:
                assert book.leaf(1 + 2 * epoch) == f"{name} {epoch}".encode()


def test_a_writer_that_stalls_in_its_transaction_is_thrown_out(postgres_place: Place, filler: Filler) -> None:
    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        stalled = connect(postgres_place.app, autocommit=False)
        stalled.execute("SET idle_in_transaction_session_timeout = '200ms'")
        stalled.execute("UPDATE head SET epoch = 5")
        assert book.take_over() == Head(2, 0, 1)
        stalled.close()


def test_sessions_are_durable_bounded_and_as_short_as_can_be(postgres_place: Place) -> None:
    def show(connection: Connection, *names: str) -> list[str]:
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        assert book.doubts() == ["fsync = off", "full_page_writes = off"]  # a server of the tests
        with book._writer.connect() as writer:  # type: ignore[union-attr]
            assert show(writer, "synchronous_commit", "idle_in_transaction_session_timeout", "lock_timeout") == ["on", "5s", "5s"]
        with book._reader.connect() as reader:
            assert show(reader, "transaction_isolation", "transaction_read_only") == ["read committed", "on"]
            assert not reader.connection.driver_connection.info.transaction_status  # type: ignore[union-attr]
        with book.snapshot() as view, view._source() as reader:
            assert show(reader, "transaction_isolation", "transaction_read_only") == ["repeatable read", "on"]


def test_a_lost_connection_leaves_the_outcome_unknown_and_the_next_append_works(postgres_place: Place, filler: Filler) -> None:
    with postgres_place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        book.append(filler.group(Head(1, 0, 1), Fact()))
        filler.learn(filler.group(Head(1, 0, 1), Fact()))
        with connect(postgres_place.admin) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (f"{postgres_place.database}_app",)
            )
        group = filler.group(Head(1, 1, 3), Fact(n=2, serial=2))
        with pytest.raises(OutcomeUnknown):
            book.append(group)
        assert book.head() == Head(1, 1, 3)
        book.append(group)


def test_a_locked_database_is_no_unknown_outcome(place: Place, filler: Filler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    monkeypatch.setitem(postgres._SESSION["app"], "lock_timeout", "200ms")
    with place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        group = filler.group(Head(1, 0, 1), Fact())
        with held(place):
            with pytest.raises(StoreError, match="nothing was written") as caught:
                book.append(group)
            assert type(caught.value) is StoreError
        book.append(group)


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Somebody else sits on the lock a writer needs."""
    if place.kind == "postgres":
        with closing(connect(place.app, autocommit=False)) as holder:
            holder.execute("SELECT 1 FROM head FOR UPDATE")
            yield
    else:
        with closing(sqlite3.connect(place.database, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield


def test_a_crash_between_commit_and_checkpoint_is_healed_by_signing_again(book: Book, place: Place, filler: Filler) -> None:
    head = book.take_over()
    group = filler.group(head, Fact())
    book.append(group)
    # Here the process died. The next one finds an epoch without a checkpoint and signs the same note.
    with place.writer() as reopened:
        reopened.take_over()
        assert reopened.latest_checkpoint() is None
        reopened.put_checkpoint(1, 3, "note")
        reopened.put_checkpoint(1, 3, "note")
        with pytest.raises(StoreError, match="another checkpoint stands for epoch 1"):
            reopened.put_checkpoint(1, 3, "another note")
        assert reopened.checkpoints() == [(1, 3, "note")]
        assert reopened.latest_checkpoint() == reopened.checkpoint_of(1) == (1, 3, "note")
        assert reopened.checkpoint_of(2) is None


def test_conflicts_are_numbered_and_kept(book: Book) -> None:
    book.put_conflicts([(b"{}", "sig", 0, 5)])
    book.put_conflicts([(b"[]", "gis", 0, 6), (b"()", "igs", 0, 6)])
    assert book.conflicts() == [(1, b"{}", "sig", 0, 5), (2, b"[]", "gis", 0, 6), (3, b"()", "igs", 0, 6)]


def test_a_second_server_in_one_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(StoreError, match=r"in use by process \d+"):
        FolderLock(tmp_path)
    FolderLock(tmp_path).close()


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        FolderLock(tmp_path / "missing")


def test_a_database_that_is_not_there_is_said(postgres_place: Place) -> None:
    gone = postgres_place.app.replace(f"/{postgres_place.database}?", "/gone?")
    for attempt in (lambda: ShardLock(gone), lambda: Book.open(gone), lambda: migrate(gone)):
        with pytest.raises(StoreError, match="gone"):
            attempt()


def test_a_second_server_of_one_shard_is_refused(postgres_place: Place) -> None:
    with ShardLock(postgres_place.app), pytest.raises(StoreError, match="another server writes shard 1"):
        ShardLock(postgres_place.app)
    with ShardLock(postgres_place.app), ShardLock(postgres_place.app, shard=2):
        pass

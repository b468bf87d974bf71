"""A synchronous standby: wanted and absent, present, and a commit whose wait for it was cut short."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place, connect
from rig.postgres import Postgres, Unavailable

from suxin.ledger.errors import OutcomeUnknown, StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Head
from suxin.ledger.store.schema import migrate

WAIT_SECONDS_MAX = 20


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of this test alone: whether commits wait for a standby is a setting of the whole server."""
    try:
        found = Postgres()
    except Unavailable as error:
        pytest.skip(f"postgres: {error}")
    yield found
    found.stop()


@pytest.fixture
def place(server: Postgres) -> Place:
    url = server.url(server.create())
    migrate(url)
    return Place.postgres(url, lambda at, role: at.replace("//postgres@", f"//{role}@", 1))


def demand_standby(server: Postgres, name: str) -> None:
    server.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    server.run("SELECT pg_reload_conf()")


def until(server: Postgres, query: str) -> None:
    """Wait until a query gives a row."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    with closing(connect(server.url("postgres"))) as admin:
        while admin.execute(query.encode()).fetchone() is None:
            assert time.monotonic() < deadline, query
            time.sleep(0.02)


def test_a_standby_that_is_wanted_and_absent_is_refused(server: Postgres, place: Place) -> None:
    with place.writer() as book:
        demand_standby(server, "ghost")
        until(server, "SELECT 1 FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'ghost'")
        with pytest.raises(StoreError, match="'ghost' but no standby is in sync"):
            book.check()
    with pytest.raises(StoreError, match="no standby is in sync"):
        Book.open(place.app, writable=True)
    Book.open(place.read).close()


@pytest.mark.parametrize("write", ["group", "checkpoint"])
def test_a_cancelled_wait_is_no_success(server: Postgres, place: Place, write: str) -> None:
    with place.writer() as book:
        book.create(GENESIS, leaf_hash(GENESIS))
        group = Filler().group(Head(1, 0, 1), Fact())
        demand_standby(server, "ghost")
        caught: list[BaseException] = []

        def append() -> None:
            try:
                book.append(group) if write == "group" else book.put_checkpoint(0, 1, "note")
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=append)
        thread.start()
        until(server, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        assert thread.is_alive()
        server.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        thread.join(WAIT_SECONDS_MAX)
        assert [type(error) for error in caught] == [OutcomeUnknown]
        # The row is here, and would be gone after a failover: nobody may have been told "recorded".
        if write == "group":
            assert book.head() == Head(1, 1, 3)


def test_a_standby_in_sync_is_enough(server: Postgres, place: Place) -> None:
    with standby(server):
        demand_standby(server, "twin")
        until(server, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
        with place.writer() as book:
            book.create(GENESIS, leaf_hash(GENESIS))
            book.append(Filler().group(Head(1, 0, 1), Fact()))
            assert book.head() == Head(1, 1, 3)


@contextmanager
def standby(server: Postgres) -> Iterator[None]:
    """A second server that follows the first under the name `twin`."""
    data = server.folder / "twin"
    link = f"host={server.folder} user=postgres application_name=twin"
    programs = server._programs
    subprocess.run(
        [programs / "pg_basebackup", "-D", data, "-d", link, "-R", "-c", "fast", "--no-sync"],
        check=True,
        capture_output=True,
        timeout=60,
        **server._arguments(),
    )
    options = ["-c", "fsync=off", "-c", "max_connections=200"]  # a standby may have no fewer than its primary
    with (server.folder / "twin.log").open("wb") as log:
        follower = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", server.folder, "-p", "5433", "-h", "", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **server._arguments(),
        )
    try:
        yield
    finally:
        follower.terminate()
        follower.wait(WAIT_SECONDS_MAX)

"""A writer whose sessions are killed in a real PostgreSQL takes the book up again by itself, or says why it must not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fakes.house import CARRIER, Firm, House, codes, expect_recorded
from fakes.place import Place, connect

from suxin.api.health import doubts_of
from suxin.ledger.errors import Fenced, OutcomeUnknown, StoreError
from suxin.ledger.store import sequencer
from suxin.ledger.store.book import Book
from suxin.ledger.store.lock import ShardLock, Taken
from suxin.ledger.store.schema import migrate


@pytest.fixture
def place(postgres_url: str, postgres_role: Callable[[str, str], str]) -> Place:
    migrate(postgres_url)
    return Place.postgres(postgres_url, postgres_role)


@pytest.fixture
def house(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(sequencer, "PAUSE_S", 0.05)
    monkeypatch.setattr(sequencer, "PAUSE_MAX_S", 0.05)
    with House(tmp_path, database=place.app) as found:
        yield found


def kill_sessions(place: Place) -> int:
    """End every session of the application, as an administrator or a failing network would; how many there were."""
    with connect(place.admin) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", (f"{place.database}_app",)
        ).fetchall()
    return len(ended)


@contextmanager
def nobody_enters(place: Place) -> Iterator[None]:
    """The database is there and lets the application in no longer."""
    role = f'"{place.database}_app"'
    with connect(place.admin) as admin:
        admin.execute(f"ALTER ROLE {role} NOLOGIN")
        try:
            yield
        finally:
            admin.execute(f"ALTER ROLE {role} LOGIN")


def wait_until(holds: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, words
        time.sleep(0.01)


def test_killed_sessions_cost_one_answer(house: House, place: Place) -> None:
    carrier = house.firm(CARRIER, "courier")
    first, second = carrier.scan(1), carrier.scan(2)
    expect_recorded(house.post([first]))
    size = house.service.book.head().size
    assert kill_sessions(place) >= 2  # the writer's, and the one that holds the lock
    with pytest.raises(OutcomeUnknown):
        house.post([second])
    wait_until(lambda: house.service.sequencer.trouble is None, "the writer did not come back")
    assert codes(house.post([second, first])) == ["recorded", "already"]
    assert house.service.book.head().size == size + 2  # the row and its epoch leaf, once
    wait_until(lambda: doubts_of(house.service) == [], "it is not ready again")
    with pytest.raises(Taken), closing(ShardLock(place.app)):
        pass  # the lock is held again


def test_while_the_database_is_away_everybody_is_told_at_once(house: House, place: Place) -> None:
    carrier = house.firm(CARRIER, "courier")
    row = carrier.scan(1)
    with nobody_enters(place):
        kill_sessions(place)
        with pytest.raises(StoreError, match="not permitted to log in"):
            house.post([row])
        with pytest.raises(StoreError, match="taken up again"):
            house.post([row])
        assert doubts_of(house.service) == ["the book is being taken up again", "the database cannot be read"]
    wait_until(lambda: house.service.sequencer.trouble is None, "the writer did not come back")
    assert codes(house.post([row])) == ["recorded"]


def test_a_schema_that_was_changed_under_the_server_makes_it_unready(house: House, place: Place) -> None:
    assert doubts_of(house.service) == []
    with connect(place.admin) as admin:
        admin.execute("UPDATE alembic_version SET version_num = '9999'")
    wait_until(lambda: doubts_of(house.service) == ["the database has another schema"], "nobody noticed")


def test_a_group_that_was_committed_is_finished(house: House, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    """The commit went through and its answer was lost: the epoch is signed, and the same bytes get their receipt."""
    carrier = house.firm(CARRIER, "courier")
    row, append = carrier.scan(1), house.service.book.append

    def lost(group: object) -> None:
        append(group)  # type: ignore[arg-type]
        monkeypatch.undo()
        kill_sessions(place)
        raise OutcomeUnknown("the connection was lost in the commit")

    monkeypatch.setattr(house.service.book, "append", lost)
    with pytest.raises(OutcomeUnknown):
        house.post([row])
    wait_until(lambda: house.service.sequencer.trouble is None, "the writer did not come back")
    published = house.service.sequencer.published
    assert published is not None
    assert published.size == house.service.book.head().size
    assert house.service.book.latest_checkpoint() == (published.epoch, published.size, published.note)
    assert codes(house.post([row, carrier.scan(2)])) == ["already", "recorded"]


def test_who_was_taken_over_meanwhile_stops(house: House, place: Place) -> None:
    carrier: Firm = house.firm(CARRIER, "courier")
    kill_sessions(place)
    with Book.open(place.app, writable=True) as other:
        other.take_over()
    with pytest.raises(StoreError):
        house.post([carrier.scan(1)])
    wait_until(lambda: house.service.sequencer.failure is not None, "it goes on beside the other")
    with pytest.raises(Fenced, match="another writer took over"):
        house.post([carrier.scan(1)])
    assert doubts_of(house.service)[0] == "the writer has stopped"

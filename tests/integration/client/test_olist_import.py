"""The Olist import against a real server: counts as in the files, twice, cut off on either side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from fakes.olist_csv import Table, expected_counts, first_orders, read_tables
from fakes.place import Place
from rig.server import SUXIN, Server

from suxin.client.errors import LocalError
from suxin.client.olist_import import Imported, Step, import_olist
from suxin.client.post import Patience, Session
from suxin.ledger.store.schema import migrate

ORDERS = 200


class Database(NamedTuple):
    """URL as administrator, and what `suxin` is told."""

    admin: str
    options: tuple[str, ...]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data/olist"


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, Table]:
    return read_tables(folder)


@pytest.fixture(scope="module")
def expected(tables: dict[str, Table]) -> dict[str, int]:
    return expected_counts(first_orders(tables, ORDERS))


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Where the book lies: SQLite unless a test asks for both."""
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'book/book.db'}", ())
    url, login = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_role")
    migrate(url)
    place = Place.postgres(url, login)
    return Database(place.admin, ("--database", place.app))


both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def server(tmp_path: Path, database: Database) -> Iterator[Server]:
    with Server(tmp_path / "book", "--sandbox", "--origin", "suxin.example/olist", *database.options) as started:
        yield started


def _import(server: Server, folder: Path, **more: object) -> Imported:
    with Session(server.url) as session:
        return import_olist(folder, session, limit=ORDERS, **more)  # type: ignore[arg-type]


def _check_book(server: Server, database: Database, expected: dict[str, int]) -> None:
    """Stop the server and look into its database: every planned statement once, and an approval for each registration."""
    server.stop()
    engine = sa.create_engine(database.admin)
    with engine.connect() as connection:
        query = sa.text("SELECT count(*), count(DISTINCT statement) FROM entry WHERE kind = 1")
        entries, distinct = connection.execute(query).one()
    engine.dispose()
    assert entries == distinct == sum(expected.values()) + expected["actor"]
    command = [*SUXIN, "verify", "--data", str(server.data), *database.options]
    verified = subprocess.run(command, env=server.environment, capture_output=True, text=True)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@both
def test_counts_are_those_of_the_files_and_a_second_run_appends_nothing(
    server: Server, database: Database, folder: Path, expected: dict[str, int]
) -> None:
    steps: list[tuple[Step, int, int]] = []
    first = _import(server, folder, progress=lambda *step: steps.append(step))
    assert first.problems == []
    assert first.recorded == first.planned == expected
    assert first.complete
    total = sum(expected.values())
    assert [step for step, _, _ in steps] == sorted((step for step, _, _ in steps), key=("actors", "openings", "orders").index)
    assert steps[-1] == ("orders", total, total)
    second = _import(server, folder)
    assert (second.recorded, second.already, second.size) == (Counter(), Counter(expected), first.size)
    _check_book(server, database, expected)


def test_a_small_import_is_the_beginning_of_a_larger_one(
    server: Server, database: Database, folder: Path, expected: dict[str, int]
) -> None:
    with Session(server.url) as session:
        part = import_olist(folder, session, limit=ORDERS // 2)
        whole = import_olist(folder, session, limit=ORDERS)
    assert part.complete
    assert whole.complete
    assert whole.already == part.recorded
    _check_book(server, database, expected)


CHILD = """
import sys
from pathlib import Path
from suxin.client.olist_import import import_olist
from suxin.client.post import Session
with Session(sys.argv[1]) as session:
    import_olist(Path(sys.argv[2]), session, limit=200, rows_max=40, connections=2,
                 progress=lambda step, done, total: print(step, done, flush=True))
"""


@pytest.mark.parametrize("until", ["actors", "openings", "orders"])
def test_an_importer_that_was_killed_is_finished_by_the_next(
    server: Server, database: Database, folder: Path, expected: dict[str, int], until: Step
) -> None:
    command = [sys.executable, "-c", CHILD, server.url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith(until):
                break
        os.kill(child.pid, signal.SIGKILL)
    after = _import(server, folder)
    assert after.problems == []
    assert after.complete
    assert after.recorded.total() > 0
    assert after.already.total() >= int(line.split()[1])
    _check_book(server, database, expected)


def test_an_import_outlives_kills_of_the_server(
    server: Server, database: Database, folder: Path, tables: dict[str, Table], soak: bool
) -> None:
    kills_due, limit = (50, 5 * ORDERS) if soak else (5, ORDERS)
    reached, over = threading.Semaphore(0), threading.Event()

    def pause(_: float) -> None:
        """A server takes seconds to come back; the importer asks until it does, or the test is over."""
        if over.wait(0.2):
            raise AssertionError("the server did not come back")

    def work() -> Imported:
        def progress(step: Step, done: int, total: int) -> None:
            if step == "orders":
                reached.release()

        with Session(server.url, patience=Patience(attempts=10_000, sleep=pause)) as session:
            return import_olist(folder, session, limit=limit, rows_max=20, connections=2, progress=progress)

    kills = 0
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(work)
        try:
            while kills < kills_due and not importing.done():
                if reached.acquire(timeout=0.1):
                    server.kill()
                    server.start()
                    kills += 1
            imported = importing.result(timeout=None if soak else 60)
        finally:
            over.set()
    assert imported.problems == []
    assert imported.complete
    assert kills == kills_due
    _check_book(server, database, expected_counts(first_orders(tables, limit)))


def test_a_book_that_is_no_sandbox_takes_nothing(tmp_path: Path, folder: Path) -> None:
    with Server(tmp_path / "book") as real, Session(real.url) as session, pytest.raises(LocalError, match="is no sandbox"):
        import_olist(folder, session, limit=1)


@both
@pytest.mark.soak
def test_the_whole_of_it(server: Server, database: Database, folder: Path, tables: dict[str, Table]) -> None:
    with Session(server.url) as session:
        first = import_olist(folder, session)
        second = import_olist(folder, session)
    assert first.recorded == expected_counts(tables)
    assert (second.recorded, second.size) == (Counter(), first.size)
    _check_book(server, database, expected_counts(tables))

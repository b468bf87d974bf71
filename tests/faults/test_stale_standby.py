"""PostgreSQL: the primary dies, and a standby is promoted that had not heard of the last receipts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from fakes.place import Place
from faults.aftermath import Author, settings, write
from rig.postgres import Postgres, Unavailable

from suxin.api.service import Service
from suxin.ledger.errors import Fenced
from suxin.ledger.store.schema import migrate

PORT = 5433
WAIT_SECONDS_MAX = 30


@pytest.fixture
def primary() -> Iterator[Postgres]:
    """A server of this test alone: it is killed."""
    try:
        found = Postgres()
    except Unavailable as error:
        pytest.skip(f"postgres: {error}")
    yield found
    found.stop()


def test_a_stale_standby_that_is_promoted_is_not_written_to(primary: Postgres, tmp_path: Path) -> None:
    url = primary.url(primary.create())
    migrate(url)
    app = Place.postgres(url, lambda at, role: at.replace("//postgres@", f"//{role}@", 1)).app
    author, programs, twin = Author(1), primary._programs, primary.folder / "twin"
    with closing(Service(replace(settings(tmp_path), database=app))) as service:
        assert write(service, author.next())
        link = f"host={primary.folder} user=postgres"
        copy = [programs / "pg_basebackup", "-D", twin, "-d", link, "-R", "-c", "fast", "--no-sync"]
        subprocess.run(copy, check=True, capture_output=True, timeout=60, **primary._arguments())
        # The standby is cut off here; it is asynchronous, so the primary goes on and promises.
        assert write(service, author.next())
    assert primary._server is not None
    primary._server.kill()
    primary._server.wait()
    options = ["-k", primary.folder, "-p", str(PORT), "-h", "", "-c", "fsync=off", "-c", "max_connections=200"]
    with (primary.folder / "twin.log").open("wb") as log:
        follower = subprocess.Popen([programs / "postgres", "-D", twin, *options], stdout=log, stderr=log, **primary._arguments())
    try:
        promote(f"host={primary.folder} port={PORT} user=postgres dbname=postgres")
        with pytest.raises(Fenced, match="were signed: it is an old copy"):
            Service(replace(settings(tmp_path), database=f"{app}&port={PORT}"))
    finally:
        follower.kill()
        follower.wait()


def promote(link: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            with psycopg.connect(link, autocommit=True) as connection:
                assert connection.execute("SELECT pg_promote()").fetchone() == (True,)
                return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the standby does not start"
            time.sleep(0.05)

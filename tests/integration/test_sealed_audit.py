"""A segment that was changed, lost, cut or put in is found by `suxin verify` and named, and the server does not start on it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fakes.auditing import audit, copy_book, unguarded
from fakes.command import suxin
from fakes.house import House
from fakes.sealed import filled, seal

from suxin.ledger.errors import Fenced, StoreError
from suxin.ledger.segment import encode_segment
from suxin.ledger.store import sealing
from suxin.ledger.store.book import Book
from suxin.ledger.store.folder_lock import FolderLock
from suxin.ledger.store.sealing import Sealing


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a closed book with two segments."""
    folder = tmp_path_factory.mktemp("sealed")
    seal(f"sqlite:///{filled(folder)}")
    return folder


@pytest.fixture
def book(home: Path, tmp_path: Path) -> Path:
    return copy_book(home / "data/book.db", tmp_path / "book.db")


def flip(book: Path, part: float) -> None:
    with closing(unguarded(book)) as connection:
        body = bytearray(connection.execute("SELECT body FROM segment WHERE first = 256").fetchone()[0])
        body[int(part * (len(body) - 1))] ^= 4
        connection.execute("UPDATE segment SET body = ? WHERE first = 256", (bytes(body),))


def say(*statements: str) -> Callable[[Path], None]:
    def change(book: Path) -> None:
        with closing(unguarded(book)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                connection.execute(statement)

    return change


def rewritten(book: Path) -> None:
    """By somebody who can make segments: one leaf is another, everything else fits."""
    with Book.open(f"sqlite:///{book}") as reads:
        bodies = [body for _, body in reads.leaves(256, 511)]
    bodies[44] = bodies[44].replace(b"330702", b"330703")
    with closing(unguarded(book)) as connection:
        connection.execute("UPDATE segment SET body = ? WHERE first = 256", (encode_segment(256, bodies),))


def beside(book: Path) -> None:
    """A body stands beside its segment and is another."""
    with closing(unguarded(book)) as connection:
        connection.execute("INSERT INTO leaf VALUES (1, 300, CAST('another' AS BLOB))")


LIES: dict[str, tuple[Callable[[Path], None], int]] = {
    "shard": (say("UPDATE segment SET shard = 2 WHERE first = 256"), 256),
    "first": (say("UPDATE segment SET first = 1280 WHERE first = 256"), 256),
    "lost": (say("DELETE FROM segment WHERE first = 256"), 256),
    "the first lost": (say("DELETE FROM segment WHERE first = 0"), 0),
    "cut": (say("UPDATE segment SET body = substr(body, 1, length(body) - 9) WHERE first = 256"), 256),
    "empty": (say("UPDATE segment SET body = zeroblob(0) WHERE first = 256"), 256),
    "text": (say("UPDATE segment SET body = 'text' WHERE first = 256"), 256),
    "no text": (say("UPDATE segment SET body = substr(body, 1, 500) || x'00' || substr(body, 502) WHERE first = 256"), 256),
    "no number": (say("UPDATE segment SET first = 'x' WHERE first = 256"), 0),
    "swapped": (say("UPDATE segment SET first = first * -1 - 1", "UPDATE segment SET first = 256 + first + 1"), 0),
    "rewritten": (rewritten, 300),
    "beside": (beside, 256),
    **{f"flipped {part}": ((lambda book, part=part: flip(book, part)), 256) for part in (0, 0.05, 0.4, 1)},
}
NAMED = {
    "cut",
    "empty",
    "text",
    "no text",
    "no number",
    "swapped",
    "beside",
    *(name for name in LIES if name.startswith("flipped")),
}


@pytest.mark.parametrize("lie", LIES)
def test_it_is_found_at_its_first_leaf(book: Path, lie: str) -> None:
    change, index = LIES[lie]
    change(book)
    report = audit(f"sqlite:///{book}")
    assert report.first is not None
    assert report.first.index == index
    named = [finding for finding in (report.first, *report.findings) if finding.code == "segment-malformed"]
    assert bool(named) == (lie in NAMED)
    for finding in named:
        assert (finding.table, finding.key) == ("segment", str(finding.index))


@pytest.mark.parametrize("lie", ["lost", "the first lost", "rewritten", "flipped 0.4"])
def test_the_server_does_not_start_on_it(home: Path, tmp_path: Path, lie: str) -> None:
    (tmp_path / "data").mkdir()
    book = copy_book(home / "data/book.db", tmp_path / "data/book.db")
    change, index = LIES[lie]
    with guards_back(book):
        change(book)
    for part in ("data/keys", "marks"):
        (tmp_path / part).symlink_to(home / part)
    with pytest.raises((StoreError, Fenced)) as caught:
        House(tmp_path)
    words = str(caught.value)
    assert "segment" in words or "this is not the book that was signed" in words or f"no leaf at index {index}" in words


class guards_back:
    """Puts back the triggers that a change has taken off: else they are what the server complains of."""

    def __init__(self, book: Path) -> None:
        self._book = book

    def __enter__(self) -> None:
        with closing(sqlite3.connect(self._book)) as connection:
            self._guards = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()

    def __exit__(self, *_: object) -> None:
        with closing(sqlite3.connect(self._book)) as connection:
            for (sql,) in self._guards:
                connection.execute(sql)


def test_a_segment_too_many_is_found(book: Path) -> None:
    """Of leaves that the log does not have."""
    with Book.open(f"sqlite:///{book}") as reads:
        size = reads.head().size
        bodies = [body for _, body in reads.leaves(0, 255)]
    with closing(unguarded(book)) as connection:
        connection.execute("INSERT INTO segment VALUES (1, 1024, ?)", (encode_segment(1024, bodies),))
    report = audit(f"sqlite:///{book}")
    assert report.first is not None
    assert report.first.index == size


def test_the_command(tmp_path: Path) -> None:
    data = filled(tmp_path).parent
    dry = suxin("seal", "--data", str(data), "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, "512 leaves below 512 would be sealed.\n")
    part = suxin("seal", "--data", str(data), "--before", "300", "--json")
    said = json.loads(part.stdout)
    assert (part.returncode, said["limit"], said["due"], said["leaves"], said["stopped"]) == (0, 256, 256, 256, False)
    size = (data / "book.db").stat().st_size
    with FolderLock(data):  # as a server holds it
        busy = suxin("seal", "--data", str(data), "--compact")
    assert busy.returncode == 1
    assert "is in use by process" in busy.stderr
    rest = suxin("seal", "--data", str(data), "--compact")
    assert rest.returncode == 0, rest.stderr
    assert rest.stdout.startswith("256 leaves sealed: ")
    assert (data / "book.db").stat().st_size < size * 0.8
    assert not (data / "book.db-wal").exists() or (data / "book.db-wal").stat().st_size == 0
    again = suxin("seal", "--data", str(data))
    assert (again.returncode, again.stdout) == (0, "Nothing to seal: every leaf below 512 is sealed.\n")
    assert audit(f"sqlite:///{data / 'book.db'}").holds
    none = suxin("seal", "--data", str(tmp_path / "nowhere"))
    assert none.returncode == 1
    assert "there is no book at" in none.stderr
    assert not (tmp_path / "nowhere").exists()


def test_ctrl_c_between_two_commits_leaves_a_whole_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = filled(tmp_path).parent
    monkeypatch.setattr(sealing, "STEP", 1)
    compare = Sealing._compare

    def interrupted(self: Sealing, segments: dict[int, bytes], bodies: dict[int, bytes]) -> int:
        if 256 in segments:
            raise KeyboardInterrupt
        return compare(self, segments, bodies)

    monkeypatch.setattr(Sealing, "_compare", interrupted)
    ended = suxin("seal", "--data", str(data), "--compact")
    assert ended.returncode == 130
    assert ended.stdout.splitlines()[1] == "Stopped; 256 leaves below 512 are left for the next run."
    assert audit(f"sqlite:///{data / 'book.db'}").holds
    monkeypatch.undo()
    assert suxin("seal", "--data", str(data)).stdout.startswith("256 leaves sealed: ")
    assert audit(f"sqlite:///{data / 'book.db'}").holds

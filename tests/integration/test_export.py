"""`suxin export`: the same bytes as over HTTP, in files; cut off, grown, and pointed at what is not its own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.house import CARRIER, Firm, expect_recorded
from fakes.served import Served, served

from suxin.api.export import export_tree
from suxin.ledger.errors import StoreError
from suxin.ledger.store import files
from suxin.ledger.store.book import Book

SUXIN = (sys.executable, "-c", "from suxin.api.cli import main; main()")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("book"), entries_public=True) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def firm(site: Served) -> Firm:
    """Fills the book, and goes on counting."""
    found = site.house.firm(CARRIER, "courier")
    grow(site, found, 600)
    return found


def grow(site: Served, firm: Firm, rows: int) -> None:
    size = site.house.service.book.head().size
    expect_recorded(site.house.post([firm.scan(1_000_000 + size + at) for at in range(rows)]))


@pytest.fixture
def book(site: Served) -> Iterator[Book]:
    with Book.open(site.house.service.settings.url) as found:
        yield found


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_what_the_server_shows(site: Served, book: Book, tmp_path: Path) -> None:
    seen: list[int] = []
    done = export_tree(book, tmp_path, entries=True, progress=seen.append)
    found = tree(tmp_path)
    assert len(found) == done.written + 1
    assert {name for name in found if "/entries/" in name} >= {"tile/entries/000", "tile/entries/001"}
    assert {"tile/0/000", "tile/0/001", "tile/1/000.p/2", "checkpoint"} <= found.keys()
    for name, data in found.items():
        answer = site.http.get(f"/{name}")
        assert answer.status_code == 200, name
        assert answer.content == data, name
    assert seen == sorted(seen)
    assert seen[-1] == done.size == book.head().size
    assert (tmp_path / "checkpoint").stat().st_mode & 0o777 == 0o644


def test_entry_bodies_only_where_they_are_asked_for(book: Book, tmp_path: Path) -> None:
    export_tree(book, tmp_path, entries=False)
    assert not (tmp_path / "tile" / "entries").exists()
    assert b'"statement"' not in b"".join(tree(tmp_path).values())


def test_an_export_that_was_cut_off_goes_on_and_its_checkpoint_comes_last(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = export_tree(book, tmp_path / "whole", entries=True)
    # The power fails before each of the files in turn; what is there never has a checkpoint without its tiles.
    for count in range(whole.written + 1):
        left = [count]

        def fail(path: Path, data: bytes, mode: int, left: list[int] = left) -> None:
            if not left[0]:
                raise OSError(28, "No space left on device")
            left[0] -= 1
            files.replace_file(path, data, mode)

        with monkeypatch.context() as patch:
            patch.setattr("suxin.api.export.replace_file", fail)
            with pytest.raises(StoreError, match="No space left"):
                export_tree(book, tmp_path / "cut", entries=True)
        assert not (tmp_path / "cut" / "checkpoint").exists()
        shutil.rmtree(tmp_path / "half", ignore_errors=True)
        shutil.copytree(tmp_path / "cut", tmp_path / "half")
        assert export_tree(book, tmp_path / "half", entries=True).written == whole.written - count
        assert tree(tmp_path / "half") == tree(tmp_path / "whole")
        shutil.rmtree(tmp_path / "cut")


def test_a_later_export_only_adds(site: Served, firm: Firm, book: Book, tmp_path: Path) -> None:
    first = export_tree(book, tmp_path, entries=True)
    before = tree(tmp_path)
    assert export_tree(book, tmp_path, entries=True).written == 0
    grow(site, firm, 100)
    second = export_tree(book, tmp_path, entries=True)
    after = tree(tmp_path)
    assert second.size > first.size
    assert {name: after[name] for name in before if name != "checkpoint"} == {
        n: d for n, d in before.items() if n != "checkpoint"
    }
    assert all(site.http.get(f"/{name}").content == data for name, data in after.items())


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "tile/0/000").write_bytes(bytes(8_192)), "other hashes"),
        (lambda folder: (folder / "tile/0/001").write_bytes(b""), "other hashes"),
        (lambda folder: (folder / "tile/entries/000").write_bytes(b"\x00\x01x"), "other leaves"),
        (lambda folder: (folder / "checkpoint").write_bytes(b"hello"), "not a checkpoint of"),
    ],
)
def test_a_folder_of_something_else_is_left_alone(book: Book, tmp_path: Path, spoil: Spoil, words: str) -> None:
    export_tree(book, tmp_path, entries=True)
    spoil(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(StoreError, match=words):
        export_tree(book, tmp_path, entries=True)
    assert tree(tmp_path) == before


def copy_of(site: Served, folder: Path) -> Path:
    """A copy of the book's database, to be spoiled."""
    file = folder / "copy.db"
    source = sqlite3.connect(site.house.service.settings.data / "book.db")
    target = sqlite3.connect(file)
    source.backup(target)
    source.close()
    target.close()
    return file


def spoiled(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("entries", "statement", "words"),
    [
        (False, "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 300", "the root that was signed"),
        (True, "UPDATE leaf SET body = zeroblob(99) WHERE idx = 300", "not those that were hashed"),
        (False, "DELETE FROM entry WHERE idx = 300", "the root that was signed"),
    ],
)
def test_a_book_that_was_changed_is_not_exported(site: Served, tmp_path: Path, entries: bool, statement: str, words: str) -> None:
    file = copy_of(site, tmp_path)
    spoiled(file, statement)
    with Book.open(f"sqlite:///{file}") as book, pytest.raises(StoreError, match=words):
        export_tree(book, tmp_path / "out", entries=entries)
    assert not (tmp_path / "out" / "checkpoint").exists()


def test_an_old_copy_does_not_replace_a_newer_state(site: Served, book: Book, tmp_path: Path) -> None:
    export_tree(book, tmp_path / "out", entries=False)
    file = copy_of(site, tmp_path)
    spoiled(file, "DELETE FROM checkpoint WHERE epoch = (SELECT max(epoch) FROM checkpoint)")
    with Book.open(f"sqlite:///{file}") as old, pytest.raises(StoreError, match="must not replace a newer state"):
        export_tree(old, tmp_path / "out", entries=False)


def test_the_command(site: Served, tmp_path: Path) -> None:
    data = str(site.house.service.settings.data)
    out = subprocess.run([*SUXIN, "export", str(tmp_path / "x"), "--data", data, "--json"], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout)["origin"] == site.house.service.genesis.origin
    assert not (tmp_path / "x" / "tile" / "entries").exists()
    out = subprocess.run([*SUXIN, "export", str(tmp_path / "x"), "--data", data, "--entries"], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert (tmp_path / "x" / "tile" / "entries" / "000").exists()
    wrong = subprocess.run([*SUXIN, "export", str(tmp_path / "y"), "--data", str(tmp_path)], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "there is no book" in wrong.stderr
    assert "Traceback" not in wrong.stderr

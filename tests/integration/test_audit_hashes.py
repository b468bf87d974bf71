"""`suxin verify --hashes`: what it finds, what it says that it did not look at, and the same from a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from fakes.auditing import audit, copy_book, hashes, unguarded
from fakes.story import tell
from fakes.world import World

from suxin.api.cli_verify import run_hashes, verify
from suxin.ledger.audit_hashes import NOT_CHECKED
from suxin.ledger.audit_report import AuditReport
from suxin.ledger.store.audit_source import open_source


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture
def change(told: World, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of the book, changed by some SQL."""

    def make(sql: str) -> Path:
        path = copy_book(told.folder / "book.db", tmp_path / "book.db")
        with closing(unguarded(path)) as connection:
            connection.executescript(sql)
        return path

    return make


def apart(path: Path) -> AuditReport:
    """The report when a process of its own checks the chains."""
    with open_source(f"sqlite:///{path}") as source:
        return run_hashes(source, str(path), quiet=True)


def test_a_book_that_holds(told: World) -> None:
    whole, quick = audit(told.url), hashes(told.url)
    assert quick.holds
    for name in ("origin", "log_key", "log_keys", "size", "signed_size", "epochs", "entries", "batches", "streams", "notices"):
        assert getattr(quick, name) == getattr(whole, name), name
    assert quick.not_checked == NOT_CHECKED
    assert whole.not_checked == ()
    assert apart(told.folder / "book.db") == quick


DAMAGE = {
    "a leaf": (
        "UPDATE leaf SET body = CAST(replace(CAST(body AS TEXT), '{', '{ ') AS BLOB) WHERE idx = 57",
        "root-differs",
    ),
    "a leaf gone": ("DELETE FROM leaf WHERE idx = 57", "leaf-missing"),
    "a head": ("UPDATE stream_row SET head = zeroblob(32) WHERE stream_no = 5 AND position = 0", "derived-differs"),
    "an index": ("UPDATE stream_row SET idx = idx + 1 WHERE stream_no = 5 AND position = 0", "derived-differs"),
    "a row gone": ("DELETE FROM stream_row WHERE stream_no = 5 AND position = 0", "derived-differs"),
    "a chain gone": ("DELETE FROM stream_row WHERE stream_no = 5", "derived-differs"),
    "the last chain gone": ("DELETE FROM stream_row WHERE stream_no = (SELECT max(stream_no) FROM stream)", "epoch-streams"),
    "the end of a chain": (
        "DELETE FROM stream_row AS r WHERE stream_no = 5"
        " AND position = (SELECT max(position) FROM stream_row WHERE stream_no = r.stream_no) AND position > 0",
        "map-root-differs",
    ),
    "a row behind all leaves": ("UPDATE stream_row SET idx = 99999 WHERE stream_no = 5 AND position = 0", "derived-differs"),
    "a name": ("UPDATE stream SET name = name || 'x' WHERE stream_no = 5", "map-root-differs"),
    "a name gone": ("DELETE FROM stream WHERE stream_no = 5", "derived-differs"),
    "a name too many": ("INSERT INTO stream VALUES (1, 99999, 'p:/s/x')", "derived-extra"),
    "a name of bytes": ("UPDATE stream SET name = x'ff' WHERE stream_no = 5", "derived-differs"),
    "a checkpoint": ("UPDATE checkpoint SET size = size + 1 WHERE epoch = 9", "derived-differs"),
    "a checkpoint gone": ("DELETE FROM checkpoint WHERE epoch = 9", "checkpoint-missing"),
    "the fence": ("UPDATE head SET epoch = epoch + 1", "derived-differs"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_it_finds(change: Callable[[str], Path], name: str) -> None:
    sql, code = DAMAGE[name]
    report = hashes(f"sqlite:///{change(sql)}")
    assert code in {finding.code for finding in report.findings}


@pytest.mark.parametrize("name", ["a leaf", "a head", "the end of a chain", "a name of bytes"])
def test_a_process_finds_the_same(change: Callable[[str], Path], name: str) -> None:
    path = change(DAMAGE[name][0])
    assert set(apart(path).findings) == set(hashes(f"sqlite:///{path}").findings)


def test_a_process_that_works_from_other_hashes_is_not_believed(change: Callable[[str], Path]) -> None:
    """Whoever forges the stored leaf hashes together with the chains would have the process agree with himself."""
    path = change("UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 57")
    assert apart(path).holds, "the table is not looked at, and the chains are those of the leaves"


def test_what_it_leaves_out_is_said(change: Callable[[str], Path], told: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = change("UPDATE entry SET id = zeroblob(16) WHERE idx = 57")
    assert not audit(f"sqlite:///{path}").holds
    assert hashes(f"sqlite:///{path}").holds
    assert verify(told.folder, None, None, False, hashes_only=True) == 0
    out = capsys.readouterr().out
    assert all(f"not checked: {words}" in out for words in NOT_CHECKED)
    assert "nothing else was looked at" in out
    assert verify(told.folder, None, None, True, hashes_only=True) == 0
    assert orjson.loads(capsys.readouterr().out)["not_checked"] == list(NOT_CHECKED)

"""The mark outside: raised durably, never lowered, trusted only under the log's own signature."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from suxin.ledger.checkpoint import Checkpoint, sign_checkpoint
from suxin.ledger.errors import Fenced, StoreError
from suxin.ledger.keys import SigningKey
from suxin.ledger.store import files
from suxin.ledger.store.highwater import Highwater, default_folder

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))
ORIGIN = "suxin.example/demo/1"


def mark(size: int, root: bytes = bytes(32), origin: str = ORIGIN, key: SigningKey = KEY) -> tuple[Checkpoint, str]:
    checkpoint = Checkpoint(origin, size, root)
    return checkpoint, sign_checkpoint(checkpoint, key)


def test_a_mark_is_read_by_the_next_process(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "highwater"
    marks = Highwater(folder)
    assert marks.read(ORIGIN, KEY.public) is None
    for size in (3, 5, 5, 9):
        marks.raise_to(*mark(size))
    marks.raise_to(*mark(2, origin="suxin.example/demo/2"))
    again = Highwater(folder)
    assert again.read(ORIGIN, KEY.public) == Checkpoint(ORIGIN, 9, bytes(32))
    assert again.read("suxin.example/demo/2", KEY.public) == Checkpoint("suxin.example/demo/2", 2, bytes(32))
    assert len(list(folder.iterdir())) == 2
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert again.path(ORIGIN).read_text() == mark(9)[1]


@pytest.mark.parametrize("known", ["written", "read"])
@pytest.mark.parametrize("bad", [mark(4), mark(5, root=b"\x01" * 32)], ids=["lower", "other root"])
def test_a_mark_is_never_lowered_or_contradicted(tmp_path: Path, bad: tuple[Checkpoint, str], known: str) -> None:
    marks = Highwater(tmp_path)
    marks.raise_to(*mark(5))
    if known == "read":
        marks = Highwater(tmp_path)
        marks.read(ORIGIN, KEY.public)
    with pytest.raises(Fenced, match="contradicts"):
        marks.raise_to(*bad)
    assert marks.read(ORIGIN, KEY.public) == mark(5)[0]


NOT_OURS = {
    "empty": b"",
    "no text": b"\xff\xfe",
    "another key": mark(5, key=OTHER)[1].encode(),
    "another log": mark(5, origin="elsewhere")[1].encode(),
    "cut": mark(5)[1].encode()[:-20],
    "too long": b"x" * 70_000,
}


@pytest.mark.parametrize("fault", NOT_OURS)
def test_a_mark_that_is_not_ours_stops_everything(tmp_path: Path, fault: str) -> None:
    marks = Highwater(tmp_path)
    marks.path(ORIGIN).write_bytes(NOT_OURS[fault])
    with pytest.raises(Fenced, match="is not a checkpoint of"):
        marks.read(ORIGIN, KEY.public)


def test_the_mark_is_on_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of system calls, seen from below; a power cut after any of them leaves the old mark or the new."""
    seen = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(number: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file")
        real_fsync(number)

    def rename(path: Path, target: Path) -> Path:
        seen.append("rename")
        return real_replace(path, target)

    monkeypatch.setattr(files.os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    Highwater(tmp_path).raise_to(*mark(5))
    assert seen == ["file", "rename", "folder"]


def test_a_mark_that_cannot_be_written_or_read_is_an_error(tmp_path: Path) -> None:
    blocked = Highwater(tmp_path / "file" / "marks")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        blocked.raise_to(*mark(5))
    with pytest.raises(StoreError, match="cannot be read"):
        blocked.read(ORIGIN, KEY.public)


def test_where_the_marks_lie() -> None:
    assert default_folder({"SUXIN_HIGHWATER": "/marks", "XDG_STATE_HOME": "/state"}) == Path("/marks")
    if os.uname().sysname != "Darwin":
        assert default_folder({"XDG_STATE_HOME": "/state"}) == Path("/state/suxin/highwater")
        assert default_folder({}) == Path.home() / ".local/state/suxin/highwater"

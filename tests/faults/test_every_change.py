"""Every write, sync, rename and removal fails once, lost or kept but reported lost, while a book is opened, written and closed.

One process on the disk of `disk.c` goes through all of them, each on a fresh copy of a book; whatever it then says was
acknowledged is looked for by this process, on a disk that works.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import trial
from faults.aftermath import Author, examine, settings, write
from faults.shim import environment

from suxin.api.service import Service
from suxin.ledger.errors import StoreError

KINDS = {"lost": 1, "kept": 2}
RUN_SECONDS_MAX = 7_200  # in the long run some three hundred trials, on a machine that does other things too
FEW = 3  # of each kind, spread over all changes, where not every one is tried


def prepared(folder: Path) -> Path:
    """A book with two statements, closed."""
    folder.mkdir()
    service = Service(settings(folder))
    author = Author(1)
    for _ in range(2):
        assert write(service, author.next())
    service.close()
    return folder


def run(shim: Path, folder: Path, *words: str) -> list[trial.Said]:
    """Run trials in a process of its own; what each says."""
    variables = {**os.environ, **environment(shim, folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "faults.trial", str(folder), *words]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
    assert ended.returncode == 0, ended.stderr
    return [trial.read(line) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("prepared") / "book")


@pytest.fixture(scope="module")
def changes(shim: Path, book: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many changes there are when none fails."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(book, folder / "0")
    (whole,) = run(shim, folder, "0", "0", "0:0")
    assert (len(whole.acknowledged), whole.words) == (trial.STATEMENTS, [])
    assert whole.changes > 40
    return whole.changes


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("kind", KINDS)
def test_one_change_fails_once(
    tmp_path: Path, shim: Path, book: Path, changes: int, kind: str, soak: bool, tell: Callable[[str], None]
) -> None:
    folder = tmp_path / "disk"
    step = 1 if soak else changes // FEW
    due = range(1 if soak else 1 + step // 2, changes + 1, step)
    for nth in due:
        shutil.copytree(book, folder / str(nth))
    tell(f"{len(due)} changes, each {kind} once")
    heard = []
    for done, said in enumerate(run(shim, folder, str(KINDS[kind]), str(errno.EIO), *(f"{nth}:{nth}" for nth in due)), 1):
        try:
            examine(folder / said.name, said.acknowledged)
        except StoreError as error:
            raise AssertionError(f"change {said.name} failed, and the book does not open again: {error}") from error
        heard += said.words
        if done % 50 == 0:
            tell(f"{done} of {len(due)} books examined after a change was {kind}")
    assert [words for words in heard if words.startswith(trial.DEFECT)] == []
    assert len(heard) > len(due) // 4, "the faults were not felt"


def test_a_disk_that_is_full_loses_nothing_and_says_so(tmp_path: Path, shim: Path, book: Path) -> None:
    folder = tmp_path / "disk"
    shutil.copytree(book, folder / "25")
    (said,) = run(shim, folder, "3", str(errno.ENOSPC), "25:25")
    assert said.words
    assert len(said.acknowledged) < trial.STATEMENTS
    examine(folder / said.name, said.acknowledged)

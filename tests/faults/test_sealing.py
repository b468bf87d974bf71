"""While bodies move into segments every change fails once, and the power fails at any moment: every leaf is still there.

After each the book reads as before, `verify` finds nothing, and the next run seals what is left.
"""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes.auditing import audit, copy_book
from fakes.sealed import everything, filled, seal
from faults.power import Disk, Luck, records
from faults.sealer import LAID
from faults.shim import environment
from faults.trial import DEFECT

from suxin.ledger.store.book import Book

KINDS = {"lost": 1, "kept": 2}
FEW = (7, 19, 33)  # which changes fail where not every one does
CUTS, CUTS_SOAK = 3, 60


class Original(NamedTuple):
    """A book before it is sealed, closed and in one file, and all that it says."""

    file: Path
    says: dict[str, Any]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    folder = tmp_path_factory.mktemp("book")
    file = copy_book(filled(folder), folder / "one.db")
    with Book.open(f"sqlite:///{file}") as book:
        return Original(file, everything(book))


def run(shim: Path, root: Path, *words: str, journal: Path | None = None) -> list[list[Any]]:
    variables = {**os.environ, **environment(shim, root, journal), "PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(
        [sys.executable, "-m", "faults.sealer", *words], env=variables, capture_output=True, text=True, timeout=7_200
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def examine(file: Path, original: Original, sealed: int) -> None:
    """The book is whole, and what was said to be sealed is; then the rest is sealed, and it is whole again."""
    url = f"sqlite:///{file}"
    with Book.open(url) as book:
        assert everything(book) == original.says
    assert sum(step.leaves for step in seal(url)) <= 512 - sealed
    report = audit(url)
    assert report.holds, report.findings
    with Book.open(url) as book:
        assert list(book.leaves()) == original.says["all"]


def counted(shim: Path, original: Original, folder: Path) -> int:
    """How many changes there are when none fails."""
    folder.mkdir()
    copy_book(original.file, folder / "0.db")
    ((_, done, words, count),) = run(shim, folder, "fault", str(folder), "0", "0:0:0")
    assert (done, words) == (512, "")
    assert count > max(FEW)
    return int(count)


@pytest.mark.timeout(1_200)
def test_one_change_fails_once(tmp_path: Path, shim: Path, original: Original, soak: bool) -> None:
    due = range(1, counted(shim, original, tmp_path / "whole") + 1) if soak else FEW
    tasks = [f"{nth}-{kind}:{nth}:{KINDS[kind]}" for nth in due for kind in KINDS]
    for task in tasks:
        copy_book(original.file, tmp_path / f"{task.partition(':')[0]}.db")
    heard = []
    for name, done, words, _ in run(shim, tmp_path, "fault", str(tmp_path), str(errno.EIO), *tasks):
        try:
            examine(tmp_path / f"{name}.db", original, done)
        except Exception as error:
            raise AssertionError(f"change {name} failed ({words or 'unnoticed'}): {error}") from error
        heard.append(words)
    assert len(heard) == len(tasks)
    assert [words for words in heard if words.startswith(DEFECT)] == []
    assert sum(map(bool, heard)) > len(heard) // 4, "the faults were not felt"


@pytest.mark.timeout(1_200)
def test_the_power_fails(tmp_path: Path, shim: Path, original: Original, soak: bool) -> None:
    root, journal = tmp_path / "disk", tmp_path / "journal"
    root.mkdir()
    run(shim, root, "record", str(original.file), str(root / "data/book.db"), str(journal), journal=journal)
    seen = list(records(journal))
    laid = next(at for at, record in enumerate(seen) if record.op == b"A" and record.first == LAID)
    syncs = [at for at, record in enumerate(seen) if at > laid and record.op in b"SRU"]
    assert len(syncs) > 6
    dice = random.Random(20261122)
    moments = sorted(dice.choice(syncs) + dice.randrange(2) for _ in range(CUTS_SOAK if soak else CUTS))
    disk, done = Disk(root), 0
    for number, moment in enumerate(moments):
        for record in seen[done:moment]:
            disk.do(record)
        done = moment
        luck: Luck = ("none", "some", "all")[number % 3]
        place = tmp_path / f"after{number}"
        place.mkdir()
        disk.cut(place, luck, seed=number)
        try:
            examine(place / "data/book.db", original, 0)
        except Exception as error:
            raise AssertionError(f"after {moment} of {len(seen)} changes, luck {luck}: {error}") from error

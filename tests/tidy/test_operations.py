"""The table of faults in docs/operations.md: each row names the tests that show it, and those tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
# Faults that issue 4 asks for, as they begin in the table.
ASKED = (
    "the process is killed", "the power fails", "a write, sync, rename", "one is done, and reported lost", "the disk is full",
    "two servers", "two writers", "a writer sleeps", "the clock jumps", "the clock is behind", "an old database",
    "the whole data folder", "a witness has seen more", "a stale standby", "the wait for the synchronous standby",
    "worker processes", "half a batch", "more connections", "a gigabyte", "one byte a minute",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows(root: Path) -> list[list[str]]:
    text = (root / "docs/operations.md").read_text(encoding="utf-8")
    table = text[text.index("| fault | what happens | shown by |") :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_each_fault_has_a_row(rows: list[list[str]]) -> None:
    assert [asked for asked in ASKED if not any(row[0].startswith(asked) for row in rows)] == []
    assert len({row[0] for row in rows}) == len(rows)


def test_each_row_names_tests_that_exist(rows: list[list[str]], root: Path) -> None:
    missing = []
    for fault, what, shown in rows:
        named = TEST.findall(shown)
        assert what, fault
        assert named, f"no test shows: {fault}"
        assert TEST.sub("", shown).strip(", ") == "", f"{fault}: {shown}"
        for file, name in named:
            tree = ast.parse((root / file).read_text(encoding="utf-8")) if (root / file).is_file() else ast.Module([], [])
            if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
                missing.append(f"{file}::{name}")
    assert missing == []

"""The tables of docs/formats/statement.md say what the registry of types says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from suxin.ledger.identifier import AUTHORITY_KINDS
from suxin.ledger.registry import TYPES, WRITABLE, Type
from suxin.ledger.statement import Envelope, Subjects
from suxin.ledger.streams import own_streams

PAGE = (Path(__file__).parents[2] / "docs/formats/statement.md").read_text("utf-8")
SUBJECTS = {"class" if name == "class_" else name for name in Subjects.__struct_fields__}


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def table(text: str) -> list[list[str]]:
    """Cells of the rows of all tables in a text, without head and rule."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if row[0].startswith("`")]


def words(cell: str) -> list[str]:
    return re.findall(r"`([a-z:]+)`", cell)


def registry() -> dict[str, tuple[str, str, str]]:
    rows = table(section("Registry"))
    return {name: (subjects, streams, refers) for cell, subjects, streams, refers in rows for name in words(cell)}


def test_every_type_can_be_written_and_has_its_row() -> None:
    assert set(registry()) == WRITABLE == set(TYPES)


@pytest.mark.parametrize("name", sorted(WRITABLE))
def test_a_types_row_is_the_registrys(name: str) -> None:
    subjects, streams, refers = registry()[name]
    row = TYPES[name]
    printed = [tuple(re.findall(r"[a-z]+\??", part)) for part in re.split(r"; or", subjects)]
    assert [() if part == ("none",) else part for part in printed] == list(row.subjects)
    if row.subjects == ((),):
        assert streams == "those of what it refers to"
    else:
        assert letters(streams) == expected_letters(row)
    assert bool(refers) == (row.ref != "none")
    assert ("nothing" in refers) == (row.ref == "optional")
    for other in row.refers_to:
        assert other in refers
    assert (refers == "any statement") == (row.ref == "required" and not row.refers_to)


def letters(cell: str) -> set[str]:
    return {word[0] for word in words(cell)}


def expected_letters(row: Type) -> set[str]:
    """Letters of all streams that any of a type's subjects gives."""
    of_all = dict.fromkeys(SUBJECTS, "/01/09501101530003")
    return {name[0] for name in own_streams(row.name, of_all)}


def test_every_subject_and_every_kind_of_authority_is_described() -> None:
    described = {name for row in table(section("Grammar")) for name in words(row[0])}
    assert described >= SUBJECTS
    kinds = re.search(r"\(kind ([a-z, ]+); region", PAGE)
    assert kinds is not None
    assert tuple(kinds[1].split(", ")) == AUTHORITY_KINDS


def test_every_member_of_a_statement_is_described() -> None:
    members = {"for" if name == "for_" else name for name in Envelope.__struct_fields__}
    described = {name for row in table(section("Grammar")) for name in words(row[0])}
    assert described >= members

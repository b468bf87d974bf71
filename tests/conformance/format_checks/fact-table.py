"""docs/formats/fact-table.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from suxin.courier.factfile import parse_facts
from suxin.courier.rulebook import rule_set
from suxin.courier.table import FactTable, facts_of, read_table
from suxin.courier.table_proof import check_row, prove_row

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "fact-table.md"


def read(shown: Mapping[str, str]) -> FactTable:
    root = re.search(r"^The root is `([A-Za-z0-9_-]{43})`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert root
    sections = {name.partition(".")[2]: text.encode() for name, text in shown.items() if name.partition(".")[2] in SECTIONS}
    return read_table(shown["fact-table.example"].encode(), sections, root[1])


def example(_: str, shown: Mapping[str, str]) -> None:
    assert read(shown).head.rules == "KD-2026.1"


def section(text: str, shown: Mapping[str, str]) -> None:
    lines = {line for rows in read(shown).sections.values() for line in rows}
    assert set(text.encode().splitlines()) <= lines


def facts(text: str, shown: Mapping[str, str]) -> None:
    assert facts_of(read(shown), rule_set("KD-2026.1")) == parse_facts(text.encode())
    assert "table" in json.loads(text)


def row(text: str, shown: Mapping[str, str]) -> None:
    value, table = json.loads(text), read(shown)
    head, found = check_row(text.encode(), table.root)
    assert head == table.head
    files = {"index": shown["fact-table.example"].encode()} | {name: shown[f"fact-table.{name}"].encode() for name in SECTIONS}
    assert prove_row(files, found.parcel) == {name: part for name, part in value.items() if name != "table"}


SECTIONS = ("2026-11", "standing")
CHECKS = {
    "fact-table.example": example,
    "fact-table.2026-11": section,
    "fact-table.standing": section,
    "fact-table.facts": facts,
    "fact-table.row": row,
}

"""docs/formats/authority-file.md."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.client.authority_file import Found, drafts_of, read_file


def example(text: str, _: Mapping[str, str]) -> None:
    """Every row of the example is a statement."""
    header, rows = read_file(text.encode())
    found = list(drafts_of(header, rows, "2026-11-22T08:00:00+08:00", "A" * 43, "suxin.example/demo"))
    assert [row.draft.type for row in found if isinstance(row, Found)] == ["check", "penalty", "appeal", "appeal"], found


CHECKS = {"authority-file.example": example}

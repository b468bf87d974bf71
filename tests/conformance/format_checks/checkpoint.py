"""What docs/formats/checkpoint.md shows."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.checkpoint import format_checkpoint, open_cosigned
from suxin.ledger.note import format_note, format_vkey, parse_note, parse_vkey


def example(text: str, blocks: Mapping[str, str]) -> None:
    log, witness = map(parse_vkey, blocks["checkpoint.vkeys"].splitlines())
    opened = open_cosigned(text, log.name, [log], [witness])
    assert [cosignature.witness for cosignature in opened.cosignatures] == [witness]
    note = parse_note(text)
    assert format_note(note) == text
    assert format_checkpoint(opened.checkpoint) == note.text


def vkeys(text: str, _blocks: Mapping[str, str]) -> None:
    assert [format_vkey(parse_vkey(line)) for line in text.splitlines()] == text.splitlines()


CHECKS = {"checkpoint.example": example, "checkpoint.vkeys": vkeys}

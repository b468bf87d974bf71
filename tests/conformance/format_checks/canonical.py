"""What docs/formats/canonical.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from suxin.ledger.canonical import dump, parse
from suxin.ledger.errors import Refused


def example(text: str, _blocks: Mapping[str, str]) -> None:
    raw = text.removesuffix("\n").encode()
    assert dump(parse(raw)) == raw


def refused(text: str, _blocks: Mapping[str, str]) -> None:
    for raw, code, pointer in json.loads(text):
        with pytest.raises(Refused) as refusal:
            parse(raw.encode())
        assert (refusal.value.code, refusal.value.pointer) == (code, pointer)


CHECKS = {"canonical.example": example, "canonical.refused": refused}

"""What docs/formats/claim.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from suxin.ledger.claim_code import format_code, key_of, parse_code
from suxin.ledger.errors import Refused


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    code = bytes.fromhex(shown["code"])
    assert format_code(code) == shown["printed"]
    assert parse_code(shown["printed"]) == code
    assert (key_of(code, "item").public_text, key_of(code, "parcel").public_text) == (shown["item"], shown["parcel"])


def refused(text: str, _blocks: Mapping[str, str]) -> None:
    for typed, code in json.loads(text):
        with pytest.raises(Refused) as refusal:
            parse_code(typed)
        assert refusal.value.code == code


CHECKS = {"claim.example": example, "claim.refused": refused}

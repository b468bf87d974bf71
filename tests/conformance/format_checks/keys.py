"""What docs/formats/keys.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.keys import SigningKey, key_id, parse_public, verify, verify_batch, verify_statement


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    key = SigningKey(unb64u(shown["seed"], 32))
    public = parse_public(shown["public"])
    assert key.public == public
    assert b64u(key_id(public)) == shown["key_id"]
    assert b64u(key.sign_statement(shown["statement"].encode())) == shown["signature"]
    verify_statement(public, shown["statement"].encode(), unb64u(shown["signature"], 64))
    verify_batch(public, shown["batch_header"].encode(), unb64u(shown["batch_signature"], 64))


def refused(text: str, _blocks: Mapping[str, str]) -> None:
    for public, code in json.loads(text):
        with pytest.raises(Refused) as refusal:
            parse_public(public)
        assert refusal.value.code == code


def small_order(text: str, _blocks: Mapping[str, str]) -> None:
    points = [bytes.fromhex(point) for point in json.loads(text)]
    assert len(set(points)) == 8
    key = SigningKey(bytes(32))
    for point in points:
        with pytest.raises(Refused, match="key-weak"):
            parse_public(b64u(b"\x01" + point))
        with pytest.raises(VerificationError, match="signature-invalid"):
            verify(key.public, b"", point + bytes(32))


CHECKS = {"keys.example": example, "keys.refused": refused, "keys.small-order": small_order}

"""Print commitment.json: values, salts and what a statement shows of them. Deterministic; see README.md."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from suxin.ledger.commitment import commit, content_leaf
from suxin.ledger.merkle import root_of

SALTS = [hashlib.sha256(f"salt {number}".encode()).digest() for number in range(4)]
ITEMS = [f"p:/01/09506000134352/21/{serial}" for serial in ("3fJ8s0Qw1kZr", "9pXb2mVt7aLc", "Qe5Yh1Nd4uGk")]

VALUES = [
    ("a text", "review", "/body/text", "很好，谢谢"),
    ("an empty text", "review", "/body/text", ""),
    ("a text with line feeds", "complaint", "/body/text", "first\nsecond\n"),
    ("a number as text", "consign", "/body/number", "SF1234567890123"),
    ("beyond the basic plane", "review", "/body/text", "\U0001f375"),
]


def make() -> dict[str, Any]:
    """The whole file."""
    cases: list[dict[str, Any]] = []
    for place, (name, kind, pointer, value) in enumerate(VALUES):
        salt = SALTS[place % len(SALTS)]
        cases.append(_case(name, salt, kind, pointer, value, commit(salt, kind, pointer, value), True))
    good = commit(SALTS[0], "review", "/body/text", "good")
    for name, salt, kind, pointer, value in (
        ("another value", SALTS[0], "review", "/body/text", "Good"),
        ("another salt", SALTS[1], "review", "/body/text", "good"),
        ("another type", SALTS[0], "complaint", "/body/text", "good"),
        ("another field", SALTS[0], "review", "/body/title", "good"),
        ("a border moved", SALTS[0], "review", "/body", "/text\ngood"),
        ("a salt of 31 bytes", SALTS[0][:31], "review", "/body/text", "good"),
    ):
        cases.append(_case(name, salt, kind, pointer, value, good, False))
    leaves = [content_leaf(salt, item) for salt, item in zip(SALTS, ITEMS, strict=False)]
    contents = [
        {"item": item, "salt_hex": salt.hex(), "leaf_hex": leaf.hex()}
        for item, salt, leaf in zip(ITEMS, SALTS, leaves, strict=False)
    ]
    return {"page": "commitment.md", "cases": cases, "contents": contents, "contents_root_hex": root_of(leaves).hex()}


def _case(name: str, salt: bytes, kind: str, pointer: str, value: str, commitment: bytes, valid: bool) -> dict[str, Any]:
    case = {
        "name": name,
        "salt_hex": salt.hex(),
        "type": kind,
        "pointer": pointer,
        "value": value,
        "commitment_hex": commitment.hex(),
        "valid": valid,
    }
    return case if valid else case | {"reason": "commitment-mismatch"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")

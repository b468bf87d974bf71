"""Print batch.json: batches under one signature, whole and row by row, that hold and that do not. Deterministic; see README.md.

Hashes, trees and canonical bytes are made here with the standard library; only the signing is ours.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any

from suxin.ledger.keys import SigningKey

# Public seeds of RFC 8032 section 7.1, tests 1 and 2. Never use them for anything else.
KEY = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
OTHER = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
COURIER = "91512081MA62K0260E"


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(members: dict[str, Any]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def scan(n: int, **more: Any) -> str:
    """A statement with counter n."""
    members = {
        "actor": f"uscc:{COURIER}",
        "at": "2026-11-22T08:00:00+08:00",
        "body": {"code": "HUB_IN", "place": {"district": "330702"}},
        "book": "suxin.example/demo",
        "id": f"019aa5f0-1c00-7000-8000-{n:012d}",
        "key": text(KEY.key_id),
        "n": n,
        "subjects": {"waybill": f"{COURIER}/{n:022d}"},
        "type": "scan",
        "v": 1,
    }
    return raw(members | more)


def leaf(statement: str) -> bytes:
    return hashlib.sha256(b"\x00" + statement.encode()).digest()


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(position: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if position < k:
        return [*path(position, leaves[:k]), root(leaves[k:])]
    return [*path(position - k, leaves[k:]), root(leaves[:k])]


def header(statements: list[str], **more: Any) -> str:
    """The right header of these statements, with other members."""
    members = {
        "at": "2026-11-22T08:00:00+08:00",
        "book": "suxin.example/demo",
        "key": text(KEY.key_id),
        "n": 7,
        "root": text(root([leaf(statement) for statement in statements])),
        "size": len(statements),
        "v": 1,
    }
    return raw(members | more)


def _case(name: str, statements: list[str], head: str | None = None, signature: bytes | None = None) -> dict[str, Any]:
    used = header(statements) if head is None else head
    signed = KEY.sign_batch(used.encode()) if signature is None else signature
    return {
        "name": name,
        "public": KEY.public_text,
        "header": used,
        "signature": text(signed),
        "statements": statements,
    }


def _batches() -> list[dict[str, Any]]:
    three = [scan(n) for n in (7, 8, 9)]
    good = header(three)
    cases = [_case(f"{size} rows", [scan(n) for n in range(7, 7 + size)]) | {"valid": True} for size in (1, 2, 3, 7)]
    refused = [
        ("a row of another hash", "batch-root", _case("", [*three[:2], scan(9, type="delivery")], good)),
        ("rows in another order", "batch-root", _case("", three[::-1], good)),
        ("root of the rows without one", "batch-root", _case("", three, header(three[:2], size=3))),
        ("a row too few", "batch-size", _case("", three[:2], good)),
        ("a row too many", "batch-size", _case("", [*three, scan(10)], good)),
        ("header of size 0", "batch-header", _case("", three, header(three, size=0))),
        ("header of size 1,001", "batch-header", _case("", three, header(three, size=1_001))),
        ("header with a member too many", "batch-header", _case("", three, header(three, note="x"))),
        ("header of version 2", "batch-header", _case("", three, header(three, v=2))),
        ("root with loose bits", "batch-header", _case("", three, header(three, root="A" * 42 + "B"))),
        ("header with a space", "not-canonical", _case("", three, good.replace(":", ": ", 1))),
        ("signed as a statement", "signature-invalid", _case("", three, good, KEY.sign_statement(good.encode()))),
        ("signed by another key", "signature-invalid", _case("", three, good, OTHER.sign_batch(good.encode()))),
        ("signature of another header", "signature-invalid", _case("", three, good, KEY.sign_batch(header(three[:2]).encode()))),
    ]
    cases += [case | {"name": name, "valid": False, "code": code} for name, code, case in refused]
    rows = [
        ("a counter left out", "batch-counter", [scan(7), scan(9), scan(9)]),
        ("a row of another key", "batch-key", [scan(7), scan(8, key=text(OTHER.key_id)), scan(9)]),
        ("a row of another book", "book-wrong", [scan(7), scan(8, book="suxin.example/other"), scan(9)]),
        ("a row that is no statement", "field-missing", [scan(7), "{}", scan(9)]),
        ("a row that is not canonical", "not-canonical", [scan(7), scan(8).replace(":", ": ", 1), scan(9)]),
    ]
    cases += [_case(name, statements) | {"valid": True, "refused": [[1, code]]} for name, code, statements in rows]
    return cases


def _alone() -> list[dict[str, Any]]:
    """One statement of a batch: position, size and path lead from its hash to the header's root."""
    found: list[dict[str, Any]] = []
    for size in (1, 2, 5, 7):
        leaves = [leaf(scan(n)) for n in range(7, 7 + size)]
        for position in range(size):
            found.append(
                {
                    "name": f"row {position} of {size}",
                    "statement": text(leaves[position]),
                    "position": position,
                    "size": size,
                    "root": text(root(leaves)),
                    "path": [text(part) for part in path(position, leaves)],
                    "valid": True,
                }
            )
    last = found[-2]
    spoilt = [
        ("another position", last | {"position": last["position"] - 1}),
        ("a smaller size", last | {"size": last["size"] - 1}),
        ("a position beyond the rows", last | {"position": last["size"]}),
        ("a hash too few", last | {"path": last["path"][:-1]}),
        ("a hash too many", last | {"path": [*last["path"], text(bytes(32))]}),
        ("another root", last | {"root": text(bytes(32))}),
        ("another statement", last | {"statement": text(leaf(scan(99)))}),
    ]
    return found + [case | {"name": name, "valid": False, "reason": "inclusion-invalid"} for name, case in spoilt]


def make() -> dict[str, Any]:
    """The whole file."""
    return {"page": "batch.md", "batches": _batches(), "alone": _alone()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")

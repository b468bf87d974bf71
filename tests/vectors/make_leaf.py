"""Print leaf.json: genesis, entry and batch leaves that hold and that do not. Deterministic; see README.md.

Made without our own encoder: canonical bytes by the standard library, hashes by hashlib.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any

# Public keys of RFC 8032 section 7.1, tests 1 and 2. Never use them for anything else.
LOG, ROOT = "AddamAGCsQq31Uv-08lkBzoO4XLz2qYjJa8CGmj3B1Ea", "AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"
KEY = "Fz0YGQFZZGiUzGWXvxTmN3wL5-Hpad2nerT9QWbvL0E"
HASH, SIGNATURE = "A" * 43, "A" * 86
RECEIVED = 1_795_305_600_123

GENESIS: dict[str, Any] = {
    "algorithms": ["ed25519"],
    "book": "suxin.example/demo",
    "created": 1_795_305_600_000,
    "depth": 17,
    "hash": "sha-256",
    "leaf": "genesis",
    "log": LOG,
    "origin": "suxin.example/demo/1",
    "period": {"from": "2026-10-01", "until": "2027-01-01"},
    "root": {"actor": "auth:operator:000000", "key": ROOT},
    "sandbox": True,
    "v": 1,
}
STATEMENT: dict[str, Any] = {
    "actor": "uscc:91512081MA62K0260E",
    "at": "2026-11-22T08:00:00+08:00",
    "body": {"code": "PICKED_UP", "place": {"district": "330702"}},
    "book": "suxin.example/demo",
    "id": "019aa5f0-1c00-7000-8000-000000000001",
    "key": KEY,
    "n": 1,
    "subjects": {"waybill": "91512081MA62K0260E/Q2VmZ3ZkTWlwbzVhS3Rsbg"},
    "type": "scan",
    "v": 1,
}
ENTRY: dict[str, Any] = {"leaf": "entry", "received": RECEIVED, "signature": SIGNATURE, "statement": STATEMENT}
BATCHED: dict[str, Any] = {"batch": [HASH, 999], "leaf": "entry", "received": RECEIVED, "statement": STATEMENT}
HEADER: dict[str, Any] = {
    "at": "2026-11-22T08:00:00+08:00",
    "book": "suxin.example/demo",
    "key": KEY,
    "n": 1,
    "root": HASH,
    "size": 1_000,
    "v": 1,
}
BATCH: dict[str, Any] = {"absent": [], "header": HEADER, "leaf": "batch", "signature": SIGNATURE}


def raw(members: dict[str, Any]) -> str:
    """Canonical text; members that are None are left out."""
    given = {name: value for name, value in members.items() if value is not None}
    return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def valid() -> list[tuple[str, str, str]]:
    """Name, kind and text."""
    predecessor = {"checkpoint": "suxin.example/demo/0\n1\n\n\u2014 x y\n", "origin": "suxin.example/demo/0"}
    return [
        ("a new book", "genesis", raw(GENESIS)),
        ("a book that follows another", "genesis", raw(GENESIS | {"predecessor": predecessor, "sandbox": False})),
        ("the least and the greatest depth", "genesis", raw(GENESIS | {"depth": 1})),
        ("depth 32", "genesis", raw(GENESIS | {"depth": 32})),
        ("an entry with its own signature", "entry", raw(ENTRY)),
        ("an entry under a batch", "entry", raw(BATCHED)),
        ("an entry received at the beginning of time", "entry", raw(ENTRY | {"received": 0})),
        ("an entry whose statement nobody understands", "entry", raw(ENTRY | {"statement": {"type": "telegram", "x": [1]}})),
        (
            "an entry whose statement speaks of a statement",
            "entry",
            raw(ENTRY | {"statement": {"a": '"statement":{}', "z": "信"}}),
        ),
        ("a batch of which all was appended", "batch", raw(BATCH)),
        ("a batch of which two rows were not", "batch", raw(BATCH | {"absent": [[0, HASH], [999, HASH]]})),
    ]


def invalid() -> list[tuple[str, str, str]]:
    """Name, kind and text; the reason of all is `leaf-malformed`."""
    entry = raw(ENTRY)
    return [
        ("no JSON", "genesis", "genesis"),
        ("another kind", "genesis", entry),
        ("a member too many", "genesis", raw(GENESIS | {"note": "x"})),
        ("no algorithm", "genesis", raw(GENESIS | {"algorithms": []})),
        ("an algorithm twice", "genesis", raw(GENESIS | {"algorithms": ["ed25519", "ed25519"]})),
        ("another root actor", "genesis", raw(GENESIS | {"root": {"actor": "auth:operator:330700", "key": ROOT}})),
        ("no root", "genesis", raw(GENESIS | {"root": None})),
        ("depth 0", "genesis", raw(GENESIS | {"depth": 0})),
        ("depth 33", "genesis", raw(GENESIS | {"depth": 33})),
        ("another hash", "genesis", raw(GENESIS | {"hash": "sm3"})),
        ("a reserved algorithm", "genesis", raw(GENESIS | {"algorithms": ["ml-dsa-44"]})),
        ("sandbox by a word", "genesis", raw(GENESIS | {"sandbox": "yes"})),
        ("version 2", "genesis", raw(GENESIS | {"v": 2})),
        ("an origin in capital letters", "genesis", raw(GENESIS | {"origin": "Suxin.example/1"})),
        ("a key of 43 characters", "genesis", raw(GENESIS | {"log": LOG[:-1]})),
        ("a period without end", "genesis", raw(GENESIS | {"period": {"from": "2026-10-01"}})),
        ("a space", "genesis", raw(GENESIS).replace(":", ": ", 1)),
        ("keys out of order", "genesis", '{"v":1,' + raw(GENESIS)[1:].replace(',"v":1', "")),
        ("signature and batch", "entry", raw(ENTRY | {"batch": [HASH, 0]})),
        ("neither signature nor batch", "entry", raw(ENTRY | {"signature": None})),
        ("a signature of 85 characters", "entry", raw(ENTRY | {"signature": SIGNATURE[1:]})),
        ("a signature with a sign of plain base64", "entry", raw(ENTRY | {"signature": "+" + SIGNATURE[1:]})),
        ("a signature with loose bits", "entry", raw(ENTRY | {"signature": SIGNATURE[1:] + "B"})),
        ("a batch's hash with loose bits", "entry", raw(BATCHED | {"batch": [HASH[1:] + "B", 0]})),
        ("position 1,000", "entry", raw(BATCHED | {"batch": [HASH, 1_000]})),
        ("a position below zero", "entry", raw(BATCHED | {"batch": [HASH, -1]})),
        ("a batch without a position", "entry", raw(BATCHED | {"batch": [HASH]})),
        ("received before time", "entry", raw(ENTRY | {"received": -1})),
        ("received beyond 2^53-1", "entry", raw(ENTRY | {"received": 2**53})),
        ("received as text", "entry", raw(ENTRY | {"received": str(RECEIVED)})),
        ("a member too many in an entry", "entry", raw(ENTRY | {"note": "x"})),
        ("a member behind the statement", "entry", raw(ENTRY)[:-1] + ',"v":1}'),
        ("a space in an entry", "entry", entry.replace(":", ": ", 1)),
        ("a space before the last brace", "entry", entry[:-1] + " }"),
        ("a line feed behind an entry", "entry", entry + "\n"),
        (
            "keys of an entry out of order",
            "entry",
            entry.replace('"leaf":"entry",', "").replace("{", '{"received":0,"leaf":"entry",', 1),
        ),
        ("received with a leading zero", "entry", entry.replace(str(RECEIVED), "0" + str(RECEIVED))),
        ("a batch leaf without absent", "batch", raw(BATCH | {"absent": None})),
        ("absent at position 1,000", "batch", raw(BATCH | {"absent": [[1_000, HASH]]})),
        ("absent without a hash", "batch", raw(BATCH | {"absent": [[1]]})),
        ("a header of size 0", "batch", raw(BATCH | {"header": HEADER | {"size": 0}})),
        ("a header of size 1,001", "batch", raw(BATCH | {"header": HEADER | {"size": 1_001}})),
        ("a header without a root", "batch", raw(BATCH | {"header": {k: v for k, v in HEADER.items() if k != "root"}})),
        ("a batch leaf that is not canonical", "batch", raw(BATCH).replace(",", ", ", 1)),
    ]


def make() -> dict[str, Any]:
    """The whole file."""
    cases: list[dict[str, Any]] = []
    for name, kind, text in valid():
        hashed = base64.urlsafe_b64encode(hashlib.sha256(b"\x00" + text.encode()).digest()).rstrip(b"=").decode()
        case = {"name": name, "kind": kind, "leaf": text, "valid": True, "hash": hashed}
        if kind == "entry":
            case["statement"] = raw(json.loads(text)["statement"])
        cases.append(case)
    cases += [
        {"name": name, "kind": kind, "leaf": text, "valid": False, "reason": "leaf-malformed"} for name, kind, text in invalid()
    ]
    return {"page": "leaf.md", "cases": cases}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")

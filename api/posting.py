"""`suxin post`: complete, sign and send one statement, then check its receipt."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import orjson

from ..ledger import canonical
from ..ledger.checkpoint import log_key, open_cosigned
from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import LedgerError, Refused
from ..ledger.hashing import leaf_hash
from ..ledger.leaf import encode_entry
from ..ledger.moment import moment_text
from ..ledger.note import parse_vkey
from ..ledger.proof import verify_inclusion
from .keyring import load_key
from .registrar import uuid7

TIMEOUT_S = 30


def _read(file: Path) -> dict[str, Any]:
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused("not-json", f"{file}: {error}") from error
    if not isinstance(value, dict):
        raise Refused("not-json", f"{file} holds no JSON object")
    return value


def post_file(file: Path, key_file: Path, n: int, url: str, as_json: bool) -> int:
    """Post one statement; 0 when recorded and the receipt holds, 1 when refused, 2 when it could not be tried.

    The receipt is checked on this machine: the leaf is rebuilt from what was signed here.
    """
    key = load_key(key_file)
    now = time.time_ns() // 1_000_000
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
            about = client.get("/.well-known/suxin.json").raise_for_status().json()
            fixed = {"v": 1, "book": about["book"], "id": uuid7(now, os.urandom(10)), "key": b64u(key.key_id), "n": n}
            raw = canonical.dump({**fixed, "at": moment_text(now), **_read(file)})
            signature = key.sign_statement(raw)
            body = b'{"signature":"%s","statement":%s}' % (b64u(signature).encode(), raw)
            response = client.post("/v1/events", content=body, headers={"content-type": "application/json"})
    except (httpx.HTTPError, KeyError) as error:
        sys.stderr.write(f"suxin: {url} cannot be reached: {error}\n")
        return 2
    answer = response.json()
    if response.status_code not in (200, 201):
        _say(
            answer,
            as_json,
            f"refused: {answer['type']}: {answer.get('detail', '')} {answer.get('pointer', '')}\n{answer['cure']}",
        )
        return 1
    vkey = parse_vkey(about["vkey"])
    try:
        checkpoint = open_cosigned(answer["checkpoint"], about["origin"], [log_key(about["origin"], vkey.public)]).checkpoint
        leaf = leaf_hash(encode_entry(raw, answer["received"], signature))
        path = [unb64u(node, 32) for node in answer["proof"]]
        verify_inclusion(leaf, answer["index"], checkpoint.size, path, checkpoint.root)
    except LedgerError as error:
        sys.stderr.write(f"suxin: the receipt does not hold: {error}\n")
        return 1
    what = f"{answer['outcome']} at index {answer['index']}, statement {answer['statement']}"
    _say(answer, as_json, f"{what}\nreceipt checked on this machine: included in the log of {checkpoint.size} leaves")
    return 0


def _say(answer: dict[str, Any], as_json: bool, words: str) -> None:
    sys.stdout.write((orjson.dumps(answer).decode() if as_json else words) + "\n")

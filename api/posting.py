"""`suxin post`: complete, sign and send one statement, then check its receipt."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import orjson

from ..client.errors import ClientError, Declined, ReceiptInvalid
from ..client.post import Patience, Session
from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft
from ..ledger.encoding import b64u
from ..ledger.errors import Refused, StoreError
from ..ledger.moment import moment_text
from .keyring import load_key
from .outcome import refuse, untried, waiting

_MEMBERS = {"type", "actor", "at", "subjects", "body", "for"}


def _now() -> int:
    return time.time_ns() // 1_000_000


def read_draft(file: Path) -> tuple[str, Draft]:
    """Actor and draft from a JSON file; `-` is standard input.

    Raises:
        Refused: `not-json`, `field-missing`, `field-unknown`.
        StoreError: The file cannot be read.
    """
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise StoreError(f"the statement {file} cannot be read: {error.strerror}") from error
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused("not-json", f"{file}: {error}") from error
    if not isinstance(value, dict) or not {"type", "actor", "body"} <= set(value):
        raise Refused("field-missing", f"{file} needs at least type, actor and body")
    if unknown := set(value) - _MEMBERS:
        raise Refused("field-unknown", f"{file}: {', '.join(sorted(unknown))}; known are {', '.join(sorted(_MEMBERS))}")
    at = value.get("at", moment_text(_now()))
    return value["actor"], Draft(value["type"], at, value.get("subjects", {}), value["body"], for_=value.get("for"))


def post_file(file: Path, key_file: Path, n: int, url: str, as_json: bool) -> int:
    """Post one statement; 0 when recorded and the receipt holds, 1 when refused or unproved, 2 when it could not be tried.

    The receipt is checked on this machine: the leaf is rebuilt from what was signed here.
    """
    try:
        actor, draft = read_draft(file)
        key = load_key(key_file)
        with Session(url, patience=Patience(told=waiting(url))) as session:
            signer = Signer(key, actor, session.site().book, MemoryCounter(n - 1), _now)
            signed = signer.sign(draft)
            receipt = session.post(signed)
    except Declined as error:
        if not error.problem.code:
            return untried(f"{url} answers as no book does: {error}", as_json)
        return refuse(error.problem, error.status, as_json)
    except ReceiptInvalid as error:
        untried(f"the receipt does not hold: {error}", as_json, error.code)
        return 1
    except (ClientError, StoreError) as error:
        return untried(str(error), as_json)
    if as_json:
        sys.stdout.write(receipt.answer.decode() + "\n")
    else:
        sys.stdout.write(
            f"{receipt.outcome} at index {receipt.index}, statement {b64u(signed.hash)}\n"
            f"receipt checked on this machine: included in the log of {receipt.size} leaves\n"
        )
    return 0

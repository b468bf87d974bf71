"""`suxin key rotate` and `suxin key revoke` for actors and their devices: made, signed and posted in one request, all or none."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import orjson

from ..client.errors import ClientError, Declined
from ..client.post import Patience, Session
from ..client.receipt import RowsReceipt
from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft
from ..ledger.canonical import JsonValue
from ..ledger.errors import Refused
from ..ledger.moment import moment_text
from .keyring import load_key, make_key
from .outcome import refuse, untried, waiting
from .problems import status_of

DONE: Final = 0


@dataclass(frozen=True, slots=True)
class Care:
    """What was typed.

    Attributes:
        url: Address of the book.
        key: File of the key that signs.
        actor: Whose key signs.
        n: Its next number.
        party: Whose key is changed; None for the actor itself.
        old: Public key that goes, 44 characters; None for the one that signs.
        new: File of the key that comes, made when it is not there; None for none.
        reason: routine, lost, stolen or left.
        since: When a theft began.
    """

    url: str
    key: Path
    actor: str
    n: int
    party: str | None = None
    old: str | None = None
    new: Path | None = None
    reason: str | None = None
    since: str | None = None


def change_key(event: Literal["rotate", "revoke"], care: Care, as_json: bool) -> int:
    """Add a key where one is given, and rotate or revoke the old one.

    Returns:
        0 when it is recorded and the receipt holds, 1 when it was refused, 2 when it could not be tried.

    Raises:
        Refused: What was typed is not a statement, or does not say which key goes.
        StoreError: A key file.
    """
    signing = load_key(care.key)
    party = care.party or care.actor
    if care.old is None and party != care.actor:
        raise Refused("field-missing", "the key of another goes by its public half: name it", "/body/key")
    new = None if care.new is None else load_key(care.new) if care.new.exists() else make_key(care.new)
    body: dict[str, JsonValue] = {"event": event, "key": care.old or signing.public_text}
    body |= {name: text for name, text in (("reason", care.reason), ("since", care.since)) if text is not None}
    bodies: list[dict[str, JsonValue]] = [body] if new is None else [{"event": "add", "key": new.public_text}, body]
    try:
        with Session(care.url, patience=Patience(told=waiting(care.url))) as session:
            signer = Signer(signing, care.actor, session.site().book, MemoryCounter(care.n - 1), _now)
            at = moment_text(_now())
            rows = [signer.sign(Draft("key", at, {"party": party}, one)) for one in bodies]
            receipt = session.post_rows(rows, "rollback")
    except Declined as error:
        return refuse(error.problem, error.status, as_json)
    except ClientError as error:
        return untried(str(error), as_json)
    problems = [row.problem for row in receipt.rows if row.problem is not None]
    if problems:
        first = next((problem for problem in problems if problem.code != "rolled-back"), problems[0])
        return refuse(first, status_of(first.code), as_json)
    _say(event, receipt, bodies, care, as_json)
    return DONE


def _now() -> int:
    return time.time_ns() // 1_000_000


def _say(event: str, receipt: RowsReceipt, bodies: list[dict[str, JsonValue]], care: Care, as_json: bool) -> None:
    indexes = [row.index for row in receipt.rows]
    if as_json:
        done = [{"event": body["event"], "index": index, "key": body["key"]} for body, index in zip(bodies, indexes, strict=True)]
        sys.stdout.write(orjson.dumps({"epoch": receipt.epoch, "rows": done}).decode() + "\n")
        return
    for body, index in zip(bodies, indexes, strict=True):
        sys.stdout.write(f"{body['event']} {body['key']} at index {index}\n")
    if care.new is not None:
        sys.stdout.write(f"sign with {care.new} from now on, n = 1 first\n")
    if event == "rotate":
        sys.stdout.write("the old key signs for 30 days more, for queues that were offline; then destroy its file\n")

"""`suxin diff`: from a checkpoint that somebody kept to what the book shows now. Prints; `difference.py` compares.

Exit code 0: nothing was removed or rewritten; 1: something was; 2: it could not be checked, or not all of it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from ..ledger.checkpoint import Checkpoint
from ..ledger.contradiction import as_words, encode_contradiction
from ..ledger.encoding import b64u
from ..ledger.epoch import Epoch
from ..ledger.errors import LedgerError, StoreError
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.reasons import REASONS
from .address import Address
from .difference import NOT_PROVED, Difference, compare
from .outcome import EXIT, fail, moment, result_json, say_verdict
from .trust import Trust, read_policy, trust_in


def diff(url: str, since: Path, policy: Path | None, hashes_only: bool, as_json: bool) -> int:
    """Compare and print.

    Args:
        url: Address of the book.
        since: File of the kept checkpoint.
        policy: File of the reader's policy.
        hashes_only: Ask for no update proofs.
        as_json: Print one JSON object.

    Returns:
        Exit code.
    """
    try:
        with Address(url) as book:
            trust = trust_in(book, read_policy(policy))
            found = compare(book, trust, _read_note(since), hashes_only=hashes_only)
    except (LedgerError, OSError) as error:
        return fail(error, as_json)
    if as_json:
        print(orjson.dumps(_json(found, trust, book.url)).decode())  # noqa: T201 - the answer itself
    else:
        _print(found, trust, Console(highlight=False, soft_wrap=True))
    return EXIT[found.result.state]


def _read_note(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(NOTE_BYTES_MAX + 1).decode()
    except OSError as error:
        raise StoreError(f"the checkpoint {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{file} is no checkpoint: not UTF-8") from error


def _json(found: Difference, trust: Trust, url: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "verdict": found.result.state,
        "origin": trust.origin,
        "log": trust.vkey,
        "checked": found.checked,
        "not_checked": found.not_checked,
        "from": _state(found.old, found.before),
        "to": None if found.new is None else _state(found.new, found.after),
        "added": _added(found),
        "first": result_json(found.result),
        "not_proved": list(NOT_PROVED),
        "notices": list(trust.notices),
    }
    if found.result.state == "fails":
        kept = found.contradiction(trust, url, time.time_ns() // 1_000_000)
        value["contradiction"] = orjson.loads(encode_contradiction(kept))
    return value


def _state(checkpoint: Checkpoint, epoch: Epoch | None) -> dict[str, Any]:
    known = {} if epoch is None else {"epoch": epoch.number, "time": epoch.time, "streams": epoch.streams}
    return {"size": checkpoint.size, "root": b64u(checkpoint.root), **known}


def _added(found: Difference) -> dict[str, int]:
    if found.new is None or found.result.state == "fails":
        return {}
    added = {"leaves": found.new.size - found.old.size}
    if found.before is not None and found.after is not None:
        added |= {"epochs": found.after.number - found.before.number, "streams": found.after.streams - found.before.streams}
    known = {"entries": found.entries, "batches": found.batches, "grown": found.grown}
    return added | {name: count for name, count in known.items() if count is not None}


def _print(found: Difference, trust: Trust, console: Console) -> None:
    added = _added(found)
    console.print(f"{trust.origin}: from {_words(found.old, found.before)}", markup=False)
    if found.new is not None:
        console.print(f"to {_words(found.new, found.after)}", markup=False)
    if found.result.state != "fails":
        console.print("added: " + ", ".join(f"{count} {name}" for name, count in added.items()))
        console.print("nothing was removed, rewritten or put in between")
        if "map" in found.checked:
            console.print("every stream moved as the leaves between say, and no other moved")
    for what, why in found.not_checked.items():
        console.print(f"not checked: {what}: {why}", markup=False)
    for notice in trust.notices:
        console.print(f"note: {notice}")
    console.print("this does not prove " + "; ".join(NOT_PROVED), markup=False)
    if found.result.state == "fails":
        console.print(f"{REASONS[found.result.code][0]} {as_words(found.result.detail)}", markup=False)
    say_verdict(found.result, console)


def _words(checkpoint: Checkpoint, epoch: Epoch | None) -> str:
    known = "" if epoch is None else f", epoch {epoch.number} of {moment(epoch.time)}"
    return f"size {checkpoint.size}{known}"

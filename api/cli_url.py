"""`suxin verify --url`: a book over HTTP, with no database. Prints; `monitor.py` looks, `ledger/audit_follow.py` decides.

Exit code 0: it holds; 1: it does not; 2: it could not be checked, or not all of it. Source: docs/guide/outside.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson
from rich.console import Console

from ..ledger.bundle_report import Result
from ..ledger.errors import LedgerError
from .address import Address, read_token
from .keeping import open_keeping
from .monitor import Monitor
from .outcome import EXIT, fail, moment, say_verdict
from .progress import leaves_bar
from .trust import read_policy, trust_in
from .turn import Limits, Turn
from .turn_report import lines_of, report, result_of
from .vantage import open_vantages

NOT_PROVED: Final = (
    "what tables the server keeps beside its log",
    "that others are shown the same log, or were before: suxin monitor, witnesses",
)
NOT_ASKED: Final = "they were not asked for"
IN_CLEAR: Final = "the credential went over http, in clear"


def verify_url(url: str, policy: Path | None, credential: Path | None, hashes_only: bool, as_json: bool) -> int:
    """Check a book as it is shown now, and print the result.

    Args:
        url: Address of the book.
        policy: File of the reader's policy.
        credential: File of an auditor's token; None for SUXIN_CREDENTIAL, or none.
        hashes_only: Ask for no entries.
        as_json: Print one JSON object.

    Returns:
        Exit code.
    """
    try:
        with Address(url) as book, TemporaryDirectory(prefix="suxin-") as folder, _bar(as_json) as progress:
            trust = trust_in(book, read_policy(policy))
            token = None if hashes_only else read_token(credential)
            lacking = NOT_ASKED if hashes_only else entries_lacking(book, token)
            notices = (*trust.notices, *((IN_CLEAR,) if token and book.in_clear else ()))
            with (
                open_vantages(trust, book if trust.policy else None) as vantages,
                open_keeping(book, Path(folder), trust, token, whole=not lacking, progress=progress) as keeping,
            ):
                turn = Monitor(Path(folder), book, trust, keeping, vantages, Limits(stale_is_fault=False)).turn()
                result = result_of(turn, "" if hashes_only else lacking)
                more = {"not_proved": list(NOT_PROVED), "notices": list(notices)}
                value = report(turn, result, keeping, trust, lacking, vantages) | more
    except (LedgerError, OSError) as error:
        return fail(error, as_json)
    if as_json:
        print(orjson.dumps(value).decode())  # noqa: T201 - the answer itself
    else:
        _print(turn, result, value, Console(highlight=False, soft_wrap=True))
    return EXIT[result.state]


def entries_lacking(book: Address, token: str | None) -> str:
    """Why entry bodies are not shown at an address; "" where they are.

    Raises:
        Unreachable: No answer.
    """
    lines = book.checkpoint().split(b"\n", 2)
    size = int(lines[1]) if len(lines) > 1 and lines[1].isdigit() and len(lines[1]) < 20 else 1  # a hint; checked later
    return book.shows_entries(max(size, 1), token)


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[int], None]]:
    """Leaves checked so far, on standard error."""
    with leaves_bar("verifying", quiet) as progress:
        task = progress.add_task("", total=None)
        yield lambda leaves: progress.update(task, completed=leaves)


def _print(turn: Turn, result: Result, value: dict[str, Any], console: Console) -> None:
    for line in lines_of(value):
        console.print(line, markup=False)
    if not turn.found:
        console.print(f"this holds: {', '.join(turn.checked)}; it does not show " + "; nor ".join(NOT_PROVED), markup=False)
    as_of = f", as of {moment(turn.epoch.time)}" if turn.epoch is not None and turn.current.state != "holds" else ""
    say_verdict(result, console, as_of if result.state == "holds" else "")

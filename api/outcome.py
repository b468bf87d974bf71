"""How commands end that check, and those that post: exit codes, the words for them, and what could not even be begun.

With `--json` standard output has one JSON value whatever happens; where something went wrong it has a member `error`.
Source: DESIGN 6; docs/guide/outside.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from rich.console import Console

from ..client.errors import Problem, Unreachable
from ..ledger.bundle_report import Result
from ..ledger.contradiction import as_words
from ..ledger.errors import LedgerError, VerificationError
from ..ledger.limits import CALENDAR_MS_MAX
from ..ledger.reasons import REASONS

EXIT: Final = {"holds": 0, "fails": 1, "open": 2}
_COLOURS: Final = {"holds": "green", "fails": "red", "open": "yellow"}
_WORDS: Final = {"holds": "holds", "fails": "does not hold", "open": "could not be checked"}


def result_json(result: Result) -> dict[str, Any] | None:
    """A result that does not hold as a JSON value; None for one that does."""
    if result.state == "holds":
        return None
    reason = {"reason": REASONS[result.code][0]} if result.code in REASONS else {}
    index = {} if result.index is None else {"index": result.index}
    return {"code": result.code, **reason, "detail": as_words(result.detail), **index}


def say_verdict(result: Result, console: Console, more: str = "") -> None:
    """The last line, for a person."""
    place = "" if result.index is None else f" at index {result.index}"
    why = f": {result.code}{place}" if result.code else ""
    console.print(f"[{_COLOURS[result.state]}]{_WORDS[result.state]}{more}[/]{why}")


def fail(error: Exception, as_json: bool) -> int:
    """Say why nothing could be checked.

    Returns:
        Exit code.
    """
    said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
    words = as_words(said) or type(error).__name__
    detail = as_words(error.detail) if isinstance(error, VerificationError) else words
    code = error.code if isinstance(error, VerificationError) else "unanswered" if isinstance(error, Unreachable) else ""
    if as_json:
        first = {"code": code, "detail": detail}  # no code for a mistake in the command, or a disk
        print(orjson.dumps({"verdict": "open", "first": first, "error": words}).decode())  # noqa: T201 - the answer itself
    print(f"suxin: could not be checked: {words}", file=sys.stderr)  # noqa: T201 - to whoever typed it
    return EXIT["open"]


def no_document(error: LedgerError, as_json: bool) -> int:
    """Say that a file which was to be checked is not even of its kind: it does not hold.

    Returns:
        Exit code.
    """
    words = as_words(str(error))
    if as_json:
        print(orjson.dumps({"verdict": "fails", "fault": words, "error": words}).decode())  # noqa: T201 - the answer itself
    print(f"suxin: does not hold: {words}", file=sys.stderr)  # noqa: T201 - to whoever typed it
    return EXIT["fails"]


def refuse(problem: Problem, status: int, as_json: bool) -> int:
    """Say that a book refused what was posted, why, and what can be done about it.

    Returns:
        Exit code.
    """
    where = f" at {problem.pointer}" if problem.pointer else ""
    words = f"refused, {problem.code}{where}: {problem.detail}"
    if as_json:
        told = {"outcome": "refused", "error": words, "status": status, "code": problem.code, "pointer": problem.pointer}
        print(orjson.dumps(told | {"detail": problem.detail, "cure": problem.cure}).decode())  # noqa: T201 - the answer itself
    print(f"suxin: {words}\n       {problem.cure}", file=sys.stderr)  # noqa: T201 - to whoever typed it
    return 1


def untried(words: str, as_json: bool, code: str = "") -> int:
    """Say why something could not be tried.

    Returns:
        Exit code.
    """
    if as_json:
        print(orjson.dumps({"error": words} | ({"code": code} if code else {})).decode())  # noqa: T201 - the answer itself
    print(f"suxin: {words}", file=sys.stderr)  # noqa: T201 - to whoever typed it
    return 2


def waiting(url: str) -> Callable[[str], None]:
    """Tells whoever waits, once, that an address does not answer yet."""
    said: list[str] = []

    def told(why: str) -> None:
        if not said:
            print(f"suxin: no answer from {url} yet ({why}); trying again for a minute", file=sys.stderr)  # noqa: T201 - progress
        said.append(why)

    return told


def moment(ms: int) -> str:
    """A time for a person."""
    if ms > CALENDAR_MS_MAX:
        return f"{ms} ms"
    return datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

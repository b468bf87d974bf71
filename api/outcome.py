"""How `verify --url`, `monitor` and `diff` end: exit codes, the words for them, and what could not even be begun.

Source: DESIGN 6; docs/guide/outside.md.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from rich.console import Console

from ..client.errors import Unreachable
from ..ledger.bundle_report import Result
from ..ledger.contradiction import as_words
from ..ledger.errors import VerificationError
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
    code = error.code if isinstance(error, VerificationError) else "unanswered" if isinstance(error, Unreachable) else ""
    if as_json:
        first = {"code": code, "detail": words}  # no code for a mistake in the command, or a disk
        print(orjson.dumps({"verdict": "open", "first": first, "error": words}).decode())  # noqa: T201 - the answer itself
    print(f"suxin: could not be checked: {words}", file=sys.stderr)  # noqa: T201 - to whoever typed it
    return EXIT["open"]


def moment(ms: int) -> str:
    """A time for a person."""
    if ms > CALENDAR_MS_MAX:
        return f"{ms} ms"
    return datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

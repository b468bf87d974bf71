"""`suxin verify --contradiction`: what a monitor's file of evidence shows to somebody who trusts her own policy and nobody else.

Exit code 1: the log's key is convicted; 2: the file alone decides nothing, and the words say what it does show.
Source: docs/formats/contradiction.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from ..ledger.contradiction import CONTRADICTION_BYTES_MAX, Weight, as_words, parse_contradiction, weigh
from ..ledger.errors import LedgerError, VerificationError
from .outcome import EXIT, fail
from .trust import read_policy

_WORDS: Final = {
    Weight.CONVICTS: "the log's key signed two states of which one cannot be",
    Weight.BINDS: "the log was signed with this leaf in it; do again the check that the code names",
    Weight.CLAIMS: "the signatures hold; what else it says is the word of whoever kept it",
}
_VERDICT: Final = {Weight.CONVICTS: "fails", Weight.BINDS: "open", Weight.CLAIMS: "open"}


def verify_contradiction(file: Path, policy: Path | None, as_json: bool) -> int:
    """Weigh a file of evidence and print what it shows.

    Args:
        file: The file.
        policy: File of the reader's policy; without one every log is unknown.
        as_json: Print one JSON object.

    Returns:
        Exit code.
    """
    try:
        with file.open("rb") as opened:
            found = parse_contradiction(opened.read(CONTRADICTION_BYTES_MAX + 2))
        known = read_policy(policy)
        keys = [] if known is None else [log.key for log in known.logs if log.key.name == found.origin]
        if not keys:
            raise VerificationError("log-unknown", f"the policy does not know the log {found.origin or '(none)'}")
        weight = weigh(found, *keys)
    except (LedgerError, OSError) as error:
        return fail(error, as_json)
    verdict = _VERDICT[weight]
    if as_json:
        value = {"verdict": verdict, "weight": weight.value, "code": found.code, "origin": found.origin, "found": found.found_ms}
        print(orjson.dumps(value).decode())  # noqa: T201 - the answer itself
    else:
        console = Console(highlight=False, soft_wrap=True)
        console.print(f"{as_words(found.origin)}: {found.code}: {as_words(found.detail)}", markup=False)
        console.print(f"{weight.value}: {_WORDS[weight]}", markup=False)
    return EXIT[verdict]

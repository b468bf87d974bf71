"""`suxin verify --bundle`: one product's bundle against a reader's policy and clock. Prints; `ledger/bundle_verify.py` decides.

Exit code 0: it holds, if need be as of the time it says; 1: it does not; 2: it could not be checked, as of an unknown log.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from ..ledger.bundle_report import BundleReport, Result, report_json
from ..ledger.bundle_verify import verify_bundle
from ..ledger.errors import LedgerError, StoreError
from ..ledger.limits import BUNDLE_BYTES_MAX, CALENDAR_MS_MAX
from ..ledger.policy import NONE, Policy
from ..ledger.reasons import REASONS
from ..trace.lifecycle import TradeRules
from .outcome import EXIT, fail
from .trust import read_policy

NOBODY: Final = Policy((), (), (), NONE)  # of a reader who has pinned nothing: every log is unknown to her
NO_POLICY: Final = (
    "no policy was given: --policy FILE, of two lines or more, `log VKEY` and `quorum none`; "
    "the book names its key as vkey at /.well-known/suxin.json, but better take it from elsewhere (docs/formats/policy.md)"
)
STATED: Final = "the operator states this; not yet checked by an independent auditor"
TITLES: Final = {
    "form": "form",
    "signatures": "signatures",
    "order": "order",
    "on_record": "on record",
    "complete": "every entry here",
    "withheld": "withheld",
    "current": "how current",
    "witnesses": "witnesses",
}


def verify_bundle_file(bundle: Path, policy: Path | None, as_json: bool, now_ms: int | None = None) -> int:
    """Check a bundle from a file and print the result.

    Args:
        bundle: File of the bundle.
        policy: File of the reader's trust policy; without one every log is unknown.
        as_json: Print one JSON value.
        now_ms: The reader's clock, Unix milliseconds; None for this machine's.

    Returns:
        Exit code.
    """
    try:
        trusted = read_policy(policy) or NOBODY
        with bundle.open("rb") as file:
            raw = file.read(BUNDLE_BYTES_MAX + 1)
    except LedgerError as error:
        return fail(error, as_json)
    except OSError as error:
        return fail(StoreError(f"the bundle {bundle} cannot be read: {error.strerror}"), as_json)
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    report = verify_bundle(raw, trusted, now, TradeRules())
    if as_json:
        print(orjson.dumps(report_json(report)).decode())  # noqa: T201 - the answer itself
    else:
        _print(report, trusted, Console(highlight=False, soft_wrap=True))
    return EXIT[report.verdict]


def _print(report: BundleReport, policy: Policy, console: Console) -> None:
    colours = {"holds": "green", "fails": "red", "open": "yellow"}
    if report.subject:
        console.print(f"{report.subject} in {report.origin or 'a log without a name'}", markup=False)
    for name, result in report.results.by_name().items():
        words = _holds(name, report, policy) if result.state == "holds" else _says(name, result, report)
        console.print(f"{TITLES[name]:17}[{colours[result.state]}]{result.state:6}[/]", end="")
        console.print(words, markup=False)
    verdict = {"holds": "holds", "fails": "does not hold", "open": "could not be checked"}[report.verdict]
    if report.verdict == "holds" and report.results.current.state != "holds":
        verdict = f"holds, as of {_moment(report.time_ms)}"
    if policy is NOBODY:
        console.print(NO_POLICY, markup=False)
    first = next((one for one in report.results.by_name().values() if one.state == report.verdict and one.code), None)
    place = "" if first is None or first.index is None else f" at index {first.index}"
    console.print(f"[{colours[report.verdict]}]{verdict}[/]" + (f": {first.code}{place}" if first else ""))


def _holds(name: str, report: BundleReport, policy: Policy) -> str:
    """What a result that holds says, and no more."""
    resting = "" if report.audited else f"; {STATED}"
    if name == "signatures":
        return f"{report.entries} entries, signatures valid, by {report.signers} keys"
    if name == "order":
        return f"recorded in this order and unaltered{resting}"
    if name == "on_record":
        return f"epoch {report.epoch} of {_moment(report.time_ms)}, {report.size} leaves{resting}"
    if name == "complete":
        found = "every entry about it is here" if report.recorded else "no such subject in this book"
        lot = (
            ""
            if report.lot_known or not report.recorded or report.subject[0] != "p"
            else "; lot unknown: recalls cannot be checked"
        )
        return f"{found}; it does not show what nobody entered{lot}{resting}"
    if name == "withheld":
        return f"{report.withheld_entries} entries withheld by law{resting}"
    if name == "current":
        return f"state of {_moment(report.time_ms)}"
    if name == "witnesses":
        asked = "asks for none" if not policy.needs_witnesses() else f"asks for {policy.quorum}"
        return f"{len(report.cosigned)} have cosigned; the policy {asked}"
    return "the bundle could be read"


def _says(name: str, result: Result, report: BundleReport) -> str:
    if name == "current" and result.code in ("state-old", "state-ahead", "cosignatures-old"):
        return f"holds, as of {_moment(report.time_ms)}: {REASONS[result.code][0]} {result.detail}"
    place = "" if result.index is None else f" at index {result.index}"
    return f"{result.code}{place}: {REASONS[result.code][0]} {result.detail}"


def _moment(ms: int) -> str:
    if ms > CALENDAR_MS_MAX:
        return f"{ms} ms"
    return datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

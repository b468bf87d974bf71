"""Check of a bundle: separate results from bytes, a reader's policy and a clock. No I/O, and nothing of the writer's code.

It shares with the writer hashing, parsing, `streams()`, the closure and the rules of key history. Whether the map is the map
of all entries, and whether authority and life cycle allowed each entry, no bundle shows: that is what the cosignature of a
full witness says. Source: DESIGN 3.3 "What a reader may conclude"; docs/formats/bundle.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from .bundle import Bundle, parse_bundle
from .bundle_record import check_log_keys, check_record
from .bundle_report import HOLDS, BundleReport, Result, Results
from .bundle_signatures import SignatureCheck
from .bundle_story import check_story
from .bundle_withheld import causes_of, check_withheld
from .checkpoint import log_key
from .errors import VerificationError
from .policy import NONE, Log, Policy
from .rules import Rules
from .withholding import withholding_of

State = TypeVar("State")


def log_policy(origin: str, publics: Sequence[bytes]) -> Policy:
    """The policy of a reader who knows a log by its keys (32 bytes each) and asks for no witness."""
    return Policy(tuple(Log(log_key(origin, public)) for public in publics), (), (), NONE)


def verify_bundle(raw: bytes, policy: Policy, now_ms: int, rules: Rules[State]) -> BundleReport:
    """Check a bundle. Evidence that does not hold is a result, never an exception.

    Args:
        raw: The bundle as it came.
        policy: Whom the reader trusts; pinned before, never taken from the bundle.
        now_ms: The reader's clock, Unix milliseconds.
        rules: Rules of the trade, for the history of keys.

    Returns:
        The results, and what was counted.
    """
    try:
        bundle = parse_bundle(raw)
    except VerificationError as error:
        unread = Result("open", error.code, "the bundle could not be read")
        failed = Result("fails", error.code, error.detail, error.index)
        return BundleReport(Results(form=failed).standing(unread))
    causes = causes_of(bundle)
    record = check_record(bundle, policy, now_ms)
    signatures = SignatureCheck(bundle, rules)
    record = check_log_keys(record, signatures.directory.log_keys, bundle.epoch.time)
    order, complete = check_story(bundle, {index: named[0][1] for index, named in causes.items() if named})
    withheld = check_withheld(bundle, causes, signatures.directory)
    not_understood = _not_understood(bundle)
    if complete == HOLDS and withheld != HOLDS:
        complete = Result("open", withheld.code, "an entry is withheld without right", withheld.index)
    if complete == HOLDS and not_understood:
        detail = f"{len(not_understood)} entries"
        complete = Result("open", "entries-not-understood", detail, not_understood[0])
    item = [bundle.entries[i].statement for i in bundle.streams[bundle.subject] if i in bundle.entries]
    results = Results(HOLDS, signatures.result, order, record.result, complete, withheld, record.current, record.witnesses)
    if record.result != HOLDS:  # nobody has signed this state, so nothing is shown by it
        results = results.standing(Result("open", record.result.code, "the state shown is not on record"))
    known = record.checkpoint
    return BundleReport(
        results,
        audited=record.audited and record.result == HOLDS,
        log_unknown=record.unknown,
        subject=bundle.subject,
        recorded=bool(bundle.streams[bundle.subject]),
        lot_known=any("lot" in statement.subjects for statement in item),
        origin=known.origin if known else "",
        size=known.size if known else 0,
        root=known.root if known else b"",
        epoch=bundle.epoch.number,
        time_ms=bundle.epoch.time,
        entries=len(bundle.entries),
        streams=sum(bool(indexes) for indexes in bundle.streams.values()),
        absent=sum(not indexes for indexes in bundle.streams.values()),
        withheld_entries=len(bundle.withheld),
        not_understood=len(not_understood),
        signers=len(signatures.signers),
        cosigned=record.cosigned,
    )


def _not_understood(bundle: Bundle) -> list[int]:
    return [
        index
        for index, shown in bundle.entries.items()
        if shown.statement.body is None and withholding_of(shown.statement) is None
    ]

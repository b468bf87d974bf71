"""Refusals as RFC 9457 problems; the only place that knows which HTTP status a code has."""

from __future__ import annotations

from typing import Any

from ..ledger.errors import Fenced, OutcomeUnknown, Refused, StoreError
from ..ledger.problems import PROBLEMS, Problem
from ..ledger.store.waitline import QueueFull

RETRY_AFTER_S = 2  # a group takes far less; what waits longer is an outage, and clients add jitter

# Codes that are not 422.
_STATUS: dict[int, tuple[str, ...]] = {
    400: ("not-json", "body-empty", "body-truncated", "gzip-broken", "row-malformed", "batch-malformed", "signature-malformed"),
    403: (
        "key-unknown", "key-foreign", "key-revoked", "key-expired", "actor-left", "actor-not-approved", "signature-invalid",
        "no-authority", "mandate-missing", "entries-private",
    ),
    404: ("not-found",),
    405: ("method-not-allowed",),
    409: ("counter-used", "id-used", "consign-live", "consign-accepted", "claimed-already", "reviewed-already", "actor-known", "key-known"),
    413: ("body-too-large", "rows-too-many", "statement-too-large"),
    415: ("content-type", "content-encoding"),
    500: ("internal",),
    503: ("busy", "unavailable", "outcome-unknown", "store-failed"),
}  # fmt: skip
STATUS: dict[str, int] = {code: status for status, codes in _STATUS.items() for code in codes}


def status_of(code: str) -> int:
    """HTTP status of a problem code."""
    return STATUS.get(code, 422)


def problem(refused: Refused) -> dict[str, Any]:
    """Members of a problem: stable `type`, what is wrong, where, and the cure."""
    known = PROBLEMS.get(refused.code, Problem("The statement was refused.", "See the detail."))
    found: dict[str, Any] = {
        "type": f"/problems/{refused.code}",
        "title": known.title,
        "status": status_of(refused.code),
        "detail": refused.cause,
        "cure": known.cure,
    }
    if refused.pointer:
        found["pointer"] = refused.pointer
    found.update({name: value for name, value in refused.found.items() if name not in found})
    return found


def refusal_of(error: StoreError) -> Refused:
    """What a caller is told when the fault is ours."""
    if isinstance(error, QueueFull):
        return Refused("busy", "more rows wait than may; nothing of yours was taken")
    if isinstance(error, OutcomeUnknown):
        return Refused("outcome-unknown", "the database did not say whether it committed; send the very same statement again")
    if isinstance(error, Fenced):
        return Refused("unavailable", "this server has stopped writing; its operator must look at it")
    return Refused("store-failed", "the database could not write; nothing was acknowledged")

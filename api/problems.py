"""Refusals as RFC 9457 problems; the only place that knows which HTTP status a code has."""

from __future__ import annotations

from typing import Any

from ..ledger.errors import Fenced, OutcomeUnknown, Refused, StoreError
from ..ledger.problems import PROBLEMS, Problem
from ..ledger.store.waitline import QueueFull

RETRY_AFTER_S = 2  # a group takes far less; what waits longer is an outage, and clients add jitter

# Problems of the transport, beside those of the book in `ledger.problems`.
TRANSPORT: dict[str, Problem] = {
    "not-found": Problem("Nothing is found here.", "Check the address, index or hash."),
    "method-not-allowed": Problem("The address does not take this method.", "See /docs."),
    "content-type": Problem("The body has the wrong content type.", "Send the content type named in the detail."),
    "content-encoding": Problem("The body's encoding is not supported.", "Send gzip, or no encoding."),
    "body-empty": Problem("The body holds no row.", "Send at least one row."),
    "body-too-large": Problem("The body is too large.", "Send it in parts; the detail names the bound."),
    "body-truncated": Problem("The body ended early.", "Send it again; nothing was recorded."),
    "gzip-broken": Problem("The gzip stream cannot be read.", "Compress it again; nothing was recorded."),
    "rows-too-many": Problem("The request has too many rows.", "Send it in parts; the detail names the bound."),
    "row-malformed": Problem("The row is not an object of statement, signature and open.", "Correct the row; see /docs."),
    "batch-malformed": Problem("The batch is not a header line followed by rows.", "Correct the lines; see /docs."),
    "signature-malformed": Problem("The signature is not 64 bytes as base64url.", "Send 86 characters without padding."),
    "opening-mismatch": Problem(
        "An opened value is not the one committed to.", "Send the value and salt that the commitment was made from."
    ),
    "text-empty": Problem("The text says nothing that can be seen.", "Write at least one character, or send no text."),
    "text-control": Problem(
        "The text has control characters.", "Take out all but line feeds; the detail says where the first is."
    ),
    "text-direction": Problem(
        "The text turns its direction around.", "Take out the embedding, override and isolate signs; letters need none."
    ),
    "text-form": Problem("The text is not in normal form C.", "Normalise it (NFC), and commit to the result."),
    "text-invisible": Problem("The text is flooded with signs nobody sees.", "Take out zero-width signs and piles of accents."),
    "too-often": Problem(
        "So much is not written at once.", "Send the very same statement again after Retry-After seconds; nothing was recorded."
    ),
    "entries-private": Problem(
        "Entry bodies of this book are for auditors.", "Ask for a product's bundle, or the operator for a credential."
    ),
    "bundle-too-large": Problem(
        "The story of this product is too large for one bundle.", "Ask the operator for the entries themselves."
    ),
    "update-not-kept": Problem(
        "The map of that epoch is no longer kept.",
        "Ask for an epoch from `oldest` to `newest`; `from` may be as old as you like.",
    ),
    "update-too-large": Problem(
        "What came between the two epochs is too much for one update.",
        "Ask for a nearer `to` first, as named, and go on from there; or verify the entries themselves.",
    ),
    "update-busy": Problem("Another large update is being made.", "Ask again after Retry-After seconds."),
    "table-busy": Problem("The fact table is being made.", "Ask again after Retry-After seconds."),
    "busy": Problem("The book takes no more rows this moment.", "Send the very same statement again after Retry-After seconds."),
    "unavailable": Problem("The book cannot be written to.", "Send the very same statement later; the operator has to act."),
    "outcome-unknown": Problem(
        "It is not known whether the statement was recorded.", "Send the very same bytes again; you get the receipt if it was."
    ),
    "store-failed": Problem("The database could not write.", "Send the very same statement again later."),
    "internal": Problem("A defect of this server.", "Send the very same statement again; tell the operator if it stays so."),
}

# Codes that are not 422.
_STATUS: dict[int, tuple[str, ...]] = {
    400: (
        "not-json", "body-empty", "body-truncated", "gzip-broken", "row-malformed", "batch-malformed", "signature-malformed",
        "link-malformed",
    ),
    403: (
        "key-unknown", "key-foreign", "key-revoked", "key-expired", "actor-left", "actor-not-approved", "signature-invalid",
        "no-authority", "mandate-missing", "entries-private", "review-own-house",
    ),
    404: ("not-found",),
    405: ("method-not-allowed",),
    409: (
        "counter-used", "id-used", "consign-live", "consign-accepted", "claimed-already", "reviewed-already", "actor-known",
        "key-known",
    ),
    410: ("update-not-kept",),
    413: ("body-too-large", "rows-too-many", "statement-too-large", "update-too-large"),
    415: ("content-type", "content-encoding"),
    429: ("too-often",),
    500: ("internal",),
    503: ("busy", "update-busy", "table-busy", "unavailable", "outcome-unknown", "store-failed"),
}  # fmt: skip
STATUS: dict[str, int] = {code: status for status, codes in _STATUS.items() for code in codes}


def status_of(code: str) -> int:
    """HTTP status of a problem code."""
    return STATUS.get(code, 422)


def problem(refused: Refused) -> dict[str, Any]:
    """Members of a problem: stable `type`, what is wrong, where, and the cure."""
    known = PROBLEMS.get(refused.code) or TRANSPORT[refused.code]
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

"""Field types that bodies and leaves are built of: each a shape with its bound, checked while parsing.

Source: DESIGN 3.1, 3.6; waybill codes, reasons and delivery methods after peers.md section 2.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from .identifier import ACTOR, COMPANY
from .limits import INTEGER_MAX
from .moment import DATE, MOMENT

# 32 bytes leave two bits of the last character unused: only one spelling of a hash is good.
Hash = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z", description="SHA-256 as base64url, 43 characters")]
PublicKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{44}\Z", description="algorithm byte and public key, base64url")]
Moment = Annotated[str, Meta(pattern=rf"^{MOMENT}\Z", description="time with offset")]
Date = Annotated[str, Meta(pattern=rf"^{DATE}\Z", description="day")]
District = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,6}\Z", description="GB/T 2260 code, or a region code abroad")]
Facility = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,32}\Z", description="a company's own facility code, never a street")]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{1,40}\Z")]
Actor = Annotated[str, Meta(pattern=rf"^{ACTOR}\Z", max_length=60)]
Company = Annotated[str, Meta(pattern=rf"^{COMPANY}\Z")]
# One pattern, not `Company | Literal[…]`: in a union the pattern would be asked of the two words as well.
KeyHolder = Annotated[str, Meta(pattern=rf"^(?:self|operator|{COMPANY})\Z")]
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Grams = Annotated[int, Meta(ge=0, le=100_000_000)]
Hours = Annotated[int, Meta(ge=0, le=24 * 365)]
Days = Annotated[int, Meta(ge=0, le=365)]
Stars = Annotated[int, Meta(ge=1, le=5)]
Title = Annotated[str, Meta(min_length=1, max_length=120, description="product or company words, never a person's")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]

# What a decoder raises at bytes that are not its shape, no JSON, no UTF-8, or nested deeper than it can follow.
FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

REASONS: dict[str, tuple[str, ...]] = {
    "carrier": ("lost", "damaged", "missort", "vehicle", "capacity", "insufficient_time", "address_not_found"),
    "sender": ("wrong_data", "packaging", "not_ready", "prohibited", "cancelled"),
    "recipient": (
        "absent",
        "refused",
        "wrong_address",
        "moved",
        "closed",
        "no_access",
        "unpaid",
        "id_failed",
        "requested_later",
    ),
    "customs": ("inspection", "documents", "duty_unpaid", "prohibited", "refused"),
    "external": ("weather", "disaster", "civil", "strike"),
}
_CAUSES = "|".join(f"{party}[.](?:{'|'.join(causes)})" for party, causes in REASONS.items())
Reason = Annotated[str, Meta(pattern=rf"^(?:{_CAUSES}|unknown)\Z", description="party.cause")]

ScanCode = Literal[
    "CREATED", "PICKED_UP", "HUB_IN", "HUB_OUT", "HANDOVER", "EXPORT_CUSTOMS", "ARRIVED_COUNTRY", "IMPORT_CUSTOMS",
    "CUSTOMS_CLEARED", "CUSTOMS_PROBLEM", "AT_DELIVERY_DEPOT", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED", "READY_FOR_PICKUP",
    "REFUSED", "RETURNING", "RETURNED", "HELD", "DELAYED", "DAMAGED", "LOST", "FOUND", "CANCELLED",
]  # fmt: skip
Method = Literal["in_person", "by_named_proxy", "household_member", "neighbour", "reception", "locker", "station", "safe_place"]
Consent = Literal["none", "standing", "this_parcel"]
Category = Literal["general", "farm_food", "food", "drugs", "farm_inputs", "special_equipment", "dangerous", "rare_earth"]
Allegation = Literal[
    "delay",
    "lost",
    "damaged",
    "attitude",
    "false_signoff",
    "locker_without_consent",
    "not_my_order",
    "counterfeit",
    "not_as_described",
    "quality",
    "privacy",
    "other",
]
CaseState = Literal[
    "ACKNOWLEDGED",
    "TRIAGED",
    "WITH_PARTY",
    "PROPOSED",
    "ACCEPTED",
    "REJECTED_BY_CONSUMER",
    "ESCALATED",
    "DECIDED",
    "APPEALED",
    "REMEDIED",
    "REOPENED",
    "OVERDUE",
    "CLOSED_NO_ANSWER",
    "HIDDEN",
    "RESTORED",
]
# What a review may be hidden for: off the topic or unlawful (Zhejiang e-commerce regulations, article 19), or the kinds of
# the latter that anybody can tell: somebody's personal data, abuse, a demand for gain.
HidingRule = Literal["off_topic", "unlawful", "personal_data", "abuse", "for_gain"]
# Why a value is erased, or an entry left out of bundles.
Ground = Literal["law", "request", "repair", "term"]
Remedy = Literal["refund", "replace", "repair", "compensation", "apology", "deliver"]
Role = Literal[
    "operator", "platform", "merchant", "warehouse", "courier", "outlet", "station", "device", "lab", "regulator", "consumer"
]


class Row(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of every body: frozen, closed, absent fields stay absent. Parsed from text, so it can hold no cycle to collect."""


class Words(Row, frozen=True):
    """A title in Chinese, English or both."""

    zh: Title | UnsetType = UNSET
    en: Title | UnsetType = UNSET


class Promise(Row, frozen=True):
    """What the seller promises, counted from the sale."""

    dispatch_hours: Hours | UnsetType = UNSET
    deliver_hours: Hours | UnsetType = UNSET
    return_days: Days | UnsetType = UNSET


class Place(Row, frozen=True):
    """Where a step happened: a district, and a company's facility where it has one."""

    district: District
    facility: Facility | UnsetType = UNSET

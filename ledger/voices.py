"""Bodies of what people say of a purchase or a carriage, and of what is answered: reviews, complaints, cases, replies.

As in `bodies.py` no field may hold a person or free text: words are a commitment. Source: DESIGN 3.1; peers.md section 3.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from .terms import (
    Allegation,
    CaseState,
    Count,
    Hash,
    HidingRule,
    Remedy,
    Row,
    Stars,
)


class Faces(Row, frozen=True):
    """Five faces of a courier's service, one to five each."""

    acceptance: Stars | UnsetType = UNSET
    pickup: Stars | UnsetType = UNSET
    delivery: Stars | UnsetType = UNSET
    aftersales: Stars | UnsetType = UNSET
    information: Stars | UnsetType = UNSET


class ReviewBody(Row, frozen=True):
    """A rating of an item and its offer, or of one carriage; never of both."""

    kind: Literal["first", "follow"]
    stars: Stars | UnsetType = UNSET
    seller_stars: Stars | UnsetType = UNSET
    faces: Faces | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class ComplaintBody(Row, frozen=True):
    """An allegation; scores nothing until upheld."""

    category: Allegation
    against: Literal["seller", "carrier"]
    remedy: Remedy | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class CaseBody(Row, frozen=True):
    """A step in handling a complaint, from peers.md section 3's states; or a review's words are hidden, or shown again.

    What is hidden stays on record and is named with the rule it breaks: docs/adr/0010.
    """

    state: CaseState
    outcome: Literal["upheld", "part", "not_upheld", "undetermined"] | UnsetType = UNSET
    at_fault: Literal["seller", "carrier", "buyer", "none"] | UnsetType = UNSET
    paid_minor: Count | UnsetType = UNSET
    rule: HidingRule | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class ReplyBody(Row, frozen=True):
    """An answer by a party that the statement concerns."""

    text: Hash
    remedy: Remedy | UnsetType = UNSET

"""Bodies of what authorities and laboratories find: inspections and recalls of goods, findings about courier companies.

As in `bodies.py` every field is required and no field may hold a person. Source: domain.md 4.1; DESIGN 3.2 (`c:`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .terms import Code, Date, District, Hash, Row

Tally = Annotated[int, Meta(ge=0, le=10_000_000)]
Sample = Annotated[int, Meta(ge=1, le=10_000_000)]


class RecallBody(Row, frozen=True):
    """A class or lot is called back."""

    number: Code
    level: Literal["I", "II", "III"]
    event: Literal["start", "finish"]
    reason: Literal["safety", "quality", "labelling", "other"]
    notice: Hash


class InspectionBody(Row, frozen=True):
    """A laboratory's or an authority's finding on a class or lot."""

    kind: Literal["type_test", "lot_test", "sampling", "check"]
    verdict: Literal["pass", "fail"]
    report: Code
    standard: Code | UnsetType = UNSET
    valid_until: Date | UnsetType = UNSET


class AppealBody(Row, frozen=True):
    """An appeal to the postal authority and where it stands; the newest statement of a number holds.

    `valid` means that the company bears the responsibility. Nothing else counts against it.
    """

    number: Code
    category: Literal["acceptance", "delivery", "delay", "lost", "damaged", "other"]
    finding: Literal["pending", "valid", "not_valid", "withdrawn"]


class CheckBody(Row, frozen=True):
    """An authority's check of a company: how many of how many passed."""

    number: Code
    kind: Literal["realname", "inspection", "double_random"]
    day: Date
    checked: Sample
    passed: Tally


class TrafficBody(Row, frozen=True):
    """Final traffic findings against a company's couriers, and the courier-months they are counted against."""

    number: Code
    day: Date
    found: Tally
    months: Sample


class ExclusionBody(Row, frozen=True):
    """Parcels to or from an area, on days from first to last, leave the rating: nobody could have carried them in time."""

    number: Code
    area: Annotated[list[District], Meta(min_length=1, max_length=64)]
    first: Date
    last: Date
    reason: Literal["weather", "disaster", "civil", "epidemic", "strike"]

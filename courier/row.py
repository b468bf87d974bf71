"""The rows of a fact table: a parcel, a complaint, a rating, a check, each without a person. Pure.

A row says what was found, not what it earns: which indicator it counts in, and as what, is read from the rules by
`courier/measure.py`. Source: docs/formats/fact-table.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..ledger.canonical import dump
from ..ledger.encoding import b64u
from ..ledger.hashing import digest
from ..ledger.terms import Consent, Hash, Method
from .factfile import Apart, Order, Previous, Standing, Uscc
from .rulefile import Day, Grade, Part

PARCEL_TAG: Final = b"suxin-parcel/v1\n"

End = Literal["delivered", "returned", "handed_over", "lost", "presumed_lost", "open"]
Case = Literal["appeal", "damaged", "false_signoff", "lost", "no_consent"]
Gap = Literal["pickup", "facility_in", "facility_out", "round", "end", "order"]
Mark = Literal["bare", "cleared", "deposit", "excluded", "excused", "fast", "late_sync", "light", "own_house", "speed"]
Small = Annotated[int, Meta(ge=0, le=10_000_000)]
City = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,6}\Z")]


class ParcelRow(Part, frozen=True, tag_field="row", tag="parcel"):
    """One parcel of the cohort.

    Attributes:
        parcel: Hash of its waybill: who holds the waybill finds its row, nobody else learns the waybill.
        day: Day in China on which its clock began.
        end: What became of it as of the day of the table.
        known: Best evidence grade of any step of it.
        promise: Whether the promised time was kept.
        origin: City it came from, absent where nobody said.
        destination: City it went to.
        minutes: From pick-up to where the sign-off clock stopped, begun minutes counted; absent without a sign-off.
        grade: Evidence grade of its last step, D where there is none.
        method: How it was signed off.
        consent: Consent recorded with that.
        gaps: What is missing from its record.
        cases: Upheld, admitted or paid.
        marks: What sets it apart.
    """

    parcel: Hash
    day: Day
    end: End
    known: Grade
    promise: Literal["kept", "broken", "none"]
    origin: City | None = None
    destination: City | None = None
    minutes: Small | None = None
    grade: Grade = "D"
    method: Method | None = None
    consent: Consent = "none"
    gaps: tuple[Gap, ...] = ()
    cases: tuple[Case, ...] = ()
    marks: tuple[Mark, ...] = ()


class ComplaintRow(Part, frozen=True, tag_field="row", tag="complaint"):
    """A complaint of a proved party that is closed, or whose clock has run out."""

    day: Day
    settled: bool


class ReviewRow(Part, frozen=True, tag_field="row", tag="review"):
    """A first review of a carriage by a proved party."""

    day: Day
    by: Literal["consumer", "merchant"]
    centi: Annotated[int, Meta(ge=100, le=500)]


class CheckRow(Part, frozen=True, tag_field="row", tag="check"):
    """An authority's check: how many of how many passed."""

    day: Day
    passed: Small
    of: Small


class TrafficRow(Part, frozen=True, tag_field="row", tag="traffic"):
    """Final traffic findings, and the courier-months they are counted against."""

    day: Day
    found: Small
    months: Small


class StandingRow(Part, frozen=True, tag_field="row", tag="standing"):
    """A penalty or breach, as in the facts."""

    standing: Standing


class OrderRow(Part, frozen=True, tag_field="row", tag="order"):
    """A decision that turns a file red, as in the facts."""

    order: Order


class PreviousRow(Part, frozen=True, tag_field="row", tag="previous"):
    """The last publication, as in the facts."""

    previous: Previous


class ApartRow(Part, frozen=True, tag_field="row", tag="apart"):
    """What is counted apart and stands in no other row."""

    apart: Apart


class HeadRow(Part, frozen=True, tag_field="row", tag="head"):
    """The first line of a table's index: whose, as of when, by which rules."""

    v: Literal[1]
    company: Uscc
    as_of: Day
    rules: Annotated[str, Meta(max_length=40)]
    digest: Hash


class SectionRow(Part, frozen=True, tag_field="row", tag="section"):
    """One further line of the index: a month's rows and their root."""

    section: Annotated[str, Meta(pattern=r"^(?:20[0-9]{2}-(?:0[1-9]|1[0-2])|standing)\Z")]
    rows: Small
    root: Hash


Dated = ParcelRow | ComplaintRow | ReviewRow | CheckRow | TrafficRow
Row = Dated | StandingRow | OrderRow | PreviousRow | ApartRow


def parcel_hash(waybill: str) -> str:
    """What stands for a waybill in a fact table."""
    return b64u(digest(PARCEL_TAG, b"w:", waybill.encode("ascii")))


def row_bytes(row: Row | HeadRow | SectionRow) -> bytes:
    """Canonical JSON of a row, without a line feed."""
    value: Any = msgspec.json.decode(msgspec.json.encode(row))
    return dump(value)

"""Bodies of a courier company's credit file.

As in `bodies.py` no field may hold a person or free text: words and names are commitments (`Hash`). A rating is named by
its rules and its book, so that anyone computes it again. Source: DESIGN 3.1, section 5; domain.md 4.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .terms import Count, Date, Hash, Row

Tenths = Annotated[int, Meta(ge=0, le=1_000)]
Version = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{1,11}-[A-Za-z0-9][A-Za-z0-9.]{0,19}\Z", description="as KD-2026.1")]
Indicator = Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9C", "I9M", "I10", "I11", "I12", "I13"]
Named = Annotated[list[Indicator], Meta(max_length=14)]


class State(Row, frozen=True):
    """The state of the book that the facts were read from: size and root of one of its logs."""

    origin: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9./-]{2,89}\Z")]
    size: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    root: Hash


class Ruling(Row, frozen=True):
    """The rule set: its version, its benchmarks, and the hash of both."""

    version: Version
    benchmarks: Version
    digest: Hash


class PublicationBody(Row, frozen=True):
    """A company's service rating as of the end of a day, as docs/formats/score.md writes it.

    `reviewer` is a commitment to the name of the person who answers for a D; `decisions` are the entries that turn it red.
    """

    as_of: Date
    book: State
    colour: Literal["blue", "yellow", "red", "grey"]
    confidence: Literal["high", "middle", "low", "none"]
    grade: Literal["A", "B", "C", "D", "none"]
    near: bool
    own_e1: Tenths
    parcels_e6: Count
    rules: Ruling
    table: Hash
    note: Literal["review", "decision", "sample", "own_data"] | UnsetType = UNSET
    score_e1: Tenths | UnsetType = UNSET
    low_e1: Tenths | UnsetType = UNSET
    high_e1: Tenths | UnsetType = UNSET
    gains: Named | UnsetType = UNSET
    losses: Named | UnsetType = UNSET
    decisions: Annotated[list[Hash], Meta(min_length=1, max_length=8)] | UnsetType = UNSET
    reviewer: Hash | UnsetType = UNSET

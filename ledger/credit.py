"""Bodies of a courier company's credit file.

As in `bodies.py` no field may hold a person or free text: words and names are commitments (`Hash`). A rating is named by
its rules and its book, so that anyone computes it again. Source: DESIGN 3.1, section 5; domain.md 4.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .terms import Actor, Code, Count, Date, Hash, Moment, Row

Tenths = Annotated[int, Meta(ge=0, le=1_000)]
Version = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{1,11}-[A-Za-z0-9][A-Za-z0-9.]{0,19}\Z", description="as KD-2026.1")]
Indicator = Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9C", "I9M", "I10", "I11", "I12", "I13"]
# The title of a law in its marks or a short code, and the article: no room for a sentence about anybody.
Basis = Annotated[
    str, Meta(pattern=r"^(?:《[一-鿿（）〔〕0-9A-Za-z]{2,60}》|[A-Za-z0-9._-]{2,40})(?: [0-9]{1,4}(?:[.-][0-9]{1,3}){0,3})?\Z")
]
Degree = Literal["light", "general", "serious"]
Redress = Literal["review", "lawsuit", "review_or_lawsuit", "objection"]
Trigger = Literal[
    "licence_revoked", "licence_lapsed", "suspension", "data_sold", "parcels_opened", "empty_parcels", "ledger_falsified",
    "inspection_refused", "three_penalties",
]  # fmt: skip
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


class PenaltyBody(Row, frozen=True):
    """An authority's decision to punish, and the days from first to last on which it may be shown.

    `trigger` is what makes a file red: a decision that is final, signed by the authority itself.
    """

    number: Code
    kind: Literal["warning", "notice", "fine", "confiscation", "suspension", "revocation", "restriction"]
    degree: Degree
    basis: Basis
    decided: Date
    first: Date
    last: Date
    remedy: Redress
    final: bool
    fine_minor: Count | UnsetType = UNSET
    trigger: Trigger | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class BreachBody(Row, frozen=True):
    """A breach that was found: of people's data, or of a public commitment, which names the statement of the finding."""

    number: Code
    kind: Literal["data_leak", "data_sale", "data_abuse", "commitment"]
    degree: Degree
    basis: Basis
    decided: Date
    first: Date
    last: Date
    remedy: Redress
    finding: Hash | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class LicenceBody(Row, frozen=True):
    """A licence as its authority keeps it."""

    event: Literal["grant", "renew", "suspend", "resume", "revoke", "lapse"]
    kind: Literal["express", "business", "outlet"]
    number: Code
    first: Date
    last: Date | UnsetType = UNSET


class ListBody(Row, frozen=True):
    """An entry in an official list; it ends at its last day by itself. None of what the law asks for may be missing."""

    list: Literal["serious_dishonesty", "abnormal", "honest"]
    number: Code
    basis: Basis
    notice: Date
    defence: Literal["heard", "waived", "none_made"]
    decided: Date
    first: Date
    last: Date
    remedy: Redress
    text: Hash | UnsetType = UNSET


class WarningBody(Row, frozen=True):
    """A service warning: its notice, its lifting; or the entry that a clock has run out, under what it ran for."""

    event: Literal["notice", "lift", "overdue"]
    grounds: (
        Annotated[list[Literal["appeals", "complaints", "fall", "gaps", "commitment"]], Meta(min_length=1, max_length=5)]
        | UnsetType
    ) = UNSET
    as_of: Date | UnsetType = UNSET
    answer_by: Date | UnsetType = UNSET
    calendar: Version | UnsetType = UNSET
    last: Date | UnsetType = UNSET
    clock: Literal["objection", "acknowledgement"] | UnsetType = UNSET
    due: Moment | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class ObjectionBody(Row, frozen=True):
    """A company objects to what stands about it, or a named person decides on that: `reviewer` commits to the name."""

    event: Literal["file", "withdraw", "decide"]
    reason: Literal["facts", "identity", "amount", "procedure", "expired", "exempt"] | UnsetType = UNSET
    outcome: Literal["upheld", "part", "refused"] | UnsetType = UNSET
    reviewer: Hash | UnsetType = UNSET
    next: Redress | UnsetType = UNSET
    text: Hash | UnsetType = UNSET


class RepairBody(Row, frozen=True):
    """What the statement referred to recorded is shown, shared and used no more; `index` and `leaf` name its entry.

    On the ground `repair` all three conditions are met and a pledge is signed. `partners` are told, and acknowledge.
    """

    ground: Literal["law", "repair", "term"]
    index: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    leaf: Hash
    number: Code
    basis: Basis
    decided: Date
    conditions: Annotated[list[Literal["duty_done", "harm_removed", "no_repeat"]], Meta(max_length=3)] | UnsetType = UNSET
    pledge: Hash | UnsetType = UNSET
    partners: Annotated[list[Actor], Meta(min_length=1, max_length=32)] | UnsetType = UNSET

"""A publication as its entry states it, for pages and faces. Pure.

Source: docs/formats/score.md, body of a publication.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import UNSET

from ..ledger.credit import PublicationBody
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.oddity import claimed_time
from ..ledger.party import party_of
from ..ledger.refs import ClaimedTime, EntryRef, Party


@dataclass(frozen=True, slots=True)
class Published:
    """One publication, as its entry states it.

    Attributes:
        ref: Its entry.
        time: When it was made, as claimed.
        by: Who publishes.
        as_of: The day it is as of.
        grade: A, B, C, D, or "" for none.
        colour: blue, yellow, red or grey.
        near: Whether the grade stands although the score is past its line (临界).
        note: sample, own_data, review, decision, or "".
        confidence: high, middle, low or none.
        score_e1: Score in tenths, None without a grade.
        low_e1: Lower bound of its 90 % interval, in tenths.
        high_e1: Upper bound.
        own_e1: Points that own data carry, in tenths.
        parcels_e6: Weighted parcels, in millionths.
        rules: Version of the rules.
        benchmarks: Version of the benchmarks.
        digest: Digest over the rule set.
        origin: Log it was computed from.
        size: Size of the state it was computed from.
        root: Root of that state.
        table: Root of the fact table.
    """

    ref: EntryRef
    time: ClaimedTime
    by: Party
    as_of: str
    grade: str
    colour: str
    near: bool
    note: str
    confidence: str
    score_e1: int | None
    low_e1: int | None
    high_e1: int | None
    own_e1: int
    parcels_e6: int
    rules: str
    benchmarks: str
    digest: str
    origin: str
    size: int
    root: str
    table: str

    @property
    def score(self) -> str:
        """The score with its one decimal, "" without one."""
        return tenths(self.score_e1)

    @property
    def low(self) -> str:
        """Lower bound, likewise."""
        return tenths(self.low_e1)

    @property
    def high(self) -> str:
        """Upper bound, likewise."""
        return tenths(self.high_e1)

    @property
    def own(self) -> str:
        """Points that own data carry, likewise."""
        return tenths(self.own_e1)

    @property
    def parcels(self) -> int:
        """Weighted parcels, rounded."""
        return round(self.parcels_e6 / 10**6)


def publications(entries: Iterable[Entry], directory: Directory) -> tuple[Published, ...]:
    """Publications among the entries of a company's standing, in log order; of the same day the newer one replaces the older."""
    found: dict[str, Published] = {}
    for entry in entries:
        body = entry.statement.body
        if isinstance(body, PublicationBody):
            found[body.as_of] = _published(entry, body, directory)
    return tuple(found[day] for day in sorted(found))


def _published(entry: Entry, body: PublicationBody, directory: Directory) -> Published:
    return Published(
        ref=entry.ref,
        time=claimed_time(entry),
        by=party_of(directory, entry.statement.party),
        as_of=body.as_of,
        grade="" if body.grade == "none" else body.grade,
        colour=body.colour,
        near=body.near,
        note="" if body.note is UNSET else body.note,
        confidence=body.confidence,
        score_e1=None if body.score_e1 is UNSET else body.score_e1,
        low_e1=None if body.low_e1 is UNSET else body.low_e1,
        high_e1=None if body.high_e1 is UNSET else body.high_e1,
        own_e1=body.own_e1,
        parcels_e6=body.parcels_e6,
        rules=body.rules.version,
        benchmarks=body.rules.benchmarks,
        digest=body.rules.digest,
        origin=body.book.origin,
        size=body.book.size,
        root=body.book.root,
        table=body.table,
    )


def tenths(value: int | None) -> str:
    """Tenths as a decimal with one place, "" for None."""
    return "" if value is None else f"{value // 10}.{value % 10}"


def published_value(row: Published) -> dict[str, object]:
    """A publication as JSON, with the members of docs/formats/score.md."""
    value: dict[str, object] = {
        "as_of": row.as_of,
        "grade": row.grade or "none",
        "colour": row.colour,
        "near": row.near,
        "confidence": row.confidence,
        "rules": {"version": row.rules, "benchmarks": row.benchmarks, "digest": row.digest},
        "book": {"origin": row.origin, "size": row.size, "root": row.root},
        "table": row.table,
        "publication": row.ref.statement,
        "published_by": row.by.actor,
    }
    if row.note:
        value["note"] = row.note
    if row.score_e1 is not None:
        value |= {"score": row.score, "interval": [row.low, row.high]}
    return value

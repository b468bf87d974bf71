"""What authorities say of one company, as its file remembers it: appeals, checks, traffic findings, exclusions. Pure.

An appeal is known by its number: the newest statement of it holds, so the same one entered twice is one appeal.
Source: domain.md 4.1, population, I7, I10, I13, fairness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..ledger.bodies import CorrectionBody
from ..ledger.entry import Entry
from ..ledger.findings import AppealBody, CheckBody, ExclusionBody, TrafficBody
from ..ledger.party import authority_of
from .parcel import Consigned
from .row import CheckRow, ParcelRow, TrafficRow


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal as it stands.

    Attributes:
        number: The authority's.
        waybill: Which parcel, "" where none is named.
        finding: pending, valid, not_valid or withdrawn.
    """

    number: str
    waybill: str
    finding: str


class Outside:
    """Findings about one company."""

    def __init__(self) -> None:
        self._appeals: dict[tuple[str, str], Appeal] = {}  # by authority and number
        self._rows: dict[str, CheckRow | TrafficRow] = {}  # by statement
        self._exclusions: dict[str, ExclusionBody] = {}
        self._said: dict[str, tuple[str, str]] = {}  # appeal by statement, to take one back

    def take(self, entry: Entry, waybill: str = "") -> None:
        """Take in one entry of an authority, or a correction of one.

        Args:
            entry: Of whatever type; others change nothing.
            waybill: The parcel of this company that it names.
        """
        statement, body, name = entry.statement, entry.statement.body, entry.name
        if isinstance(body, AppealBody):
            # A second number of one appeal refers to the first: both are one appeal.
            key = self._said.get(statement.ref or "", (authority_of(statement), body.number))
            known = self._appeals.get(key)
            about = waybill or (known.waybill if known is not None else "")
            self._appeals[key], self._said[name] = Appeal(key[1], about, body.finding), key
        elif isinstance(body, CheckBody):
            self._rows[name] = CheckRow(body.day, body.passed, body.checked)
        elif isinstance(body, TrafficBody):
            self._rows[name] = TrafficRow(body.day, body.found, body.months)
        elif isinstance(body, ExclusionBody):
            self._exclusions[name] = body
        elif isinstance(body, CorrectionBody) and body.reason == "did_not_occur" and statement.ref is not None:
            self.strike(statement.ref)

    def strike(self, name: str) -> None:
        """Take out what a statement said: it was corrected away, an objection to it was upheld, or it was repaired."""
        self._rows.pop(name, None)
        self._exclusions.pop(name, None)
        self._appeals.pop(self._said.get(name, ("", "")), None)

    def appeals(self) -> tuple[Appeal, ...]:
        """Every appeal as it stands."""
        return tuple(self._appeals.values())

    def appealed(self) -> frozenset[str]:
        """Waybills with a valid appeal."""
        return frozenset(appeal.waybill for appeal in self._appeals.values() if appeal.finding == "valid" and appeal.waybill)

    def rows(self) -> Iterator[CheckRow | TrafficRow]:
        """Checks and traffic findings."""
        yield from self._rows.values()

    def excludes(self, row: ParcelRow, consign: Consigned | None) -> bool:
        """Whether an exclusion takes a parcel out: by its day, and a district it came from or went to."""
        if consign is None:
            return False  # what only the carrier says of a lane excuses nothing
        return any(
            exclusion.first <= row.day <= exclusion.last
            and any(district.startswith(area) for area in exclusion.area for district in (consign.origin, consign.destination))
            for exclusion in self._exclusions.values()
        )

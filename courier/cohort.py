"""All rows of one company as of the end of a day, from its file. Pure.

Source: domain.md 4.1, population and complaints; docs/formats/fact-table.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.moment import moment_ms
from .conduct import DAY_MS, control, day_of, row_of
from .factfile import Apart
from .facts import CourierFile
from .grievances import Finding
from .parcel import Parcel
from .rollup import days_before
from .row import ApartRow, ComplaintRow, Mark, ParcelRow, ReviewRow, Row
from .ruleset import Ruleset
from .settlement import settle, time_of

_TRADERS: Final = ("merchant", "platform", "warehouse")
_HOUR_MS: Final = 3_600_000


def end_of(day: str) -> int:
    """Unix milliseconds of the end of a day in China, not included."""
    return moment_ms(f"{day}T00:00:00+08:00") + DAY_MS


def known_by(entries: Iterable[Entry], as_of: str) -> Iterator[Entry]:
    """Entries that claim a time up to the end of a day: what may be known of a company as of it."""
    until_ms = end_of(as_of)
    return (entry for entry in entries if entry.statement.at_ms < until_ms)


class Cohort:
    """Rows of one company.

    Args:
        file: Its file, with nothing in it from after `as_of`.
        directory: Who is who.
        rules: Terms, grades, marks.
        as_of: The day, YYYY-MM-DD.
        marks: By waybill what a regulator said of it: excluded, cleared.
        waybills: The parcels meant, where the file holds some of others; None for all it holds.
    """

    def __init__(
        self,
        file: CourierFile,
        directory: Directory,
        rules: Ruleset,
        as_of: str,
        marks: Mapping[str, Iterable[Mark]] | None = None,
        waybills: Collection[str] | None = None,
    ) -> None:
        self._file = file
        self._waybills = waybills
        self._directory = directory
        self._rules = rules
        self._now_ms = end_of(as_of)
        self._days = frozenset(days_before(as_of))
        self._closed = frozenset(days_before(as_of)[rules.file.population.close_days :])
        self._marks = marks or {}
        self._appealed = file.outside.appealed()
        self._carrier = control(directory, f"uscc:{file.uscc}")

    def rows(self) -> list[Row]:
        """Every row that counts as of the day, and one for what is only counted apart."""
        apart: Counter[str] = Counter()
        return [*self.of_parcels(apart), *self.of_company(apart), ApartRow(Apart(**apart))]

    def of_parcels(self, apart: Counter[str]) -> Iterator[Row]:
        """Rows that each hang on one parcel; what is only counted apart is added to the counter."""
        yield from self._parcels(apart)
        yield from self._complaints(apart)
        yield from self._reviews()

    def of_company(self, apart: Counter[str]) -> Iterator[Row]:
        """Rows of what authorities found of the company as a whole; of the parcels only those that appeals name matter."""
        yield from (row for row in self._file.outside.rows() if row.day in self._days)
        for appeal in self._file.outside.appeals():
            apart["pending"] += appeal.finding == "pending"
            apart["outside"] += appeal.finding == "valid" and (not appeal.waybill or self.parcel(appeal.waybill) is None)

    @property
    def waybills(self) -> tuple[str, ...]:
        """Every waybill the company's file has heard of."""
        return tuple(self._file.parcels)

    def parcel(self, waybill: str) -> ParcelRow | None:
        """The row of one parcel, also of one whose cohort has not closed; None where it does not count for the carrier."""
        parcel = self._file.parcels[waybill]
        finding = self._file.complaints.finding(waybill, self._directory)
        if waybill in self._appealed:
            finding = Finding(finding.cases | {"appeal"}, finding.excused)
        marks = self._marks.get(waybill, ())
        row = row_of(waybill, parcel, finding, self._directory, self._rules, self._now_ms, marks)
        if row is not None and "excluded" not in row.marks and self._file.outside.excludes(row, parcel.consign):
            return msgspec.structs.replace(row, marks=tuple(sorted((*row.marks, "excluded"))))
        return row

    def _parcels(self, apart: Counter[str]) -> Iterator[ParcelRow]:
        for waybill, parcel in self._file.parcels.items():
            if not self._is_meant(waybill):
                continue
            row = self.parcel(waybill)
            if row is None:
                self._uncounted(parcel, apart)
            elif row.day in self._closed:
                yield row
            elif row.day in self._days:
                apart["closing"] += 1

    def _is_meant(self, waybill: str) -> bool:
        return self._waybills is None or waybill in self._waybills

    def _uncounted(self, parcel: Parcel, apart: Counter[str]) -> None:
        consign = parcel.consign
        if parcel.refused:
            apart["refused"] += 1
        elif consign is not None:
            waited = self._now_ms - consign.received_ms
            apart["unanswered"] += waited > self._rules.file.population.unanswered_hours * _HOUR_MS

    def _complaints(self, apart: Counter[str]) -> Iterator[ComplaintRow]:
        for thread in self._file.complaints.threads():
            statement = thread.entry.statement
            day = day_of(time_of(thread.entry))
            if day not in self._days or not self._is_meant(thread.waybill):
                continue
            if not self._is_proved(thread.waybill, statement.actor, statement.party):
                apart["unproved"] += 1
                continue
            found = settle(thread.entry, thread.under, self._rules.file.complaints, self._now_ms)
            apart["silent"] += found.silent
            if found.abusive:
                apart["abusive"] += 1
            elif found.state == "open":
                apart["pending"] += 1
            else:
                yield ComplaintRow(day, found.state == "settled")

    def _is_proved(self, waybill: str, actor: str, party: str) -> bool:
        """Whether a complainant is a party to the parcel and no house of the carrier's own: code, sender or platform."""
        parcel = self._file.parcels[waybill]
        if parcel.consign is not None and control(self._directory, parcel.consign.signature.party) & self._carrier:
            return False
        if any(actor == f"anon:{consign.claim}" for consign in parcel.consigns if consign.claim is not None):
            return True
        if control(self._directory, party) & self._carrier:
            return False
        senders = {name for consign in parcel.consigns for name in (consign.signature.actor, consign.signature.party)}
        return party in senders or self._directory.role(party) == "platform"

    def _reviews(self) -> Iterator[ReviewRow]:
        """Ratings by the code issued with the parcel, or by its sender; pairs of one house rate nothing."""
        for rating in self._file.ratings.rows():
            day, parcel = day_of(rating.at_ms), self._file.parcels[rating.waybill]
            consign = parcel.consign
            if consign is None or day not in self._days or not self._is_meant(rating.waybill):
                continue
            if control(self._directory, consign.signature.party) & self._carrier:
                continue
            if consign.claim is not None and rating.actor == f"anon:{consign.claim}":
                yield ReviewRow(day, "consumer", rating.centi)
            elif rating.party == consign.signature.party and self._directory.role(rating.party) in _TRADERS:
                yield ReviewRow(day, "merchant", rating.centi)

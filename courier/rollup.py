"""Counts of one company by day, from which its facts as of any day are a weighted sum. Pure.

Rows may be added and taken out again, so a book that goes on changes only what it touched; whoever has the fact table or
the entries adds all of them up and gets the same. Source: domain.md 4.1, time decay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

import msgspec

from .factfile import COUNTED, OF_PARCELS, Apart, BookState, Facts, Measure, check_facts
from .measure import count
from .number import plain
from .row import ApartRow, Dated, OrderRow, ParcelRow, PreviousRow, Row, StandingRow
from .ruleset import DAYS, Ruleset

_MILLION: Final = 10**6
_STARS: Final = ("I9C", "I9M")


class Rollup:
    """Counts by day.

    Args:
        company: Social credit code.
        rules: What a row counts as.
    """

    def __init__(self, company: str, rules: Ruleset) -> None:
        self.company = company
        self.rules = rules
        self._cells: Counter[tuple[str, str, str]] = Counter()  # (day, measure or "parcels", n | x | squares)
        self._apart: Counter[tuple[str, str]] = Counter()  # (day, name)
        self._closing: Counter[str] = Counter()  # parcels by day, as yet without regard to the close of their cohort
        self._rest: Counter[StandingRow | OrderRow | PreviousRow | ApartRow] = Counter()

    def add(self, rows: Iterable[Row], sign: int = 1) -> Rollup:
        """Count rows once, or (`sign` −1) take them out again; gives itself."""
        for row in rows:
            if isinstance(row, StandingRow | OrderRow | PreviousRow | ApartRow):
                self._rest[row] += sign
            else:
                self._add(row, sign)
        return self

    def _add(self, row: Dated, sign: int) -> None:
        counted = count(row, self.rules)
        for share in counted.shares:
            for field, value in (("n", share.n), ("x", share.x), ("squares", share.squares)):
                if value:
                    self._cells[row.day, share.measure, field] += sign * value
        if isinstance(row, ParcelRow):
            self._closing[row.day] += sign
            self._cells[row.day, "parcels", "n"] += sign * counted.parcels
        for name in counted.apart:
            self._apart[row.day, name] += sign

    def facts(self, as_of: str, book: BookState | None = None, table: str | None = None) -> Facts:
        """The facts as of the end of a day.

        Args:
            as_of: The day, YYYY-MM-DD.
            book: Where the rows come from.
            table: Root of the fact table they make.
        """
        age = {day: days for days, day in enumerate(days_before(as_of))}
        closed = {day for day, days in age.items() if days >= self.rules.file.population.close_days}
        sums: Counter[tuple[str, str]] = Counter()
        for (day, measure, field), value in self._cells.items():
            if day in age and age[day] >= self._least_age(measure):
                sums[measure, field] += self.rules.day_weights[age[day]] * value
        apart = Counter(dict.fromkeys(Apart.__struct_fields__, 0))
        for (day, name), value in self._apart.items():
            apart[name] += value if day in closed else 0
        apart["closing"] += sum(n for day, n in self._closing.items() if day in age and day not in closed)
        rest = sorted((row for row, times in self._rest.items() for _ in range(times)), key=repr)
        for row in rest:
            if isinstance(row, ApartRow):
                apart.update(msgspec.to_builtins(row.apart))
        previous = [row.previous for row in rest if isinstance(row, PreviousRow)]
        found = Facts(
            v=1,
            company=self.company,
            as_of=as_of,
            parcels=plain(Fraction(sums["parcels", "n"], _MILLION)),
            measures={name: _measure(name, sums) for name in COUNTED},
            standing=tuple(row.standing for row in rest if isinstance(row, StandingRow)),
            orders=tuple(row.order for row in rest if isinstance(row, OrderRow)),
            apart=Apart(**apart),
            previous=previous[0] if previous else None,
            book=book,
            table=table,
        )
        check_facts(found)
        return found

    def _least_age(self, measure: str) -> int:
        """Age in days from which rows count in a measure.

        A loss that is declared must not count before one that is kept silent about is presumed: so both wait for that.
        """
        population = self.rules.file.population
        if measure == "I3":
            return population.close_days + population.lost_days
        return population.close_days if measure in OF_PARCELS or measure == "parcels" else 0


def days_before(as_of: str) -> list[str]:
    """The day itself and the 365 before it, the youngest first."""
    day = date.fromisoformat(as_of)
    return [(day - timedelta(days=age)).isoformat() for age in range(DAYS)]


def _measure(name: str, sums: Counter[tuple[str, str]]) -> Measure:
    unit = 100 if name in _STARS else 1
    n, x = Fraction(sums[name, "n"], _MILLION), Fraction(sums[name, "x"], _MILLION * unit)
    squares = plain(Fraction(sums[name, "squares"], _MILLION * unit * unit)) if name in _STARS else None
    return Measure(plain(n), plain(x), squares)

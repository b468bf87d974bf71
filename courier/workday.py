"""Working days by a dated calendar file. Pure, but for reading the file that comes with the program.

A calendar is data with a version and a source, as rules are: `courier/calendars/CN-2026.json`. Years that it does not cover count
Monday to Friday, since a holiday that nobody has announced cannot be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from .errors import CreditError
from .rulefile import Day, Part, Source, Version

CURRENT: Final = "CN-2026"
_SATURDAY: Final = 5


class CalendarFile(Part, frozen=True):
    """A calendar as its file has it.

    Attributes:
        version: Its name.
        date: When its source was published.
        years: Years it covers.
        source: Where it comes from.
        off: Weekdays on which nobody works.
        on: Saturdays and Sundays on which everybody works.
    """

    version: Version
    date: Day
    years: Annotated[list[int], Meta(min_length=1, max_length=50)]
    source: Source
    off: list[Day]
    on: list[Day]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar to count by."""

    version: str
    source: str
    off: frozenset[str]
    on: frozenset[str]

    def is_working(self, day: date) -> bool:
        """Whether a day is a working day."""
        name = day.isoformat()
        return name in self.on or (day.weekday() < _SATURDAY and name not in self.off)

    def after(self, day: str, count: int) -> str:
        """The day that is so many working days after a day, which itself does not count."""
        at = date.fromisoformat(day)
        while count > 0:
            at += timedelta(days=1)
            count -= self.is_working(at)
        return at.isoformat()


def parse_calendar(raw: bytes) -> Calendar:
    """Read a calendar file.

    Raises:
        CreditError: It is none, or names a weekday as worked or a week-end as free.
    """
    try:
        found = msgspec.json.decode(raw, type=CalendarFile)
        days = [(name, date.fromisoformat(name)) for name in (*found.off, *found.on)]
    except (msgspec.DecodeError, ValueError) as error:
        raise CreditError("is no calendar of working days", "", "calendar") from error
    for name, day in days:
        is_weekend = day.weekday() >= _SATURDAY
        if is_weekend != (name in found.on) or day.year not in found.years:
            raise CreditError(f"{name} stands in the wrong list, or in no year of the calendar", "", "calendar")
    return Calendar(found.version, found.source, frozenset(found.off), frozenset(found.on))


@lru_cache(maxsize=8)
def calendar(version: str = CURRENT) -> Calendar:
    """A calendar that comes with the program.

    Raises:
        CreditError: There is none of that version.
    """
    file = files(__package__) / "calendars" / f"{version}.json"
    if not version.replace("-", "").replace(".", "").isalnum() or not file.is_file():
        raise CreditError(f"no calendar {version[:40]} comes with this program")
    return parse_calendar(file.read_bytes())

"""How long values beside the book are kept, as a table of data with its sources: before that they are sealed, not erased. Pure.

Source: domain.md 3a.5; `trace/data/retention.json` names the law of each class.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

CHINA: Final = timedelta(hours=8)  # Asia/Shanghai; no summer time within the years of a book
DAY_MS: Final = 24 * 3_600_000

# What completes a transaction or a carriage: terms run from the last of these in the stream of the item or waybill.
COMPLETING: Final = frozenset(("sale", "dispatch", "consign", "scan", "delivery", "return"))


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class of values.

    Attributes:
        name: Its name.
        values: (statement type, JSON pointer) of each value in it.
        since: From when terms run: `received`, the statement's own time; `completed`, the last step of the purchase or carriage.
        keep_days: Legal term: until then a request seals and does not erase.
        erase_days: After so many days it is erased without being asked; None for never.
        source: The rule it rests on.
    """

    name: str
    values: tuple[tuple[str, str], ...]
    since: Literal["received", "completed"]
    keep_days: int
    erase_days: int | None
    source: str

    def kept_until(self, since_ms: int) -> str:
        """First day, in China, on which the legal term is over; YYYY-MM-DD."""
        return day_of(since_ms + self.keep_days * DAY_MS)

    def is_kept(self, since_ms: int, now_ms: int) -> bool:
        """Whether the legal term still runs."""
        return self.keep_days > 0 and day_of(now_ms) < self.kept_until(since_ms)

    def is_due(self, since_ms: int, now_ms: int) -> bool:
        """Whether it is to be erased without being asked."""
        return self.erase_days is not None and now_ms >= since_ms + self.erase_days * DAY_MS


@dataclass(frozen=True, slots=True)
class Retention:
    """The table.

    Attributes:
        version: Its version.
        classes: By (statement type, JSON pointer).
        access_days: How long the log of accesses is kept.
    """

    version: str
    classes: dict[tuple[str, str], RetentionClass]
    access_days: int

    def of(self, kind: str, pointer: str) -> RetentionClass:
        """Class of a value; what the table does not name is kept as long as what it keeps longest, and never erased unasked."""
        return self.classes.get((kind, pointer), _UNNAMED)


_UNNAMED: Final = RetentionClass("other", (), "received", 1096, None, "not in the table: the longest term of those in it")


@cache
def retention() -> Retention:
    """The table that is in force."""
    table = json.loads(files(__package__).joinpath("data/retention.json").read_text("utf-8"))
    found: dict[tuple[str, str], RetentionClass] = {}
    for row in table["classes"]:
        values = tuple((kind, pointer) for kind, pointer in (value.split(" ") for value in row["values"]))
        one = RetentionClass(row["name"], values, row["since"], row["keep_days"], row["erase_days"], row["source"])
        found.update(dict.fromkeys(values, one))
    return Retention(table["version"], found, table["access_log"]["keep_days"])


def day_of(ms: int) -> str:
    """Day in China of a time in Unix milliseconds."""
    return (datetime.fromtimestamp(ms / 1000, tz=UTC) + CHINA).date().isoformat()


def day_ms(day: str) -> int:
    """When a day begins in China, Unix milliseconds."""
    return int((datetime.fromisoformat(day).replace(tzinfo=UTC) - CHINA).timestamp() * 1000)

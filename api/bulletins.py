"""Bulletins that a served book has made: a file a month in the data folder, kept as it was signed.

Derived from the book but for its signature and its time: one made again later may name less, so the first one is kept.
Source: docs/formats/bulletin.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ..courier.conduct import day_of
from ..ledger.store.files import make_folder, replace_file

FOLDER: Final = "bulletins"  # in the data folder
BACK: Final = 12  # months that are made up for after the server was down
_FILE: Final = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])\Z")


class Bulletins:
    """The bulletins of one book.

    Args:
        data: Its data folder.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def months(self) -> tuple[str, ...]:
        """Months that have one, YYYY-MM, the newest first."""
        return tuple(sorted((file.stem for file in self._folder.glob("*.json") if _FILE.match(file.stem)), reverse=True))

    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The same months, each with the bytes of its bulletin."""
        return tuple((month, (self._folder / f"{month}.json").stat().st_size) for month in self.months())

    def read(self, month: str) -> bytes | None:
        """The bulletin of a month, or None."""
        if not _FILE.match(month):
            return None
        try:
            return (self._folder / f"{month}.json").read_bytes()
        except FileNotFoundError:
            return None

    def put(self, month: str, raw: bytes) -> None:
        """Keep one; a month that has one keeps it.

        Raises:
            OSError: It could not be written.
        """
        if self.read(month) is None:
            make_folder(self._folder)
            replace_file(self._folder / f"{month}.json", raw)

    def due(self, since_ms: int, now_ms: int) -> tuple[str, ...]:
        """Months that are over in China and have none, the oldest first.

        Args:
            since_ms: When the book began, Unix milliseconds.
            now_ms: Now.
        """
        first, this = day_of(since_ms)[:7], day_of(now_ms)[:7]
        over = list(_before(this, BACK))
        have = set(self.months())
        return tuple(month for month in reversed(over) if month >= first and month not in have)


def _before(month: str, count: int) -> list[str]:
    """So many months before one, the newest first."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(number - 1, number - 1 - count, -1)]

"""What the verifier lays aside: bytes by key in a temporary SQLite file that the system forgets with the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

CACHE_KIB: Final = 4 * 1024  # of the file's pages in memory
KEYS_MAX: Final = 512  # keys asked for in one statement


class TemporaryShelf:
    """A shelf on disk. An empty file name means a file that SQLite makes, hides and deletes itself."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", f"cache_size=-{CACHE_KIB}"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE item (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    def put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Lay values aside; a value under the same key is replaced."""
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO item VALUES (?, ?)", items)
        self._file.execute("COMMIT")

    def get(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Values of those keys that have one."""
        found: dict[bytes, bytes] = {}
        for first in range(0, len(keys), KEYS_MAX):
            part = keys[first : first + KEYS_MAX]
            marks = ", ".join("?" * len(part))
            found.update(self._file.execute(f"SELECT key, value FROM item WHERE key IN ({marks})", part))  # noqa: S608
        return found

    def close(self) -> None:
        """Throw everything away."""
        self._file.close()

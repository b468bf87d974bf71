"""What a witness remembers: of each log the latest checkpoint it cosigned, those it refused, and what it found wrong.

One SQLite file of its own, in no book. Reading, deciding and storing are one transaction that holds the write lock, and
it is on the disk before `update` returns: else two requests at once, or a power cut, could have the witness cosign a fork.
Source: c2sp.org/tlog-witness (the race it spells out), docs/formats/witness.md.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ..audit_report import Finding
from ..errors import StoreError
from ..witness import NEVER, Cosigned, Declined, Seen
from .files import sync_folder

REFUSED_MAX: Final = 100  # of one log and one cause; a hundred convict it as well as a million would
BUSY_SECONDS: Final = 5.0
NOWHERE: Final = -1  # index of a fault that belongs to no leaf

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS seen (
  origin TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
  origin TEXT NOT NULL, why TEXT NOT NULL, note TEXT NOT NULL, kept TEXT NOT NULL, time_s INTEGER NOT NULL,
  PRIMARY KEY (origin, why, note)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
  origin TEXT NOT NULL, code TEXT NOT NULL, idx INTEGER NOT NULL, detail TEXT NOT NULL, note TEXT NOT NULL, other TEXT NOT NULL,
  time_s INTEGER NOT NULL, PRIMARY KEY (origin, code, idx)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a full witness found wrong, as it is kept.

    Attributes:
        finding: What, and at which leaf.
        note: The first checkpoint that it refused for it, with the log's signatures.
        other: A note of the log that contradicts this one; "" where there is none.
        time_s: When, Unix seconds.
    """

    finding: Finding
    note: str
    other: str
    time_s: int


class WitnessBook:
    """The memory of one witness. Any thread, one call at a time.

    Args:
        path: The SQLite file; its folder must exist.

    Raises:
        StoreError: It cannot be opened, or is not such a file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()  # guards the one connection
        try:
            os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # not readable by others from the first moment on
            sync_folder(path.parent)
            self._connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "fullfsync=ON",
                "checkpoint_fullfsync=ON",
                "trusted_schema=OFF",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be used as a witness' memory: {error}") from error

    def update(self, origin: str, decide: Callable[[Seen], Cosigned | Declined], time_s: int) -> Cosigned | Declined:
        """Decide on what is stored, and store what was decided, with nobody in between.

        Args:
            origin: The log.
            decide: Called once, with what is stored.
            time_s: Now, Unix seconds; written beside what was refused.

        Raises:
            StoreError: Nothing was stored, or it is not known whether it was; nothing may be answered but a failure. Asked
                again, the witness answers from what is on the disk.
        """
        with self._lock:
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                decision = decide(self._seen(origin))
                if isinstance(decision, Cosigned):
                    row = (origin, origin_hash(origin), decision.seen.size, decision.seen.root, decision.seen.note)
                    connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", row)
                elif decision.note:
                    self._keep(origin, decision, time_s)
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(f"the witness' memory could not be written: {error}") from error
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return decision

    def _seen(self, origin: str) -> Seen:
        row = self._connection.execute("SELECT size, root, note FROM seen WHERE origin = ?", (origin,)).fetchone()
        return NEVER if row is None else Seen(*row)

    def _keep(self, origin: str, declined: Declined, time_s: int) -> None:
        """Both signed notes, side by side; and once what a full witness found wrong, with the first note that covers it.

        Two roots of one size convict the log at once; the rest is for monitors to ask about.

        Counted by cause, since anybody can send an honest checkpoint with a false path, but only the log can sign a fork.
        """
        why = declined.why.value
        query = "SELECT count(*) FROM refused WHERE origin = ? AND why = ?"
        if self._connection.execute(query, (origin, why)).fetchone()[0] < REFUSED_MAX:
            row = (origin, why, declined.note, self._seen(origin).note, time_s)
            self._connection.execute("INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)", row)
        fault = declined.fault
        if fault is not None:
            index = NOWHERE if fault.index is None else fault.index
            found = (origin, fault.code, index, fault.detail, declined.note, declined.other, time_s)
            self._connection.execute("INSERT OR IGNORE INTO fault VALUES (?, ?, ?, ?, ?, ?, ?)", found)

    def seen(self, origin: str) -> Seen:
        """What is stored of a log; `NEVER` without anything."""
        with self._lock:
            return self._seen(origin)

    def note_of(self, hash_hex: str) -> str | None:
        """The latest cosigned checkpoint of the log whose origin has this SHA-256 in hex."""
        with self._lock:
            row = self._connection.execute("SELECT note FROM seen WHERE hash = ?", (hash_hex,)).fetchone()
        return None if row is None else str(row[0])

    def refused(self, origin: str) -> list[tuple[str, str, str]]:
        """What a log had signed and was refused: the cause, the note, and the note that was cosigned before it."""
        with self._lock:
            rows = self._connection.execute("SELECT why, note, kept FROM refused WHERE origin = ?", (origin,)).fetchall()
        return [(why, note, kept) for why, note, kept in rows]

    def faults(self, origin: str) -> list[Fault]:
        """What a full witness found wrong with a log, the first in the log first."""
        query = "SELECT code, idx, detail, note, other, time_s FROM fault WHERE origin = ? ORDER BY idx"
        with self._lock:
            rows = self._connection.execute(query, (origin,)).fetchall()
        return [
            Fault(Finding(code, detail, None if index == NOWHERE else index), note, other, time_s)
            for code, index, detail, note, other, time_s in rows
        ]

    def origins(self) -> list[str]:
        """Logs of which anything is remembered."""
        query = "SELECT origin FROM seen UNION SELECT origin FROM refused UNION SELECT origin FROM fault ORDER BY 1"
        with self._lock:
            return [str(row[0]) for row in self._connection.execute(query)]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def origin_hash(origin: str) -> str:
    """SHA-256 of an origin in hex, as the monitoring address names a log."""
    return sha256(origin.encode()).hexdigest()

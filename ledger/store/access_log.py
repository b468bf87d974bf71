"""Who read what value of the vault, and when: a line each, in a file a month, for as long as the law asks.

A line names the statement, the pointer and the reader; never a value, an address or a person. Readers are parts of this server
(`page`, `bundle`: whoever asked was shown what everybody is shown) or registered parties by their actor id. The same reader and
value make one line a day, so that a page that is opened a thousand times does not fill the disk.

Source: DESIGN section 3.6.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from ..encoding import b64u
from ..errors import StoreError
from .files import make_folder

DAY_MS: Final = 24 * 3_600_000
SEEN_MAX: Final = 100_000  # (reader, value) pairs remembered within a day, some 20 MB


class AccessLog:
    """The log; one process writes it, threads may share it.

    Args:
        folder: Where its files are; made when the first line is written.
        clock: Unix milliseconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], int]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()  # guards the file's end and what was seen today
        self._day = -1
        self._seen: set[tuple[bytes, str, str]] = set()

    def note(self, statement: bytes, pointer: str, reader: str) -> None:
        """Write that a value was read.

        Raises:
            StoreError: It cannot be written; the value must not be handed out.
        """
        now = self._clock()
        with self._lock:
            if now // DAY_MS != self._day or len(self._seen) >= SEEN_MAX:
                self._day = now // DAY_MS
                self._seen.clear()
            if (statement, pointer, reader) in self._seen:
                return
            line = orjson.dumps({"at": now, "by": reader, "pointer": pointer, "statement": b64u(statement)}) + b"\n"
            try:
                make_folder(self._folder)
                number = os.open(self._file(now), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                try:
                    os.write(number, line)
                finally:
                    os.close(number)
            except OSError as error:
                raise StoreError(f"the vault's access log in {self._folder} cannot be written: {error.strerror}") from error
            self._seen.add((statement, pointer, reader))

    def prune(self, keep_days: int) -> list[Path]:
        """Remove the files of months that ended longer ago than the log is kept; gives what was removed."""
        first_kept = self._file(self._clock() - keep_days * DAY_MS).name
        gone = [path for path in sorted(self._folder.glob("????-??.ndjson")) if path.name < first_kept]
        for path in gone:
            path.unlink()
        return gone

    def _file(self, ms: int) -> Path:
        return self._folder / f"{datetime.fromtimestamp(ms / 1000, tz=UTC):%Y-%m}.ndjson"

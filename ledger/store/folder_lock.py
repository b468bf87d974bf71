"""One process at a time in a data folder: a second one is told at once, and by whom. Needs no database.

Source: DESIGN section 3.4; distributed.md section 5.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import StoreError


class InUse(StoreError):
    """Another process has the folder."""


class FolderLock:
    """Holds `writer.lock` in a data folder until closed, or until the process ends, however it ends.

    Args:
        folder: The data folder; must exist.

    Raises:
        StoreError: Another process holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "writer.lock"
        try:
            # Not inherited by children: a worker that outlives us must not keep the lock.
            self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._number, 32).decode("ascii", "replace").strip()
            os.close(self._number)
            by = f" by process {holder}" if holder else ""
            raise InUse(f"the data folder {folder} is in use{by}; stop that one first, or choose another --data") from error
        try:
            os.ftruncate(self._number, 0)
            os.write(self._number, f"{os.getpid()}\n".encode())
        except OSError as error:
            self.close()
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two files of one name."""
        if self._number >= 0:
            os.close(self._number)
            self._number = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

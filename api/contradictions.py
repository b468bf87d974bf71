"""Evidence that a monitor keeps: one file for each contradiction, written once, never changed.

Source: docs/formats/contradiction.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..ledger.contradiction import Contradiction, encode_contradiction
from ..ledger.errors import StoreError
from ..ledger.store.files import replace_file

FOLDER: Final = "evidence"
FILES_MAX: Final = 1_000  # a book that lies a thousand times is convicted; the disk is for other things
_MODE: Final = 0o644  # it is made to be shown


class Contradictions:
    """The folder of evidence under a monitor's data folder.

    Args:
        data: The monitor's folder.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def files(self) -> list[Path]:
        """What is kept, oldest first."""
        return sorted(self._folder.glob("*.json"))

    def keep(self, found: Contradiction) -> Path | None:
        """Write one down; on the disk when this returns.

        Returns:
            The file; None when the folder is full.

        Raises:
            StoreError: The disk is full, or the folder cannot be written.
        """
        kept = len(self.files())
        if kept >= FILES_MAX:
            return None
        moment = datetime.fromtimestamp(found.found_ms / 1000, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"{moment}-{kept:03d}-{found.code}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, encode_contradiction(found), _MODE)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
        return path

"""The high-water mark: the last checkpoint we signed, kept outside the data folder and every backup.

A restored backup is a fork that looks healthy from inside; only something that was not restored with it can
tell. One file per origin, named by the hash of the origin, holding the signed note itself. It is raised after
the commit and before the checkpoint is shown to anybody.

Source: DESIGN section 3.4; docs/operations.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from ..checkpoint import Checkpoint, log_key, open_cosigned
from ..errors import Fenced, StoreError, VerificationError
from ..limits import NOTE_BYTES_MAX
from .files import make_folder, replace_file


def default_folder(environment: Mapping[str, str]) -> Path:
    """Folder of the marks: SUXIN_HIGHWATER, else under the user's state directory.

    Source: XDG Base Directory Specification; on macOS, Application Support.
    """
    named = environment.get("SUXIN_HIGHWATER")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "suxin" / "highwater"
    state = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "suxin" / "highwater"


class Highwater:
    """Marks in one folder. One writer per origin; the folder is made at the first mark.

    Args:
        folder: Where the marks lie; neither the data folder nor in any backup.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Checkpoint] = {}  # what was last read or written

    def path(self, origin: str) -> Path:
        """File of an origin's mark."""
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def read(self, origin: str, *publics: bytes) -> Checkpoint | None:
        """The mark of an origin, or None when there is none.

        Args:
            origin: Of the log.
            publics: Its public keys, 32 bytes each; one of them signed.

        Raises:
            Fenced: The file is not a checkpoint of this log signed by one of these keys.
            StoreError: It cannot be read.
        """
        path = self.path(origin)
        try:
            with path.open("rb") as file:
                data = file.read(NOTE_BYTES_MAX + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"the high-water mark {path} cannot be read: {error.strerror}") from error
        try:
            mark = open_cosigned(data, origin, [log_key(origin, public) for public in publics]).checkpoint
        except VerificationError as error:
            raise Fenced(
                f"the high-water mark {path} is not a checkpoint of {origin} signed by a key that this database knows ({error}); "
                "after a change of the log's key that may mean an old copy"
            ) from error
        self._known[origin] = mark
        return mark

    def raise_to(self, checkpoint: Checkpoint, note: str) -> None:
        """Replace the mark by a newer checkpoint, durably: once this returns, no crash takes it back.

        Args:
            checkpoint: What the note says; its signature is the caller's own.
            note: The signed note.

        Raises:
            Fenced: The mark is higher, or has another root at this size; something signs for this origin beside us.
            StoreError: The disk refused; the checkpoint must not be shown to anybody.
        """
        known = self._known.get(checkpoint.origin)
        if known is not None and (
            checkpoint.size < known.size or (checkpoint.size == known.size and checkpoint.root != known.root)
        ):
            raise Fenced(
                f"the high-water mark of {checkpoint.origin} at {known.size} contradicts a checkpoint at {checkpoint.size}"
            )
        try:
            make_folder(self.folder)
            replace_file(self.path(checkpoint.origin), note.encode())
        except OSError as error:
            raise StoreError(f"the high-water mark cannot be written in {self.folder}: {error.strerror}") from error
        self._known[checkpoint.origin] = checkpoint

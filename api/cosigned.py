"""What witnesses have cosigned of this book's checkpoints, and the note with their lines added.

Held in memory, and in a file of the data folder so that a restart does not forget what is public anyhow. The file is no
evidence: each of its lines is checked when it is read, and what is lost is asked for again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import orjson
import structlog

from ..ledger.checkpoint import parse_checkpoint
from ..ledger.cosignature import Cosignature, verify_cosignatures
from ..ledger.errors import VerificationError
from ..ledger.note import Note, NoteSignature, VerifierKey, format_signature_lines, parse_note, parse_signature_lines
from ..ledger.store.files import replace_file

log = structlog.get_logger("suxin")

CHECKPOINTS_MAX: Final = 16  # newest ones with a cosignature; witnesses differ by an epoch or two, not more
SAVE_INTERVAL_S: Final = 5.0  # a public book may cosign many times a second, and its disk has better things to do
FILE: Final = "cosignatures.json"
_FILE_BYTES_MAX: Final = 4 * 1024 * 1024


class Kinds(NamedTuple):
    """How many witnesses, by kind."""

    plain: int
    full: int


@dataclass(slots=True)
class _Signed:
    """One checkpoint's lines, by witness."""

    size: int
    lines: dict[VerifierKey, NoteSignature]


class Cosignatures:
    """Cosignatures of the newest checkpoints. Any thread.

    Args:
        path: The file; its folder must exist.
        origin: Of the log.
        witnesses: Keys that were asked; lines of others are ignored.
        full: Those of them that the operator says are full witnesses'.
    """

    def __init__(
        self, path: Path, origin: str, witnesses: Sequence[VerifierKey], full: Collection[VerifierKey] = frozenset()
    ) -> None:
        self._full = frozenset(full)
        self._path = path
        self._origin = origin
        self._witnesses = tuple(witnesses)
        self._signed: dict[str, _Signed] = {}  # by the checkpoint's text, oldest first
        self._lock = threading.Lock()
        self._saved = 0.0
        if witnesses:
            self._load()

    def add(self, text: str, lines: Sequence[NoteSignature]) -> tuple[Cosignature, ...]:
        """Keep the lines of known witnesses under the text of a checkpoint of this log.

        Returns:
            What was kept.

        Raises:
            VerificationError: `cosignature-invalid`, `checkpoint-malformed` or `origin-mismatch`; nothing was kept.
        """
        found = verify_cosignatures(Note(text, tuple(lines)), self._witnesses)
        checkpoint = parse_checkpoint(text)
        if checkpoint.origin != self._origin:
            raise VerificationError("origin-mismatch", f"a checkpoint of {checkpoint.origin}, not of {self._origin}")
        with self._lock:
            signed = self._signed.setdefault(text, _Signed(checkpoint.size, {}))
            for one in found:
                signed.lines[one.witness] = next(
                    line for line in lines if line.is_by(one.witness) and line.blob[:8] == one.time_s.to_bytes(8, "big")
                )
            self._signed = dict(sorted(self._signed.items(), key=lambda item: item[1].size)[-CHECKPOINTS_MAX:])
            if time.monotonic() - self._saved >= SAVE_INTERVAL_S:
                self._save()
        return found

    def kinds(self, note: str) -> Kinds:
        """How many witnesses of which kind have cosigned this very checkpoint."""
        text = parse_note(note).text if self._witnesses else ""
        with self._lock:
            signed = self._signed.get(text)
            return self._counted(set() if signed is None else set(signed.lines))

    def covering(self, size: int) -> Kinds:
        """How many witnesses of which kind have cosigned a checkpoint of this size or a later one."""
        with self._lock:
            return self._counted({key for one in self._signed.values() if one.size >= size for key in one.lines})

    def _counted(self, keys: Collection[VerifierKey]) -> Kinds:
        full = sum(key in self._full for key in keys if key in self._witnesses)
        return Kinds(sum(key in self._witnesses for key in keys) - full, full)

    def cosigned(self, note: str) -> str:
        """A note of this log with the lines of the witnesses that have cosigned it, in the order they are configured in."""
        return note + format_signature_lines(self._lines(note))

    def latest(self, witness: VerifierKey) -> int | None:
        """Size that a witness cosigned last; None as long as it has not."""
        with self._lock:
            return max((signed.size for signed in self._signed.values() if witness in signed.lines), default=None)

    def _lines(self, note: str) -> list[NoteSignature]:
        if not self._witnesses:
            return []
        text = parse_note(note).text
        with self._lock:
            signed = self._signed.get(text)
            return [] if signed is None else [signed.lines[key] for key in self._witnesses if key in signed.lines]

    def close(self) -> None:
        """Write what is not in the file yet."""
        with self._lock:
            if self._signed:
                self._save()

    def _save(self) -> None:
        rows = [[text, format_signature_lines(list(signed.lines.values()))] for text, signed in self._signed.items()]
        try:
            replace_file(self._path, orjson.dumps({"v": 1, "checkpoints": rows}), 0o644)
        except OSError as error:  # a witness is asked again; the book goes on
            log.warning("cosignatures not saved", words=error.strerror)
        self._saved = time.monotonic()

    def _load(self) -> None:
        for text, lines in read_lines(self._path):
            try:
                if self.add(text, parse_signature_lines(lines)) == ():
                    self._signed.pop(text, None)  # of witnesses that are no longer asked
            except VerificationError as error:
                log.warning("a kept cosignature does not hold", words=str(error))


def read_lines(path: Path) -> list[tuple[str, str]]:
    """Checkpoint texts and signature lines of a file, not checked; empty when it is missing or broken."""
    try:
        with path.open("rb") as file:
            rows = orjson.loads(file.read(_FILE_BYTES_MAX))["checkpoints"]
        return [(text, lines) for text, lines in rows if isinstance(text, str) and isinstance(lines, str)]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("the file of cosignatures cannot be read", kind=type(error).__name__)
        return []

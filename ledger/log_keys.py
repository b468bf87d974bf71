"""The log's own keys: which of them signs its checkpoints from which index on. Pure.

The genesis leaf names the first. Later ones come, and go, by `key` statements with `use: "log"` of the operator's root actor,
which stand in the log like every other. Several may be in force at a time; the one that leads signs every checkpoint.
Source: docs/formats/keys.md, docs/formats/checkpoint.md, docs/adr.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .bodies import KeyBody
from .checkpoint import Checkpoint, log_key, open_cosigned
from .errors import Refused, VerificationError
from .keys import parse_public, public_text
from .limits import INTEGER_MAX, ROTATE_GRACE_MS

STREAM: Final = "k:auth:operator:000000"  # where every statement about the log's keys stands


@dataclass(slots=True)
class LogKey:
    """One key of a log: indexes are places of entries in it."""

    public: bytes
    added: int  # 0 for the genesis leaf's
    rotated: int | None = None
    rotated_ms: int | None = None  # received time of the rotation; it signs beside the newer one for 30 days more
    revoked: int | None = None

    def leads(self, size: int = INTEGER_MAX) -> bool:
        """Whether it was added before a size, and neither rotated nor revoked."""
        return self.added < size and not _before(self.rotated, size) and not _before(self.revoked, size)

    def stands(self, size: int = INTEGER_MAX) -> bool:
        """Whether it was added before a size, and not revoked."""
        return self.added < size and not _before(self.revoked, size)

    def in_force(self, size: int, time_ms: int) -> bool:
        """Whether it may sign a checkpoint of this size, whose epoch is of that time (Unix milliseconds)."""
        if not self.stands(size):
            return False
        return not _before(self.rotated, size) or time_ms <= (self.rotated_ms or 0) + ROTATE_GRACE_MS


def _before(index: int | None, size: int) -> bool:
    return index is not None and index < size


class LogKeys:
    """All keys that a log has had, in the order of their coming.

    Args:
        first: The genesis leaf's, 32 bytes.
    """

    def __init__(self, first: bytes) -> None:
        self.all: list[LogKey] = [LogKey(first, 0)]

    def find(self, public: bytes) -> LogKey | None:
        """One key, whatever has become of it."""
        return next((key for key in self.all if key.public == public), None)

    def leading(self, size: int = INTEGER_MAX) -> bytes:
        """The key that every checkpoint of this size must carry: the newest that is neither rotated nor revoked.

        Raises:
            VerificationError: `log-key-retired`: there is none; the rules of the book do not let that happen.
        """
        found = next((key.public for key in reversed(self.all) if key.leads(size)), None)
        if found is None:
            raise VerificationError("log-key-retired", f"no key of the log is in force at size {size}")
        return found

    def signing(self, size: int, time_ms: int) -> tuple[bytes, ...]:
        """Keys that sign a checkpoint, the leading one first, then the older ones that are still in their 30 days.

        Args:
            size: Of the checkpoint.
            time_ms: Time of its epoch, Unix milliseconds.
        """
        first = self.leading(size)
        return (first, *(k.public for k in reversed(self.all) if k.public != first and k.in_force(size, time_ms)))

    def trusted(self) -> tuple[bytes, ...]:
        """Keys whose signature still says something: all that were not revoked, the newest first."""
        return tuple(key.public for key in reversed(self.all) if key.stands())

    def fold(self, body: KeyBody, index: int, received_ms: int) -> None:
        """Take in an admitted statement with `use: "log"`."""
        public = parse_public(body.key)
        known = self.find(public)
        if body.event == "add":
            if known is None:
                self.all.append(LogKey(public, index))
        elif known is not None and body.event == "rotate":
            known.rotated, known.rotated_ms = index, received_ms
        elif known is not None:
            known.revoked = index

    def check_change(self, body: KeyBody) -> None:
        """Check that a rotation or revocation leaves the log a key.

        Raises:
            Refused: `key-unknown`, `key-revoked`, `log-key-rotated`, `log-key-last`.
        """
        known = self.find(parse_public(body.key))
        if known is None:
            raise Refused("key-unknown", "the log has no such key", "/body/key")
        if known.revoked is not None:
            raise Refused("key-revoked", "this key of the log is revoked already", "/body/key")
        if body.event == "rotate" and known.rotated is not None:
            raise Refused("log-key-rotated", "this key of the log is rotated out already", "/body/key")
        if known.leads() and sum(key.leads() for key in self.all) == 1:
            raise Refused("log-key-last", "the log has no other key that signs; add one first", "/body/key")


def open_signed(note: str | bytes, origin: str, keys: LogKeys) -> Checkpoint:
    """Read a checkpoint that must carry the signature of the key that led when it was made; for who holds the whole log.

    Args:
        note: As it came.
        origin: Of the log.
        keys: Its keys, by its own entries.

    Raises:
        VerificationError: As `open_cosigned`; `log-key-retired` when only keys signed that no longer lead.
    """
    opened = open_cosigned(note, origin, [log_key(origin, key.public) for key in keys.all])
    leading = keys.leading(opened.checkpoint.size)
    if all(key.public != leading for key in opened.signers):
        raise retired(keys, [key.public for key in opened.signers], opened.checkpoint.size)
    return opened.checkpoint


def check_signers(keys: LogKeys, signers: Sequence[bytes], size: int, time_ms: int) -> None:
    """Check that one of the keys that a reader knows, and that signed a checkpoint, was in force there.

    Args:
        keys: The log's keys, by its own entries.
        signers: Public keys whose signatures hold, 32 bytes each; at least one.
        size: Of the checkpoint.
        time_ms: Time of its epoch.

    Raises:
        VerificationError: `log-key-retired`.
    """
    known = [keys.find(public) for public in signers]
    if not any(key is not None and key.in_force(size, time_ms) for key in known):
        raise retired(keys, signers, size)


def retired(keys: LogKeys, signers: Sequence[bytes], size: int) -> VerificationError:
    """The fault of a checkpoint that is signed by keys whose time was over, or had not come."""
    said = []
    for public in signers:
        key = keys.find(public)
        what = (
            "is not of this log" if key is None
            else f"was revoked at index {key.revoked}" if key.revoked is not None
            else f"was rotated out at index {key.rotated}" if key.rotated is not None
            else f"was added at index {key.added}"
        )  # fmt: skip
        said.append(f"{public_text(public)} {what}")
    return VerificationError("log-key-retired", f"size {size}: {'; '.join(said)}")

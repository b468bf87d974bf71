"""C2SP checkpoints: the signed note that says how long a log is and what its root is.

Source: c2sp.org/tlog-checkpoint@v1.0.0, docs/formats/checkpoint.md. A log signs under its origin as the key's name.
We write no extension lines (monitors cannot audit them); other logs' are kept, so that their signatures check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .cosignature import Cosignature, verify_cosignatures
from .errors import VerificationError
from .hashing import EMPTY_ROOT, HASH_SIZE
from .keys import SigningKey
from .limits import TREE_HEIGHT_MAX
from .note import (
    ED25519_TYPE,
    Note,
    VerifierKey,
    format_base64,
    format_note,
    parse_base64,
    parse_note,
    sign_note,
    verify_note,
)

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a log.

    Args:
        origin: Name of the log.
        size: Number of leaves, below 2**63.
        root: RFC 6962 root over them, 32 bytes.
        extensions: Further lines of the text; nothing is concluded from them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint and who has vouched for it.

    Args:
        checkpoint: What the text says.
        signers: Keys of the log that signed it; at least one.
        cosignatures: Witnesses that cosigned it, each once.
    """

    checkpoint: Checkpoint
    signers: tuple[VerifierKey, ...]
    cosignatures: tuple[Cosignature, ...]


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint, without blank line and signatures.

    Raises:
        VerificationError: `checkpoint-malformed`.
    """
    *lines, end = text.split("\n")
    if end or len(lines) < 3 or not all(lines):
        raise VerificationError("checkpoint-malformed", "not three or more lines, none of them empty")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) >> TREE_HEIGHT_MAX:
        raise VerificationError("checkpoint-malformed", "the size is no decimal below 2^63 without leading zeros")
    checkpoint = Checkpoint(origin, int(size), parse_base64(root, "checkpoint-malformed", HASH_SIZE), tuple(lines[3:]))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise VerificationError("checkpoint-malformed", "an empty log with the root of another")
    return checkpoint


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Text of a checkpoint, without blank line and signatures.

    Raises:
        ValueError: When the text would not parse back into the same checkpoint.
    """
    lines = (checkpoint.origin, str(checkpoint.size), format_base64(checkpoint.root), *checkpoint.extensions)
    text = "\n".join(lines) + "\n"
    try:
        same = parse_checkpoint(text) == checkpoint
    except VerificationError as error:
        raise ValueError(error.detail) from error
    if not same:
        raise ValueError("a line feed inside a line")
    return text


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> str:
    """The note of a checkpoint, signed by the log's keys in their order; the same state and keys give the same bytes."""
    text = format_checkpoint(checkpoint)
    return format_note(Note(text, tuple(sign_note(text, checkpoint.origin, key) for key in keys)))


def open_checkpoint(note: str | bytes, origin: str, public: bytes) -> Checkpoint:
    """Read a checkpoint of the log `origin`, signed by the key `public` (32 bytes); other signatures are ignored.

    Raises:
        VerificationError: As `open_cosigned`.
    """
    return open_cosigned(note, origin, [log_key(origin, public)]).checkpoint


def open_cosigned(
    note: str | bytes, origin: str, log_keys: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> Opened:
    """Read a checkpoint and check every signature of a known key on it.

    Args:
        note: The note as it came.
        origin: The log the reader asked about.
        log_keys: Keys of that log, of which one must have signed.
        witnesses: Keys of witnesses; how many are needed is the policy's business.

    Raises:
        VerificationError: `note-malformed`, `note-unsigned`, `note-signature-invalid`, `checkpoint-malformed`,
            `origin-mismatch`, `cosignature-invalid`.
    """
    parsed = parse_note(note)
    signers = verify_note(parsed, log_keys)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin:
        raise VerificationError("origin-mismatch", f"a checkpoint of {checkpoint.origin}, not of {origin}")
    return Opened(checkpoint, signers, verify_cosignatures(parsed, witnesses))


def log_key(origin: str, public: bytes) -> VerifierKey:
    """Verifier key of a log that signs under its origin."""
    return VerifierKey(origin, ED25519_TYPE, public)

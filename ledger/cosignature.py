"""C2SP cosignature/v1: a witness says when it saw this checkpoint as the log's longest, and consistent with all before.

Source: c2sp.org/tlog-cosignature@v1.0.1 (Ed25519 only), docs/formats/checkpoint.md. The signed message does not hold
the witness' name, so one key must not serve two witnesses; a policy that lists it twice is refused by its reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import VerificationError
from .keys import SIGNATURE_SIZE, SigningKey, verify
from .note import COSIGNATURE_TYPE, Note, NoteSignature, VerifierKey

_TIME_SIZE = 8  # bytes, big endian
_TIME_BITS = 63


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that was checked.

    Args:
        witness: Key of the witness.
        time_s: When it cosigned by its own clock, in Unix seconds.
    """

    witness: VerifierKey
    time_s: int


def witness_key(name: str, public: bytes) -> VerifierKey:
    """Verifier key of a witness."""
    return VerifierKey(name, COSIGNATURE_TYPE, public)


def cosign(text: str, name: str, key: SigningKey, time_s: int) -> NoteSignature:
    """Cosign the text of a checkpoint. Only the caller knows whether it is consistent with all it cosigned before.

    Args:
        text: The whole text of the note, extension lines included.
        name: Name of the witness.
        key: Its key, used for nothing else.
        time_s: Now, in Unix seconds, 0 to 2**63 - 1.
    """
    if not 0 <= time_s < 1 << _TIME_BITS:
        raise ValueError(f"no time: {time_s}")
    blob = time_s.to_bytes(_TIME_SIZE, "big") + key.sign(_message(text, time_s))
    return NoteSignature(name, witness_key(name, key.public).key_id, blob)


def verify_cosignatures(note: Note, witnesses: Sequence[VerifierKey]) -> tuple[Cosignature, ...]:
    """Check every line of a note that claims to be by one of `witnesses`.

    Returns:
        For each witness that cosigned its newest cosignature, in the order of `witnesses`; may be empty.

    Raises:
        VerificationError: `cosignature-invalid` when one line of a known witness fails.
    """
    found: list[Cosignature] = []
    for witness in witnesses:
        if witness.type != COSIGNATURE_TYPE:
            raise ValueError(f"a key of type {witness.type} does not cosign")
        times = [_verify(note.text, line, witness) for line in note.signatures if line.is_by(witness)]
        if times:
            found.append(Cosignature(witness, max(times)))
    return tuple(found)


def _verify(text: str, line: NoteSignature, witness: VerifierKey) -> int:
    time_s = int.from_bytes(line.blob[:_TIME_SIZE], "big")
    if len(line.blob) != _TIME_SIZE + SIGNATURE_SIZE or time_s >> _TIME_BITS:
        raise VerificationError("cosignature-invalid", f"{witness.name}: not a time and a signature")
    try:
        verify(witness.public, _message(text, time_s), line.blob[_TIME_SIZE:])
    except VerificationError as error:
        raise VerificationError("cosignature-invalid", f"{witness.name}: {error.detail}") from None
    return time_s


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()

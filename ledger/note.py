"""C2SP signed notes: text, blank line, one signature line per key. And the verifier keys (vkeys) they are checked with.

Source: c2sp.org/signed-note@v1.0.0, docs/formats/checkpoint.md. A signature line of an unknown key is ignored, a bad
one of a known key spoils the whole note.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from .errors import Refused, VerificationError
from .keys import PUBLIC_SIZE, SigningKey, check_point, verify
from .limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX

ED25519_TYPE = 0x01  # over the text of the note
COSIGNATURE_TYPE = 0x04  # Ed25519 over "cosignature/v1", a time and the text: `cosignature.py`
ML_DSA_44_TYPE = 0x06  # reserved, as algorithm 0x02 of statements is

KEY_ID_SIZE = 4  # bytes
_LINE_START = "— "  # U+2014 and a space


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key a reader knows: name, kind of signature, public key.

    Args:
        name: Not empty, without Unicode spaces and plus signs; of a log, its origin.
        type: Type byte of C2SP: `ED25519_TYPE` or `COSIGNATURE_TYPE`.
        public: Ed25519 public key, 32 bytes.
    """

    name: str
    type: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:KEY_ID_SIZE]


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not yet checked.

    Args:
        name: Name of the key.
        key_id: Its four bytes; a hint only, anyone can make a key with the same.
        blob: What follows the key id: 64 bytes of Ed25519, or something a reader does not know.
    """

    name: str
    key_id: bytes
    blob: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Whether the line claims to be by `key`."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note.

    Args:
        text: What is signed, with its last line feed.
        signatures: Signature lines in their order, checked or not.
    """

    text: str
    signatures: tuple[NoteSignature, ...]


def parse_note(note: str | bytes) -> Note:
    """Take a note apart; checks its form, and no signature.

    Raises:
        VerificationError: `note-malformed`.
    """
    text = _decode(note)
    border = text.rfind("\n\n")
    if border < 0 or not text.endswith("\n") or border + 2 == len(text):
        raise VerificationError("note-malformed", "not text, blank line, signature lines")
    lines = text[border + 2 : -1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise VerificationError("note-malformed", f"{len(lines)} signature lines")
    return Note(text[: border + 1], tuple(_parse_line(line) for line in lines))


def parse_signature_lines(lines: str) -> tuple[NoteSignature, ...]:
    """Read bare signature lines, as a witness answers them; each ends in a line feed.

    Raises:
        VerificationError: `note-malformed`.
    """
    return parse_note("lines\n\n" + lines).signatures


def format_note(note: Note) -> str:
    """Text of a note.

    Raises:
        ValueError: When the parts would not parse back into the same note.
    """
    text = f"{note.text}\n{format_signature_lines(note.signatures)}"
    try:
        same = parse_note(text) == note
    except VerificationError as error:
        raise ValueError(error.detail) from error
    if not same:
        raise ValueError("these parts are no note")
    return text


def format_signature_lines(signatures: Sequence[NoteSignature]) -> str:
    """Signature lines, each with its line feed."""
    return "".join(f"{_LINE_START}{one.name} {format_base64(one.key_id + one.blob)}\n" for one in signatures)


def sign_note(text: str, name: str, key: SigningKey) -> NoteSignature:
    """Sign a text that ends in a line feed, under the name of the key."""
    if not text.endswith("\n"):
        raise ValueError("a note's text ends in a line feed")
    return NoteSignature(name, VerifierKey(name, ED25519_TYPE, key.public).key_id, key.sign(text.encode()))


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Check every line that claims to be by one of `keys`, all of `ED25519_TYPE`.

    Returns:
        The keys that signed, each once, in the order of `keys`; never empty.

    Raises:
        VerificationError: `note-signature-invalid` when one of them fails, `note-unsigned` when none is there.
    """
    text, signers = note.text.encode(), []
    for key in keys:
        if key.type != ED25519_TYPE:
            raise ValueError(f"a key of type {key.type} does not sign texts as they stand")
        lines = [line for line in note.signatures if line.is_by(key)]
        for line in lines:
            try:
                verify(key.public, text, line.blob)
            except VerificationError as error:
                raise VerificationError("note-signature-invalid", f"{key.name}: {error.detail}") from None
        if lines:
            signers.append(key)
    if not signers:
        raise VerificationError("note-unsigned", "no signature of a key that is known here")
    return tuple(signers)


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key: `name+hex key id+base64(type ‖ public key)`.

    Raises:
        VerificationError: `vkey-unsupported` for a type of signature that is not checked here, `vkey-malformed` for
            everything else: form, key id, or a public key that is a weak point.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not _is_name(parts[0]):
        raise VerificationError("vkey-malformed", "not name, key id and key, joined by plus signs")
    coded = parse_base64(parts[2], "vkey-malformed")
    kind, public = coded[:1], coded[1:]
    if kind not in (bytes([ED25519_TYPE]), bytes([COSIGNATURE_TYPE])):
        raise VerificationError("vkey-unsupported", f"signature type {kind.hex() or 'missing'}")
    if len(public) != PUBLIC_SIZE:
        raise VerificationError("vkey-malformed", f"a key of {len(public)} bytes")
    try:
        check_point(public)
    except Refused as error:
        raise VerificationError("vkey-malformed", error.cause) from None
    key = VerifierKey(parts[0], kind[0], public)
    if parts[1] != key.key_id.hex():
        raise VerificationError("vkey-malformed", f"key id {key.key_id.hex()} is due")
    return key


def format_vkey(key: VerifierKey) -> str:
    """Text of a verifier key, for policies and `suxin.json`."""
    return f"{key.name}+{key.key_id.hex()}+{format_base64(bytes([key.type]) + key.public)}"


def format_base64(data: bytes) -> str:
    """Standard base64 with padding, as all C2SP formats have it."""
    return base64.b64encode(data).decode("ascii")


def parse_base64(text: str, code: str, size: int | None = None) -> bytes:
    """Read standard base64; refuses every text that is not the one encoding of its bytes.

    Raises:
        VerificationError: `code`.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VerificationError(code, "not base64") from None
    if format_base64(data) != text or size not in (None, len(data)):
        raise VerificationError(code, f"not the base64 of {size or 'some'} bytes")
    return data


def _decode(note: str | bytes) -> str:
    try:
        raw = note.encode() if isinstance(note, str) else note
        text = raw.decode()
    except UnicodeError:
        raise VerificationError("note-malformed", "not UTF-8") from None
    if len(raw) > NOTE_BYTES_MAX:
        raise VerificationError("note-malformed", f"{len(raw)} bytes")
    if any(character < " " and character != "\n" for character in text):
        raise VerificationError("note-malformed", "a control character")
    return text


def _parse_line(line: str) -> NoteSignature:
    name, space, coded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START) or not space or not _is_name(name):
        raise VerificationError("note-malformed", "a signature line is not dash, name, base64")
    blob = parse_base64(coded, "note-malformed")
    if len(blob) <= KEY_ID_SIZE:
        raise VerificationError("note-malformed", "a signature line without a signature")
    return NoteSignature(name, blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)

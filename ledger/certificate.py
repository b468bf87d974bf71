"""An erasure certificate: the operator's signed word that the values beside a statement are gone, with the proof of its entry.

A C2SP signed note by the log's key, the `erasure` entry's leaf, and a tlog-proof that the leaf is in the book: whoever knows the
log's key checks all of it without a network. Source: docs/formats/erasure.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from . import canonical
from .encoding import b64u
from .entry import read_entry
from .errors import Refused, VerificationError
from .hashing import leaf_hash
from .limits import NOTE_BYTES_MAX
from .note import VerifierKey, parse_note, verify_note
from .terms import FAULTS
from .tlogproof import parse_tlog_proof, verify_tlog_proof

FIRST_LINE: Final = "suxin-erasure/v1"
_TEXT: Final = re.compile(
    rf"{FIRST_LINE}\n"
    r"book (?P<book>[a-z0-9./-]{3,90})\n"
    r"of (?P<kind>[a-z]{3,20}) (?P<of>[A-Za-z0-9_-]{43})\n"
    r"values(?P<values>(?: /[a-z_/]{1,99})+| none)\n"
    r"outcome (?:(?P<erased>erased)|sealed until (?P<until>20\d\d-\d\d-\d\d))\n"
    r"by (?P<by>[A-Za-z0-9_-]{43})\n"
    r"at (?P<at>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)\n"
)
CERTIFICATE_BYTES_MAX: Final = 3 * NOTE_BYTES_MAX + 200_000


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an operator certifies.

    Attributes:
        book: Origin of the place.
        kind: Type of the statement whose values they were.
        of: Its hash, base64url.
        values: JSON pointers of the values; none where only the entry itself is withheld.
        until: Day until which they are kept under seal; "" when they are erased.
        by: Hash of the `erasure` statement, base64url.
        at: When the operator signed this, as a statement's `at`.
    """

    book: str
    kind: str
    of: str
    values: tuple[str, ...]
    until: str
    by: str
    at: str

    @property
    def outcome(self) -> Literal["erased", "sealed"]:
        """What became of the values."""
        return "sealed" if self.until else "erased"


class Paper(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written: signed note, leaf of the `erasure` entry, tlog-proof of that leaf."""

    certificate: Annotated[str, Meta(max_length=NOTE_BYTES_MAX)]
    leaf: dict[str, object]
    proof: Annotated[str, Meta(max_length=2 * NOTE_BYTES_MAX)]
    v: Literal[1]


def certificate_text(one: Certificate) -> str:
    """Text that is signed.

    Raises:
        ValueError: It would not read back as the same.
    """
    outcome = f"sealed until {one.until}" if one.until else "erased"
    lines = (
        FIRST_LINE, f"book {one.book}", f"of {one.kind} {one.of}", f"values {' '.join(one.values) or 'none'}",
        f"outcome {outcome}", f"by {one.by}", f"at {one.at}",
    )  # fmt: skip
    text = "".join(f"{line}\n" for line in lines)
    if parse_certificate_text(text) != one:
        raise ValueError("these parts are no certificate")
    return text


def parse_certificate_text(text: str) -> Certificate:
    """Read the text of a certificate.

    Raises:
        VerificationError: `certificate-malformed`.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise VerificationError("certificate-malformed", "not the lines of a certificate")
    values = tuple(found["values"].split()) if found["values"] != " none" else ()
    return Certificate(found["book"], found["kind"], found["of"], values, found["until"] or "", found["by"], found["at"])


def verify_certificate(raw: bytes, origin: str, log_keys: tuple[VerifierKey, ...]) -> Certificate:
    """Check a certificate without a network.

    Args:
        raw: The file.
        origin: Log that the reader trusts, for example suxin.example/jinhua/1.
        log_keys: Keys of that log, as the reader has pinned them.

    Returns:
        What is certified: by the operator's word, and that the `erasure` stands in the book by proof.

    Raises:
        VerificationError: `certificate-malformed`; `note-…`: not signed by that log; `inclusion-invalid`, `checkpoint-malformed`,
            `origin-mismatch`: the entry is not in that log; `certificate-entry`: it is not the erasure that the text names.
    """
    if len(raw) > CERTIFICATE_BYTES_MAX:
        raise VerificationError("certificate-malformed", f"{len(raw)} bytes")
    try:
        paper = msgspec.json.decode(raw, type=Paper)
        leaf = canonical.dump(paper.leaf)  # type: ignore[arg-type]
    except (*FAULTS, Refused) as error:
        raise VerificationError("certificate-malformed", "not the members of a certificate") from error
    note = parse_note(paper.certificate)
    verify_note(note, log_keys)
    found = parse_certificate_text(note.text)
    proof = parse_tlog_proof(paper.proof)
    verify_tlog_proof(proof, leaf_hash(leaf), origin, log_keys)
    try:
        said = read_entry(proof.index, leaf).statement
    except Refused as error:
        raise VerificationError("certificate-malformed", "the leaf holds no statement") from error
    fits = (
        said.type == "erasure"
        and b64u(said.hash) == found.by
        and said.ref == found.of
        and said.re is not None
        and said.re["type"] == found.kind
        and said.book == found.book
    )
    if not fits:
        raise VerificationError("certificate-entry", "the entry is not the erasure that the certificate names", proof.index)
    return found

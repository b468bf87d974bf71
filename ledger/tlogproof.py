"""C2SP tlog-proof@v1: one text that proves, offline, that a leaf is in a log. The receipt as other people's tools read it.

Source: c2sp.org/tlog-proof, docs/formats/log.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .checkpoint import Opened, open_cosigned
from .errors import VerificationError
from .hashing import HASH_SIZE
from .limits import NOTE_BYTES_MAX, TREE_HEIGHT_MAX
from .note import VerifierKey, format_base64, parse_base64
from .proof import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA = "extra "
_BYTES_MAX = 2 * NOTE_BYTES_MAX  # note, path and a little extra


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof, not yet checked.

    Args:
        index: Position of the leaf in the log.
        path: Inclusion path, the leaf's sibling first.
        note: Checkpoint as the log and its witnesses signed it, verbatim.
        extra: Anything; nobody vouches for it.
    """

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


def parse_tlog_proof(text: str) -> TlogProof:
    """Take a proof apart; the note in it stays as it is.

    Raises:
        VerificationError: `tlog-proof-malformed`.
    """
    code = "tlog-proof-malformed"
    head, border, note = text[:_BYTES_MAX].partition("\n\n")
    if len(text) > _BYTES_MAX or not border:
        raise VerificationError(code, "too long, or without an empty line")
    first, *lines = head.split("\n")
    if first != HEADER:
        raise VerificationError(code, f"the first line is not {HEADER}")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = parse_base64(lines.pop(0).removeprefix(_EXTRA), code)
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None or int(match[1]) >> TREE_HEIGHT_MAX:
        raise VerificationError(code, "no index where one is due")
    if len(lines) > TREE_HEIGHT_MAX:
        raise VerificationError(code, f"{len(lines)} hashes")
    return TlogProof(int(match[1]), tuple(parse_base64(line, code, HASH_SIZE) for line in lines), note, extra)


def format_tlog_proof(proof: TlogProof) -> str:
    """Text of a proof.

    Raises:
        ValueError: When the text would not parse.
    """
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(_EXTRA + format_base64(proof.extra))
    lines.append(f"index {proof.index}")
    lines += map(format_base64, proof.path)
    text = "\n".join(lines) + "\n\n" + proof.note
    try:
        parse_tlog_proof(text)
    except VerificationError as error:
        raise ValueError(error.detail) from error
    return text


def verify_tlog_proof(
    proof: TlogProof, leaf: bytes, origin: str, log_keys: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> Opened:
    """Check that the leaf is in the log, at the proof's index and under its checkpoint.

    Args:
        proof: From `parse_tlog_proof`.
        leaf: Leaf hash, 32 bytes, that the reader computed from what is shown.
        origin: Log the reader trusts.
        log_keys: Keys of that log.
        witnesses: Keys of witnesses; whether enough of them have cosigned is the policy's business.

    Raises:
        VerificationError: As `checkpoint.open_cosigned`, or `inclusion-invalid`.
    """
    opened = open_cosigned(proof.note, origin, log_keys, witnesses)
    verify_inclusion(leaf, proof.index, opened.checkpoint.size, proof.path, opened.checkpoint.root)
    return opened

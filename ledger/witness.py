r"""What a witness does with a checkpoint: cosign it if the log only grew since the last one it cosigned, else say why not.

A pure state machine: (what is stored, request, time) -> decision. Whoever stores the state must hold it fast from
reading it to writing the new one, and write before answering. Source: c2sp.org/tlog-witness, docs/formats/witness.md.

    old 7\n
    <base64 hash>\n ...
    \n
    <checkpoint note>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from .audit_report import Finding
from .checkpoint import Checkpoint, parse_checkpoint
from .cosignature import cosign
from .errors import VerificationError
from .hashing import EMPTY_ROOT, HASH_SIZE
from .keys import SigningKey
from .limits import NOTE_BYTES_MAX, TREE_HEIGHT_MAX
from .note import Note, VerifierKey, format_base64, format_note, parse_base64, parse_note, verify_note
from .proof import verify_consistency

SIZE_TYPE = "text/x.tlog.size"  # content type of the answer to a request that starts from another size
REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 4 * 1024  # a note, and 64 lines of at most 45 bytes

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

# A full witness' last word on a checkpoint that only grew: None lets it be cosigned.
Judge = Callable[["Checkpoint"], "Declined | None"]
LogKeys = Mapping[str, Sequence[VerifierKey]]  # origin -> keys of that log


class Why(Enum):
    """Why a checkpoint was not cosigned."""

    MALFORMED = "malformed"
    UNKNOWN_LOG = "unknown-log"
    UNSIGNED = "unsigned"
    OLD_ABOVE_SIZE = "old-above-size"
    STALE = "stale"  # the request starts from another size than the one stored
    OTHER_ROOT = "other-root"  # two roots of one size: the log has signed a fork
    NOT_CONSISTENT = "not-consistent"
    WRONG = "wrong"  # a full witness has found what must not be
    BEHIND = "behind"  # a full witness has not worked through the entries up to there yet


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to cosign, not yet checked.

    Args:
        old: Size of the checkpoint that the caller thinks was cosigned last.
        path: Consistency path from there.
        note: The new checkpoint.
    """

    old: int
    path: tuple[bytes, ...]
    note: Note

    @property
    def origin(self) -> str:
        """Log that the checkpoint says it is of."""
        return self.note.text.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Seen:
    """The latest checkpoint that was cosigned of a log.

    Args:
        size: Number of leaves; 0 of a log that was never seen.
        root: Its root.
        note: The checkpoint with the log's and the witness' own signatures; "" of a log that was never seen.
    """

    size: int
    root: bytes
    note: str


NEVER = Seen(0, EMPTY_ROOT, "")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The checkpoint holds.

    Args:
        seen: What to store, before anything is answered.
        lines: Signature lines to answer.
    """

    seen: Seen
    lines: Note


@dataclass(frozen=True, slots=True)
class Declined:
    """The checkpoint was not cosigned; what is stored stays.

    Args:
        why: Which check failed.
        words: What was compared.
        size: Size that is stored, for `STALE`.
        note: The checkpoint with the log's signatures, where it may show that the log has forked or lied; else "".
        fault: For `WRONG`, what is wrong and where.
        other: For `WRONG`, another note of the log that contradicts this one; "" where there is none.
    """

    why: Why
    words: str
    size: int | None = None
    note: str = ""
    fault: Finding | None = None
    other: str = ""


def parse_ask(raw: bytes) -> Ask:
    """Read the body of add-checkpoint.

    Raises:
        VerificationError: `witness-request-malformed`, or `note-malformed`.
    """
    code = "witness-request-malformed"
    if len(raw) > REQUEST_BYTES_MAX:
        raise VerificationError(code, f"{len(raw)} bytes")
    head, border, rest = raw.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeError:
        raise VerificationError(code, "not text") from None
    match = _OLD.fullmatch(first)
    if not border or match is None or int(match[1]) >> TREE_HEIGHT_MAX:
        raise VerificationError(code, "not a line of the old size, lines of hashes, an empty line")
    if len(lines) > TREE_HEIGHT_MAX:
        raise VerificationError(code, f"{len(lines)} hashes")
    return Ask(int(match[1]), tuple(parse_base64(line, code, HASH_SIZE) for line in lines), parse_note(rest))


def format_ask(old: int, path: Sequence[bytes], note: str) -> bytes:
    """Body of add-checkpoint; `parse_ask` reads it back."""
    lines = [f"old {old}", *map(format_base64, path)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def decide(
    ask: Ask, seen: Seen, logs: LogKeys, name: str, key: SigningKey, time_s: int, judge: Judge = lambda _checkpoint: None
) -> Cosigned | Declined:
    """Check a request in the order of the protocol, and cosign.

    Args:
        ask: The request.
        seen: What is stored of `ask.origin`, or `NEVER`.
        logs: Logs that this witness knows.
        name: Name of the witness.
        key: Its key.
        time_s: Now, Unix seconds.
        judge: Of a full witness; a plain one has none.
    """
    log_keys = logs.get(ask.origin)
    if not log_keys:
        return Declined(Why.UNKNOWN_LOG, "this witness does not know a log of that origin")
    try:
        signers = verify_note(ask.note, log_keys)
    except VerificationError as error:
        return Declined(Why.UNSIGNED, error.detail)
    try:
        checkpoint = _checkpoint(ask.note.text)
    except VerificationError as error:
        return Declined(Why.MALFORMED, error.detail)
    # Only what was checked is kept and shown: a line of a stranger could say anything.
    own = Note(ask.note.text, tuple(line for line in ask.note.signatures if any(line.is_by(signer) for signer in signers)))
    declined = _compare(ask, checkpoint, seen) or judge(checkpoint)
    if declined is not None:
        convicting = declined.why in (Why.OTHER_ROOT, Why.NOT_CONSISTENT, Why.WRONG)
        return replace(declined, note=format_note(own)) if convicting else declined
    line = cosign(own.text, name, key, time_s)
    note = format_note(Note(own.text, (*own.signatures, line)))
    return Cosigned(Seen(checkpoint.size, checkpoint.root, note), Note(own.text, (line,)))


def _compare(ask: Ask, checkpoint: Checkpoint, seen: Seen) -> Declined | None:
    if ask.old > checkpoint.size:
        return Declined(Why.OLD_ABOVE_SIZE, f"from {ask.old} to {checkpoint.size} leaves")
    if ask.old != seen.size:
        return Declined(Why.STALE, f"this witness has cosigned {seen.size} leaves, not {ask.old}", seen.size)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return Declined(Why.OTHER_ROOT, "a log without leaves has the root of the empty tree")
    if checkpoint.size == seen.size and checkpoint.root != seen.root:
        return Declined(Why.OTHER_ROOT, f"at {seen.size} leaves this witness has cosigned the root {format_base64(seen.root)}")
    try:
        verify_consistency(ask.old, checkpoint.size, ask.path, seen.root, checkpoint.root)
    except VerificationError as error:
        kept = f"{seen.size} leaves with the root {format_base64(seen.root)}"
        return Declined(Why.NOT_CONSISTENT, f"not an extension of {kept}, which this witness has cosigned: {error.detail}")
    return None


def _checkpoint(text: str) -> Checkpoint:
    """As `parse_checkpoint`, but lets an empty log with a wrong root through: the protocol has an answer of its own for it."""
    lines = text.split("\n")
    if len(lines) == 4 and lines[1] == "0" and not lines[3]:
        return Checkpoint(lines[0], 0, parse_base64(lines[2], "checkpoint-malformed", HASH_SIZE))
    return parse_checkpoint(text)

"""Check of a bulletin against a reader's policy, without the book it came from. Pure.

Source: docs/formats/bulletin.md, whose order of steps this file keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from ..ledger.canonical import check
from ..ledger.checkpoint import Checkpoint, parse_checkpoint
from ..ledger.cosignature import verify_cosignatures
from ..ledger.encoding import unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.epoch import decode_epoch, verify_place
from ..ledger.errors import Refused, VerificationError
from ..ledger.hashing import BULLETIN_TAG, HASH_SIZE, leaf_hash
from ..ledger.keys import SIGNATURE_SIZE, parse_public, verify
from ..ledger.leaf import decode_genesis
from ..ledger.note import parse_note, verify_note
from ..ledger.policy import Policy
from ..ledger.proof import verify_inclusion
from ..ledger.terms import Count, Row
from .bulletin import BULLETIN_BYTES_MAX, DEPTH_MAX, Month, month_of, row_of
from .errors import CreditError
from .settlement import time_of

_FILE = "bulletin"
_TYPES = {"ratings": {"publication"}, "warnings": {"warning"}, "lists": {"list"}, "penalties": {"penalty", "breach"}}


class _Told(Row, frozen=True):
    in_dispute: bool
    answers: Count | UnsetType = UNSET
    new: bool | UnsetType = UNSET


class _Sealed(Row, frozen=True):
    leaf: Raw
    path: str


class _Counts(Row, frozen=True):
    graded: Count
    left_out: Count
    repairs: Count
    ungraded: Count
    unrated: Count


class _Bulletin(Row, frozen=True):
    checkpoint: str
    counts: _Counts
    epoch: _Sealed
    genesis: _Sealed
    lists: list[dict[str, Any]]
    month: str
    penalties: list[dict[str, Any]]
    proofs: list[tuple[Annotated[int, Meta(ge=1)], Raw, str]]
    ratings: list[dict[str, Any]]
    v: Literal[1]
    warnings: list[dict[str, Any]]


class _Form(Row, frozen=True):
    bulletin: Raw
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class CheckedBulletin:
    """What came of checking a bulletin.

    Attributes:
        verdict: holds, fails, or open: it could not be checked to the end.
        fault: What does not fit or is missing, "" when it holds.
        month: Of which month it says it is.
        checkpoint: The state it is bound to.
        value: The bulletin, as JSON.
    """

    verdict: Literal["holds", "fails", "open"]
    fault: str
    month: str
    checkpoint: Checkpoint
    value: dict[str, Any]


class _OpenError(Exception):
    """What the reader lacks to check further."""


def check_bulletin(raw: bytes, policy: Policy, signer: bytes | None = None, cosigned: str | None = None) -> CheckedBulletin:
    """Check a bulletin. What does not fit is said in the result.

    Args:
        raw: The file.
        policy: Whom the reader trusts.
        signer: Public key (32 bytes) whose signature she asks for; by default the root key that the book begins with.
        cosigned: The same checkpoint with more signatures on it, where the reader has it.

    Raises:
        CreditError: It is no bulletin.
    """
    form, inner = _read(raw)
    try:
        checkpoint = parse_checkpoint(parse_note(inner.checkpoint).text)
    except VerificationError as error:
        raise CreditError(error.detail, "/bulletin/checkpoint", _FILE) from error
    month = month_of(inner.month)
    fault, verdict = "", "holds"
    try:
        root = _state(inner, checkpoint, month)
        _rows(inner, _entries(inner, checkpoint), month)
        _signature(form, root, signer)
        _record(inner.checkpoint if cosigned is None else cosigned, inner.checkpoint, checkpoint, policy)
    except VerificationError as error:
        verdict, fault = "fails", f"{error.code}: {error.detail}"
    except Refused as error:
        verdict, fault = "fails", f"{error.code}: {error.cause}"
    except CreditError as error:
        verdict, fault = "fails", error.cause
    except _OpenError as error:
        verdict, fault = "open", str(error)
    value = msgspec.json.decode(form.bulletin)
    return CheckedBulletin(verdict, fault, month.name, checkpoint, value)  # type: ignore[arg-type]


def _read(raw: bytes) -> tuple[_Form, _Bulletin]:
    if len(raw) > BULLETIN_BYTES_MAX:
        raise CreditError(f"a file of this kind has at most {BULLETIN_BYTES_MAX} bytes", "", _FILE)
    try:
        check(raw, DEPTH_MAX)
        form = msgspec.json.decode(raw, type=_Form)
        return form, msgspec.json.decode(form.bulletin, type=_Bulletin)
    except Refused as error:
        raise CreditError(f"{error.code} at {error.pointer or 'the top'}: {error.cause}", "", _FILE) from error
    except msgspec.DecodeError as error:
        raise CreditError(str(error), "", _FILE) from error


def _path(text: str) -> list[bytes]:
    joined = unb64u(text)
    return [joined[at : at + HASH_SIZE] for at in range(0, len(joined), HASH_SIZE)]


def _state(inner: _Bulletin, checkpoint: Checkpoint, month: Month) -> bytes:
    """The root key of the book, after its first leaf and the epoch leaf were found under the checkpoint."""
    size, own = checkpoint.size, checkpoint.size - 1
    first, last = bytes(inner.genesis.leaf), bytes(inner.epoch.leaf)
    verify_inclusion(leaf_hash(first), 0, size, _path(inner.genesis.path), checkpoint.root)
    verify_inclusion(leaf_hash(last), own, size, _path(inner.epoch.path), checkpoint.root)
    genesis, epoch = decode_genesis(first), decode_epoch(last)
    verify_place(epoch, own)
    if genesis.origin != checkpoint.origin or epoch.genesis != leaf_hash(first):
        raise CreditError("the checkpoint, the epoch and the first leaf are not of one book")
    if epoch.time < month.end_ms:
        raise CreditError(f"the state is of a time before {month.name} was over")
    return parse_public(genesis.root.key)


def _entries(inner: _Bulletin, checkpoint: Checkpoint) -> dict[int, Entry]:
    """Entries that the rows name, each found under the checkpoint."""
    found: dict[int, Entry] = {}
    for index, leaf, path in inner.proofs:
        if found and index <= max(found):
            raise CreditError("the proofs are not in the order of their indexes, each once")
        verify_inclusion(leaf_hash(bytes(leaf)), index, checkpoint.size, _path(path), checkpoint.root)
        found[index] = read_entry(index, bytes(leaf))
    return found


def _rows(inner: _Bulletin, entries: dict[int, Entry], month: Month) -> None:
    named: list[int] = []
    for name, types in _TYPES.items():
        for number, row in enumerate(getattr(inner, name)):
            where = f"{name}, row {number + 1}"
            index = row.get("index")
            entry = entries.get(index) if isinstance(index, int) else None
            if entry is None or entry.statement.type not in types:
                raise CreditError(f"{where}: its entry is not among the proofs")
            try:
                told = msgspec.convert(row.get("told"), _Told)
            except msgspec.ValidationError as error:
                raise CreditError(f"{where}: told: {error}") from error
            if row_of(entry) != {member: value for member, value in row.items() if member != "told"}:
                raise CreditError(f"{where}: it says another thing than its entry")
            if time_of(entry) >= month.end_ms or not _in_term(name, row, month.last, told):
                raise CreditError(f"{where}: it did not stand at the end of {month.name}")
            named.append(entry.index)
    if sorted(named) != list(entries):
        raise CreditError("an entry is named twice, or proved and not named")
    companies = [row["company"] for row in inner.ratings]
    if companies != sorted(set(companies)):
        raise CreditError("the ratings are not in the order of their companies, each once")
    graded = sum(row["grade"] != "none" for row in inner.ratings)
    if (inner.counts.graded, inner.counts.ungraded) != (graded, len(companies) - graded):
        raise CreditError("the counts are not those of the ratings")


def _in_term(section: str, row: dict[str, Any], day: str, told: _Told) -> bool:
    """Whether what a row says stood on the last day of the month."""
    if section == "ratings":
        return bool(row["as_of"] <= day)
    if section == "warnings":
        return bool(day <= row.get("last", "") and (told.answers or day > row.get("answer_by", "9")))
    return bool(row["first"] <= day <= row["last"])


def _signature(form: _Form, root: bytes, signer: bytes | None) -> None:
    public = parse_public(form.key)
    verify(public, BULLETIN_TAG + bytes(form.bulletin), unb64u(form.signature, SIGNATURE_SIZE))
    if signer is not None and public != signer:
        raise CreditError("it is signed by another key than the one asked for")
    if signer is None and public != root:
        raise _OpenError(f"it is signed by {form.key}, not by the root key that the book begins with; whose key is that?")


def _record(note: str, shown: str, checkpoint: Checkpoint, policy: Policy) -> None:
    parsed = parse_note(note)
    if parsed.text != parse_note(shown).text:
        raise CreditError("the checkpoint beside it is another one")
    keys = policy.keys_of(checkpoint.origin)
    if not keys:
        raise _OpenError(f"log-unknown: {checkpoint.origin} is not in the policy")
    verify_note(parsed, keys)
    publics = {one.witness.public for one in verify_cosignatures(parsed, [one.key for one in policy.witnesses])}
    names = {one.name for one in policy.witnesses if one.key.public in publics}
    if not policy.quorum_met(names):
        raise _OpenError(f"witness-quorum: {len(names)} witnesses have cosigned, {policy.quorum} has not")

"""On record, how current, and who cosigned: what a bundle's checkpoint shows. One step of `bundle_verify.py`.

Source: DESIGN 3.3; docs/formats/bundle.md, whose steps the comments number; checkpoint.md, epoch.md, policy.md.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from .bundle import Bundle
from .bundle_report import HOLDS, Result
from .checkpoint import Checkpoint, parse_checkpoint
from .cosignature import Cosignature, verify_cosignatures
from .epoch import verify_place
from .errors import VerificationError
from .limits import COSIGNATURE_AGE_MS_MAX, CURRENT_MS_MAX
from .log_keys import LogKeys, check_signers
from .note import Note, VerifierKey, parse_note, verify_note
from .policy import Policy
from .proof import verify_inclusion


@dataclass(frozen=True, slots=True)
class Record:
    """What the checkpoint of a bundle shows.

    Attributes:
        result: Whether the state is on record.
        checkpoint: What the note says; None when it is no checkpoint.
        unknown: The policy does not know the log it names.
        witnesses: Whether the quorum has cosigned.
        cosigned: Cosignatures that hold.
        current: Whether the state is that of now.
        audited: A full witness is among them.
        signers: Keys of the log that the policy knows and that signed, 32 bytes each.
    """

    result: Result
    checkpoint: Checkpoint | None
    unknown: bool
    witnesses: Result
    cosigned: tuple[Cosignature, ...]
    current: Result
    audited: bool
    signers: tuple[bytes, ...] = ()


def check_record(bundle: Bundle, policy: Policy, now_ms: int) -> Record:
    """Check the checkpoint of a bundle against a reader's policy and clock."""
    try:
        note = parse_note(bundle.note)
        checkpoint = parse_checkpoint(note.text)
    except VerificationError as error:
        failed = Result("fails", error.code, error.detail)
        return Record(failed, None, False, Result("open", error.code), (), _current(bundle, policy, (), now_ms), False)
    keys = [log.key for log in policy.logs if log.key.name == checkpoint.origin]
    result, signers = _check(bundle, note, checkpoint, keys)
    if result == HOLDS and not keys:
        result = Result("open", "log-unknown", f"{checkpoint.origin} is not in the policy")
    witnesses, cosigned = _witnesses(note, policy)
    names = {one.witness.public for one in cosigned}
    audited = any(witness.full and witness.key.public in names for witness in policy.witnesses)
    current = _current(bundle, policy, cosigned, now_ms)
    return Record(result, checkpoint, not keys, witnesses, cosigned, current, audited, signers)


def _check(bundle: Bundle, note: Note, checkpoint: Checkpoint, keys: list[VerifierKey]) -> tuple[Result, tuple[bytes, ...]]:
    own = checkpoint.size - 1
    signers: tuple[bytes, ...] = ()
    try:
        if keys:
            signers = tuple(key.public for key in verify_note(note, keys))
        if bundle.genesis.origin != checkpoint.origin:
            detail = f"a checkpoint of {checkpoint.origin}, a genesis leaf of {bundle.genesis.origin}"
            raise VerificationError("origin-mismatch", detail, 0)
        # No proof binds the size, so both leaves are proved at places that follow from the size that was signed.
        verify_inclusion(bundle.epoch_hash, own, checkpoint.size, bundle.epoch_path, checkpoint.root)
        verify_place(bundle.epoch, own)
        if bundle.epoch.genesis != bundle.genesis_hash:
            raise VerificationError("epoch-genesis", "the epoch names another genesis leaf", own)
        verify_inclusion(bundle.genesis_hash, 0, checkpoint.size, bundle.genesis_path, checkpoint.root)
    except VerificationError as error:
        return Result("fails", error.code, error.detail, error.index), signers
    return HOLDS, signers


def check_log_keys(record: Record, keys: LogKeys, time_ms: int) -> Record:
    """Hold the keys that signed against what the bundle's own entries say of the log's keys, where they say anything.

    Args:
        record: What the checkpoint shows so far.
        keys: The log's keys, folded from the bundle.
        time_ms: Time of the epoch.
    """
    if record.result != HOLDS or record.checkpoint is None or (len(keys.all) == 1 and keys.all[0].leads()):
        return record
    try:
        check_signers(keys, record.signers, record.checkpoint.size, time_ms)
    except VerificationError as error:
        return replace(record, result=Result("fails", error.code, error.detail))
    return record


def _witnesses(note: Note, policy: Policy) -> tuple[Result, tuple[Cosignature, ...]]:
    try:
        cosigned = verify_cosignatures(note, [witness.key for witness in policy.witnesses])
    except VerificationError as error:
        return Result("fails", error.code, error.detail), ()
    if policy.quorum_met(_names(policy, cosigned)):
        return HOLDS, cosigned
    return Result("open", "witness-quorum", f"{len(cosigned)} have cosigned, {policy.quorum} has not"), cosigned


def _current(bundle: Bundle, policy: Policy, cosigned: tuple[Cosignature, ...], now_ms: int) -> Result:
    age = now_ms - bundle.epoch.time
    if age > CURRENT_MS_MAX:
        return Result("open", "state-old", f"{age} ms old")
    if age < -CURRENT_MS_MAX:
        return Result("open", "state-ahead", f"{-age} ms ahead")
    recent = tuple(one for one in cosigned if -CURRENT_MS_MAX <= now_ms - one.time_s * 1000 <= COSIGNATURE_AGE_MS_MAX)
    if not policy.quorum_met(_names(policy, recent)):
        return Result("open", "cosignatures-old", f"{len(recent)} of {len(cosigned)} are recent, not enough for {policy.quorum}")
    return HOLDS


def _names(policy: Policy, cosigned: tuple[Cosignature, ...]) -> Set[str]:
    publics = {one.witness.public for one in cosigned}
    return {witness.name for witness in policy.witnesses if witness.key.public in publics}

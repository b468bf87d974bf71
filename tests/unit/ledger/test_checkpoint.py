from __future__ import annotations

import pytest

from suxin.ledger.checkpoint import (
    Checkpoint,
    format_checkpoint,
    log_key,
    open_checkpoint,
    open_cosigned,
    parse_checkpoint,
    sign_checkpoint,
)
from suxin.ledger.cosignature import Cosignature, cosign, verify_cosignatures, witness_key
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import EMPTY_ROOT
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import COSIGNATURE_TYPE, ED25519_TYPE, Note, NoteSignature, VerifierKey, format_note, parse_note, sign_note
from suxin.ledger.reasons import REASONS

LOG, FIRST, SECOND = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN = "suxin.example/demo/1"
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
TEXT = format_checkpoint(CHECKPOINT)
SIGNED = parse_note(sign_checkpoint(CHECKPOINT, LOG))
W1, W2 = witness_key("w1.example", FIRST.public), witness_key("w2.example", SECOND.public)


def code(call: object, *arguments: object) -> str:
    with pytest.raises(VerificationError) as failure:
        call(*arguments)  # type: ignore[operator]
    assert failure.value.code in REASONS
    return failure.value.code


def test_the_same_state_gives_the_same_bytes() -> None:
    assert sign_checkpoint(CHECKPOINT, LOG) == sign_checkpoint(CHECKPOINT, LOG) == format_note(SIGNED)
    assert open_checkpoint(format_note(SIGNED), ORIGIN, LOG.public) == CHECKPOINT
    assert open_checkpoint(format_note(SIGNED).encode(), ORIGIN, LOG.public) == CHECKPOINT


def test_extension_lines_are_kept_and_signed() -> None:
    more = Checkpoint(ORIGIN, 0, EMPTY_ROOT, ("one", "two 2"))
    assert open_checkpoint(sign_checkpoint(more, LOG), ORIGIN, LOG.public) == more


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "\n",
        "\n" + TEXT,
        TEXT.replace("\n7\n", "\n\n"),
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n+7\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("\n7\n", "\n7 \n"),
        TEXT.replace("\n7\n", "\n７\n"),
        TEXT.replace("\n7\n", f"\n{2**63}\n"),
        TEXT.replace("\n7\n", f"\n{'9' * 5000}\n"),
        TEXT.replace("\n7\n", "\n0\n"),
        TEXT.replace("\n7\n", "\n"),
        TEXT.replace("=", ""),
        TEXT.replace("AAEC", "AA"),
        TEXT.replace("AAEC", "AAECAwQF"),
    ],
    ids=range(17),
)
def test_malformed(text: str) -> None:
    assert code(parse_checkpoint, text) == "checkpoint-malformed"
    note = format_note(Note(text, (sign_note(text, ORIGIN, LOG),))) if text.endswith("\n") else ""
    if note:
        assert code(open_checkpoint, note, ORIGIN, LOG.public) == "checkpoint-malformed"


def test_the_largest_size() -> None:
    assert parse_checkpoint(TEXT.replace("\n7\n", f"\n{2**63 - 1}\n")).size == 2**63 - 1


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
        Checkpoint("a", 0, bytes(32)),
        Checkpoint("a", 1, bytes(32), ("",)),
        Checkpoint("a", 1, bytes(32), ("b\nc",)),
        Checkpoint("a b", 1, bytes(32)),
    ],
)
def test_only_checkpoints_are_signed(checkpoint: Checkpoint) -> None:
    with pytest.raises(ValueError, match=r"."):
        sign_checkpoint(checkpoint, LOG)


def test_of_another_log_or_by_another_key() -> None:
    note = format_note(SIGNED)
    assert code(open_checkpoint, note, "suxin.example/demo/2", LOG.public) == "note-unsigned"
    assert code(open_checkpoint, note, ORIGIN, FIRST.public) == "note-unsigned"
    stranger = Note(TEXT, (sign_note(TEXT, "suxin.example/demo/2", LOG),))
    key = log_key("suxin.example/demo/2", LOG.public)
    assert code(open_cosigned, format_note(stranger), "suxin.example/demo/2", [key]) == "origin-mismatch"


def test_two_keys_of_a_log_while_it_rotates() -> None:
    both = Note(TEXT, (*SIGNED.signatures, sign_note(TEXT, ORIGIN, FIRST)))
    old, new = log_key(ORIGIN, LOG.public), log_key(ORIGIN, FIRST.public)
    assert open_cosigned(format_note(both), ORIGIN, [new, old]).signers == (new, old)
    assert open_cosigned(format_note(SIGNED), ORIGIN, [new, old]).signers == (old,)


def test_each_witness_counts_once_with_its_newest_time() -> None:
    lines = [cosign(TEXT, "w1.example", FIRST, time_s) for time_s in (50, 70, 60)]
    note = Note(TEXT, (*SIGNED.signatures, *lines, cosign(TEXT, "w2.example", SECOND, 2**63 - 1)))
    opened = open_cosigned(format_note(note), ORIGIN, [log_key(ORIGIN, LOG.public)], [W2, W1])
    assert opened.cosignatures == (Cosignature(W2, 2**63 - 1), Cosignature(W1, 70))
    assert open_cosigned(format_note(note), ORIGIN, [log_key(ORIGIN, LOG.public)]).cosignatures == ()


GOOD = cosign(TEXT, "w1.example", FIRST, 50)


@pytest.mark.parametrize(
    "line",
    [
        NoteSignature("w1.example", W1.key_id, (51).to_bytes(8, "big") + GOOD.blob[8:]),
        NoteSignature("w1.example", W1.key_id, GOOD.blob[:-1]),
        NoteSignature("w1.example", W1.key_id, GOOD.blob + b"\x00"),
        NoteSignature("w1.example", W1.key_id, GOOD.blob[8:]),
        NoteSignature("w1.example", W1.key_id, b"\x01"),
        NoteSignature("w1.example", W1.key_id, bytes(8) + FIRST.sign(TEXT.encode())),
        NoteSignature(
            "w1.example", W1.key_id, (2**63).to_bytes(8, "big") + FIRST.sign(f"cosignature/v1\ntime {2**63}\n{TEXT}".encode())
        ),
        NoteSignature("w1.example", W1.key_id, cosign(TEXT.replace("\n7\n", "\n8\n"), "w1.example", FIRST, 50).blob),
    ],
    ids=range(8),
)
def test_one_bad_cosignature_of_a_known_witness_spoils_the_note(line: NoteSignature) -> None:
    note = Note(TEXT, (*SIGNED.signatures, GOOD, line))
    assert code(verify_cosignatures, note, [W1]) == "cosignature-invalid"
    assert code(open_cosigned, format_note(note), ORIGIN, [log_key(ORIGIN, LOG.public)], [W1]) == "cosignature-invalid"
    assert verify_cosignatures(note, [W2]) == ()


def test_a_cosignature_is_no_signature_of_a_log_and_the_reverse() -> None:
    as_log = witness_key(ORIGIN, LOG.public)
    assert as_log.key_id != log_key(ORIGIN, LOG.public).key_id
    only = Note(TEXT, (cosign(TEXT, ORIGIN, LOG, 50),))
    assert code(open_checkpoint, format_note(only), ORIGIN, LOG.public) == "note-unsigned"
    with pytest.raises(ValueError, match="type 1"):
        verify_cosignatures(SIGNED, [VerifierKey(ORIGIN, ED25519_TYPE, LOG.public)])
    assert as_log.type == COSIGNATURE_TYPE


@pytest.mark.parametrize("time_s", [-1, 2**63])
def test_no_such_time(time_s: int) -> None:
    with pytest.raises(ValueError, match="no time"):
        cosign(TEXT, "w1.example", FIRST, time_s)

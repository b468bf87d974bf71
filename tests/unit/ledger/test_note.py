from __future__ import annotations

import pytest

from suxin.ledger.errors import VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from suxin.ledger.note import (
    COSIGNATURE_TYPE,
    ED25519_TYPE,
    Note,
    NoteSignature,
    VerifierKey,
    format_base64,
    format_note,
    format_vkey,
    parse_note,
    parse_vkey,
    sign_note,
    verify_note,
)
from suxin.ledger.reasons import REASONS

KEY = SigningKey(bytes(32))
VKEY = VerifierKey("example.com/log", ED25519_TYPE, KEY.public)
TEXT = "first\n\nsecond\n"
SIGNED = format_note(Note(TEXT, (sign_note(TEXT, VKEY.name, KEY),)))
LINE = SIGNED.removeprefix(TEXT + "\n")


def code(call: object, *arguments: object) -> str:
    with pytest.raises(VerificationError) as failure:
        call(*arguments)  # type: ignore[operator]
    assert failure.value.code in REASONS
    return failure.value.code


def test_the_last_empty_line_parts_text_and_signatures() -> None:
    note = parse_note(SIGNED)
    assert note.text == TEXT
    assert parse_note(SIGNED.encode()) == note
    assert verify_note(note, [VKEY]) == (VKEY,)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        SIGNED[:-1],
        SIGNED + "\n",
        SIGNED + "more\n",
        SIGNED.replace("— ", "- "),
        SIGNED.replace("— ", "—"),
        SIGNED.replace("— ", "—\u00a0"),
        SIGNED.replace("example.com/log", ""),
        SIGNED.replace("example.com/log", "exam+ple"),
        SIGNED.replace("example.com/log", "exam\u3000ple"),
        SIGNED.replace("\n\n—", "\n—"),
        SIGNED.replace("first", "fir\tst"),
        SIGNED.replace("first", "fir\rst"),
        SIGNED.replace("first", "fir\x00st"),
        SIGNED.replace("first", "fir\ud800st"),
        SIGNED.encode().replace(b"first", b"fir\xffst"),
        TEXT + "\n— a AAAAAA==\n",
        TEXT + "\n— a AAAAAAAA",
        TEXT + "\n— a AAAAAAA\n",
        TEXT + "\n— a AAAAAAB=\n",
        TEXT + "\n— a AAAA_AAA\n",
        TEXT + "\n— a \n",
        TEXT + "\n" + LINE * (NOTE_SIGNATURES_MAX + 1),
        "a" * NOTE_BYTES_MAX + SIGNED,
    ],
    ids=range(27),
)
def test_malformed(note: str | bytes) -> None:
    assert code(parse_note, note) == "note-malformed"


def test_c2sp_asks_for_sixteen_signatures_at_least() -> None:
    assert NOTE_SIGNATURES_MAX >= 16
    assert len(parse_note(TEXT + "\n" + LINE * NOTE_SIGNATURES_MAX).signatures) == NOTE_SIGNATURES_MAX


def test_unknown_signatures_are_ignored_even_with_half_a_known_identity() -> None:
    same_name = NoteSignature(VKEY.name, b"\x00\x01\x02\x03", bytes(64))
    same_id = NoteSignature("example.com/other", VKEY.key_id, bytes(7))
    note = Note(TEXT, (same_name, same_id, sign_note(TEXT, VKEY.name, KEY)))
    assert verify_note(note, [VKEY]) == (VKEY,)
    assert code(verify_note, Note(TEXT, (same_name, same_id)), [VKEY]) == "note-unsigned"
    assert code(verify_note, note, []) == "note-unsigned"


@pytest.mark.parametrize("blob", [bytes(64), b"\x00", KEY.sign(TEXT.encode()) + b"\x00", KEY.sign(b"first\n")])
def test_one_bad_signature_of_a_known_key_spoils_the_note(blob: bytes) -> None:
    other = SigningKey(bytes(31) + b"\x01")
    key = VerifierKey("example.com/other", ED25519_TYPE, other.public)
    good = sign_note(TEXT, key.name, other)
    bad = NoteSignature(VKEY.name, VKEY.key_id, blob)
    assert code(verify_note, Note(TEXT, (good, bad)), [key, VKEY]) == "note-signature-invalid"
    assert code(verify_note, Note(TEXT, (sign_note(TEXT, VKEY.name, KEY), bad)), [VKEY]) == "note-signature-invalid"
    assert verify_note(Note(TEXT, (good, bad)), [key]) == (key,)


def test_a_key_of_another_type_signs_no_text() -> None:
    with pytest.raises(ValueError, match="type 4"):
        verify_note(parse_note(SIGNED), [VerifierKey(VKEY.name, COSIGNATURE_TYPE, KEY.public)])


@pytest.mark.parametrize(
    "note",
    [
        Note("no line feed", parse_note(SIGNED).signatures),
        Note(TEXT, ()),
        Note(TEXT, (NoteSignature("a b", bytes(4), bytes(64)),)),
        Note(TEXT, (NoteSignature("a", bytes(5), bytes(64)),)),
        Note("a\tb\n", parse_note(SIGNED).signatures),
    ],
)
def test_only_notes_are_written(note: Note) -> None:
    with pytest.raises(ValueError, match=r"."):
        format_note(note)
    with pytest.raises(ValueError, match="line feed"):
        sign_note("no line feed", "a", KEY)


def test_vkey_and_back() -> None:
    for kind in (ED25519_TYPE, COSIGNATURE_TYPE):
        key = VerifierKey("example.com/log", kind, KEY.public)
        assert parse_vkey(format_vkey(key)) == key
    text = format_vkey(VKEY)
    assert text.startswith(f"example.com/log+{VKEY.key_id.hex()}+A")


NEUTRAL = VerifierKey("a", ED25519_TYPE, (1).to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("", "vkey-malformed"),
        ("name", "vkey-malformed"),
        ("name+00000000", "vkey-malformed"),
        (format_vkey(VKEY).replace("example", "exam ple"), "vkey-malformed"),
        (format_vkey(VKEY).replace("example.com/log", ""), "vkey-malformed"),
        (format_vkey(VKEY).replace("example", "other"), "vkey-malformed"),
        (format_vkey(VKEY).replace(VKEY.key_id.hex(), VKEY.key_id.hex().upper()), "vkey-malformed"),
        (format_vkey(VKEY) + "=", "vkey-malformed"),
        (format_vkey(VKEY) + "+", "vkey-malformed"),
        ("a+00000000+" + format_base64(b"\x01" + bytes(31)), "vkey-malformed"),
        (format_vkey(NEUTRAL), "vkey-malformed"),
        ("a+00000000+" + format_base64(b"\x06" + bytes(1312)), "vkey-unsupported"),
        ("a+00000000+" + format_base64(b"\x02" + KEY.public), "vkey-unsupported"),
        ("a+00000000+", "vkey-unsupported"),
    ],
)
def test_vkey_refused(text: str, due: str) -> None:
    assert code(parse_vkey, text) == due

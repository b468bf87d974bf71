from __future__ import annotations

import itertools

import pytest
from fakes.forked import ORIGIN, SmallLog
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.checkpoint import log_key, open_cosigned
from suxin.ledger.cosignature import Cosignature, verify_cosignatures, witness_key
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import EMPTY_ROOT, HASH_SIZE
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import Note, NoteSignature, VerifierKey, format_note, format_signature_lines, parse_note, sign_note
from suxin.ledger.witness import (
    NEVER,
    REQUEST_BYTES_MAX,
    Cosigned,
    Declined,
    Seen,
    Why,
    decide,
    format_ask,
    parse_ask,
)

LOG, FORK, STRANGER = SmallLog(), SmallLog(forked_at=5), SmallLog("suxin.example/other/1")
NAME, KEY = "witness.example/w1", SigningKey(bytes([7]) * 32)
WITNESS = witness_key(NAME, KEY.public)
LOGS = {ORIGIN: [log_key(ORIGIN, LOG.key.public)]}
NOW = 1_795_305_600


def judge(raw: bytes, seen: Seen = NEVER) -> Cosigned | Declined:
    return decide(parse_ask(raw), seen, LOGS, NAME, KEY, NOW)


def at(size: int) -> Seen:
    """Memory after the honest log was cosigned at a size."""
    found = judge(LOG.ask(0, size))
    assert isinstance(found, Cosigned)
    return found.seen


def test_a_log_that_only_grows_is_cosigned_at_every_step() -> None:
    seen = NEVER
    for old, new in itertools.pairwise([0, 1, 1, 2, 7, 8, 8, 33, 64]):
        found = judge(LOG.ask(old, new), seen)
        assert isinstance(found, Cosigned), found
        seen = found.seen
        assert (seen.size, seen.root) == (new, LOG.root(new))
        assert verify_cosignatures(found.lines, [WITNESS]) == (Cosignature(WITNESS, NOW),)
        assert format_signature_lines(found.lines.signatures).startswith(f"— {NAME} ")
        opened = open_cosigned(seen.note, ORIGIN, LOGS[ORIGIN], [WITNESS])
        assert (opened.checkpoint.size, len(opened.cosignatures)) == (new, 1)


@given(st.integers(1, 63), st.integers(0, 63))
def test_every_growth_is_cosigned_and_a_fork_never(old: int, more: int) -> None:
    new = min(old + more, 64)
    assert isinstance(judge(LOG.ask(old, new), at(old)), Cosigned)
    forked = judge(FORK.ask(old, new), at(old))
    # Whoever has seen nothing past the fork cannot know it: that is why there is more than one witness.
    assert isinstance(forked, Cosigned) == (old <= 5)


@pytest.mark.parametrize(
    ("raw", "seen", "why", "size"),
    [
        (STRANGER.ask(0, 3), NEVER, Why.UNKNOWN_LOG, None),
        (SmallLog(seed=2).ask(0, 3), NEVER, Why.UNSIGNED, None),
        (LOG.ask(0, 3).replace(b"\n3\n", b"\n4\n"), NEVER, Why.UNSIGNED, None),
        (format_ask(4, [], LOG.note(3)), NEVER, Why.OLD_ABOVE_SIZE, None),
        (format_ask(9, [], LOG.note(3)), at(7), Why.OLD_ABOVE_SIZE, None),
        (LOG.ask(0, 9), at(7), Why.STALE, 7),
        (LOG.ask(3, 9), at(7), Why.STALE, 7),
        (LOG.ask(8, 9), at(7), Why.STALE, 7),
        (LOG.ask(1, 9), NEVER, Why.STALE, 0),
        (FORK.ask(7, 7), at(7), Why.OTHER_ROOT, None),
        (FORK.ask(7, 9), at(7), Why.NOT_CONSISTENT, None),
        (format_ask(7, [], LOG.note(9)), at(7), Why.NOT_CONSISTENT, None),
        (format_ask(7, LOG.path(7, 9)[:-1], LOG.note(9)), at(7), Why.NOT_CONSISTENT, None),
        (format_ask(7, [*LOG.path(7, 9), bytes(HASH_SIZE)], LOG.note(9)), at(7), Why.NOT_CONSISTENT, None),
        (format_ask(7, LOG.path(7, 9), LOG.note(7)), at(7), Why.NOT_CONSISTENT, None),
        (format_ask(0, LOG.path(7, 9), LOG.note(9)), NEVER, Why.NOT_CONSISTENT, None),
    ],
)
def test_what_is_not_cosigned_and_why(raw: bytes, seen: Seen, why: Why, size: int | None) -> None:
    found = judge(raw, seen)
    assert isinstance(found, Declined)
    assert (found.why, found.size) == (why, size)
    assert found.words
    # Signed by the log itself and not fitting: kept, because it may convict the log.
    assert bool(found.note) == (why in (Why.OTHER_ROOT, Why.NOT_CONSISTENT))


def signed(text: str) -> bytes:
    return format_ask(0, [], format_note(Note(text, (sign_note(text, ORIGIN, LOG.key),))))


def test_an_empty_log_has_the_root_of_the_empty_tree() -> None:
    found = judge(LOG.ask(0, 0))
    assert isinstance(found, Cosigned)
    assert (found.seen.size, found.seen.root) == (0, EMPTY_ROOT)
    assert isinstance(judge(LOG.ask(0, 3), found.seen), Cosigned)
    wrong = judge(signed(LOG.note(0).partition("\n\n")[0].rpartition("\n")[0] + "\n" + "A" * 43 + "=\n"))
    assert isinstance(wrong, Declined)
    assert wrong.why is Why.OTHER_ROOT


@pytest.mark.parametrize("rest", ["x\nAAAA\n", "1\nAAAA\n", "0\nAAAA\n", "-1\n" + "A" * 43 + "=\n", "1\n"])
def test_a_signed_text_that_is_no_checkpoint(rest: str) -> None:
    found = judge(signed(f"{ORIGIN}\n{rest}"))
    assert isinstance(found, Declined)
    assert found.why is Why.MALFORMED


def test_lines_of_strangers_are_neither_kept_nor_shown() -> None:
    note = parse_note(LOG.note(4))
    noise = NoteSignature("stranger.example", b"\x00" * 4, b"anything at all")
    crowded = format_note(Note(note.text, (noise, *note.signatures, noise)))
    found = judge(format_ask(0, [], crowded))
    assert isinstance(found, Cosigned)
    assert "stranger" not in found.seen.note
    assert [line.name for line in parse_note(found.seen.note).signatures] == [ORIGIN, NAME]


def test_a_log_may_have_two_keys() -> None:
    other = SmallLog(seed=3)
    logs: dict[str, list[VerifierKey]] = {ORIGIN: [*LOGS[ORIGIN], log_key(ORIGIN, other.key.public)]}
    for log in (LOG, other):
        assert isinstance(decide(parse_ask(log.ask(0, 4)), NEVER, logs, NAME, KEY, NOW), Cosigned)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"old 0",
        b"old 0\n" + LOG.note(3).encode(),
        b"old 00\n\n" + LOG.note(3).encode(),
        b"old -1\n\n" + LOG.note(3).encode(),
        b"old +1\n\n" + LOG.note(3).encode(),
        b"old  1\n\n" + LOG.note(3).encode(),
        b"new 0\n\n" + LOG.note(3).encode(),
        b"old 9223372036854775808\n\n" + LOG.note(3).encode(),
        b"old 99999999999999999999\n\n" + LOG.note(3).encode(),
        b"old 0\r\n\r\n" + LOG.note(3).encode(),
        b"old 3\nAAAA\n\n" + LOG.note(3).encode(),
        b"old 3\n" + b"A" * 43 + b"\n\n" + LOG.note(3).encode(),
        b"old 3\n" + b"A" * 42 + b"B=\n\n" + LOG.note(3).encode(),
        b"old 3\n\xff\n\n" + LOG.note(3).encode(),
        b"old 3\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + LOG.note(3).encode(),
        b"old 0\n\n" + LOG.note(3).encode()[:-1],
        b"old 0\n\n" + LOG.note(3).encode().partition(b"\n\n")[0],
        b"old 0\n\n\xff\xfe",
        b"old 0\n\n" + b"x" * REQUEST_BYTES_MAX,
    ],
)
def test_requests_that_are_none(raw: bytes) -> None:
    with pytest.raises(VerificationError) as failure:
        parse_ask(raw)
    assert failure.value.code in ("witness-request-malformed", "note-malformed")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for data in (raw, b"old 0\n\n" + raw, b"old 3\n" + raw + b"\n\n" + LOG.note(3).encode()):
        try:
            parse_ask(data)
        except VerificationError:
            continue


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_and_back(old: int, path: list[bytes]) -> None:
    ask = parse_ask(format_ask(old, path, LOG.note(9)))
    assert (ask.old, list(ask.path), format_note(ask.note)) == (old, path, LOG.note(9))
    assert ask.origin == ORIGIN

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.epoch import Epoch, decode_epoch, encode_epoch, follow, verify_place
from suxin.ledger.errors import VerificationError

GENESIS, ROOT = bytes(range(32)), bytes(32)
FIRST = Epoch(1, 1, 3, 0, GENESIS, ROOT, 2, 1_000)  # stands at 4
SECOND = Epoch(2, 5, 6, 4, GENESIS, bytes([1]) * 32, 3, 2_000)  # stands at 7
IDLE = Epoch(3, 8, 7, 7, GENESIS, SECOND.map_root, 3, 2_000)  # stands at 8


def code(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(VerificationError) as failure:
        call(*args)
    return failure.value.code


def test_a_run_of_epochs_follows() -> None:
    follow(None, 0, FIRST, 4, 1_000, GENESIS)
    follow(FIRST, 4, SECOND, 7, 1_999, GENESIS)
    follow(SECOND, 7, IDLE, 8, 0, GENESIS)
    follow(None, 0, Epoch(1, 1, 0, 0, GENESIS, ROOT, 0, 5), 1, 0, GENESIS)  # a new book


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (replace(SECOND, number=3), "epoch-number"),
        (replace(SECOND, number=1), "epoch-number"),
        (replace(SECOND, previous=3), "epoch-previous"),
        (replace(SECOND, first=4), "epoch-first"),
        (replace(SECOND, first=6), "epoch-first"),
        (replace(SECOND, last=5), "epoch-last"),
        (replace(SECOND, last=7), "epoch-last"),
        (replace(SECOND, genesis=ROOT), "epoch-genesis"),
        (replace(SECOND, time=999), "epoch-time"),
        (replace(SECOND, time=1_499), "epoch-time"),
        (replace(SECOND, streams=1), "epoch-streams"),
    ],
)
def test_a_broken_rule_is_named_with_its_index(wrong: Epoch, reason: str) -> None:
    with pytest.raises(VerificationError) as failure:
        follow(FIRST, 4, wrong, 7, 1_500, GENESIS)
    assert (failure.value.code, failure.value.index) == (reason, 7)


def test_without_an_entry_the_map_stands_still() -> None:
    assert code(follow, SECOND, 7, replace(IDLE, map_root=ROOT), 8, 0, GENESIS) == "epoch-streams"
    assert code(follow, SECOND, 7, replace(IDLE, streams=4), 8, 0, GENESIS) == "epoch-streams"


def test_an_epoch_stands_after_the_one_before() -> None:
    assert code(follow, SECOND, 7, replace(IDLE, last=4), 5, 0, GENESIS) == "epoch-last"


def test_the_first_epoch_has_no_choice() -> None:
    assert code(follow, None, 0, replace(FIRST, number=2), 4, 0, GENESIS) == "epoch-number"
    assert code(follow, None, 0, replace(FIRST, previous=1), 4, 0, GENESIS) == "epoch-previous"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (replace(SECOND, last=7), "epoch-last"),
        (replace(SECOND, first=4), "epoch-first"),
        (replace(SECOND, previous=7, first=8), "epoch-previous"),
        (replace(SECOND, number=8), "epoch-number"),
        (replace(SECOND, number=1), "epoch-number"),
        (replace(SECOND, previous=0, first=1), "epoch-number"),
    ],
)
def test_an_epoch_alone_must_fit_its_place(wrong: Epoch, reason: str) -> None:
    verify_place(FIRST, 4)
    verify_place(SECOND, 7)
    verify_place(IDLE, 8)
    assert code(verify_place, wrong, 7) == reason


NUMBERS = st.integers(0, 2**53 - 1)
HASHES = st.binary(min_size=32, max_size=32)


@given(st.builds(Epoch, st.integers(1, 2**53 - 1), NUMBERS, NUMBERS, NUMBERS, HASHES, HASHES, NUMBERS, NUMBERS))
def test_leaf_bytes_come_back(epoch: Epoch) -> None:
    assert decode_epoch(encode_epoch(epoch)) == epoch


@pytest.mark.parametrize(
    "change",
    [
        (b'"epoch":2', b'"epoch":0'),
        (b'"epoch":2', b'"epoch":2.0'),
        (b'"epoch":2', b'"epoch": 2'),
        (b'"epoch":2', b'"epoch":"2"'),
        (b'"epoch":2', b'"epoch":-2'),
        (b'"epoch":2', b'"epoch":9007199254740992'),
        (b'"epoch":2,', b""),
        (b'"epoch":2,', b'"epoch":2,"epoch":2,'),
        (b'"leaf":"epoch"', b'"leaf":"entry"'),
        (b'"streams":3', b'"streams":3,"thing":1'),
        (b'"genesis":"A', b'"genesis":"='),
        (b'8"', b'9"'),  # the last character of a hash has two bits to spare
        (b"}", b"}\n"),
        (b"{", b"[{"),
    ],
)
def test_other_bytes_are_no_epoch_leaf(change: tuple[bytes, bytes]) -> None:
    raw = encode_epoch(SECOND)
    assert change[0] in raw
    assert code(decode_epoch, raw.replace(*change, 1)) == "epoch-malformed"

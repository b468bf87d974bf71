"""A segment gives back its leaves, byte for byte, and is refused by name as soon as one bit of it is another."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import SEGMENT_TAG, digest
from suxin.ledger.limits import LEAF_BYTES_MAX
from suxin.ledger.segment import BLOCK_BYTES_MAX, BLOCK_LEAVES, SEGMENT_LEAVES, decode_segment, encode_segment, first_of
from suxin.ledger.tile import encode_entries

LEAVES = [b"leaf %d" % (number // BLOCK_LEAVES) for number in range(SEGMENT_LEAVES)]
RAW = encode_segment(512, LEAVES)


def made(*blocks: bytes, first: int = 512) -> bytes:
    """A segment of any four blocks, with the hash that belongs to it."""
    said = first.to_bytes(8, "big") + b"".join(len(block).to_bytes(4, "big") for block in blocks) + b"".join(blocks)
    return SEGMENT_TAG + digest(SEGMENT_TAG, said) + said


def refused(raw: bytes, first: int = 512) -> str:
    with pytest.raises(VerificationError) as caught:
        decode_segment(raw, first).leaves()
    assert (caught.value.code, caught.value.index) == ("segment-malformed", first)
    return caught.value.detail


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=SEGMENT_LEAVES), st.integers(0, 2**40))
def test_leaves_come_back(some: list[bytes], number: int) -> None:
    leaves = (some * SEGMENT_LEAVES)[:SEGMENT_LEAVES]
    first = SEGMENT_LEAVES * number
    found = decode_segment(encode_segment(first, leaves), first)
    assert found.leaves() == leaves
    assert [found.block(block)[-1] for block in range(4)] == leaves[BLOCK_LEAVES - 1 :: BLOCK_LEAVES]


def test_leaves_of_every_length_come_back() -> None:
    leaves = [b"x" * LEAF_BYTES_MAX, b"", *LEAVES[2:]]
    assert decode_segment(encode_segment(0, leaves), 0).leaves() == leaves


def test_where_a_leaf_would_stand() -> None:
    assert [first_of(index) for index in (0, 255, 256, 70_000)] == [0, 0, 256, 69_888]


def test_every_bit_counts() -> None:
    for place in range(len(RAW)):
        for bit in range(8):
            changed = bytearray(RAW)
            changed[place] ^= 1 << bit
            refused(bytes(changed))


@pytest.mark.parametrize("raw", [b"", RAW[:-1], RAW + b"\0", RAW[:60], RAW[1:], b"\0" * len(RAW)])
def test_what_is_cut_or_added_is_refused(raw: bytes) -> None:
    refused(raw)


def test_a_segment_of_another_place_is_refused() -> None:
    assert refused(RAW, 768) == "it begins at leaf 512"
    assert refused(made(*[zlib.compress(b"")] * 4, first=513), 513) == "it begins at leaf 513"


BUNDLE = encode_entries(LEAVES[:BLOCK_LEAVES])
GOOD = zlib.compress(BUNDLE)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (b"", "does not end where it says"),
        (b"no zlib at all", "cannot be inflated"),
        (GOOD[:-1], "does not end where it says"),
        (GOOD + b"\0", "does not end where it says"),
        (GOOD + GOOD, "does not end where it says"),
        (zlib.compress(BUNDLE[:-1]), "cut off"),
        (zlib.compress(BUNDLE + b"\0\0"), "64 leaves and 2 bytes"),
        (zlib.compress(encode_entries(LEAVES[1:BLOCK_LEAVES])), "63 leaves"),
    ],
)
def test_a_block_that_is_not_64_leaves_is_refused(block: bytes, words: str) -> None:
    assert words in refused(made(GOOD, block, GOOD, GOOD))


def test_a_block_that_inflates_without_end_is_cut_short() -> None:
    bomb = zlib.compress(bytes(3 * BLOCK_BYTES_MAX))
    assert len(bomb) < 20_000
    assert "does not end where it says" in refused(made(bomb, GOOD, GOOD, GOOD))


@pytest.mark.parametrize(("first", "leaves"), [(1, LEAVES), (-256, LEAVES), (0, LEAVES[1:]), (0, [*LEAVES, b"x"])])
def test_only_whole_segments_are_made(first: int, leaves: list[bytes]) -> None:
    with pytest.raises(ValueError, match="no segment"):
        encode_segment(first, leaves)


def test_a_leaf_that_is_too_long_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="a leaf of 65536 bytes"):
        encode_segment(0, [b"x" * (LEAF_BYTES_MAX + 1), *LEAVES[1:]])

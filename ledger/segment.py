"""Segments: 256 leaves of the log, compressed once and for all, in the place of their bodies. Pure.

A segment holds one entry bundle of C2SP tiles in four blocks, so that one leaf is read without the other three quarters.
Source: docs/formats/segment.md; docs/adr/0011-sealed-segments.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from .errors import VerificationError
from .hashing import HASH_SIZE, SEGMENT_TAG, digest
from .limits import LEAF_BYTES_MAX
from .tile import TILE_WIDTH, decode_entries, encode_entries

SEGMENT_LEAVES: Final = TILE_WIDTH  # one entry bundle
BLOCK_LEAVES: Final = 64
BLOCKS: Final = SEGMENT_LEAVES // BLOCK_LEAVES
BLOCK_BYTES_MAX: Final = BLOCK_LEAVES * (LEAF_BYTES_MAX + 2)  # of its part of the bundle, 4 MB
_LEVEL: Final = 9  # of zlib: made once, read for ever

_SAID: Final = len(SEGMENT_TAG) + HASH_SIZE  # where what is hashed begins
_HEAD: Final = Struct(f">Q{BLOCKS}I")
FRAME_BYTES: Final = _SAID + _HEAD.size  # what a segment has beside its blocks


def first_of(index: int) -> int:
    """First leaf of the segment in which a leaf would stand."""
    return index - index % SEGMENT_LEAVES


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment whose bytes are those that were written; what is in its blocks was not looked at yet.

    Attributes:
        first: Log index of its first leaf.
        blocks: Its blocks as they stand, compressed.
    """

    first: int
    blocks: tuple[bytes, ...]

    def block(self, number: int) -> Sequence[bytes]:
        """Leaves `first` + 64 · number and the 63 after it.

        Raises:
            VerificationError: `segment-malformed`.
        """
        inflate = zlib.decompressobj()
        try:
            bundle = inflate.decompress(self.blocks[number], BLOCK_BYTES_MAX)
            # A stream that has more to say goes on after a bound; one that ended has nothing behind it.
            if inflate.unconsumed_tail or inflate.unused_data or not inflate.eof:
                raise VerificationError("segment-malformed", f"block {number} does not end where it says", self.first)
            return decode_entries(bundle, BLOCK_LEAVES)
        except zlib.error as error:
            raise VerificationError("segment-malformed", f"block {number} cannot be inflated", self.first) from error
        except VerificationError as error:
            raise VerificationError("segment-malformed", f"block {number}: {error.detail}", self.first) from error

    def leaves(self) -> list[bytes]:
        """All its leaves.

        Raises:
            VerificationError: `segment-malformed`.
        """
        return [leaf for number in range(BLOCKS) for leaf in self.block(number)]


def encode_segment(first: int, leaves: Sequence[bytes]) -> bytes:
    """Bytes of the segment of 256 leaves.

    Args:
        first: Log index of the first; a multiple of 256.
        leaves: Leaves in order.

    Raises:
        ValueError: There are not 256, or they begin elsewhere, or one is longer than a leaf may be.
    """
    if len(leaves) != SEGMENT_LEAVES or first < 0 or first % SEGMENT_LEAVES:
        raise ValueError(f"no segment: {len(leaves)} leaves from {first} on")
    bundles = (encode_entries(leaves[at : at + BLOCK_LEAVES]) for at in range(0, SEGMENT_LEAVES, BLOCK_LEAVES))
    blocks = [zlib.compress(bundle, _LEVEL) for bundle in bundles]
    said = _HEAD.pack(first, *map(len, blocks)) + b"".join(blocks)
    return SEGMENT_TAG + digest(SEGMENT_TAG, said) + said


def decode_segment(raw: bytes, first: int) -> Segment:
    """Read a segment as far as its blocks.

    Args:
        raw: Its bytes.
        first: Log index of its first leaf, as whoever asks knows it.

    Raises:
        VerificationError: `segment-malformed`.
    """
    if len(raw) < FRAME_BYTES or not raw.startswith(SEGMENT_TAG):
        raise VerificationError("segment-malformed", "not a segment of version 1", first)
    if digest(SEGMENT_TAG, raw[_SAID:]) != raw[len(SEGMENT_TAG) : _SAID]:
        raise VerificationError("segment-malformed", "its bytes do not have the hash it carries", first)
    begins, *lengths = _HEAD.unpack_from(raw, _SAID)
    if begins != first or first % SEGMENT_LEAVES:
        raise VerificationError("segment-malformed", f"it begins at leaf {begins}", first)
    if len(raw) != FRAME_BYTES + sum(lengths):
        raise VerificationError("segment-malformed", f"{len(raw)} bytes where its head says {FRAME_BYTES + sum(lengths)}", first)
    ends = [FRAME_BYTES + sum(lengths[: number + 1]) for number in range(BLOCKS)]
    return Segment(first, tuple(raw[end - length : end] for end, length in zip(ends, lengths, strict=True)))

r"""The hash chain of a stream: each entry binds the one before it, its place in the log, and its leaf.

head 0 = 32 zero bytes; head n = SHA-256("suxin-chain/v1\n" ‖ head n−1 ‖ u64be index ‖ leaf hash). Because the index
is bound, the order between two streams follows from their heads alone. Source: DESIGN 3.2, docs/formats/chain.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from .errors import VerificationError
from .hashing import CHAIN_TAG, HASH_SIZE

HEAD_START = bytes(HASH_SIZE)


def extend(head: bytes, index: int, leaf: bytes) -> bytes:
    """Head of a stream after one more entry.

    Args:
        head: Head before it, 32 bytes; `HEAD_START` for the first.
        index: Position of the entry in the log, 0 to 2**64 - 1.
        leaf: Leaf hash of the entry, 32 bytes.
    """
    return sha256(CHAIN_TAG + head + index.to_bytes(8, "big") + leaf).digest()


def head_of(links: Iterable[tuple[int, bytes]], head: bytes = HEAD_START) -> bytes:
    """Head after all `(index, leaf hash)` in order, from `head` on.

    Raises:
        VerificationError: `chain-broken` when an index does not rise or a hash has not 32 bytes.
    """
    last = -1
    for index, leaf in links:
        if not last < index < 2**64 or len(leaf) != HASH_SIZE:
            raise VerificationError("chain-broken", f"index {index} after {last}, {len(leaf)} bytes of hash", index)
        head, last = extend(head, index, leaf), index
    return head


def verify_chain(links: Iterable[tuple[int, bytes]], head: bytes) -> None:
    """Check that a whole stream, from its first entry on, leads to `head`.

    Raises:
        VerificationError: `chain-broken`.
    """
    if head_of(links) != head:
        raise VerificationError("chain-broken", "the entries do not lead to the head")

"""Commitments: what stands in a statement in place of a value that must be erasable, or must not be shown.

Source: DESIGN 3.6 (fields), 3.2 "Item and parcel" (contents of a parcel), docs/formats/commitment.md.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from .errors import VerificationError
from .hashing import COMMIT_TAG, CONTENT_TAG, digest, leaf_hash

SALT_SIZE = 32  # bytes; fresh for every value, so that equal values do not show and small sets cannot be tried out


def commit(salt: bytes, statement_type: str, pointer: str, value: str) -> bytes:
    r"""Commit to the value of one field.

    HMAC-SHA-256(salt, "suxin-commit/v1\n" ‖ type ‖ "\n" ‖ pointer ‖ "\n" ‖ value). Type and pointer are bound, so a
    commitment cannot be moved to another field or another kind of statement.

    Args:
        salt: 32 random bytes of its own.
        statement_type: Type of the statement that carries it, for example `review`.
        pointer: JSON pointer of the field that carries the commitment, for example `/body/text`.
        value: The value; hashed as UTF-8.

    Raises:
        ValueError: When the salt has another size, or type or pointer contains a line feed.
    """
    _check_salt(salt)
    if "\n" in statement_type or "\n" in pointer:
        raise ValueError("a line feed would move the border between type, pointer and value")
    message = COMMIT_TAG + f"{statement_type}\n{pointer}\n{value}".encode()
    return hmac.digest(salt, message, sha256)


def verify_commitment(commitment: bytes, salt: bytes, statement_type: str, pointer: str, value: str) -> None:
    """Check an opened value against its commitment.

    Raises:
        VerificationError: `commitment-mismatch`, also for a salt of another size.
    """
    if len(salt) != SALT_SIZE:
        raise VerificationError("commitment-mismatch", f"a salt of {len(salt)} bytes")
    if not hmac.compare_digest(commit(salt, statement_type, pointer, value), commitment):
        raise VerificationError("commitment-mismatch", f"{statement_type} {pointer}")


def content_hash(salt: bytes, item: str) -> bytes:
    r"""Entry of a parcel's contents: SHA-256("suxin-content/v1\n" ‖ salt ‖ item stream id).

    Args:
        salt: 32 random bytes of its own.
        item: Stream id of the item, `p:` included.
    """
    _check_salt(salt)
    return digest(CONTENT_TAG, salt, item.encode("ascii"))


def content_leaf(salt: bytes, item: str) -> bytes:
    """Leaf hash of one item under the contents root of a parcel: the RFC 6962 leaf hash over `content_hash`."""
    return leaf_hash(content_hash(salt, item))


def _check_salt(salt: bytes) -> None:
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt of {len(salt)} bytes where {SALT_SIZE} are due")

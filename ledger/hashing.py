"""SHA-256 with domain separation. Every hash of the book is made here.

Source: RFC 6962 section 2.1 (leaf, node); DESIGN sections 3.1-3.3; docs/formats/hashes.md.
"""

from __future__ import annotations

from hashlib import sha256

HASH_SIZE = 32  # bytes

STATEMENT_TAG = b"suxin-statement/v1\n"
BATCH_TAG = b"suxin-batch/v1\n"
CHAIN_TAG = b"suxin-chain/v1\n"
CONTENT_TAG = b"suxin-content/v1\n"
COMMIT_TAG = b"suxin-commit/v1\n"
KEY_TAG = b"suxin-key/v1\n"
CLAIM_TAG = b"suxin-claim/v1\n"
MAP_KEY_TAG = b"suxin-map-key/v1\n"
MAP_BUCKET_TAG = b"suxin-map-bucket/v1\n"
MAP_NODE_TAG = b"suxin-map-node/v1\n"
SEGMENT_TAG = b"suxin-segment/v1\n"
BULLETIN_TAG = b"suxin-bulletin/v1\n"

EMPTY_ROOT = sha256(b"").digest()


def digest(*parts: bytes) -> bytes:
    """SHA-256 over the parts, one after another."""
    return sha256(b"".join(parts)).digest()


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962 leaf hash: SHA-256(0x00 ‖ leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 interior node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def statement_hash(statement: bytes) -> bytes:
    """Name of a statement: the RFC 6962 leaf hash of its canonical bytes, so that a batch root is a root over names."""
    return leaf_hash(statement)

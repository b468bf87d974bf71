"""The hashes of the map, one at a time; the batch writer in `map.py` makes the same ones by the thousand.

Source: DESIGN 3.3, docs/formats/map.md.
"""

from __future__ import annotations

from .hashing import EMPTY_ROOT, MAP_BUCKET_TAG, MAP_KEY_TAG, MAP_NODE_TAG, digest

KEY_SIZE = 32  # bytes


def map_key(stream: str) -> bytes:
    r"""Place of a stream in the map: SHA-256("suxin-map-key/v1\n" ‖ stream id), 32 bytes."""
    return digest(MAP_KEY_TAG, stream.encode("ascii"))


def slot_of(key: bytes, depth: int) -> int:
    """Number of the bucket that a key falls into: its first `depth` bits (1 to 32), most significant first."""
    return int.from_bytes(key[:4], "big") >> (32 - depth)


def record_hash(key: bytes, count: int, head: bytes) -> bytes:
    """Hash of one stream's record: SHA-256(0x00 ‖ key ‖ u64be count ‖ head). It is the leaf hash in the bucket's tree."""
    return digest(b"\x00", key, count.to_bytes(8, "big"), head)


def bucket_hash(records: int, root: bytes) -> bytes:
    r"""Hash of a bucket: SHA-256("suxin-map-bucket/v1\n" ‖ u32be number of records ‖ RFC 6962 root over their hashes)."""
    return digest(MAP_BUCKET_TAG, records.to_bytes(4, "big"), root)


def map_node(left: bytes, right: bytes) -> bytes:
    r"""Hash above two buckets or nodes: SHA-256("suxin-map-node/v1\n" ‖ left ‖ right)."""
    return digest(MAP_NODE_TAG, left, right)


def empty_nodes(depth: int) -> list[bytes]:
    """Hashes of a map without records, from the root (level 0) down to the bucket (level `depth`)."""
    row = [bucket_hash(0, EMPTY_ROOT)]
    for _ in range(depth):
        row.append(map_node(row[-1], row[-1]))
    return row[::-1]

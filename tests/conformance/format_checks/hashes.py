"""What docs/formats/hashes.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import EMPTY_ROOT, digest, leaf_hash, node_hash


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaf = leaf_hash(shown["bytes"].encode())
    assert b64u(leaf) == shown["leaf_hash"]
    assert leaf == digest(b"\x00", shown["bytes"].encode())
    assert b64u(node_hash(leaf, unb64u(shown["next_leaf_hash"], 32))) == shown["node_hash"]
    assert b64u(EMPTY_ROOT) == b64u(digest()) == shown["empty_root"]


CHECKS = {"hashes.example": example}

"""What docs/formats/hashes.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import EMPTY_ROOT, HASH_SIZE, digest, leaf_hash, node_hash


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaf = leaf_hash(shown["bytes"].encode())
    assert b64u(leaf) == shown["leaf_hash"]
    assert leaf == digest(b"\x00", shown["bytes"].encode())
    assert b64u(node_hash(leaf, unb64u(shown["next_leaf_hash"], 32))) == shown["node_hash"]
    assert b64u(EMPTY_ROOT) == b64u(digest()) == shown["empty_root"]


def refused(text: str, _blocks: Mapping[str, str]) -> None:
    for coded, code in json.loads(text):
        with pytest.raises(VerificationError) as failure:
            unb64u(coded, HASH_SIZE)
        assert failure.value.code == code


CHECKS = {"hashes.example": example, "hashes.refused": refused}

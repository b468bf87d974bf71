"""What docs/formats/contradiction.md shows."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.contradiction import (
    Contradiction,
    Prefix,
    ShownNote,
    Weight,
    encode_contradiction,
    parse_contradiction,
    weigh,
)
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, nodes_of, root_of
from suxin.ledger.note import format_vkey

# RFC 8032 section 7.1, test 1.
LOG = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
ORIGIN = "suxin.example/demo/1"
KEY = log_key(ORIGIN, LOG.public)
LEAVES = [leaf_hash(f"leaf {at}".encode()) for at in range(7)]
FORKED = [*LEAVES[:3], *(leaf_hash(f"other {at}".encode()) for at in range(3, 5))]


def made() -> Contradiction:
    held = sign_checkpoint(Checkpoint(ORIGIN, 5, root_of(FORKED)), LOG)
    shown = sign_checkpoint(Checkpoint(ORIGIN, 7, root_of(LEAVES)), LOG)
    return Contradiction(
        "consistency-invalid", "the log of 7 leaves does not begin with the 5 that were signed before", ORIGIN, format_vkey(KEY),
        1_795_305_600_000, (ShownNote("mirror", held), ShownNote("https://suxin.example", shown)),
        Prefix(root_of(LEAVES[:5]), tuple(consistency_path(5, 7, nodes_of(LEAVES)))),
    )  # fmt: skip


def example(text: str, _blocks: Mapping[str, str]) -> None:
    found = parse_contradiction(text.encode())
    assert encode_contradiction(found) == text.encode()
    assert found == made()
    assert weigh(found, KEY) is Weight.CONVICTS


CHECKS = {"contradiction.example": example}

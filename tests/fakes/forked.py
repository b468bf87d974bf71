"""A log that grows, and its evil twin: the same beginning, another leaf, the same key."""

from __future__ import annotations

from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, nodes_of, root_of
from suxin.ledger.note import format_vkey
from suxin.ledger.witness import format_ask

ORIGIN = "suxin.example/test/1"


class SmallLog:
    """A log of up to 64 leaves, in memory.

    Args:
        forked_at: From this index on its leaves differ from those of the log without a fork.
    """

    def __init__(self, origin: str = ORIGIN, seed: int = 1, forked_at: int = 64) -> None:
        self.origin = origin
        self.key = SigningKey(bytes([seed]) * 32)
        self.leaves = [leaf_hash(b"%s %d" % (b"false" if at >= forked_at else b"true", at)) for at in range(64)]

    @property
    def vkey(self) -> str:
        return format_vkey(log_key(self.origin, self.key.public))

    def root(self, size: int) -> bytes:
        return root_of(self.leaves[:size])

    def note(self, size: int) -> str:
        return sign_checkpoint(Checkpoint(self.origin, size, self.root(size)), self.key)

    def path(self, old: int, new: int) -> list[bytes]:
        return consistency_path(old, new, nodes_of(self.leaves))

    def ask(self, old: int, new: int) -> bytes:
        return format_ask(old, self.path(old, new), self.note(new))

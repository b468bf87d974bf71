"""A log in memory that answers posts the way docs and API do; for receipts without a server, honest or made to lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from suxin.client.statement import Signed, SignedBatch
from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import Batch, encode, encode_entry
from suxin.ledger.merkle import inclusion_path, nodes_of, range_path, root_of

ORIGIN = "suxin.example/demo/1"
RECEIVED = 1_795_000_000_000


class SmallLog:
    """Takes everything it is given; no rule but the tree."""

    def __init__(self, strangers: int = 5) -> None:
        self.key = SigningKey(b"log".ljust(32, b"."))
        self.leaves = [b'{"leaf":"stranger","no":%d}' % number for number in range(strangers)]
        self.epoch = 0

    @property
    def log(self) -> Any:
        return log_key(ORIGIN, self.key.public)

    def event(self, signed: Signed) -> dict[str, Any]:
        """Record one statement and answer."""
        index = self._append([encode_entry(signed.raw, RECEIVED, signed.signature)])
        return self.again(signed, index, self.epoch)

    def again(self, signed: Signed, index: int, epoch: int) -> dict[str, Any]:
        """Receipt of a statement that stands at `index`."""
        leaf = leaf_hash(self.leaves[index])
        path = self._texts(inclusion_path(index, self.size, self._node()))
        return {
            "outcome": "recorded", "index": index, "epoch": epoch, "statement": b64u(signed.hash), "received": RECEIVED,
            "leaf": b64u(leaf), "proof": path, **self._state(),
        }  # fmt: skip

    def rows(self, rows: Sequence[Signed], not_fresh: dict[int, dict[str, Any]] | None = None) -> dict[str, Any]:
        """Record rows side by side, but for those whose outcome is given."""
        other = not_fresh or {}
        leaves = [encode_entry(row.raw, RECEIVED, row.signature) for i, row in enumerate(rows) if i not in other]
        return self._rows_answer([row.hash for row in rows], leaves, 0, other)

    def batch(self, batch: SignedBatch, not_fresh: dict[int, dict[str, Any]] | None = None) -> dict[str, Any]:
        """Record a batch leaf and the rows under it, but for those whose outcome is given."""
        other = not_fresh or {}
        names = [statement.hash for statement in batch.statements]
        head = encode(Batch([(i, b64u(names[i])) for i in sorted(other)], batch.header, "batch", b64u(batch.signature)))
        rows = [
            encode_entry(statement.raw, RECEIVED, None, (leaf_hash(head), i))
            for i, statement in enumerate(batch.statements)
            if i not in other
        ]
        return self._rows_answer(names, [head, *rows] if rows else [], 1, other)

    @property
    def size(self) -> int:
        return len(self.leaves)

    def _rows_answer(
        self, names: list[bytes], leaves: list[bytes], ahead: int, other: dict[int, dict[str, Any]]
    ) -> dict[str, Any]:
        first = self._append(leaves) if leaves else None
        index = None if first is None else first + ahead
        rows: list[dict[str, Any]] = []
        for number, name in enumerate(names):
            if number in other:
                rows.append({"row": number, "statement": b64u(name), **other[number]})
                continue
            assert index is not None
            rows.append({"row": number, "outcome": "recorded", "index": index, "statement": b64u(name), "received": RECEIVED})
            index += 1
        outcomes = [row["outcome"] for row in rows]
        answer: dict[str, Any] = {name: outcomes.count(name) for name in ("recorded", "already", "refused")}
        last = None if first is None else first + len(leaves) - 1
        path = [] if first is None or last is None else range_path(first, last, self.size, self._node())
        return {
            **answer,
            "first": first,
            "last": last,
            "proof": self._texts(path),
            "rows": rows,
            "epoch": self.epoch,
            **self._state(),
        }

    def _append(self, leaves: list[bytes]) -> int:
        first = self.size
        self.epoch += 1
        self.leaves += [*leaves, b'{"leaf":"epoch","no":%d}' % self.epoch]
        return first

    def _node(self) -> Any:
        return nodes_of([leaf_hash(leaf) for leaf in self.leaves])

    def _state(self) -> dict[str, Any]:
        root = root_of([leaf_hash(leaf) for leaf in self.leaves])
        return {"size": self.size, "checkpoint": sign_checkpoint(Checkpoint(ORIGIN, self.size, root), self.key)}

    def _texts(self, path: Sequence[bytes]) -> list[str]:
        return [b64u(part) for part in path]


def as_bytes(answer: dict[str, Any]) -> bytes:
    """An answer as it comes over the wire."""
    return json.dumps(answer).encode()

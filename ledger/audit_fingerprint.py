"""Are two piles of rows the same, whatever their order? Sums of keyed hashes, in a few kilobytes of memory.

The rows that the log gives come in the order of the log, the stored ones in the order of their key, and neither pile
fits in memory. Each row is hashed with a secret that is fresh for the run, and the hashes are added up by lanes of 64
bits (MSet-VAdd-Hash of Clarke, Devadas, van Dijk, Gassend and Suh, 2003): who does not know the secret cannot make other
rows with the same sum. Sums are kept by bucket, so that a difference is sought in a small part only.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np

BUCKETS = 256
PENDING_MAX = 4_096  # rows hashed before their sums are added; bounds the memory


class Fingerprint:
    """Sum over one pile of rows.

    Args:
        secret: Random bytes of this run, the same for both piles.
    """

    def __init__(self, secret: bytes) -> None:
        self._begun = sha256(secret)
        self._sums = np.zeros((BUCKETS, 4), np.uint64)
        self._rows: list[bytes] = []
        self._buckets: list[int] = []

    def add(self, bucket: int, row: bytes) -> None:
        """Add one row; rows of one pile have one length, or one is no start of another."""
        self._rows.append(row)
        self._buckets.append(bucket % BUCKETS)
        if len(self._rows) >= PENDING_MAX:
            self._flush()

    def _flush(self) -> None:
        copy = self._begun.copy
        digests = []
        for row in self._rows:
            state = copy()
            state.update(row)
            digests.append(state.digest())
        if digests:
            np.add.at(self._sums, self._buckets, np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 4))
        self._rows.clear()
        self._buckets.clear()

    def differs_from(self, other: Fingerprint) -> list[int]:
        """Buckets in which the piles differ."""
        self._flush()
        other._flush()
        return [int(bucket) for bucket in np.flatnonzero((self._sums != other._sums).any(axis=1))]

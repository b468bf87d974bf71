"""The log itself: genesis leaf, RFC 6962 root at every checkpoint ever signed, epoch rules, times.

Source: DESIGN 3.2, 3.3; docs/formats/log.md, epoch.md, checkpoint.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from .audit_derived import Ordered
from .audit_report import Findings
from .checkpoint import Checkpoint
from .epoch import Epoch, decode_epoch, follow
from .errors import Refused, VerificationError
from .hashing import EMPTY_ROOT, node_hash
from .keys import parse_public, public_text
from .leaf import Genesis, decode_genesis
from .log_keys import LogKeys, check_signers, open_signed


class Tree:
    """An RFC 6962 tree that only grows: one hash a level, of the complete subtree that still lacks its right brother.

    Written apart from the writer's `merkle.py`.
    """

    def __init__(self) -> None:
        self.size = 0
        self._left: list[bytes | None] = []

    def extend(self, hashes: Sequence[bytes]) -> None:
        """Add leaf hashes."""
        self.size += len(hashes)
        row, level = list(hashes), 0
        while row:
            if level == len(self._left):
                self._left.append(None)
            alone = self._left[level]
            if alone is not None:
                row.insert(0, alone)
            self._left[level] = row.pop() if len(row) % 2 else None
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
            level += 1

    def copy(self) -> Tree:
        """A tree that grows on its own from here."""
        other = Tree()
        other.size, other._left = self.size, self._left.copy()
        return other

    def root(self) -> bytes:
        """Root over all leaves: the narrow subtrees on the right are joined first."""
        root: bytes | None = None
        for left in self._left:
            if left is not None:
                root = left if root is None else node_hash(left, root)
        return EMPTY_ROOT if root is None else root


class Log:
    """One log while it is read from its first leaf to its last.

    Args:
        raw: Leaf 0.
        leaf_hash: Its hash.
        checkpoints: Stored checkpoints; None where the caller holds the log against checkpoints himself.
        findings: Where faults go.

    Raises:
        VerificationError: `leaf-malformed`, `genesis-key`: without a genesis leaf nothing can be said.
    """

    def __init__(self, raw: bytes, leaf_hash: bytes, checkpoints: Ordered | None, findings: Findings) -> None:
        self.genesis: Genesis = decode_genesis(raw)
        self.genesis_hash = leaf_hash
        try:
            self.log_key = parse_public(self.genesis.log)
            self.root_key = parse_public(self.genesis.root.key)
        except Refused as error:
            raise VerificationError("genesis-key", error.cause, 0) from error
        self.log_keys = LogKeys(self.log_key)
        self._checkpoints = checkpoints
        self._findings = findings
        self._tree = Tree()
        self.extend = self._tree.extend
        self.epoch = 0  # number of the newest epoch leaf
        self.closed: dict[int, bytes] = {}  # without stored checkpoints: root by size at every epoch; the caller trims it
        self.signed_size = 0
        self._unsigned: list[tuple[int, int]] = []  # index and number of epochs without a checkpoint
        self._previous: Epoch | None = None
        self._previous_index = 0
        self._received = 0
        self._roots_differ = False
        self._maps_differ = False

    def receive(self, received: int, index: int) -> None:
        """Take the received time of an entry."""
        if received < self._received:
            self._findings.add("received-fell", f"{received} ms after {self._received} ms", index)
        self._received = max(received, self._received)

    def close_epoch(self, raw: bytes, index: int, rebuilt: tuple[bytes, int] | None) -> None:
        """Take an epoch leaf that has been added to the tree.

        Args:
            raw: The leaf.
            index: Its index.
            rebuilt: Root and number of streams of the map made from the streams; None where that is not asked.
        """
        self.epoch += 1
        try:
            epoch = decode_epoch(raw)
        except VerificationError as error:
            self._findings.add(error.code, error.detail, index)
            return
        try:
            follow(self._previous, self._previous_index, epoch, index, self._received, self.genesis_hash)
        except VerificationError as error:
            self._findings.add(error.code, error.detail, index)
        self.epoch, self._previous, self._previous_index = epoch.number, epoch, index
        if rebuilt is not None:
            self.check_map(*rebuilt)
        self._check_checkpoint(epoch.number, index)

    def check_map(self, map_root: bytes, streams: int) -> None:
        """Hold the newest epoch against the map made from the streams."""
        epoch, index = self._previous, self._previous_index
        if epoch is None:
            return
        if epoch.streams != streams:
            self._findings.add("epoch-streams", f"{epoch.streams} streams where the entries make {streams}", index)
        if epoch.map_root != map_root and not self._maps_differ:
            self._maps_differ = True  # every later root would differ as well
            self._findings.add("map-root-differs", f"epoch {epoch.number}: the streams give another root", index)

    def _check_checkpoint(self, number: int, index: int) -> None:
        if self._checkpoints is None:
            self.closed[index + 1] = self._tree.root()
            return
        row = self._checkpoints.take(number)
        size = index + 1
        if row is None:
            self._unsigned.append((index, number))
            return
        key = str(number)
        if row[1] != size:
            self._findings.add("derived-differs", f"size {row[1]}, the epoch ends at {size}", index, "checkpoint", key)
        try:
            checkpoint = open_signed(row[2] if isinstance(row[2], str | bytes) else "", self.genesis.origin, self.log_keys)
        except VerificationError as error:
            self._findings.add(error.code, f"checkpoint of epoch {number}: {error.detail}", index, "checkpoint", key)
            return
        self._compare(checkpoint, size, number)

    def _compare(self, checkpoint: Checkpoint, size: int, number: int) -> None:
        index = size - 1
        if checkpoint.size != size:
            detail = f"epoch {number} ends at size {size}, its checkpoint says {checkpoint.size}"
            self._findings.add("checkpoint-size", detail, index, "checkpoint", str(number))
        elif checkpoint.root == self._tree.root():
            self.signed_size = size
        elif not self._roots_differ:
            self._roots_differ = True
            since = f"the last that agrees has size {self.signed_size}" if self.signed_size else "none before it agrees"
            self._findings.add(
                "root-differs", f"checkpoint of epoch {number}, size {size}: other leaves were signed; {since}", index
            )

    def check_signers(self, signers: Sequence[bytes]) -> None:
        """Hold the keys that signed the newest epoch, of those that the reader knows, against what the log says of its keys."""
        if all(self.log_keys.find(public) is None for public in signers):
            detail = "the log's own entries name none of the keys that the reader knows"
            self._findings.add("genesis-key", f"{detail}; its first is {self.genesis.log}", 0)
        elif self._previous is not None:
            try:
                check_signers(self.log_keys, signers, self._previous_index + 1, self._previous.time)
            except VerificationError as error:
                self._findings.add(error.code, error.detail, self._previous_index)

    def signing(self) -> tuple[str, ...]:
        """Keys of the log that are in force at the newest epoch, the leading one first; none before the first epoch."""
        if self._previous is None:
            return ()
        return tuple(map(public_text, self.log_keys.signing(self._previous_index + 1, self._previous.time)))

    def end(self) -> list[str]:
        """Look at what the end of the log leaves open.

        Returns:
            Notices: the newest epoch may stand unsigned for a moment.
        """
        assert self._checkpoints is not None
        size = self._tree.size
        while (row := self._checkpoints.take(self.epoch + 1)) is not None:
            self.epoch += 1
            detail = f"epoch {row[0]} with size {row[1]} was signed, the log ends at {size}"
            self._findings.add("log-truncated", detail, size, "checkpoint", str(row[0]))
        self._checkpoints.end()
        if size != self._previous_index + 1:
            self._findings.add("epoch-missing", f"no epoch leaf after index {self._previous_index}", size)
        notices = []
        if self._unsigned and self._unsigned[-1][0] == self._previous_index:
            self._unsigned.pop()
            notices.append(f"the newest epoch, up to size {self._previous_index + 1}, is not signed yet")
        for index, number in self._unsigned:
            self._findings.add("checkpoint-missing", f"no checkpoint of size {index + 1}", index, "checkpoint", str(number))
        return notices

"""Verification of a log that goes on growing: the checks of `audit.py` on what is new, with everything before kept in mind.

Leaves come in order, and only after the caller has held them against a signed checkpoint (`docs/formats/tile.md`): what a
server makes up on the way must not reach the state here. What is wrong with a log stays wrong: behind the first fault nothing
is called right. Pure: leaves, signature checker, shelf and rules are handed in.

State lives in memory and on the shelf, and ends with the process; whoever starts again reads his mirror again from leaf 0.
Source: DESIGN 3.3; docs/formats/verify.md, docs/formats/witness.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from .audit_log import Log
from .audit_port import LeafRow
from .audit_reading import Reading, Tools
from .audit_report import Finding, Findings, Holes
from .audit_seen import Seen
from .errors import VerificationError
from .hashing import leaf_hash
from .rules import Rules

State = TypeVar("State")
ROOTS_MAX = 4_096  # epochs whose root is remembered: who asks for an older one asks for what has long been cosigned


class Follower(Generic[State]):
    """Verifies one log from its first leaf on. For one thread.

    Args:
        leaf: Gives an earlier leaf again, or None.
        rules: Rules of the trade, the same that the writer runs.
        tools: What to work with.
        origin: Origin of the log, as the reader's policy has it.
        publics: Keys of the log, 32 bytes each; it must be its own entries that name one of them.

    Attributes:
        size: Leaves read.
        right: Size up to which everything was found right: the end of an epoch, 0 before the first.
        oldest: The least size whose root is remembered.
    """

    def __init__(
        self, leaf: Callable[[int], bytes | None], rules: Rules[State], tools: Tools, origin: str, publics: Collection[bytes]
    ) -> None:
        self.size = self.right = self.oldest = 0
        self._leaf = leaf
        self._rules = rules
        self._tools = tools
        self._origin = origin
        self._publics = publics
        self._findings = Findings()
        self._seen = Seen(tools.shelf, self._findings)
        self._reading: Reading[State] | None = None

    @property
    def first(self) -> Finding | None:
        """The first fault in the log, None as long as there is none. Settled at `settle`."""
        return self._findings.first

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The faults in the order in which they were found, the first few."""
        return tuple(self._findings.kept)

    @property
    def findings_total(self) -> int:
        """All faults."""
        return self._findings.total

    @property
    def reading(self) -> Reading[State] | None:
        """What has been counted on the way; None before the genesis leaf."""
        return self._reading

    def holes(self) -> tuple[Holes, ...]:
        """Counter numbers that neither came nor were voided; no fault."""
        return () if self._reading is None else tuple(self._seen.holes(self._reading.judge.voided))

    def read(self, leaves: Sequence[LeafRow]) -> None:
        """Take the next leaves, a few hundred at a time; they stand under a checkpoint of this log.

        Raises:
            ValueError: They are not the next.
        """
        if not leaves:
            return
        if leaves[0][0] != self.size:
            raise ValueError(f"leaf {leaves[0][0]} where {self.size} is due")
        if not self.size:
            self._begin(leaves[0][1])
        self.size += len(leaves)
        if self._reading is not None:  # nothing can be said behind a genesis leaf that is none
            self._reading.read(leaves)

    def _begin(self, raw: bytes) -> None:
        try:
            log = Log(raw, leaf_hash(raw), None, self._findings)
        except VerificationError as error:
            self._findings.add(error.code, error.detail, 0)
            return
        if log.genesis.origin != self._origin:
            self._findings.add(
                "origin-mismatch", f"the genesis leaf is of {log.genesis.origin}, the checkpoint of {self._origin}", 0
            )
        self._reading = Reading(_Leaves(self._leaf, self._seen), self._rules, self._tools, log, self._seen, self._findings)

    def settle(self, signers: Sequence[bytes] = ()) -> int:
        """Wait for what is still being checked.

        Args:
            signers: At the end of what stands under a checkpoint: keys of it that the reader knows, whose signatures hold.

        Returns:
            `right`: the end of the newest epoch that stands before the first fault.
        """
        if self._reading is None:
            return self.right
        self._reading.signatures.end()
        if signers and self._findings.first is None:
            self._reading.log.check_signers(signers)
        if all(self._reading.log.log_keys.find(public) is None for public in self._publics):
            return self.right  # the entry that adds the key that the reader knows may still come
        closed, first = self._reading.log.closed, self._findings.first
        bound = self.size if first is None else first.index or 0
        self.right = max((size for size in closed if size <= bound), default=self.right)
        while len(closed) > ROOTS_MAX:
            del closed[next(iter(closed))]
        self.oldest = next(iter(closed), 0)
        return self.right

    def root_at(self, size: int) -> bytes | None:
        """Root of the log at a size up to which it was found right; None where no epoch ends, or too long ago."""
        return self._reading.log.closed.get(size) if self._reading is not None and size <= self.right else None


class _Leaves:
    """Where entries that a later one refers to are looked up."""

    def __init__(self, leaf: Callable[[int], bytes | None], seen: Seen) -> None:
        self.leaf = leaf
        self.indexes_of = seen.indexes_of

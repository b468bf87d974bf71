"""What the verifier asks of the world: the stored book, somebody to check signatures, and a place to lay things aside.

Nothing that comes through `BookSource` is trusted; it is what is being verified. `ledger/store` implements all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

from .audit_report import Findings

# Rows as stored, without the shard, in the order of the tables' columns.
LeafRow: TypeAlias = tuple[int, bytes]  # index, body
EntryRow: TypeAlias = tuple[
    int, int, int, int | None, int | None, int | None, bytes | None, bytes | None, bytes
]  # index, epoch, kind, key_no, n, actor_no, id, statement hash, leaf hash
CheckpointRow: TypeAlias = tuple[int, int, str]  # epoch, size, note
NameRow: TypeAlias = tuple[int, str]  # stream_no and name, or actor_no and actor
SignerRow: TypeAlias = tuple[int, bytes]  # key_no, key id
StreamRow: TypeAlias = tuple[int, int, int, bytes]  # stream_no, position, index, head
TagRow: TypeAlias = tuple[int, int]  # tag, index
ConflictRow: TypeAlias = tuple[int, bytes, str, int, int]  # no, statement, signature, index, received

Signed: TypeAlias = tuple[bytes, bytes]  # public key (32 bytes), signature ‖ message
Verdict: TypeAlias = Callable[[], Sequence[int]]  # waits, then gives the positions whose signature does not hold


class BookSource(Protocol):
    """One shard at one moment. Iterators give lists of rows in order of the primary key; a damaged row as it stands."""

    def head(self) -> tuple[int, int] | None:
        """Epoch and size that the writer's fence says; None when there is no such row."""
        ...

    def leaves(self) -> Iterator[Sequence[LeafRow]]:
        """The log."""
        ...

    def segment_faults(self) -> Sequence[tuple[int, str]]:
        """First leaf and fault of each sealed segment that does not hold; asked once the log was read."""
        ...

    def entries(self) -> Iterator[Sequence[EntryRow]]:
        """Index rows of the log."""
        ...

    def checkpoints(self) -> Iterator[Sequence[CheckpointRow]]:
        """Every checkpoint ever signed."""
        ...

    def streams(self) -> Iterator[Sequence[NameRow]]:
        """Dictionary of streams."""
        ...

    def stream_rows(self) -> Iterator[Sequence[StreamRow]]:
        """Entries of every stream."""
        ...

    def signers(self) -> Iterator[Sequence[SignerRow]]:
        """Dictionary of keys."""
        ...

    def actors(self) -> Iterator[Sequence[NameRow]]:
        """Dictionary of actors."""
        ...

    def tags(self) -> Iterator[Sequence[TagRow]]:
        """Look-up by statement hash."""
        ...

    def conflicts(self) -> Iterator[Sequence[ConflictRow]]:
        """Refused statements that claim a taken identity."""
        ...

    def leaf(self, index: int) -> bytes | None:
        """One leaf, or None."""
        ...

    def indexes_of(self, statement: bytes) -> Sequence[int]:
        """Where the look-up says that a statement of this hash (32 bytes) may stand."""
        ...


class SignatureChecker(Protocol):
    """Checks signatures away from the caller, so that the caller can go on."""

    def submit(self, checks: Sequence[Signed]) -> Verdict:
        """Begin to check; call the result to wait for it."""
        ...


class Shelf(Protocol):
    """Bytes by key, on a disk, gone with the run."""

    def put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Lay values aside; a value under the same key is replaced."""
        ...

    def get(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Values of those keys that have one."""
        ...


class ChainChecker(Protocol):
    """Checks the chains of the book and makes its newest map, away from the caller; see `audit_links.py`."""

    def answer(self, hashes: bytes | bytearray, findings: Findings) -> tuple[bytes, int] | None:
        """Wait for root of the map and number of streams; None when the caller must do it himself.

        Args:
            hashes: Leaf hashes that the caller has made from the leaves.
            findings: Where faults go.
        """
        ...


class Rows(Protocol):
    """The part of a book that chains are checked with."""

    def stream_rows(self) -> Iterator[Sequence[StreamRow]]:
        """Entries of every stream."""
        ...

    def streams(self) -> Iterator[Sequence[NameRow]]:
        """Dictionary of streams."""
        ...

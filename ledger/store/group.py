"""What goes into the book in one transaction, and the small values that come out of it.

Tuples are in the column order of `tables`, without the leading `shard`: the Book adds its own, so no
caller can write into another shard by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from ..errors import StoreError
from ..hashing import HASH_SIZE
from .tables import KIND_ENTRY

IDENTITY_SIZE = 16  # bytes of a UUIDv7

LeafRow = tuple[int, bytes]  # idx, body
EntryTuple = tuple[  # idx, epoch, kind, key_no, n, actor_no, id (16 bytes), statement hash, leaf hash
    int, int, int, int | None, int | None, int | None, bytes | None, bytes | None, bytes
]
TagRow = tuple[int, int]  # tag, idx
StreamName = tuple[int, str]  # stream_no, name
StreamLink = tuple[int, int, int, bytes]  # stream_no, position, idx, head
SignerRow = tuple[int, bytes]  # key_no, key_id
ActorRow = tuple[int, str]  # actor_no, actor
VaultRow = tuple[bytes, str, bytes]  # statement hash, JSON pointer, sealed value and salt


class RowsRefused(StoreError):
    """The database refused a row of the group (duplicate, bound, type); nothing was written.

    Says nothing about which row: the sequencer bisects.
    """


class NotWritten(Exception):
    """A group was rolled back for certain, and no row of it is to blame.

    Args:
        why: What the database said.
    """

    def __init__(self, why: StoreError) -> None:
        super().__init__(str(why))
        self.why = why


class Head(NamedTuple):
    """The fence of a shard: who may append, and onto what."""

    term: int  # fencing token, raised by every take-over
    epoch: int  # number of the last committed epoch; 0 when there is only a genesis leaf
    size: int  # number of leaves


class StreamTail(Struct, frozen=True, gc=False):
    """Where a stream ends."""

    stream_no: int
    count: int  # number of entries in it
    idx: int  # log index of its last entry
    head: bytes  # 32 bytes


class EntryRow(NamedTuple):
    """Index row of one leaf; the middle fields are None unless `kind` is 1 (entry)."""

    idx: int
    epoch: int
    kind: int
    key_no: int | None
    n: int | None
    actor_no: int | None
    id: bytes | None
    statement: bytes | None
    leaf_hash: bytes


class NextNumbers(NamedTuple):
    """Next free number of each dictionary, from 1."""

    key_no: int
    actor_no: int
    stream_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One commit group: an epoch and all its rows.

    `leaves` and `entries` run from `size_before` to `size_after` - 1 in order; the last is the epoch leaf.
    """

    term: int
    epoch_before: int
    epoch_after: int
    size_before: int
    size_after: int
    leaves: Sequence[LeafRow]
    entries: Sequence[EntryTuple]
    tags: Sequence[TagRow] = field(default=())
    streams: Sequence[StreamName] = field(default=())
    stream_rows: Sequence[StreamLink] = field(default=())
    signers: Sequence[SignerRow] = field(default=())
    actors: Sequence[ActorRow] = field(default=())
    vault: Sequence[VaultRow] = field(default=())

    def check(self) -> None:
        """Assert that rows and bounds agree.

        Raises:
            ValueError: The caller built the group wrongly; nothing was sent to the database.
        """
        count = self.size_after - self.size_before
        if count < 1 or len(self.leaves) != count or len(self.entries) != count:
            raise ValueError("leaves and entries do not fill size_before..size_after")
        if self.leaves[0][0] != self.size_before or self.leaves[-1][0] != self.size_after - 1:
            raise ValueError("leaves do not start at size_before and end at size_after - 1")
        if self.epoch_after != self.epoch_before + 1:
            raise ValueError("a group is exactly one epoch")

    def fits(self) -> bool:
        """Say whether rows have the shape of their kind, so that both databases refuse the same; one bad row is no.

        Checked here is what a database would not refuse by itself: lengths of hashes and ids, and an index row that
        has some of a statement's fields but not all.
        """
        return (
            all(map(_entry_fits, self.entries))
            and all(len(key_id) == HASH_SIZE for _, key_id in self.signers)
            and all(len(statement) == HASH_SIZE for statement, _, _ in self.vault)
        )


def _entry_fits(row: EntryTuple) -> bool:
    if type(row[8]) is not bytes or len(row[8]) != HASH_SIZE:
        return False
    if row[2] != KIND_ENTRY:
        return row[3:8] == (None, None, None, None, None)
    identity, statement = row[6], row[7]
    return (
        type(identity) is bytes
        and len(identity) == IDENTITY_SIZE
        and type(statement) is bytes
        and len(statement) == HASH_SIZE
        and None not in row
    )

"""One commit group while it is being built: leaves, chains, index rows and dictionary numbers."""

from __future__ import annotations

from typing import Any

from ..chain import extend
from ..encoding import b64u, unb64u
from ..hashing import leaf_hash, statement_hash
from ..leaf import Batch, decode_header, encode, encode_entry
from ..statement import Statement
from .group import EntryTuple, Group, Head, StreamTail
from .job import Job, Outcome, Recorded
from .memory import Memory
from .tables import KIND_BATCH, KIND_ENTRY, KIND_EPOCH


class Draft:
    """Rows of one epoch, in log order.

    Attributes:
        epoch: Its number.
        size: Leaves of the book with those of the draft.
        received: Received time of all its rows, Unix milliseconds.
        fresh: Admitted statements by index; references inside the group are found here.
        touched: Where each stream that grew now ends.
        hashes: Leaf hashes, in order.
    """

    def __init__(self, head: Head, received: int, memory: Memory[Any]) -> None:
        """Start after a head; `memory` gives tails and numbers, and takes the new ones."""
        self.epoch = head.epoch + 1
        self.size = head.size
        self.received = received
        self.fresh: dict[int, Statement] = {}
        self.touched: dict[str, StreamTail] = {}
        self.hashes: list[bytes] = []
        self._head = head
        self._memory = memory
        self._leaves: list[tuple[int, bytes]] = []
        self._entries: list[EntryTuple] = []
        self._tags: list[tuple[int, int]] = []
        self._streams: list[tuple[int, str]] = []
        self._stream_rows: list[tuple[int, int, int, bytes]] = []
        self._signers: list[tuple[int, bytes]] = []
        self._actors: list[tuple[int, str]] = []
        self._vault: list[tuple[bytes, str, bytes]] = []

    def add(self, job: Job, outcomes: list[Outcome]) -> None:
        """Build the leaves of a job's fresh rows; a batch leaf comes before its entries."""
        under = None if job.batch is None else self._add_batch(job, outcomes)
        for position, outcome in enumerate(outcomes):
            if not is_fresh(outcome):
                continue
            statement = self.fresh[self.size]
            batch = None if under is None else (under, position)
            signature = None if under is not None else job.signatures[position]
            self._add_entry(statement, encode_entry(statement.raw, self.received, signature, batch))
            if job.sealed:
                self._vault += job.sealed[position]

    def close(self, epoch_leaf: bytes) -> Group:
        """Put the epoch leaf last and hand out the group."""
        self._add_leaf(epoch_leaf, KIND_EPOCH)
        return Group(
            term=self._head.term,
            epoch_before=self._head.epoch,
            epoch_after=self.epoch,
            size_before=self._head.size,
            size_after=self.size,
            leaves=self._leaves,
            entries=self._entries,
            tags=self._tags,
            streams=self._streams,
            stream_rows=self._stream_rows,
            signers=self._signers,
            actors=self._actors,
            vault=self._vault,
        )

    def _add_leaf(self, leaf: bytes, kind: int) -> bytes:
        hashed = leaf_hash(leaf)
        self._leaves.append((self.size, leaf))
        self._entries.append((self.size, self.epoch, kind, None, None, None, None, None, hashed))
        self.hashes.append(hashed)
        self.size += 1
        return hashed

    def _add_batch(self, job: Job, outcomes: list[Outcome]) -> bytes:
        assert job.batch is not None
        absent = [(i, b64u(statement_hash(job.raws[i]))) for i, outcome in enumerate(outcomes) if not is_fresh(outcome)]
        return self._add_leaf(
            encode(Batch(absent, decode_header(job.batch.header), "batch", b64u(job.batch.signature))), KIND_BATCH
        )

    def _add_entry(self, statement: Statement, leaf: bytes) -> None:
        index, hashed, name = self.size, leaf_hash(leaf), statement.hash
        memory = self._memory
        key_no = memory.keys.get(statement.key) or self._number_key(statement.key)
        actor_no = memory.actors.get(statement.actor) or self._number_actor(statement.actor)
        identity = identity_of(statement.id)
        self._leaves.append((index, leaf))
        self._entries.append((index, self.epoch, KIND_ENTRY, key_no, statement.n, actor_no, identity, name, hashed))
        self._tags.append((int.from_bytes(name[:8], "big", signed=True), index))
        self.hashes.append(hashed)
        tails, touched, rows = memory.tails, self.touched, self._stream_rows
        for stream in statement.streams:
            tail = tails[stream]
            number, count = tail.stream_no or self._number_stream(stream), tail.count
            head = extend(tail.head, index, hashed)
            rows.append((number, count, index, head))
            tails[stream] = touched[stream] = StreamTail(number, count + 1, index, head)
        self.size += 1

    def _number_key(self, key: str) -> int:
        number = self._memory.keys[key] = self._memory.take_number("key_no")
        self._signers.append((number, unb64u(key, 32)))
        return number

    def _number_actor(self, actor: str) -> int:
        number = self._memory.actors[actor] = self._memory.take_number("actor_no")
        self._actors.append((number, actor))
        return number

    def _number_stream(self, name: str) -> int:
        number = self._memory.take_number("stream_no")
        self._streams.append((number, name))
        return number


def identity_of(text: str) -> bytes:
    """The 16 bytes of a UUID whose shape was checked before."""
    return bytes.fromhex(text.replace("-", ""))


def is_fresh(outcome: Outcome) -> bool:
    """Whether this very request recorded the row."""
    return isinstance(outcome, Recorded) and outcome.fresh

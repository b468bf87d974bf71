"""Every read of the book: leaves, index rows, dictionaries, look-ups by identity. Writes nothing.

A `Reads` is bound to one shard and to a source of connections: the pool (each call on its own), or one
snapshot (all calls see the same book). Iterators read in chunks by key, so memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select

from ..errors import StoreError
from . import segments
from .group import EntryRow, Head, NextNumbers
from .lookup import Lookup, Step, run
from .tables import KIND_BATCH, KIND_ENTRY, actor, checkpoint, conflict, entry, head, leaf, signer, stream, vault

CHUNK: Final = 2_000  # rows a statement

Source = Callable[[], AbstractContextManager[Connection]]

_LEAVES: Final = (
    select(leaf.c.idx, leaf.c.body)
    .where(leaf.c.shard == bindparam("shard"), leaf.c.idx.between(bindparam("first"), bindparam("last")))
    .order_by(leaf.c.idx)
)
_ENTRIES: Final = (
    select(*(column for column in entry.c if column is not entry.c.shard))
    .where(entry.c.shard == bindparam("shard"), entry.c.idx.between(bindparam("first"), bindparam("last")))
    .order_by(entry.c.idx)
)

_LEAF: Final = select(leaf.c.body).where(leaf.c.shard == bindparam("shard"), leaf.c.idx == bindparam("idx"))
_HEAD: Final = select(head.c.term, head.c.epoch, head.c.size).where(head.c.shard == bindparam("shard"))


def tag_of(statement: bytes) -> int:
    """Tag of a statement hash: its first 8 bytes as a signed big-endian integer."""
    return int.from_bytes(statement[:8], "big", signed=True)


class LogReads:
    """Reads along the log, and by identity.

    Args:
        shard: Number of the shard, from 1.
        source: Gives a connection to read on.
    """

    def __init__(self, shard: int, source: Source) -> None:
        self.shard = shard
        self._source = source

    def is_empty(self) -> bool:
        """Whether the shard has no genesis leaf yet."""
        return self._head() is None

    def head(self) -> Head:
        """The fence as it stands.

        Raises:
            StoreError: The shard has no genesis leaf yet.
        """
        found = self._head()
        if found is None:
            raise StoreError(f"shard {self.shard} has no genesis leaf yet")
        return found

    def leaf(self, idx: int) -> bytes:
        """Bytes of the leaf at a log index.

        Raises:
            StoreError: There is none.
        """
        with self._source() as connection:
            body: bytes | None = connection.execute(_LEAF, {"shard": self.shard, "idx": idx}).scalar()
        body = self._sealed([idx]).get(idx) if body is None else body
        if body is None:
            raise StoreError(f"there is no leaf at index {idx}")
        return body

    def leaves_at(self, indexes: Iterable[int]) -> dict[int, bytes]:
        """Leaves at these log indexes; those that are absent are left out."""
        step = Step("leaf", "l", f"l.shard = {self.shard} AND l.idx = w.a")
        wanted = set(indexes)
        found = dict(self._find(Lookup(("bigint",), (step,), "l.idx, l.body"), ((idx,) for idx in sorted(wanted))))
        return found if len(found) == len(wanted) else found | self._sealed(sorted(wanted - found.keys()))

    def entry_row(self, idx: int) -> EntryRow:
        """Index row of the leaf at a log index.

        Raises:
            StoreError: There is none.
        """
        for row in self.entries(idx, idx):
            return row
        raise StoreError(f"there is no index row for {idx}")

    def leaves(self, first: int = 0, last: int | None = None, chunk: int = CHUNK) -> Iterator[tuple[int, bytes]]:
        """Leaves `first` to `last`, both included, in order; to the end of the log without `last`."""
        for at, end, rows in self._ranges(_LEAVES, first, last, chunk):
            if len(rows) <= end - at:
                stored = dict(rows)
                rows = sorted((stored | self._sealed(idx for idx in range(at, end + 1) if idx not in stored)).items())
            yield from ((row[0], row[1]) for row in rows)

    def entries(self, first: int = 0, last: int | None = None, chunk: int = CHUNK) -> Iterator[EntryRow]:
        """Index rows `first` to `last`, both included, in order; to the end of the log without `last`."""
        for _, _, rows in self._ranges(_ENTRIES, first, last, chunk):
            yield from map(EntryRow._make, rows)

    def leaf_hashes(self, first: int = 0, last: int | None = None) -> list[bytes]:
        """Leaf hashes `first` to `last` from the index rows, 32 bytes each; not recomputed."""
        query = select(entry.c.leaf_hash).where(entry.c.shard == self.shard, entry.c.idx >= first).order_by(entry.c.idx)
        if last is not None:
            query = query.where(entry.c.idx <= last)
        with self._source() as connection:
            return list(connection.execute(query).scalars())

    def statement_hashes(self, first: int, last: int) -> list[bytes]:
        """Statement hashes of the entries among the leaves `first` to `last`, 32 bytes each, in order."""
        query = select(entry.c.statement).where(entry.c.shard == self.shard, entry.c.idx.between(first, last))
        with self._source() as connection:
            return list(connection.execute(query.where(entry.c.kind == KIND_ENTRY).order_by(entry.c.idx)).scalars())

    def last_batch(self, first: int, last: int) -> int | None:
        """Log index of the last batch leaf among the leaves `first` to `last`, or None."""
        query = select(func.max(entry.c.idx)).where(entry.c.shard == self.shard, entry.c.idx.between(first, last))
        with self._source() as connection:
            return connection.execute(query.where(entry.c.kind == KIND_BATCH)).scalar()

    def entry_rows_at(self, indexes: Iterable[int]) -> dict[int, EntryRow]:
        """Index rows of the leaves at these log indexes; those that are absent are left out."""
        step = Step("entry", "e", f"e.shard = {self.shard} AND e.idx = w.a")
        columns = ", ".join(f"e.{name}" for name in EntryRow._fields)
        rows = (EntryRow(*row) for row in self._find(Lookup(("bigint",), (step,), columns), ((idx,) for idx in indexes)))
        return {row.idx: row for row in rows}

    def by_counter(self, key_id: bytes, n: int) -> int | None:
        """Log index of the entry with this counter of this key, or None."""
        return self.by_counters([(key_id, n)]).get((key_id, n))

    def by_counters(self, counters: Iterable[tuple[bytes, int]]) -> dict[tuple[bytes, int], int]:
        """Log indexes of the entries with these (key id, n); those that are absent are left out."""
        signer_step = Step("signer", "s", f"s.shard = {self.shard} AND s.key_id = w.a")
        entry_step = Step("entry", "e", f"e.shard = {self.shard} AND e.key_no = s.key_no AND e.n = w.b")
        rows = self._find(Lookup(("bytea", "bigint"), (signer_step, entry_step), "w.a, w.b, e.idx"), counters)
        return {(key_id, n): idx for key_id, n, idx in rows}

    def by_id(self, actor_id: str, identity: bytes) -> int | None:
        """Log index of the entry with this id (16 bytes) of this actor, or None."""
        return self.by_ids([(actor_id, identity)]).get((actor_id, identity))

    def by_ids(self, ids: Iterable[tuple[str, bytes]]) -> dict[tuple[str, bytes], int]:
        """Log indexes of the entries with these (actor, id); those that are absent are left out."""
        actor_step = Step("actor", "s", f"s.shard = {self.shard} AND s.actor = w.a")
        entry_step = Step("entry", "e", f"e.shard = {self.shard} AND e.actor_no = s.actor_no AND e.id = w.b")
        rows = self._find(Lookup(("text", "bytea"), (actor_step, entry_step), "w.a, w.b, e.idx"), ids)
        return {(actor_id, identity): idx for actor_id, identity, idx in rows}

    def by_statement(self, statement: bytes) -> int | None:
        """Log index of the entry with this statement hash (32 bytes), or None."""
        return self.by_statements([statement]).get(statement)

    def by_statements(self, statements: Iterable[bytes]) -> dict[bytes, int]:
        """Log indexes of the entries with these statement hashes; those that are absent are left out."""
        tag_step = Step("statement_tag", "t", f"t.shard = {self.shard} AND t.tag = w.a")
        entry_step = Step("entry", "e", f"e.shard = {self.shard} AND e.idx = t.idx AND e.statement = w.b")
        keys = ((tag_of(statement), statement) for statement in statements)
        return dict(self._find(Lookup(("bigint", "bytea"), (tag_step, entry_step), "w.b, e.idx"), keys))

    def last_counter(self, key_id: bytes) -> int:
        """Highest counter of a key in the book; 0 when it has signed nothing."""
        query = select(signer.c.key_no).where(signer.c.shard == self.shard, signer.c.key_id == key_id)
        with self._source() as connection:
            number = connection.execute(query).scalar()
        return 0 if number is None else self.highest_counter(number)

    def highest_counter(self, key_no: int) -> int:
        """Highest counter of the key with this number; 0 when there is none."""
        # Not max(): one step down the index; max() over a join with the signers would read every entry of a key.
        query = select(entry.c.n).where(entry.c.shard == self.shard, entry.c.key_no == key_no)
        with self._source() as connection:
            return int(connection.execute(query.order_by(entry.c.n.desc()).limit(1)).scalar() or 0)

    def highest_id(self, actor_no: int) -> bytes:
        """Highest id (16 bytes) of the actor with this number; empty when there is none."""
        query = select(entry.c.id).where(entry.c.shard == self.shard, entry.c.actor_no == actor_no)
        with self._source() as connection:
            return bytes(connection.execute(query.order_by(entry.c.id.desc()).limit(1)).scalar() or b"")

    def missing_counters(self, key_id: bytes, limit: int = 1_000) -> list[tuple[int, int]]:
        """Holes below the highest counter of a key, as (first, last) both included, in order; `limit` holes at most."""
        before = func.lag(entry.c.n, 1, 0).over(order_by=entry.c.n).label("before")
        rows = (
            select(entry.c.n, before)
            .join(signer, (signer.c.shard == entry.c.shard) & (signer.c.key_no == entry.c.key_no))
            .where(entry.c.shard == self.shard, signer.c.key_id == key_id)
            .subquery()
        )
        query = select(rows.c.before, rows.c.n).where(rows.c.n > rows.c.before + 1).order_by(rows.c.n).limit(limit)
        with self._source() as connection:
            return [(low + 1, high - 1) for low, high in connection.execute(query)]

    def key_numbers(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Numbers of these keys, by key id (32 bytes); those that never signed are left out."""
        step = Step("signer", "s", f"s.shard = {self.shard} AND s.key_id = w.a")
        return dict(self._find(Lookup(("bytea",), (step,), "w.a, s.key_no"), ((key,) for key in keys)))

    def actor_numbers(self, actors: Iterable[str]) -> dict[str, int]:
        """Numbers of these actors; those that never signed are left out."""
        step = Step("actor", "s", f"s.shard = {self.shard} AND s.actor = w.a")
        return dict(self._find(Lookup(("text",), (step,), "w.a, s.actor_no"), ((one,) for one in actors)))

    def next_numbers(self) -> NextNumbers:
        """Next free number of each dictionary, from 1."""
        with self._source() as connection:
            return NextNumbers(
                *(
                    connection.execute(
                        select(func.coalesce(func.max(column), 0) + 1).where(column.table.c.shard == self.shard)
                    ).scalar_one()
                    for column in (signer.c.key_no, actor.c.actor_no, stream.c.stream_no)
                )
            )

    def checkpoints(self) -> list[tuple[int, int, str]]:
        """Every checkpoint ever signed, as (epoch, size, note), in order of epoch."""
        with self._source() as connection:
            rows = connection.execute(self._checkpoints().order_by(checkpoint.c.epoch))
            return [(epoch, size, note) for epoch, size, note in rows]

    def checkpoint_of(self, epoch: int) -> tuple[int, int, str] | None:
        """The checkpoint of one epoch as (epoch, size, note), or None."""
        with self._source() as connection:
            row = connection.execute(self._checkpoints().where(checkpoint.c.epoch == epoch)).first()
        return None if row is None else (row[0], row[1], row[2])

    def latest_checkpoint(self) -> tuple[int, int, str] | None:
        """The newest checkpoint as (epoch, size, note), or None."""
        with self._source() as connection:
            row = connection.execute(self._checkpoints().order_by(checkpoint.c.epoch.desc()).limit(1)).first()
        return (row[0], row[1], row[2]) if row else None

    def conflicts(self) -> list[tuple[int, bytes, str, int, int]]:
        """Every kept conflict as (no, statement bytes, signature, index of the other, received ms), in order."""
        columns = (conflict.c.no, conflict.c.statement, conflict.c.signature, conflict.c.idx, conflict.c.received)
        with self._source() as connection:
            rows = connection.execute(select(*columns).where(conflict.c.shard == self.shard).order_by(conflict.c.no))
            return [(no, data, signature, idx, received) for no, data, signature, idx, received in rows]

    def sealed(self, statement: bytes) -> dict[str, bytes]:
        """Sealed openings of a statement: JSON pointer to ciphertext."""
        with self._source() as connection:
            rows = connection.execute(
                select(vault.c.pointer, vault.c.sealed).where(vault.c.shard == self.shard, vault.c.statement == statement)
            )
            return dict(rows.all())

    def _head(self) -> Head | None:
        with self._source() as connection:
            row = connection.execute(_HEAD, {"shard": self.shard}).first()
        return Head(*row) if row else None

    def _checkpoints(self) -> Select[int, int, str]:
        return select(checkpoint.c.epoch, checkpoint.c.size, checkpoint.c.note).where(checkpoint.c.shard == self.shard)

    def _find(self, what: Lookup, keys: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        with self._source() as connection:
            return list(run(connection, what, keys))

    def _sealed(self, indexes: Iterable[int]) -> dict[int, bytes]:
        # After the rows, never before: a body goes when its segment is there, so what is in neither place is gone.
        with self._source() as connection:
            return segments.leaves_at(connection, self.shard, indexes)

    def _ranges(self, query: Select[Any], first: int, last: int | None, chunk: int) -> Iterator[tuple[int, int, Sequence[Any]]]:
        """Rows of a range, some at a time, with the part of the range that they are of."""
        if first < 0 or chunk < 1:
            raise StoreError("a range starts at 0 or above, in chunks of at least one row")
        at = first
        while last is None or at <= last:
            end = at + chunk - 1 if last is None else min(at + chunk - 1, last)
            with self._source() as connection:
                rows = connection.execute(query, {"shard": self.shard, "first": at, "last": end}).all()
            yield at, end, rows
            # A hole in the log must not end the reading early: only rows beyond this range can say "no more".
            if not rows and not self._any_from(query, end + 1):
                return
            at = end + 1

    def _any_from(self, query: Select[Any], idx: int) -> bool:
        with self._source() as connection:
            found = connection.execute(query.limit(1), {"shard": self.shard, "first": idx, "last": 2**62}).first()
        return found is not None

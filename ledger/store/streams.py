"""Reads along the streams: who stands in one, where each ends. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from .account_reads import AccountReads
from .group import StreamTail
from .lookup import Lookup, Step, joined
from .reads import CHUNK
from .tables import KIND_ENTRY, entry, stream, stream_row

_NUMBER = select(stream.c.stream_no).where(stream.c.shard == bindparam("shard"), stream.c.name == bindparam("name"))
_ROWS = (
    select(stream_row.c.position, stream_row.c.idx, stream_row.c.head)
    .where(
        stream_row.c.shard == bindparam("shard"),
        stream_row.c.stream_no == bindparam("stream_no"),
        stream_row.c.position > bindparam("after"),
    )
    .order_by(stream_row.c.position)
)


class Reads(AccountReads):
    """Every read of the book."""

    def find_streams(self, names: Iterable[str]) -> dict[str, StreamTail]:
        """Tails of these streams; those without an entry are left out."""
        stream_step = Step("stream", "s", f"s.shard = {self.shard} AND s.name = w.a")
        what = Lookup(("text",), (stream_step, self._tail()), "s.name, s.stream_no, r.position, r.idx, r.head")
        rows = self._find(what, ((name,) for name in names))
        return {name: StreamTail(number, position + 1, idx, head) for name, number, position, idx, head in rows}

    def heads_at(self, wanted: Iterable[tuple[str, int]]) -> dict[str, bytes]:
        """Head of each of these streams after that number of entries, at least 1; those that have not as many are left out."""
        stream_step = Step("stream", "s", f"s.shard = {self.shard} AND s.name = w.a")
        row = Step("stream_row", "r", f"r.shard = {self.shard} AND r.stream_no = s.stream_no AND r.position = w.b")
        what = Lookup(("text", "bigint"), (stream_step, row), "s.name, r.head")
        return dict(self._find(what, ((name, count - 1) for name, count in wanted)))

    def stream_rows(self, name: str, after: int = -1, limit: int | None = None) -> list[tuple[int, int, bytes]]:
        """Rows of a stream as (position, idx, head), from position `after` + 1 on, `limit` at most."""
        number = self._stream_no(name)
        if number is None:
            return []
        query = _ROWS if limit is None else _ROWS.limit(limit)
        with self._source() as connection:
            rows = connection.execute(query, {"shard": self.shard, "stream_no": number, "after": after})
            return [(position, idx, head) for position, idx, head in rows]

    def rows_of(self, tails: Mapping[str, StreamTail]) -> dict[str, list[tuple[int, int]]]:
        """Whole streams as (position, idx), in order, all of them by one look-up.

        Args:
            tails: As `find_streams` gave them.
        """
        step = Step("stream_row", "r", f"r.shard = {self.shard} AND r.stream_no = w.a")
        numbers = {tail.stream_no: name for name, tail in tails.items()}
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in tails}
        for number, position, idx in self._find(
            Lookup(("bigint",), (step,), "w.a, r.position, r.idx"), ((number,) for number in numbers)
        ):
            found[numbers[number]].append((position, idx))
        for rows in found.values():
            rows.sort()
        return found

    def stream_leaves(self, name: str) -> list[tuple[int, int, bytes]]:
        """Whole stream as (position, idx, leaf bytes). A row whose leaf is gone is missing here: compare the positions."""
        rows = self.stream_rows(name)
        bodies = self.leaves_at(idx for _, idx, _ in rows)
        return [(position, idx, bodies[idx]) for position, idx, _ in rows if idx in bodies]

    def all_stream_tails(self, chunk: int = CHUNK) -> Iterator[tuple[str, int, bytes]]:
        """Name, count and head of every stream, in order of their numbers; to rebuild the map."""
        after = -(2**31)
        while True:
            with self._source() as connection:
                sql = (
                    f"SELECT s.stream_no, s.name, r.position, r.head FROM (SELECT stream_no, name FROM stream "  # noqa: S608
                    f"WHERE shard = {self.shard} AND stream_no > {after} ORDER BY stream_no LIMIT {int(chunk)}) s "
                    + joined(connection.dialect.name, [self._tail()])
                    + " ORDER BY s.stream_no"
                )
                rows = connection.exec_driver_sql(sql).all()
            if not rows:
                return
            for _number, name, position, head in rows:
                yield name, position + 1, head
            after = rows[-1][0]

    def all_streams(self, chunk: int = CHUNK) -> Iterator[tuple[int, str]]:
        """Number and name of every stream, in order of their numbers."""
        after = -(2**31)
        query = (
            select(stream.c.stream_no, stream.c.name)
            .where(stream.c.shard == self.shard, stream.c.stream_no > bindparam("after"))
            .order_by(stream.c.stream_no)
            .limit(chunk)
        )
        while True:
            with self._source() as connection:
                rows = connection.execute(query, {"after": after}).all()
            if not rows:
                return
            yield from rows
            after = rows[-1][0]

    def count_streams(self, letters: str) -> int:
        """Number of streams whose ids start with one of these letters."""
        query = select(func.count()).select_from(stream).where(stream.c.shard == self.shard, or_(*map(_of_letter, letters)))
        with self._source() as connection:
            return int(connection.execute(query).scalar_one())

    def count_entries(self, first: int, last: int) -> int:
        """Number of entries among the leaves `first` to `last`, both included."""
        query = (
            select(func.count())
            .select_from(entry)
            .where(entry.c.shard == self.shard, entry.c.idx.between(first, last), entry.c.kind == KIND_ENTRY)
        )
        with self._source() as connection:
            return int(connection.execute(query).scalar_one())

    def directory_leaves(self, chunk: int = CHUNK) -> Iterator[tuple[int, bytes]]:
        """Index and leaf of every entry in an `a:` or `k:` stream, each once, in log order: the directory of actors."""
        query = (
            select(stream_row.c.idx)
            .join(stream, (stream.c.shard == stream_row.c.shard) & (stream.c.stream_no == stream_row.c.stream_no))
            .where(stream.c.shard == self.shard)
            .where(or_(*map(_of_letter, "ak")))
        )
        with self._source() as connection:
            indexes = sorted(set(connection.execute(query).scalars()))
        for start in range(0, len(indexes), chunk):
            yield from sorted(self.leaves_at(indexes[start : start + chunk]).items())

    def _tail(self) -> Step:
        # By one step down the primary key, not by counting the rows of a stream of millions.
        last = f"(SELECT max(x.position) FROM stream_row x WHERE x.shard = {self.shard} AND x.stream_no = s.stream_no)"  # noqa: S608
        return Step("stream_row", "r", f"r.shard = {self.shard} AND r.stream_no = s.stream_no AND r.position = {last}")

    def _stream_no(self, name: str) -> int | None:
        with self._source() as connection:
            return connection.execute(_NUMBER, {"shard": self.shard, "name": name}).scalar()


def _of_letter(letter: str) -> ColumnElement[bool]:
    # A range, not LIKE: the index on the name serves it on both databases. ";" follows ":".
    return and_(stream.c.name >= f"{letter}:", stream.c.name < f"{letter};")

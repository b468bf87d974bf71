"""Reads along the streams: who stands in one, where each ends. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import and_, bindparam, or_, select

from .group import StreamTail
from .reads import CHUNK, LogReads
from .tables import leaf, stream, stream_row

# The tail by one step down the primary key, not by counting the rows of a stream of millions.
_TAIL: Final = "r.position = (SELECT max(x.position) FROM stream_row x WHERE x.shard = {0} AND x.stream_no = s.stream_no)"

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
_LEAVES = (
    select(stream_row.c.position, stream_row.c.idx, leaf.c.body)
    .join(leaf, (leaf.c.shard == stream_row.c.shard) & (leaf.c.idx == stream_row.c.idx))
    .where(stream_row.c.shard == bindparam("shard"), stream_row.c.stream_no == bindparam("stream_no"))
    .order_by(stream_row.c.position)
)


class Reads(LogReads):
    """Every read of the book."""

    def find_streams(self, names: Iterable[str]) -> dict[str, StreamTail]:
        """Tails of these streams; those without an entry are left out."""
        rows = self._wanted(
            ("text",),
            ((name,) for name in names),
            f"SELECT s.name, s.stream_no, r.position, r.idx, r.head FROM want w "  # noqa: S608
            f"CROSS JOIN stream s ON s.shard = {self.shard} AND s.name = w.a "
            f"CROSS JOIN stream_row r ON r.shard = {self.shard} AND r.stream_no = s.stream_no AND {_TAIL.format(self.shard)}",
        )
        return {name: StreamTail(number, position + 1, idx, head) for name, number, position, idx, head in rows}

    def stream_rows(self, name: str, after: int = -1, limit: int | None = None) -> list[tuple[int, int, bytes]]:
        """Rows of a stream as (position, idx, head), from position `after` + 1 on, `limit` at most."""
        number = self._stream_no(name)
        if number is None:
            return []
        query = _ROWS if limit is None else _ROWS.limit(limit)
        with self._source() as connection:
            rows = connection.execute(query, {"shard": self.shard, "stream_no": number, "after": after})
            return [(position, idx, head) for position, idx, head in rows]

    def stream_leaves(self, name: str) -> list[tuple[int, int, bytes]]:
        """Whole stream as (position, idx, leaf bytes). A row whose leaf is gone is missing here: compare the positions."""
        number = self._stream_no(name)
        if number is None:
            return []
        with self._source() as connection:
            rows = connection.execute(_LEAVES, {"shard": self.shard, "stream_no": number})
            return [(position, idx, body) for position, idx, body in rows]

    def all_stream_tails(self, chunk: int = CHUNK) -> Iterator[tuple[str, int, bytes]]:
        """Name, count and head of every stream, in order of their numbers; to rebuild the map."""
        after = 0
        sql = (
            f"SELECT s.stream_no, s.name, r.position, r.head FROM stream s JOIN stream_row r ON r.shard = {self.shard} "  # noqa: S608
            f"AND r.stream_no = s.stream_no AND {_TAIL.format(self.shard)} "
            f"WHERE s.shard = {self.shard} AND s.stream_no > {{0}} ORDER BY s.stream_no LIMIT {int(chunk)}"
        )
        while True:
            with self._source() as connection:
                rows = connection.exec_driver_sql(sql.format(after)).all()
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

    def directory_leaves(self, chunk: int = CHUNK) -> Iterator[tuple[int, bytes]]:
        """Index and leaf of every entry in an `a:` or `k:` stream, each once, in log order: the directory of actors."""
        query = (
            select(stream_row.c.idx)
            .join(stream, (stream.c.shard == stream_row.c.shard) & (stream.c.stream_no == stream_row.c.stream_no))
            .where(stream.c.shard == self.shard)
            # Ranges, not LIKE: the index on the name serves them on both databases. ";" follows ":".
            .where(or_(*(and_(stream.c.name >= kind, stream.c.name < kind[0] + ";") for kind in ("a:", "k:"))))
        )
        with self._source() as connection:
            indexes = sorted(set(connection.execute(query).scalars()))
        for start in range(0, len(indexes), chunk):
            yield from sorted(self.leaves_at(indexes[start : start + chunk]).items())

    def _stream_no(self, name: str) -> int | None:
        with self._source() as connection:
            return connection.execute(_NUMBER, {"shard": self.shard, "name": name}).scalar()

"""Sealing: bodies of old leaves move into segments, and go only when their segment was read again and compared.

Some segments at a time, in two transactions: the segments are recorded; they are read back on another connection, inflated,
and held byte for byte against the bodies; then the bodies go. A crash between the two leaves both, which every read bears;
the next run compares and goes on there. Nothing is sealed that a checkpoint does not cover.

Source: DESIGN 3.4; docs/formats/segment.md; docs/adr/0011-sealed-segments.md.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final, NamedTuple, cast

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError, VerificationError
from ..hashing import leaf_hash
from ..leaf import decode_genesis
from ..limits import DISK_FREE_BYTES_MIN
from ..log_keys import open_signed
from ..merkle import Frontier
from ..segment import SEGMENT_LEAVES, decode_segment, encode_segment
from .book import Book
from .engine import file_of, open_engine
from .guards import check_guards
from .memory import log_keys_of
from .postgres import warnings_of
from .roles import check_archive
from .schema import check_schema
from .segments import broken
from .tables import leaf, segment

STEP: Final = 16  # segments of one transaction: about 3 MB of bodies, and the writer of the book waits some 50 ms for it
_HASHES: Final = 65_536  # leaf hashes read at once

_BODIES: Final = (
    select(leaf.c.idx, leaf.c.body)
    .where(leaf.c.shard == bindparam("shard"), leaf.c.idx.between(bindparam("first"), bindparam("last")))
    .order_by(leaf.c.idx)
)
_SEGMENTS: Final = select(segment.c.first, segment.c.body).where(
    segment.c.shard == bindparam("shard"), segment.c.first.between(bindparam("first"), bindparam("last"))
)


class Sealed(NamedTuple):
    """What one step did.

    Attributes:
        leaves: Leaves whose bodies went.
        body_bytes: Bytes of these bodies.
        segment_bytes: Bytes of their segments.
    """

    leaves: int
    body_bytes: int
    segment_bytes: int


class Sealing:
    """Seals one shard of a book. Make it with `open_sealing`."""

    def __init__(self, book: Book, reader: Engine, archive: Engine) -> None:
        self._book = book
        self._reader = reader
        self._archive = archive
        self._shard = book.shard

    def limit(self, before: int | None = None) -> int:
        """Size up to which leaves may be sealed: whole segments under the newest checkpoint, never its last leaf.

        Args:
            before: No leaf from here on.

        Raises:
            StoreError: There is no checkpoint, or the stored leaf hashes do not give the root that was signed.
        """
        latest = self._book.latest_checkpoint()
        if latest is None:
            raise StoreError("the book has no checkpoint yet; start `suxin serve` once")
        _, size, note = latest
        genesis = decode_genesis(self._book.leaf(0))
        try:
            root = open_signed(note, genesis.origin, log_keys_of(self._book, genesis)).root
        except VerificationError as error:
            raise StoreError(f"the newest checkpoint does not hold: {error}; run `suxin verify`") from error
        frontier = Frontier()
        for first in range(0, size, _HASHES):
            frontier.extend(self._book.leaf_hashes(first, min(first + _HASHES, size) - 1))
        if (frontier.size, frontier.root()) != (size, root):
            raise StoreError("the leaf hashes do not give the root that was signed; run `suxin verify`, nothing was sealed")
        end = size - 1 if before is None else min(before, size - 1)
        return end - end % SEGMENT_LEAVES

    def unsealed(self, limit: int) -> int:
        """Leaves below a size whose bodies have not gone."""
        query = select(func.count()).select_from(leaf).where(leaf.c.shard == self._shard, leaf.c.idx < limit)
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())

    def run(self, limit: int) -> Iterator[Sealed]:
        """Seal every leaf below a size that `limit` gave, some segments at a time.

        To stop between two of them leaves nothing half done.

        Raises:
            StoreError: Something is not as it must be; the bodies in question are where they were.
        """
        for first in range(0, limit, STEP * SEGMENT_LEAVES):
            last = min(first + STEP * SEGMENT_LEAVES, limit) - 1
            with self._reading() as connection:
                values = {"shard": self._shard, "first": first, "last": last}
                bodies: dict[int, bytes] = dict(connection.execute(_BODIES, values).all())
            if bodies:
                yield self._seal(first, last, bodies)

    def _seal(self, first: int, last: int, bodies: dict[int, bytes]) -> Sealed:
        self._compare_hashes(first, last, bodies)
        present = self._segments(first, last)
        due = [
            at
            for at in range(first, last + 1, SEGMENT_LEAVES)
            if at not in present and any(index in bodies for index in range(at, at + SEGMENT_LEAVES))
        ]
        if due:
            self._record({at: self._encode(at, bodies) for at in due})
            self._reader.dispose()  # read back by a connection that has nothing of it in memory
        segments = self._segments(first, last)
        going = self._compare(segments, bodies)
        self._remove(first, last, going)
        here = {index - index % SEGMENT_LEAVES for index in bodies}
        return Sealed(going, sum(map(len, bodies.values())), sum(len(segments[at]) for at in here))

    def _encode(self, first: int, bodies: dict[int, bytes]) -> bytes:
        try:
            return encode_segment(first, [bodies[index] for index in range(first, first + SEGMENT_LEAVES)])
        except KeyError as error:
            raise StoreError(f"leaf {error.args[0]} is missing and in no segment; run `suxin verify`") from error

    def _compare_hashes(self, first: int, last: int, bodies: dict[int, bytes]) -> None:
        """The bodies have the hashes of which the signed root was made."""
        for index, hashed in enumerate(self._book.leaf_hashes(first, last), first):
            if index in bodies and (type(bodies[index]) is not bytes or leaf_hash(bodies[index]) != hashed):
                raise StoreError(f"leaf {index} does not have its hash; run `suxin verify`, it was not sealed")

    def _compare(self, segments: dict[int, bytes], bodies: dict[int, bytes]) -> int:
        """Every body that is to go stands in a segment, byte for byte; how many they are."""
        kept: dict[int, bytes] = {}
        for first, raw in segments.items():
            try:
                kept.update(enumerate(decode_segment(raw, first).leaves(), first))
            except (VerificationError, TypeError) as error:
                raise StoreError(f"{broken(first, error)}. Its bodies are still there") from error
        for index, body in bodies.items():
            if kept.get(index) != body:
                raise StoreError(f"leaf {index} reads back differently from its segment; the bodies are still there")
        return len(bodies)

    def _segments(self, first: int, last: int) -> dict[int, bytes]:
        with self._reading() as connection:
            found = connection.execute(_SEGMENTS, {"shard": self._shard, "first": first, "last": last})
            return dict(found.all())

    def _record(self, segments: dict[int, bytes]) -> None:
        with self._writing() as connection:
            rows = [{"shard": self._shard, "first": first, "body": body} for first, body in segments.items()]
            connection.execute(insert(segment), rows)

    def _remove(self, first: int, last: int, due: int) -> None:
        with self._writing() as connection:
            gone = connection.execute(delete(leaf).where(leaf.c.shard == self._shard, leaf.c.idx.between(first, last)))
            if gone.rowcount != due:
                raise StoreError(f"{gone.rowcount} bodies would have gone where {due} were compared; somebody else seals too")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction; a commit whose wait for a standby was cut short is no success."""
        with _translated(), self._archive.connect() as connection:
            heard = warnings_of(connection.connection.info)
            heard.clear()
            with connection.begin():
                yield connection
            if heard:
                raise StoreError(f"the database warned during the commit: {heard[0]}; what was compared is still there")


@contextmanager
def open_sealing(url: str, shard: int = 1) -> Iterator[Sealing]:
    """Open a book for sealing; it may be served meanwhile.

    Args:
        url: `sqlite:///FILE`, or `postgresql://` of the archive login.
        shard: Number of the shard, from 1.

    Raises:
        StoreError: No such book, guards taken off, or a login that is not the archive's.
    """
    with Book.open(url, shard) as book:
        reader, archive = open_engine(url), open_engine(url, role="archive")
        try:
            with _translated(), archive.connect() as connection:
                check_schema(connection)
                check_guards(connection)
                check_archive(connection)
                connection.rollback()
            yield Sealing(book, reader, archive)
        finally:
            reader.dispose()
            archive.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a driver's error into one of ours, without the statement's values."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database failed: {error.orig}") from error


def compact(url: str) -> tuple[int, int]:
    """Give the room of what has gone back to the disk, by writing a SQLite file anew; nobody else may use the book meanwhile.

    SQLite does it in a journal: cut off at any moment, the old file stands.

    Args:
        url: `sqlite:///FILE`; nobody else writes to it.

    Returns:
        Bytes of the file before and after.

    Raises:
        StoreError: It is no SQLite file, the disk has no room for a second one, or somebody else has it open.
    """
    path = file_of(url)
    if path is None:
        raise StoreError("PostgreSQL uses the room again by itself; to give it back, its administrator runs VACUUM FULL leaf")
    before = path.stat().st_size
    if shutil.disk_usage(path.parent).free < 2 * before + DISK_FREE_BYTES_MIN:
        raise StoreError(f"to write {path.name} anew takes {2 * before} bytes of free disk for some time; nothing was changed")
    engine = open_engine(url, role="migrate")
    try:
        with _translated(), closing(engine.raw_connection()) as borrowed:
            raw = cast("sqlite3.Connection", borrowed.driver_connection)
            raw.execute("VACUUM")
            if raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise StoreError("somebody else has the book open; its file shrinks when the last one closes it")
    except sqlite3.Error as error:
        raise StoreError(f"SQLite could not write the file anew ({error}); the old one stands") from error
    finally:
        engine.dispose()
    return before, path.stat().st_size

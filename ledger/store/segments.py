"""Leaves whose bodies stand in segments. Writes nothing; `sealing` makes segments, `reads` asks here for what it does not find.

Source: docs/formats/segment.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from ..audit_port import LeafRow
from ..errors import StoreError, VerificationError
from ..segment import BLOCK_LEAVES, SEGMENT_LEAVES, Segment, decode_segment, first_of
from .tables import segment

SEGMENTS: Final = 16  # read by one statement: under 1 MB, as a rule

_SOME: Final = select(segment.c.first, segment.c.body).where(
    segment.c.shard == bindparam("shard"), segment.c.first.in_(bindparam("firsts", expanding=True))
)


def leaves_at(connection: Connection, shard: int, indexes: Iterable[int]) -> dict[int, bytes]:
    """Sealed leaves at these log indexes; those that are in no segment are left out.

    Args:
        connection: Where to read.
        shard: Number of the shard.
        indexes: Ascending.

    Raises:
        StoreError: A segment does not hold; the words say which and what to do.
    """
    groups = ((first, list(group)) for first, group in groupby(indexes, first_of))
    found: dict[int, bytes] = {}
    while some := dict(islice(groups, SEGMENTS)):
        for first, body in connection.execute(_SOME, {"shard": shard, "firsts": list(some)}):
            try:
                found.update(_pick(decode_segment(body, first), some[first]))
            except (VerificationError, TypeError) as error:
                raise StoreError(broken(first, error)) from error
    return found


def merge(
    rows: Iterator[Sequence[tuple[Any, ...]]], sealed: Iterator[Sequence[tuple[Any, ...]]], faults: list[tuple[int, str]]
) -> Iterator[Sequence[LeafRow]]:
    """The log from its bodies and its segments, for who verifies: in order, damaged rows as they stand.

    Args:
        rows: Index and body, ascending.
        sealed: First leaf and segment, ascending.
        faults: Takes first leaf and fault of each segment that cannot be read, or that differs from a body beside it.
    """
    waiting: Sequence[tuple[Any, ...]] = ()
    for first, raw in chain.from_iterable(sealed):
        beside: list[LeafRow] = []
        while True:
            # A damaged index is no number, and stands behind all numbers.
            before = [row for row in waiting if type(row[0]) is int and row[0] < first]
            if before:
                yield before
            inside = [row for row in waiting[len(before) :] if type(row[0]) is int and row[0] < first + SEGMENT_LEAVES]
            beside += inside
            waiting = waiting[len(before) + len(inside) :]
            if waiting:
                break
            waiting = next(rows, ())
            if not waiting:
                break
        try:
            leaves = dict(enumerate(decode_segment(raw, first).leaves(), first))
        except (VerificationError, TypeError) as error:
            faults.append((first, _cause(error)))
            leaves = {}
        if leaves and any(leaves.get(index) != body for index, body in beside):
            faults.append((first, "a body that still stands differs from it"))
        yield sorted((leaves | dict(beside)).items())
    if waiting:
        yield waiting
    yield from rows


def broken(first: int, error: Exception) -> str:
    """What to say of a segment that does not hold."""
    return (
        f"the segment of leaves {first} to {first + SEGMENT_LEAVES - 1} does not hold: {_cause(error)}; put the table `segment` "
        "back from a backup, then run `suxin verify`"
    )


def _cause(error: Exception) -> str:
    return error.detail if isinstance(error, VerificationError) else "it is not bytes"


def _pick(found: Segment, indexes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Those leaves of a segment; each block is inflated once."""
    for number, group in groupby(indexes, lambda index: (index - found.first) // BLOCK_LEAVES):
        block = found.block(number)
        for index in group:
            yield index, block[(index - found.first) % BLOCK_LEAVES]

"""A checked statement as plain values, cheap to hand from a worker process to the sequencer.

marshal is the fastest codec of plain tuples and is only ever read by the same interpreter that wrote it, over a
pipe between parent and child; it never touches the network or a file.
"""

from __future__ import annotations

import marshal
from typing import Any, NamedTuple

import msgspec

from ..errors import Refused
from ..registry import TYPES
from ..statement import Evidence, Statement
from ..terms import Row

_BODIES = {name: msgspec.json.Decoder(row.body) for name, row in TYPES.items() if row.body is not None}
_EVIDENCE = msgspec.json.Decoder(list[Evidence])


class CheckedRow(NamedTuple):
    """One row after the workers: a statement, or why not.

    Attributes:
        statement: The parsed statement; None when refused.
        refused: The refusal; None when there is a statement.
        public: The key under which its signature was found good; None when that key was not at hand.
    """

    statement: Statement | None
    refused: Refused | None
    public: bytes | None


def _flatten(statement: Statement) -> tuple[Any, ...]:
    s = statement
    body = b"" if s.body is None else msgspec.json.encode(s.body)
    evidence = msgspec.json.encode(list(s.evidence)) if s.evidence else b""
    return (
        s.raw, s.hash, s.book, s.id, s.type, s.actor, s.party, s.key, s.n, s.at, s.at_ms, s.subjects, s.streams, body, s.ref,
        s.re, s.mode, evidence,
    )  # fmt: skip


def _restore(flat: tuple[Any, ...]) -> Statement:
    body: Row | None = _BODIES[flat[4]].decode(flat[13]) if flat[13] else None
    evidence = tuple(_EVIDENCE.decode(flat[17])) if flat[17] else ()
    fields: list[Any] = [*flat[:13], body, *flat[14:17], evidence]
    return Statement(*fields)


def pack(rows: list[CheckedRow]) -> bytes:
    """Rows as bytes."""
    packed: list[Any] = []
    for row in rows:
        if row.statement is not None:
            packed.append((_flatten(row.statement), row.public))
        elif row.refused is not None:
            refused = row.refused
            packed.append((refused.code, refused.cause, refused.pointer, dict(refused.found)))
    return marshal.dumps(packed)


def unpack(data: bytes) -> list[CheckedRow]:
    """Read what `pack` wrote."""
    rows = []
    for item in marshal.loads(data):  # noqa: S302 - written by our own child process
        if len(item) == 2:
            rows.append(CheckedRow(_restore(item[0]), None, item[1]))
        else:
            rows.append(CheckedRow(None, Refused(item[0], item[1], item[2], **item[3]), None))
    return rows

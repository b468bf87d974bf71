"""A checked statement as plain values, cheap to hand from a worker process to the sequencer.

marshal is the fastest codec of plain tuples and is only ever read by the same interpreter that wrote it, over a
pipe between parent and child; it never touches the network or a file.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ..errors import Refused
from ..registry import TYPES
from ..statement import Evidence, Statement
from ..terms import Row

_BODIES = {name: msgspec.json.Decoder(row.body) for name, row in TYPES.items() if row.body is not None}
_EVIDENCE = msgspec.json.Decoder(list[Evidence])
_ENCODE = msgspec.json.Encoder().encode
_MARSHAL = 2  # the last version that does not look every object up among those already written


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


def _flatten(s: Statement) -> tuple[Any, ...]:
    """All but the bytes of a statement, which the caller of the worker has kept."""
    body = b"" if s.body is None else _ENCODE(s.body)
    evidence = _ENCODE(s.evidence) if s.evidence else b""
    return (
        s.hash, s.book, s.id, s.type, s.actor, s.party, s.key, s.n, s.at, s.at_ms, s.subjects, s.streams, body, s.ref, s.re,
        s.mode, evidence,
    )  # fmt: skip


def _restore(raw: bytes, flat: tuple[Any, ...]) -> Statement:
    evidence = tuple(_EVIDENCE.decode(flat[16])) if flat[16] else ()
    body: Row | None = _BODIES[flat[3]].decode(flat[12]) if flat[12] else None
    fields: list[Any] = [raw, *flat[:12], body, *flat[13:16], evidence]
    return Statement(*fields)


def pack(rows: list[CheckedRow]) -> bytes:
    """Rows as bytes, without the statements' own bytes."""
    packed: list[Any] = []
    for statement, refused, public in rows:
        if statement is not None:
            packed.append((_flatten(statement), public))
        elif refused is not None:
            packed.append((refused.code, refused.cause, refused.pointer, dict(refused.found)))
    return marshal.dumps(packed, _MARSHAL)


def unpack(data: bytes, raws: Sequence[bytes]) -> list[CheckedRow]:
    """Read what `pack` wrote about the statements with these bytes."""
    rows = []
    for raw, item in zip(raws, marshal.loads(data), strict=True):  # noqa: S302 - written by our own child process
        if len(item) == 2:
            rows.append(CheckedRow(_restore(raw, item[0]), None, item[1]))
        else:
            rows.append(CheckedRow(None, Refused(item[0], item[1], item[2], **item[3]), None))
    return rows

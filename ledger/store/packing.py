"""A checked statement as plain values, cheap to hand from a worker process to the sequencer.

marshal is the fastest codec of plain tuples and is only ever read by the same interpreter that wrote it, over a
pipe between parent and child; it never touches the network or a file.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ..errors import Refused
from ..registry import TYPES
from ..statement import Evidence, Statement
from ..terms import Row

_BODIES = {name: msgspec.json.Decoder(row.body) for name, row in TYPES.items() if row.body is not None}
_EVIDENCE = msgspec.json.Decoder(list[Evidence])
_ENCODE = msgspec.json.Encoder().encode
BODIES_MAX = 8_192  # bodies that are remembered: some 5 MB
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
    """What differs from row to row, without the bytes of the statement: the caller of the worker has kept them."""
    body = b"" if s.body is None else _ENCODE(s.body)
    evidence = _ENCODE(s.evidence) if s.evidence else b""
    return s.hash, s.id, s.n, s.at, s.at_ms, s.subjects, s.streams, body, s.ref, s.re, evidence


@lru_cache(BODIES_MAX)
def _body_of(kind: str, coded: bytes) -> Row:
    """A body again; most scans of a hub differ in their parcel and not in their body, and bodies are frozen."""
    body: Row = _BODIES[kind].decode(coded)
    return body


def _restore(raw: bytes, flat: tuple[Any, ...], frame: tuple[Any, ...]) -> Statement:
    name, identity, n, at, at_ms, subjects, streams, coded, ref, re, evidences = flat
    book, kind, actor, party, key, mode, of, _ = frame
    body = _body_of(kind, coded) if coded else None
    evidence = tuple(_EVIDENCE.decode(evidences)) if evidences else ()
    return Statement(
        raw, name, book, identity, kind, actor, party, key, n, at, at_ms, subjects, streams, body, ref, re, mode, evidence, of
    )


def pack(rows: list[CheckedRow]) -> bytes:
    """Rows as bytes, without the statements' own bytes; what rows of one signer share is written once."""
    packed: list[Any] = []
    frames: dict[tuple[Any, ...], int] = {}
    for s, refused, public in rows:
        if s is not None:
            frame = (s.book, s.type, s.actor, s.party, s.key, s.mode, s.of, public)
            packed.append((_flatten(s), frames.setdefault(frame, len(frames))))
        elif refused is not None:
            packed.append((refused.code, refused.cause, refused.pointer, dict(refused.found)))
    return marshal.dumps((list(frames), packed), _MARSHAL)


def unpack(data: bytes, raws: Sequence[bytes]) -> list[CheckedRow]:
    """Read what `pack` wrote about the statements with these bytes."""
    frames, packed = marshal.loads(data)  # noqa: S302 - written by our own child process
    rows = []
    for raw, item in zip(raws, packed, strict=True):
        if len(item) == 2:
            frame = frames[item[1]]
            rows.append(CheckedRow(_restore(raw, item[0], frame), None, frame[-1]))
        else:
            rows.append(CheckedRow(None, Refused(item[0], item[1], item[2], **item[3]), None))
    return rows

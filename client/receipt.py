"""Receipts: what a book answers, checked against what was sent and the log's key. Pure: bytes and values in, values out.

A client never takes the operator's word. It builds the leaves of the log from its own statements and signatures and the
received time in the answer, and checks that these leaves stand under a root that the log's key has signed. From then on
the operator cannot drop or change them without two signed states that contradict each other. Source: docs/formats/log.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ..ledger.checkpoint import Checkpoint, open_checkpoint
from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.leaf import Batch, encode, encode_entry
from ..ledger.limits import INTEGER_MAX
from ..ledger.note import VerifierKey
from ..ledger.proof import verify_inclusion, verify_range
from .errors import AnswerMalformed, Problem, ReceiptInvalid
from .statement import Signed, SignedBatch

_Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
_Hash = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
_Path = Annotated[list[_Hash], Meta(max_length=128)]


class _EventAnswer(Struct, frozen=True):
    outcome: Literal["recorded", "already"]
    index: _Count
    epoch: _Count
    statement: _Hash
    received: _Count
    leaf: _Hash
    size: _Count
    proof: _Path
    checkpoint: str


class _RowAnswer(Struct, frozen=True):
    row: _Count
    outcome: Literal["recorded", "already", "refused"]
    index: _Count | UnsetType = UNSET
    statement: _Hash | UnsetType = UNSET
    received: _Count | UnsetType = UNSET
    epoch: _Count | UnsetType = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class _RowsAnswer(Struct, frozen=True):
    recorded: _Count
    already: _Count
    refused: _Count
    epoch: _Count
    size: _Count
    checkpoint: str
    first: _Count | None
    last: _Count | None
    proof: _Path
    rows: list[_RowAnswer]


_Answer = TypeVar("_Answer", _EventAnswer, _RowsAnswer)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one statement stands in the book; holds without the book's help for as long as the log's key is trusted.

    Attributes:
        outcome: `recorded` now, or `already` there before.
        index: Its place in the log.
        epoch: Number of the epoch it was recorded in.
        received: When the book took it, Unix milliseconds.
        checkpoint: The signed note.
        size: Number of leaves under the note's root.
        proof: RFC 6962 inclusion path.
        answer: The answer as it came, to be kept.
    """

    outcome: Literal["recorded", "already"]
    index: int
    epoch: int
    received: int
    checkpoint: str
    size: int
    proof: tuple[bytes, ...]
    answer: bytes


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row.

    Attributes:
        outcome: `recorded`: proved by the receipt it stands in. `already`: the book says it has it, at `index`; sending
            that one statement again by itself gives the proof. `refused`: not recorded, `problem` says why.
        index: Place in the log; None when refused.
        problem: Why it was refused; None otherwise.
    """

    outcome: Literal["recorded", "already", "refused"]
    index: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class RowsReceipt:
    """Proof that the recorded rows of one request stand in the book, side by side.

    Attributes:
        rows: One outcome for each row sent, in order.
        epoch: Number of the epoch they were recorded in.
        checkpoint: The signed note.
        size: Number of leaves under the note's root.
        first: Index of the first leaf of the range, or None when nothing was recorded; for a batch, of the batch leaf.
        proof: Range path: the subtrees outside the range, from left to right.
        answer: The answer as it came, to be kept.
    """

    rows: tuple[RowOutcome, ...]
    epoch: int
    checkpoint: str
    size: int
    first: int | None
    proof: tuple[bytes, ...]
    answer: bytes

    def count(self, outcome: Literal["recorded", "already", "refused"]) -> int:
        """How many rows ended so."""
        return sum(row.outcome == outcome for row in self.rows)


def check_event(answer: bytes, sent: Signed, log: VerifierKey) -> Receipt:
    """Check the answer to one statement.

    Args:
        answer: Body of the answer.
        sent: What was sent.
        log: The log's key; its name is the origin.

    Raises:
        AnswerMalformed: Not the documented shape.
        ReceiptInvalid: It does not prove that this statement, with this signature, is in the log. A statement that the
            book has had before under a batch's signature cannot be proved so; its proof is the batch's own receipt.
    """
    found = _decode(answer, _EventAnswer)
    with _evidence(answer):
        _need(found.statement == b64u(sent.hash), "the answer is about another statement")
        checkpoint = _open(found.checkpoint, found.size, log)
        leaf = leaf_hash(encode_entry(sent.raw, found.received, sent.signature))
        _need(found.leaf == b64u(leaf), "the leaf is not made of this statement, this signature and this time")
        path = tuple(unb64u(part, 32) for part in found.proof)
        verify_inclusion(leaf, found.index, checkpoint.size, path, checkpoint.root)
    return Receipt(found.outcome, found.index, found.epoch, found.received, found.checkpoint, checkpoint.size, path, answer)


def check_rows(answer: bytes, sent: Sequence[Signed], log: VerifierKey) -> RowsReceipt:
    """Check the answer to rows that are signed one by one.

    Raises:
        AnswerMalformed: Not the documented shape.
        ReceiptInvalid: It does not prove that the recorded rows stand in the log one after another.
    """
    found = _decode(answer, _RowsAnswer)
    with _evidence(answer):
        _match(found, [row.hash for row in sent])
        leaves = [
            encode_entry(sent[row.row].raw, _received(row), sent[row.row].signature)
            for row in found.rows
            if row.outcome == "recorded"
        ]
        return _prove(found, leaves, 0, answer, log)


def check_batch(answer: bytes, sent: SignedBatch, log: VerifierKey) -> RowsReceipt:
    """Check the answer to a batch under one signature: the batch leaf comes first and names the rows that are not under it.

    Raises:
        AnswerMalformed: Not the documented shape.
        ReceiptInvalid: It does not prove that batch leaf and recorded rows stand in the log one after another.
    """
    found = _decode(answer, _RowsAnswer)
    with _evidence(answer):
        _match(found, [statement.hash for statement in sent.statements])
        fresh = [row for row in found.rows if row.outcome == "recorded"]
        if not fresh:
            return _prove(found, [], 0, answer, log)
        absent = [(row.row, b64u(sent.statements[row.row].hash)) for row in found.rows if row.outcome != "recorded"]
        head = encode(Batch(absent, sent.header, "batch", b64u(sent.signature)))
        under = leaf_hash(head)
        rows = [encode_entry(sent.statements[row.row].raw, _received(row), None, (under, row.row)) for row in fresh]
        return _prove(found, [head, *rows], 1, answer, log)


def _prove(found: _RowsAnswer, leaves: list[bytes], ahead: int, answer: bytes, log: VerifierKey) -> RowsReceipt:
    """Check indices and range proof; `ahead` leaves of the range carry no row."""
    checkpoint = _open(found.checkpoint, found.size, log)
    path = tuple(unb64u(part, 32) for part in found.proof)
    if leaves:
        _need(found.first is not None and found.last == found.first + len(leaves) - 1, "first and last do not span the rows")
        assert found.first is not None
        fresh = [row.index for row in found.rows if row.outcome == "recorded"]
        due = list(range(found.first + ahead, found.first + len(leaves)))
        _need(fresh == due, "the recorded rows do not stand side by side, in the order sent")
        verify_range(found.first, [leaf_hash(leaf) for leaf in leaves], checkpoint.size, path, checkpoint.root)
    else:
        _need(found.first is None and found.last is None and not path, "a range without a recorded row")
    rows = tuple(_outcome(row) for row in found.rows)
    return RowsReceipt(rows, found.epoch, found.checkpoint, checkpoint.size, found.first, path, answer)


def _match(found: _RowsAnswer, sent: Sequence[bytes]) -> None:
    """Check that there is one outcome for each row, in order, about the statement that was sent."""
    _need([row.row for row in found.rows] == list(range(len(sent))), "not one outcome for each row, in order")
    for outcome in ("recorded", "already", "refused"):
        counted = sum(row.outcome == outcome for row in found.rows)
        _need(counted == getattr(found, outcome), f"{counted} rows are {outcome}, and the total says otherwise")
    for row, statement in zip(found.rows, sent, strict=True):
        if row.outcome != "refused":
            _need(row.statement == b64u(statement), f"row {row.row} is about another statement")
            _need(isinstance(row.index, int) and row.index < found.size, f"row {row.row} has no place in the log")


def _outcome(row: _RowAnswer) -> RowOutcome:
    if row.outcome == "refused":
        return RowOutcome("refused", None, Problem.read(row.problem if isinstance(row.problem, dict) else {}))
    assert isinstance(row.index, int)
    return RowOutcome(row.outcome, row.index)


def _received(row: _RowAnswer) -> int:
    _need(isinstance(row.received, int), f"row {row.row} has no received time")
    assert isinstance(row.received, int)
    return row.received


def _open(note: str, size: int, log: VerifierKey) -> Checkpoint:
    checkpoint = open_checkpoint(note, log.name, log.public)
    _need(checkpoint.size == size, f"a size of {size} beside a checkpoint of {checkpoint.size}")
    return checkpoint


def _decode(answer: bytes, shape: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(answer, type=shape)
    except msgspec.DecodeError as error:
        raise AnswerMalformed(f"not a receipt: {error}") from error


class _Mismatch(Exception):
    """Answer and request do not belong together."""


def _need(holds: bool, detail: str) -> None:
    if not holds:
        raise _Mismatch(detail)


@contextmanager
def _evidence(answer: bytes) -> Iterator[None]:
    """Whatever does not hold is raised with the answer that promised it."""
    try:
        yield
    except _Mismatch as error:
        raise ReceiptInvalid("receipt-mismatch", str(error), answer) from None
    except VerificationError as error:
        raise ReceiptInvalid(error.code, error.detail, answer) from error

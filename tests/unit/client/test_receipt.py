from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from fakes.answers import SmallLog, as_bytes

from suxin.client.errors import AnswerMalformed, ReceiptInvalid
from suxin.client.receipt import check_batch, check_event, check_rows
from suxin.client.signer import Signer
from suxin.client.statement import Draft, Signed, SignedBatch
from suxin.ledger.checkpoint import Checkpoint, log_key, open_checkpoint, sign_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_base64

AT = "2026-11-18T14:00:00+08:00"
ALREADY = {"outcome": "already", "index": 2, "epoch": 1}
PROBLEM = {"type": "/problems/no-authority", "title": "t", "status": 403, "detail": "d", "pointer": "/actor", "cure": "c"}
REFUSED = {"outcome": "refused", "problem": {**PROBLEM, "index": 7}}
Mutation = Callable[[dict[str, Any]], None]


@pytest.fixture
def signed(signer: Signer, draft: Callable[[int], Draft]) -> Signed:
    return signer.sign(draft(1))


@pytest.fixture
def rows(signer: Signer, draft: Callable[[int], Draft]) -> list[Signed]:
    return [signer.sign(draft(price)) for price in range(6)]


@pytest.fixture
def batch(signer: Signer, draft: Callable[[int], Draft]) -> SignedBatch:
    return signer.sign_batch([draft(price) for price in range(6)], AT)


def _mutated(answer: dict[str, Any], mutate: Mutation) -> bytes:
    changed = copy.deepcopy(answer)
    mutate(changed)
    assert changed != answer
    return as_bytes(changed)


def _set(*path: str | int, to: object) -> Mutation:
    def mutate(answer: dict[str, Any]) -> None:
        at: Any = answer
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = to(at[path[-1]]) if callable(to) else to

    return mutate


def _drop(*path: str | int) -> Mutation:
    def mutate(answer: dict[str, Any]) -> None:
        at: Any = answer
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]

    return mutate


def _next(number: int) -> int:
    return number + 1


def _other_hash(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def _swap(answer: dict[str, Any]) -> None:
    answer["proof"][0], answer["proof"][1] = answer["proof"][1], answer["proof"][0]


def test_a_receipt_for_one_statement_holds(signed: Signed) -> None:
    log = SmallLog()
    answer = as_bytes(log.event(signed))
    receipt = check_event(answer, signed, log.log)
    assert (receipt.outcome, receipt.index, receipt.size, receipt.answer) == ("recorded", 5, 7, answer)


EVENT_LIES: dict[str, Mutation] = {
    "index": _set("index", to=_next),
    "received": _set("received", to=_next),
    "statement": _set("statement", to=_other_hash),
    "leaf": _set("leaf", to=_other_hash),
    "size": _set("size", to=_next),
    "proof flipped": _set("proof", 0, to=_other_hash),
    "proof short": _drop("proof", 0),
    "proof swapped": _swap,
    "proof long": _set("proof", to=lambda path: [*path, path[0]]),
    "checkpoint of nobody": _set("checkpoint", to=lambda note: note.replace("— ", "— x")),
    "checkpoint without signature": _set("checkpoint", to=lambda note: note.partition("—")[0]),
    "checkpoint flipped": _set("checkpoint", to=lambda note: note.replace("\n7\n", "\n8\n")),
}


@pytest.mark.parametrize("lie", EVENT_LIES.values(), ids=EVENT_LIES)
def test_a_receipt_that_does_not_hold_raises_with_the_evidence(signed: Signed, lie: Mutation) -> None:
    log = SmallLog()
    answer = _mutated(log.event(signed), lie)
    with pytest.raises(ReceiptInvalid) as refusal:
        check_event(answer, signed, log.log)
    assert refusal.value.answer == answer


def test_a_receipt_of_another_log_is_none(signed: Signed) -> None:
    log = SmallLog()
    answer = log.event(signed)
    with pytest.raises(ReceiptInvalid, match="note-unsigned"):
        check_event(as_bytes(answer), signed, log_key(log.log.name, SigningKey(bytes(32)).public))
    with pytest.raises(ReceiptInvalid, match="note-unsigned"):
        check_event(as_bytes(answer), signed, log_key("suxin.example/other/1", log.key.public))


def test_a_receipt_for_another_signature_of_the_same_statement_is_none(signed: Signed) -> None:
    log = SmallLog()
    answer = as_bytes(log.event(Signed(signed.type, signed.raw, signed.hash, bytes(64))))
    with pytest.raises(ReceiptInvalid, match="receipt-mismatch"):
        check_event(answer, signed, log.log)


def test_a_root_that_the_log_signed_for_other_leaves_proves_nothing(signed: Signed) -> None:
    log = SmallLog()
    answer = log.event(signed)
    honest = open_checkpoint(answer["checkpoint"], log.log.name, log.key.public)
    answer["checkpoint"] = sign_checkpoint(Checkpoint(honest.origin, honest.size, bytes(32)), log.key)
    with pytest.raises(ReceiptInvalid, match="inclusion-invalid"):
        check_event(as_bytes(answer), signed, log.log)


def test_receipts_for_rows_hold_in_a_growing_log(rows: list[Signed]) -> None:
    log = SmallLog(strangers=1)
    for cut in (1, 2, 3):
        receipt = check_rows(as_bytes(log.rows(rows[:cut])), rows[:cut], log.log)
        assert [row.outcome for row in receipt.rows] == ["recorded"] * cut
        assert receipt.count("recorded") == cut


def test_rows_that_were_not_recorded_are_told_apart(rows: list[Signed]) -> None:
    log = SmallLog()
    receipt = check_rows(as_bytes(log.rows(rows, {1: ALREADY, 4: REFUSED})), rows, log.log)
    assert [row.index for row in receipt.rows] == [5, 2, 6, 7, None, 8]
    assert (receipt.count("recorded"), receipt.count("already"), receipt.count("refused")) == (4, 1, 1)
    problem = receipt.rows[4].problem
    assert problem is not None
    assert (problem.code, problem.detail, problem.pointer, problem.cure) == ("no-authority", "d", "/actor", "c")
    assert problem.found == {"status": 403, "index": 7}


def test_an_answer_without_a_recorded_row_still_has_a_signed_checkpoint(rows: list[Signed]) -> None:
    log = SmallLog()
    answer = log.rows(rows, dict.fromkeys(range(6), ALREADY))
    assert check_rows(as_bytes(answer), rows, log.log).first is None
    with pytest.raises(ReceiptInvalid, match="note-"):
        check_rows(_mutated(answer, _set("checkpoint", to=lambda note: note.replace("\n5\n", "\n6\n"))), rows, log.log)
    with pytest.raises(ReceiptInvalid, match="without a recorded row"):
        check_rows(_mutated(answer, _set("first", to=1)), rows, log.log)


ROWS_LIES: dict[str, Mutation] = {
    "first": _set("first", to=_next),
    "last": _set("last", to=_next),
    "no range": _set("first", to=None),
    "index": _set("rows", 0, "index", to=_next),
    "index gone": _drop("rows", 0, "index"),
    "received": _set("rows", 0, "received", to=_next),
    "received gone": _drop("rows", 2, "received"),
    "statement": _set("rows", 0, "statement", to=_other_hash),
    "already of another": _set("rows", 1, "statement", to=_other_hash),
    "already beyond the log": _set("rows", 1, "index", to=99),
    "a row is missing": _drop("rows", 5),
    "rows out of order": _set("rows", to=lambda rows: [rows[1], rows[0], *rows[2:]]),
    "recorded hidden as already": _set("rows", 0, "outcome", to="already"),
    "recorded hidden as refused": _set("rows", 0, "outcome", to="refused"),
    "already shown as recorded": _set("rows", 1, "outcome", to="recorded"),
    "total": _set("recorded", to=_next),
    "size": _set("size", to=_next),
    "proof flipped": _set("proof", 0, to=_other_hash),
    "proof short": _drop("proof", 0),
    "checkpoint of nobody": _set("checkpoint", to=lambda note: note.replace("— ", "— x")),
}  # fmt: skip


@pytest.mark.parametrize("lie", ROWS_LIES.values(), ids=ROWS_LIES)
def test_a_receipt_for_rows_that_does_not_hold_raises(rows: list[Signed], lie: Mutation) -> None:
    log = SmallLog()
    with pytest.raises(ReceiptInvalid):
        check_rows(_mutated(log.rows(rows, {1: ALREADY, 4: REFUSED}), lie), rows, log.log)


@pytest.mark.parametrize("lie", ROWS_LIES.values(), ids=ROWS_LIES)
def test_a_receipt_for_a_batch_that_does_not_hold_raises(batch: SignedBatch, lie: Mutation) -> None:
    log = SmallLog()
    with pytest.raises(ReceiptInvalid):
        check_batch(_mutated(log.batch(batch, {1: ALREADY, 4: REFUSED}), lie), batch, log.log)


def test_a_receipt_for_a_batch_holds_with_and_without_absent_rows(batch: SignedBatch) -> None:
    log = SmallLog()
    receipt = check_batch(as_bytes(log.batch(batch)), batch, log.log)
    assert (receipt.first, [row.index for row in receipt.rows]) == (5, [6, 7, 8, 9, 10, 11])
    receipt = check_batch(as_bytes(log.batch(batch, {1: ALREADY, 4: REFUSED})), batch, log.log)
    assert receipt.count("recorded") == 4
    assert check_batch(as_bytes(log.batch(batch, dict.fromkeys(range(6), ALREADY))), batch, log.log).first is None


def test_a_batch_recorded_under_another_signature_is_not_ours(batch: SignedBatch) -> None:
    log = SmallLog()
    other = SignedBatch(batch.header, batch.header_raw, bytes(64), batch.statements, batch.openings)
    with pytest.raises(ReceiptInvalid, match="range-invalid"):
        check_batch(as_bytes(log.batch(other)), batch, log.log)


def test_a_root_signed_for_other_leaves_proves_no_row(rows: list[Signed]) -> None:
    log = SmallLog()
    answer = log.rows(rows)
    honest = open_checkpoint(answer["checkpoint"], log.log.name, log.key.public)
    answer["checkpoint"] = sign_checkpoint(Checkpoint(honest.origin, honest.size, bytes(32)), log.key)
    assert format_base64(bytes(32)) in answer["checkpoint"]
    with pytest.raises(ReceiptInvalid, match="range-invalid"):
        check_rows(as_bytes(answer), rows, log.log)


@pytest.mark.parametrize(
    "mutate", [_drop("index"), _set("outcome", to="perhaps"), _set("index", to=-1), _set("proof", to="no"), _set("leaf", to="AA")]
)
def test_what_is_no_receipt_is_said_to_be_none(signed: Signed, mutate: Mutation) -> None:
    log = SmallLog()
    with pytest.raises(AnswerMalformed):
        check_event(_mutated(log.event(signed), mutate), signed, log.log)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"recorded":1}'])
def test_what_is_no_answer_at_all_is_said_to_be_none(signed: Signed, answer: bytes) -> None:
    log = SmallLog()
    with pytest.raises(AnswerMalformed):
        check_event(answer, signed, log.log)
    with pytest.raises(AnswerMalformed):
        check_rows(answer, [signed], log.log)


def test_a_hash_with_loose_bits_is_no_hash(signed: Signed) -> None:
    log = SmallLog()
    answer = log.event(signed)
    assert len(b64u(bytes(32))) == 43
    answer["proof"][0] = answer["proof"][0][:-1] + "B"
    with pytest.raises(ReceiptInvalid):
        check_event(as_bytes(answer), signed, log.log)

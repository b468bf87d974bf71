"""Whether a recorded entry stands in every stream it names, by the author's own check; against an operator who leaves it out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.paper_update import Ledger, Tale

from suxin.client.errors import ReceiptInvalid
from suxin.client.receipt import Receipt, RowOutcome, RowsReceipt
from suxin.client.standing import check_standing
from suxin.client.statement import Signed


def registered(letters: str) -> tuple[Ledger, Receipt, Signed]:
    """A shop's registration, left out of its streams that begin with these letters; and its receipt."""
    tale = Tale().items()
    tale.book.hides = lambda _statement, stream: bool(letters) and stream.startswith(letters)
    index = len(tale.book.leaves)
    tale.shop()
    tale.ledger.publish()
    said = tale.book.at(index).statement
    state = tale.ledger.states[1]
    receipt = Receipt("recorded", index, 2, tale.book.now, state.note, state.size, (), b"")
    return tale.ledger, receipt, Signed(said.type, said.raw, said.hash, bytes(64))


def test_an_entry_in_all_its_streams_is_counted() -> None:
    ledger, receipt, sent = registered("")
    assert check_standing(ledger.update(1, 2), receipt, [sent], ledger.paper.vkey) == 1


@pytest.mark.parametrize("letters", ["a:", "k:"])
def test_an_entry_left_out_of_one_stream_is_found_by_its_author(letters: str) -> None:
    ledger, receipt, sent = registered(letters)
    with pytest.raises(ReceiptInvalid, match="entry-left-out") as failure:
        check_standing(ledger.update(1, 2), receipt, [sent], ledger.paper.vkey)
    assert letters in str(failure.value)
    assert failure.value.answer == ledger.update(1, 2)


def test_an_update_of_another_epoch_or_log_proves_nothing() -> None:
    ledger, receipt, sent = registered("")
    other = Tale("other").inspected().ledger
    with pytest.raises(ReceiptInvalid, match=r"range-invalid|update-range"):
        check_standing(Tale().inspected().ledger.update(1, 2), receipt, [sent], ledger.paper.vkey)
    with pytest.raises(ReceiptInvalid):
        check_standing(other.update(1, 2), receipt, [sent], ledger.paper.vkey)
    with pytest.raises(ReceiptInvalid, match="update-malformed"):
        check_standing(b"{}", receipt, [sent], ledger.paper.vkey)


def test_an_entry_that_was_recorded_elsewhere_is_not_in_this_epoch() -> None:
    ledger, receipt, sent = registered("")
    with pytest.raises(ReceiptInvalid, match="entry-left-out"):
        check_standing(ledger.update(1, 2), replace(receipt, index=3), [sent], ledger.paper.vkey)


def test_of_many_rows_only_those_recorded_now_are_checked() -> None:
    ledger, receipt, sent = registered("k:")
    rows = (RowOutcome("already", 5), RowOutcome("recorded", receipt.index))
    many = RowsReceipt(rows[:1], 2, receipt.checkpoint, receipt.size, None, (), b"")
    assert check_standing(ledger.update(1, 2), many, [sent], ledger.paper.vkey) == 0
    with pytest.raises(ReceiptInvalid, match="entry-left-out"):
        check_standing(ledger.update(1, 2), replace(many, rows=rows), [sent, sent], ledger.paper.vkey)
    with pytest.raises(ValueError, match="zip"):
        check_standing(ledger.update(1, 2), replace(many, rows=rows), [sent], ledger.paper.vkey)

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fakes.small_book import BOOK, SmallBook

from suxin.client.errors import Declined, ReceiptInvalid, Unreachable
from suxin.client.post import Patience, Session, packed
from suxin.client.signer import Signer
from suxin.client.statement import Draft
from suxin.ledger.checkpoint import log_key
from suxin.ledger.errors import VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_vkey

Drafts = Callable[[], Draft]


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def session(book: SmallBook, slept: list[float]) -> Iterator[Session]:
    with Session(book.url, patience=Patience(5, slept.append, lambda: 0.5)) as opened:
        yield opened


def test_a_statement_is_posted_and_its_receipt_checked(
    session: Session, signer: Signer, draft: Drafts, slept: list[float]
) -> None:
    assert session.site().book == BOOK
    signed = signer.sign(draft())
    assert session.post(signed).outcome == "recorded"
    assert session.post(signed).outcome == "already"
    assert slept == []


def test_a_lost_answer_costs_a_repetition_of_the_same_bytes(
    session: Session, book: SmallBook, signer: Signer, draft: Drafts, slept: list[float]
) -> None:
    book.fates.extend(["dropped", "answer lost", "down", "answer lost"])
    assert session.post(signer.sign(draft())).outcome == "already"
    assert len(book.bodies) == 4
    assert len(set(book.bodies)) == 1
    # 0.25 s doubled each time, and of that three quarters by this die
    assert slept == [0.1875, 0.375, 0.75, 1.5]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_busy_book_is_given_the_time_it_asks_for(
    session: Session, book: SmallBook, signer: Signer, draft: Drafts, slept: list[float], form: str
) -> None:
    if form == "date":
        book.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    book.fates.append("busy")
    session.post_rows([signer.sign(draft())])
    assert slept == [3 * 1.125] if form == "seconds" else 6 < slept[0] < 9 * 1.125


@pytest.mark.parametrize("nonsense", ["", "soon", "-5", "99999999999"])
def test_no_book_parks_its_clients(
    session: Session, book: SmallBook, signer: Signer, draft: Drafts, slept: list[float], nonsense: str
) -> None:
    book.retry_after = nonsense
    book.fates.append("busy")
    session.post(signer.sign(draft()))
    assert 0 < slept[0] <= 300 * 1.125


def test_it_gives_up_and_says_so(session: Session, book: SmallBook, signer: Signer, draft: Drafts, slept: list[float]) -> None:
    signed = signer.sign(draft())
    book.fates.extend(["down"] * 5)
    with pytest.raises(Unreachable, match="5 attempts: HTTP 502"):
        session.post(signed)
    assert len(slept) == 4
    assert session.post(signed).outcome == "recorded"


def test_nobody_at_the_address(signer: Signer, draft: Drafts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Session(f"http://127.0.0.1:{port}", patience=Patience(2, lambda _: None)) as session, pytest.raises(Unreachable):
        session.post(signer.sign(draft()))


@pytest.mark.parametrize("url", ["suxin.example", "ftp://suxin.example", "http://", ""])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not the address of a book"):
        Session(url)


def test_a_pinned_key_is_not_replaced_by_what_the_book_shows(book: SmallBook, signer: Signer, draft: Drafts) -> None:
    other = format_vkey(log_key(book.log.log.name, SigningKey(bytes(32)).public))
    with Session(book.url, vkey=other) as session, pytest.raises(ReceiptInvalid, match="note-unsigned"):
        session.post(signer.sign(draft()))
    with pytest.raises(VerificationError, match="vkey-malformed"):
        Session(book.url, vkey="not a key")


def test_the_key_seen_first_stays(session: Session, book: SmallBook, signer: Signer, draft: Drafts) -> None:
    session.post(signer.sign(draft()))
    book.log.key = SigningKey(bytes(32))
    with pytest.raises(ReceiptInvalid, match="note-unsigned"):
        session.post(signer.sign(draft()))


def test_rows_and_batches(session: Session, book: SmallBook, signer: Signer, draft: Drafts) -> None:
    rows = [signer.sign(draft()) for _ in range(20)]
    book.refuse = lambda statement: statement["n"] == 7
    receipt = session.post_rows(rows)
    assert (receipt.count("recorded"), receipt.count("refused")) == (19, 1)
    assert receipt.rows[6].problem is not None
    assert receipt.rows[6].problem.code == "subject-unknown"
    assert session.post_rows(rows).count("already") == 19


def test_a_request_has_1_to_1000_rows(session: Session, signer: Signer, draft: Drafts) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        session.post_rows([])
    with pytest.raises(ValueError, match="1 to 1000"):
        session.post_rows([signer.sign(draft())] * 1_001)


def test_packed_keeps_order_bounds_and_groups(signer: Signer, draft: Drafts) -> None:
    rows = [signer.sign(draft()) for _ in range(10)]
    groups = [rows[:3], rows[3:4], rows[4:8], rows[8:]]
    assert list(packed(groups, rows_max=4)) == [rows[:4], rows[4:8], rows[8:]]
    assert list(packed(groups, rows_max=1)) == groups
    length = len(rows[0].line()) + 1
    assert list(packed(([row] for row in rows[:4]), bytes_max=2 * length + 1)) == [rows[:2], rows[2:4]]
    assert list(packed([])) == []


def test_a_refusal_of_the_whole_is_declined_at_once(
    session: Session, book: SmallBook, slept: list[float], signer: Signer, draft: Drafts
) -> None:
    book.fates.append("declined")
    with pytest.raises(Declined, match="no-authority: d") as refusal:
        session.post(signer.sign(draft()))
    assert (refusal.value.status, refusal.value.problem.pointer, refusal.value.problem.cure) == (403, "/actor", "c")
    assert slept == []


def test_what_is_no_book_is_said_to_be_none(book: SmallBook, signer: Signer, draft: Drafts) -> None:
    with Session(f"{book.url}/v1") as session, pytest.raises(Declined, match="404"):
        session.site()

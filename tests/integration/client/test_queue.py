from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.small_book import BOOK, SmallBook

from suxin.client.errors import LocalError, ReceiptInvalid, Unreachable
from suxin.client.post import Patience, Session
from suxin.client.queue import Queue
from suxin.client.receipt import check_event, check_rows
from suxin.client.statement import Draft, Signed
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey

SELLER = "uscc:91110000600037341L"
Drafts = Callable[[], Draft]


@pytest.fixture
def queue(tmp_path: Path, key: SigningKey) -> Iterator[Queue]:
    with closing(_open(tmp_path, key)) as opened:
        yield opened


def _open(folder: Path, key: SigningKey) -> Queue:
    return Queue(folder / "queue.db", key, SELLER, BOOK, lambda: 1_795_000_000_000)


@pytest.fixture
def session(book: SmallBook) -> Iterator[Session]:
    with Session(book.url, patience=Patience(1)) as opened:
        yield opened


def _signed(folder: Path) -> list[Signed]:
    with closing(sqlite3.connect(folder / "queue.db")) as connection:
        rows = connection.execute("SELECT type, raw, hash, signature FROM row ORDER BY no").fetchall()
    return [Signed(*row) for row in rows]


def test_what_was_captured_is_uploaded_in_order_and_its_receipt_kept(
    tmp_path: Path, queue: Queue, session: Session, book: SmallBook, draft: Drafts
) -> None:
    numbers = [queue.capture(draft()) for _ in range(3)]
    assert (queue.backlog().waiting, queue.backlog().oldest_ms, queue.kept(numbers[0])) == (3, 1_795_000_000_000, None)
    after = queue.upload(session)
    assert (after.waiting, after.oldest_ms, after.refused, after.kept) == (0, None, 0, 3)
    kept = [queue.kept(number) for number in numbers]
    assert [found.index for found in kept if found] == [5, 6, 7]
    assert kept[0] is not None
    check_rows(kept[0].answer, _signed(tmp_path), book.log.log)  # the proof holds without the book


def test_without_a_network_everything_stays(queue: Queue, session: Session, book: SmallBook, draft: Drafts) -> None:
    queue.capture(draft())
    book.fates.append("dropped")
    with pytest.raises(Unreachable):
        queue.upload(session)
    assert queue.backlog().waiting == 1
    assert queue.upload(session).kept == 1


def test_a_lost_answer_is_asked_for_again_row_by_row(
    tmp_path: Path, queue: Queue, session: Session, book: SmallBook, draft: Drafts
) -> None:
    number = queue.capture(draft())
    book.fates.append("answer lost")
    with pytest.raises(Unreachable):
        queue.upload(session)
    later = queue.capture(draft())
    assert queue.upload(session).kept == 2
    assert book.log.size == 5 + 2 + 2  # strangers; each of the two with its epoch leaf, none of them twice
    first, second = queue.kept(number), queue.kept(later)
    assert first is not None
    assert second is not None
    assert check_event(first.answer, _signed(tmp_path)[0], book.log.log).outcome == "already"
    assert (first.index, second.index) == (5, 7)


def test_a_book_that_proves_nothing_gets_nothing(queue: Queue, session: Session, book: SmallBook, draft: Drafts) -> None:
    session.log()
    queue.capture(draft())
    honest, book.log.key = book.log.key, SigningKey(bytes(32))
    with pytest.raises(ReceiptInvalid):
        queue.upload(session)
    assert queue.backlog().waiting == 1
    book.log.key = honest
    assert queue.upload(session).kept == 1


def test_a_refused_row_holds_up_no_other_and_is_mended_under_its_number(
    tmp_path: Path, queue: Queue, session: Session, book: SmallBook, draft: Drafts
) -> None:
    numbers = [queue.capture(draft()) for _ in range(3)]
    book.refuse = lambda statement: statement["body"]["title"]["en"] == "Tea no. 2"
    assert (queue.upload(session).kept, queue.backlog().refused) == (2, 1)
    [(refused, problem)] = queue.refusals()
    assert (refused, problem.code, problem.cure) == (numbers[1], "subject-unknown", "c")
    assert queue.retry() == 1
    assert queue.upload(session).refused == 1
    queue.mend(refused, draft())
    assert (queue.upload(session).kept, queue.refusals()) == (3, [])
    assert [signed.statement.n for signed in _signed(tmp_path)] == [1, 2, 3]
    with pytest.raises(LocalError, match="no refused row"):
        queue.mend(refused, draft())


def test_more_than_one_request_may_hold(
    queue: Queue, session: Session, book: SmallBook, draft: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suxin.client.queue.ROWS_MAX", 10)  # a thousand rows would be a thousand fsyncs
    for _ in range(23):
        queue.capture(draft())
    assert queue.upload(session).kept == 23
    assert [body.count(b"\n") for body in book.bodies] == [10, 10, 3]


def test_a_draft_that_is_no_statement_uses_no_number(tmp_path: Path, queue: Queue, draft: Drafts) -> None:
    with pytest.raises(Refused):
        queue.capture(Draft("listing", "yesterday"))
    queue.capture(draft())
    assert [signed.statement.n for signed in _signed(tmp_path)] == [1]


def test_texts_are_kept_for_the_vault_and_the_file_is_its_owners_alone(
    tmp_path: Path, queue: Queue, session: Session, book: SmallBook
) -> None:
    body = {"category": "other", "against": "seller"}
    item = "/01/06901234567892/21/AAAAAAAAAAAA"
    queue.capture(Draft("complaint", "2026-11-18T14:00:00+08:00", {"item": item}, body, {"/body/text": "坏的"}))
    queue.upload(session)
    assert '"value":"坏的"'.encode() in book.bodies[-1]
    assert stat.S_IMODE((tmp_path / "queue.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_queue_is_left_alone(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "queue.db").write_bytes(b"something else" * 100)
    with pytest.raises(LocalError, match=r"queue\.db cannot be opened"):
        _open(tmp_path, key)
    assert (tmp_path / "queue.db").read_bytes() == b"something else" * 100


CHILD = """
import sys
from pathlib import Path
from suxin.client.queue import Queue
from suxin.client.statement import Draft
from suxin.ledger.keys import SigningKey
key = SigningKey(b"seller".ljust(32, b"."))
queue = Queue(Path(sys.argv[1]), key, "uscc:91110000600037341L", "suxin.example/demo", lambda: 1_795_000_000_000)
body = {"event": "open", "title": {"en": "Tea"}, "category": "food", "price_minor": 100, "currency": "CNY"}
draft = Draft("listing", "2026-11-18T14:00:00+08:00", {"offer": "uscc:91110000600037341L/01/06901234567892"}, body)
while True:
    print(queue.capture(draft), flush=True)
"""


def test_kills_lose_nothing_that_was_captured_and_leave_no_hole(
    tmp_path: Path, key: SigningKey, session: Session, book: SmallBook
) -> None:
    said: list[int] = []
    for _ in range(3):
        command = [sys.executable, "-c", CHILD, str(tmp_path / "queue.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            said += [int(child.stdout.readline()) for _ in range(7)]
            os.kill(child.pid, signal.SIGKILL)
            said += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    signed = _signed(tmp_path)
    assert said == sorted(set(said))
    assert len(signed) >= len(said) >= 21
    assert [one.statement.n for one in signed] == list(range(1, len(signed) + 1))
    with closing(_open(tmp_path, key)) as queue:
        assert queue.upload(session).kept == len(signed)

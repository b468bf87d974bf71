"""When the book cannot take a row: a full queue, a writer that was fenced off, a commit nobody answers for, a defect of ours.

The answer is 503 with Retry-After (500 for a defect), never 200; the very same bytes go in later, once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fakes.served import hash_of, served
from fakes.village import PHONE, Village, village

from suxin.api.problems import RETRY_AFTER_S, TRANSPORT
from suxin.client.errors import Unreachable
from suxin.client.post import Patience, Session
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.errors import OutcomeUnknown
from suxin.ledger.limits import DISK_FREE_BYTES_MIN
from suxin.ledger.moment import moment_text
from suxin.ledger.store import sequencer as writer
from suxin.ledger.store import sqlite, waitline
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Group
from suxin.ledger.store.job import Job


@pytest.fixture
def v(tmp_path: Path) -> Iterator[Village]:
    with village(tmp_path) as found:
        yield found


def check(answer: httpx.Response, code: str, status: int = 503) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (answer.status_code, found["type"]) == (status, f"/problems/{code}"), found
    assert (found["title"], found["cure"], found["status"]) == (TRANSPORT[code].title, TRANSPORT[code].cure, status)
    assert answer.headers.get("retry-after") == (str(RETRY_AFTER_S) if status == 503 else None)
    assert PHONE not in answer.text


@contextmanager
def stalled(v: Village) -> Iterator[None]:
    """Another program holds the database's write lock, so that the writer has to wait."""
    blocker = sqlite3.connect(v.site.house.folder / "data" / "book.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)


def test_a_locked_database_is_told_and_the_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with village(tmp_path) as v:
        before, rows = v.site.written, [v.good() for _ in range(2)]
        with stalled(v):
            check(v.site.post_event(rows[0]), "store-failed")
            check(v.site.post_lines(*rows), "store-failed")
            ready = v.site.http.get("/readyz")
            assert (ready.status_code, ready.json()["doubts"]) == (503, ["the database could not write the last group"])
        assert v.site.post_event(rows[1]).status_code == 201
        assert v.site.post_event(rows[0]).status_code == 201
        assert v.site.http.get("/readyz").status_code == 200
        assert v.site.written == before + 2
        assert v.site.http.get("/v1/epochs/1").status_code == 200
    with served(tmp_path) as again:  # tree, map and streams are those of the book
        assert again.post_event(rows[1]).json()["outcome"] == "already"


def test_a_disk_that_is_nearly_full_takes_no_rows(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    service, before, row = v.site.house.service, v.site.written, v.good()
    monkeypatch.setattr(service, "free_bytes", lambda: DISK_FREE_BYTES_MIN - 1)
    check(v.site.post_event(row), "store-failed")
    check(v.site.post_lines(row), "store-failed")
    answer = v.site.http.get("/readyz")
    assert (answer.status_code, answer.json()["doubts"]) == (503, ["the disk is nearly full"])
    assert v.site.http.get(f"/v1/events/{hash_of(v.recorded)}").status_code == 200
    assert v.site.written == before
    monkeypatch.undo()
    assert v.site.post_event(row).status_code == 201


def test_who_no_longer_waits_stops_nobody_else(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is called off while it waits in the queue is left out, and the writer goes on."""
    sequencer, writing = v.site.house.service.sequencer, threading.Event()
    append = v.site.house.service.book.append

    def noted(group: Group) -> None:
        writing.set()
        append(group)

    monkeypatch.setattr(v.site.house.service.book, "append", noted)
    with ThreadPoolExecutor(1) as pool:
        with stalled(v):
            first = pool.submit(v.site.post_event, v.good())
            assert writing.wait(10)
            assert sequencer.offer(Job([], [], [])).cancel()
        assert first.result().status_code == 201
    assert v.site.post_event(v.good()).status_code == 201
    assert sequencer.failure is None


def test_a_full_queue_is_told_and_the_same_bytes_go_in_later(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitline, "QUEUE_ROWS_MAX", 3)
    queue = v.site.house.service.sequencer.waitline
    rows = [v.good() for _ in range(6)]
    before = v.site.written
    book, writing = v.site.house.service.book, threading.Event()
    append = book.append

    def noted(group: Group) -> None:
        writing.set()
        append(group)

    monkeypatch.setattr(book, "append", noted)
    with ThreadPoolExecutor(2) as pool:
        with stalled(v):
            first = pool.submit(v.site.post_event, rows[0])
            assert writing.wait(10)  # the writer has it, and waits for the lock
            second = pool.submit(v.site.post_lines, *rows[1:4])
            wait_until(lambda: queue.rows == 3)
            check(v.site.post_event(rows[4]), "busy")
            check(v.site.post_lines(*rows[4:]), "busy")
            assert v.site.written == before
        assert first.result().status_code == 201
        assert second.result().json()["recorded"] == 3
    again = v.site.post_lines(*rows[3:])
    assert [row["outcome"] for row in again.json()["rows"]] == ["already", "recorded", "recorded"]
    assert v.site.written == before + 6


def test_a_patient_client_gets_through_a_full_queue(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitline, "QUEUE_ROWS_MAX", 0)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            monkeypatch.setattr(waitline, "QUEUE_ROWS_MAX", 100)

    clock = v.site.house.clock
    signer = Signer(v.carrier.key, v.carrier.actor, "suxin.example/test", MemoryCounter(500), clock)
    body = {"code": "HUB_IN", "place": {"district": "330702"}}
    signed = signer.sign(Draft("scan", moment_text(clock()), v.waybill(), body))
    with Session(v.site.url, patience=Patience(5, sleep, lambda: 0.0)) as session:
        assert session.post(signed).outcome == "recorded"
    assert len(slept) == 2
    assert min(slept) >= RETRY_AFTER_S


def test_a_client_without_patience_is_told_that_nothing_is_known(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitline, "QUEUE_ROWS_MAX", 0)
    clock = v.site.house.clock
    signer = Signer(v.carrier.key, v.carrier.actor, "suxin.example/test", MemoryCounter(500), clock)
    signed = signer.sign(Draft("scan", moment_text(clock()), v.waybill(), {"code": "HUB_IN", "place": {"district": "330702"}}))
    with Session(v.site.url, patience=Patience(1)) as session, pytest.raises(Unreachable):
        session.post(signed)


def test_a_writer_that_was_fenced_off_says_so(v: Village) -> None:
    before = v.site.written
    with Book.open(v.site.house.service.settings.url, writable=True) as other:
        other.take_over()
    row = v.good()
    check(v.site.post_event(row), "unavailable")
    check(v.site.post_event(row), "unavailable")
    check(v.site.post_lines(row), "unavailable")
    assert v.site.written == before
    answer = v.site.http.get("/readyz")
    assert (answer.status_code, answer.json()["doubts"]) == (503, ["the writer has stopped"])
    assert "suxin_writer_failed 1.0" in v.site.http.get("/metrics").text
    # What is in the book can still be read.
    assert v.site.http.get(f"/v1/events/{hash_of(v.recorded)}").status_code == 200
    assert PHONE not in v.site.log.getvalue()


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "lost"])
def test_a_commit_nobody_answers_for_is_never_called_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    with village(tmp_path) as v:
        raw = v.scan()
        append = v.site.house.service.book.append

        def doubtful(group: Group) -> None:
            if kept:
                append(group)
            raise OutcomeUnknown("the connection was lost in the commit")

        monkeypatch.setattr(v.site.house.service.book, "append", doubtful)
        row, before = v.carrier.line(raw), v.site.written
        check(v.site.post_event(row), "outcome-unknown")
        monkeypatch.undo()
        wait_until(lambda: v.site.http.get("/readyz").status_code == 200)  # it has looked how far the last group came
        answer = v.site.post_event(row)
        assert (answer.status_code, answer.json()["outcome"]) == ((200, "already") if kept else (201, "recorded"))
        assert v.site.post_event(v.good()).status_code == 201
        assert v.site.written == before + 2
    with served(tmp_path) as again:  # tree, map and streams are those of the book
        assert again.post_event(row).json()["outcome"] == "already"


def test_a_mark_that_cannot_be_written_is_told_until_it_can(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group stands in the database, and nobody is told so before the mark stands too: on another disk, that fails apart."""
    monkeypatch.setattr(writer, "PAUSE_S", 0.05)
    service = v.site.house.service
    marks, row, before = service.settings.highwater, v.good(), v.site.written
    published = service.sequencer.published
    away = marks.rename(marks.with_name("away"))
    marks.write_text("no folder")
    check(v.site.post_event(row), "store-failed")
    check(v.site.post_event(row), "store-failed")
    ready = v.site.http.get("/readyz")
    assert (ready.status_code, ready.json()["doubts"]) == (503, ["the book is being taken up again"])
    assert service.sequencer.published == published
    marks.unlink()
    away.rename(marks)
    wait_until(lambda: v.site.http.get("/readyz").status_code == 200)
    assert v.site.post_event(row).json()["outcome"] == "already"
    assert v.site.written == before + 1
    assert "the writer has the book again" in v.site.log.getvalue()


def test_a_defect_of_ours_repeats_nothing(v: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise KeyError(PHONE)

    monkeypatch.setattr(v.site.house.service.workers, "submit_rows", stumble)
    check(v.site.post_event(v.good()), "internal", 500)
    monkeypatch.undo()
    log = v.site.log.getvalue()
    assert '"event": "defect"' in log
    assert '"kind": "KeyError"' in log
    assert "api/service.py:" in log
    assert "Traceback" not in log
    assert PHONE not in log
    assert v.site.post_event(v.good()).status_code == 201


def test_many_at_once_are_recorded_once_each(v: Village) -> None:
    """Twenty clients send the same ten statements: each is recorded once, and everybody gets its place."""
    rows = [v.good() for _ in range(10)]
    before = v.site.written
    barrier = threading.Barrier(20)

    def send(_: int) -> list[int]:
        barrier.wait()
        with httpx.Client(base_url=v.site.url, timeout=30) as http:
            headers = {"content-type": "application/json"}
            return [http.post("/v1/events", content=row, headers=headers).json()["index"] for row in rows]

    with ThreadPoolExecutor(20) as pool:
        places = list(pool.map(send, range(20)))
    assert len({tuple(place) for place in places}) == 1
    assert v.site.written == before + 10

"""Real processes that are killed, put to sleep, doubled, flooded and starved while clients write."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from faults.aftermath import BOOK, Author, examine
from faults.traffic import Traffic
from rig.server import SUXIN, Server

from suxin.client.errors import Unreachable
from suxin.client.post import Patience, Session
from suxin.ledger.encoding import b64u
from suxin.ledger.store.book import Book

KILLS, KILLS_SOAK = 1, 200
CONNECTIONS, CONNECTIONS_SOAK = 2_200, 10_000  # the server takes 2,000
REQUEST_S = 3.0
MEMORY_BYTES_MAX = 64 * 1024 * 1024  # what a gigabyte may cost


def memory(process: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children(process: int) -> list[int]:
    """Processes started by another, and those started by them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == process:
                found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


HURRIED = f"""
import sys
from suxin.api import deadline
deadline.REQUEST_S = {REQUEST_S}
from suxin.api.cli import main
main()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", "--sandbox", "--origin", BOOK) as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who only knock at its door; a request has seconds, and not two minutes, to come."""
    found = Server(tmp_path_factory.mktemp("shared") / "data", "--sandbox", "--origin", BOOK)
    found.run_instead([SUXIN[0], "-c", HURRIED, "serve"])
    with found:
        yield found


@pytest.mark.timeout(3_600)
def test_kill_9_again_and_again(server: Server, tmp_path: Path, soak: bool, tell: Callable[[str], None]) -> None:
    dice = random.Random(20261122)
    due = KILLS_SOAK if soak else KILLS
    with Traffic(server.url) as traffic:
        for kill in range(1, due + 1):
            traffic.wait(3)
            time.sleep(dice.random() * 0.4)  # anywhere in an epoch, which takes 0.2 s
            server.kill()
            server.start()
            if kill % 20 == 0:
                tell(f"{kill} of {due} kills, {len(traffic.acknowledged)} statements acknowledged")
        traffic.wait(3)
    server.kill()
    examine(tmp_path, traffic.acknowledged)
    traffic.check_batches(tmp_path)


def test_a_second_server_is_told_who_is_there(shared: Server) -> None:
    command = [*SUXIN, "serve", "--data", str(shared.data), "--port", "0"]
    second = subprocess.run(command, env=shared.environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"in use by process {shared.process}" in second.stderr
    assert httpx.get(f"{shared.url}/readyz").status_code == 200


@pytest.mark.timeout(300)
def test_a_worker_that_is_killed_costs_one_answer_and_none_outlives_its_server(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--sandbox", "--origin", BOOK, "--workers", "processes") as server:
        author, said = Author(1), []
        with Session(server.url, patience=Patience(40, lambda _: time.sleep(0.1))) as session:
            for deadly in (True, True, False):
                said.append(author.next())
                session.post(said[-1])
                for process in children(server.process) if deadly else ():
                    with contextlib.suppress(ProcessLookupError):  # a pool that misses one worker ends the others itself
                        os.kill(process, signal.SIGKILL)
        for end, code in ((server.stop, 0), (server.kill, -signal.SIGKILL)):
            if server.ended is not None:
                server.start()
            started = children(server.process)
            assert len(started) > 1
            end()
            assert server.ended == code
            wait_until_gone(started)
    examine(tmp_path, said)


def wait_until_gone(processes: list[int]) -> None:
    """Nobody but they themselves would end them."""
    deadline = time.monotonic() + 60
    while left := [process for process in processes if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < deadline, f"{left} outlive their server"
        time.sleep(0.05)


def open_many(server: Server, count: int) -> list[socket.socket]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip(f"files: {count} connections, and this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 500), hard))
    return [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(count)]


def test_more_connections_than_it_takes(shared: Server, soak: bool) -> None:
    idle = open_many(shared, CONNECTIONS_SOAK if soak else CONNECTIONS)
    author = Author(1)
    try:
        with Session(shared.url, patience=Patience(1)) as session, pytest.raises(Unreachable, match="503"):
            session.post(author.next())
    finally:
        for connection in idle:
            connection.close()
    with Session(shared.url) as session:
        session.post(author.next())


def test_a_gigabyte_is_not_kept(shared: Server) -> None:
    before = memory(shared.process)
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=60) as connection:
        connection.sendall(head + b"Content-Length: 1073741824\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    part = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=60) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):  # cut off when its time is over
            for _ in range(1_024):
                connection.sendall(part)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100)[:13] in (b"HTTP/1.1 413 ", b"")
    assert memory(shared.process) - before < MEMORY_BYTES_MAX


def test_who_sends_a_byte_a_minute_is_cut_off(shared: Server) -> None:
    head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with contextlib.ExitStack() as stack:
        slow = {}
        for sent, drop in ((b"", b""), (head[:40], b"a"), (head + b"{", b" ")):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", shared.port)))
            connection.sendall(sent)
            slow[connection] = drop
        start = time.monotonic()
        while slow and time.monotonic() < start + 10 * REQUEST_S:
            for connection in select.select(list(slow), [], [], 0.3)[0]:
                del slow[connection]  # closed, perhaps after a word why
                assert time.monotonic() - start > REQUEST_S / 2
            for connection, drop in slow.items():
                with contextlib.suppress(OSError):
                    connection.sendall(drop)
        assert slow == {}
    assert httpx.get(f"{shared.url}/healthz").status_code == 200


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_batch_that_is_cut_off_records_nothing(shared: Server, framing: str) -> None:
    author = Author(3 if framing == "length" else 4)
    first, second = author.next(), author.next()
    row = first.line() + b"\n"  # whole in itself: only the request is not
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=60) as connection:
        if framing == "length":
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % (2 * len(row)) + row)
        else:
            connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(row), row))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100)[:12] in (b"HTTP/1.1 400", b"")
    with Session(shared.url) as session:
        session.post(second)  # what came before it was dealt with
    assert httpx.get(f"{shared.url}/v1/events/{b64u(first.hash)}").status_code == 404
    assert httpx.get(f"{shared.url}/v1/events/{b64u(second.hash)}").status_code == 200


def test_a_paused_writer_wakes_up_after_a_take_over(shared: Server) -> None:
    author = Author(2)  # the last test of this file: the shared server writes nothing more
    with Session(shared.url, patience=Patience(1)) as session:
        first = author.next()
        session.post(first)
        os.kill(shared.process, signal.SIGSTOP)
        try:
            # What another host would do that does not see the lock on this folder.
            with Book.open(f"sqlite:///{shared.data / 'book.db'}", writable=True) as other:
                taken = other.take_over()
        finally:
            os.kill(shared.process, signal.SIGCONT)
        with pytest.raises(Unreachable, match="503"):
            session.post(author.next())
    assert httpx.get(f"{shared.url}/readyz").json()["doubts"] == ["the writer has stopped"]
    with Book.open(f"sqlite:///{shared.data / 'book.db'}") as book:
        assert book.head() == taken
    shared.stop()
    examine(shared.data.parent, [first])

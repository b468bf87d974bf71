"""Checks signatures beside the verifier: by processes of its own, and by the caller while those are busy.

The caller has a core too: with n cores there are n - 1 processes, and a chunk that none of them can take soon is checked
on the spot. So no core idles, whether signatures or everything else cost more. Threads serve machines where another
process is not to be had; they take turns with the caller, who holds the interpreter most of the time.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Literal

from ..audit_port import SignatureChecker, Signed, Verdict
from ..errors import StoreError
from .audit_worker import encode_checks, failing

WAITING_MAX: Final = 48  # chunks that one process has in hand, 4 MB: it must not run dry while the caller compares tables
END_SECONDS_MAX: Final = 10

Kind = Literal["processes", "threads"]


class _Answer:
    """Verdict on one chunk, once it is there."""

    __slots__ = ("bad", "done")

    def __init__(self) -> None:
        self.done = False
        self.bad: list[int] = []


class _Process:
    """One checking process; its answers come in the order of the questions."""

    def __init__(self) -> None:
        path = os.pathsep.join(folder or str(os.getcwd()) for folder in sys.path)  # noqa: PTH109
        self.child = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", f"{__package__}.audit_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            bufsize=0,
        )
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self._sink, self._source = self.child.stdin, self.child.stdout
        self._open: deque[_Answer] = deque()

    def waiting(self) -> int:
        """Chunks without an answer; takes the answers that have come."""
        while self._open and select.select([self._source], [], [], 0)[0]:
            self._take()
        return len(self._open)

    def submit(self, checks: Sequence[Signed]) -> Verdict:
        """Send one chunk.

        Raises:
            StoreError: The process has ended.
        """
        answer = _Answer()
        self._open.append(answer)
        frame = memoryview(encode_checks(checks))
        try:
            while frame:
                frame = frame[self._sink.write(frame) or 0 :]
        except OSError as error:
            raise StoreError("a process that checks signatures has ended") from error
        return lambda: self._wait(answer)

    def _wait(self, answer: _Answer) -> list[int]:
        while not answer.done:
            self._take()
        return answer.bad

    def _take(self) -> None:
        answer = self._open.popleft()
        answer.bad = [self._number() for _ in range(self._number())]
        answer.done = True

    def _number(self) -> int:
        data = b""
        while len(data) < 4:
            more = self._source.read(4 - len(data))
            if not more:
                raise StoreError("a process that checks signatures has ended")
            data += more
        return int.from_bytes(data, "big")

    def close(self) -> None:
        """End the process; what it was checking is dropped."""
        self._sink.close()
        try:
            self.child.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._source.close()


class ProcessPool:
    """Processes, and the caller.

    Args:
        count: Processes; 0 leaves everything to the caller.
    """

    def __init__(self, count: int) -> None:
        self._processes = [_Process() for _ in range(count)]

    @property
    def pids(self) -> list[int]:
        """Process ids, for whoever measures their memory."""
        return [process.child.pid for process in self._processes]

    def submit(self, checks: Sequence[Signed]) -> Verdict:
        """Give a chunk to the process with the least to do, or check it here when all have enough."""
        least = min(self._processes, key=_Process.waiting, default=None)
        if least is not None and least.waiting() < WAITING_MAX:
            return least.submit(checks)
        bad = failing(checks)
        return lambda: bad

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.close()


class ThreadPool:
    """Threads of this process.

    Args:
        count: How many, at least 1.
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="suxin-signature")

    def submit(self, checks: Sequence[Signed]) -> Verdict:
        """Hand a chunk to the next free thread."""
        return self._pool.submit(failing, checks).result

    def close(self) -> None:
        """End the threads; what they were checking is dropped."""
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def open_pool(kind: Kind = "processes", cores: int | None = None) -> Iterator[SignatureChecker]:
    """A checker that uses the cores of this machine, the caller's own included.

    Args:
        kind: Processes for speed, threads where processes are not to be had.
        cores: How many cores; all by default.
    """
    cores = cores or os.cpu_count() or 1
    pool = ProcessPool(cores - 1) if kind == "processes" else ThreadPool(cores)
    try:
        yield pool
    finally:
        pool.close()

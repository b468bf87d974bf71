"""Jobs that wait for the sequencer: bounded in rows, handed out in groups, paced under load."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

from ..errors import Fenced, StoreError
from ..limits import EPOCH_INTERVAL_MS, GROUP_ROWS_MAX, HEARTBEAT_MS, QUEUE_ROWS_MAX
from .job import Job, Outcome


class QueueFull(StoreError):
    """More rows wait than the sequencer may hold; nothing was taken, try again in a moment."""


@dataclass(slots=True)
class Waiting:
    """A job and who waits for it."""

    job: Job
    future: Future[list[Outcome]]


class Waitline:
    """Many callers put jobs in; one thread takes groups out.

    Attributes:
        rows: Rows that wait.
        interval_s: Least time between groups under load, seconds; 0 while a book is filled whose clock is handed in.
    """

    def __init__(self, interval_ms: int = EPOCH_INTERVAL_MS) -> None:
        """Start empty and open; under load groups are at least `interval_ms` apart."""
        self.interval_s = interval_ms / 1000
        self._jobs: deque[Waiting] = deque()
        self._wake = threading.Condition()  # over a lock that its holder may take again
        self._closed: str | None = None
        self._refused: str | None = None
        self._last_take = time.monotonic() - self.interval_s
        self.rows = 0

    def put(self, job: Job) -> Future[list[Outcome]]:
        """Queue a job.

        Raises:
            QueueFull: nothing was taken.
            Fenced: the writer has stopped.
            StoreError: the writer takes nothing for the moment; nothing was taken.
        """
        with self._wake:
            if self._closed is not None:
                raise Fenced(self._closed)
            if self._refused is not None:
                raise StoreError(self._refused)
            if self.rows + len(job.rows) > QUEUE_ROWS_MAX:
                raise QueueFull("the queue is full")
            waiting = Waiting(job, Future())
            self._jobs.append(waiting)
            self.rows += len(job.rows)
            self._wake.notify()
            return waiting.future

    def close(self, why: str) -> None:
        """Take nothing more; what is queued is still handed out."""
        with self._wake:
            self._closed = self._closed or why
            self._wake.notify()

    def refuse(self, why: str) -> list[Waiting]:
        """Take nothing until `accept`; what still waits, for a writer that cannot go on now."""
        with self._wake:
            self._refused = why
            return self.drain()

    def accept(self) -> None:
        """Take again."""
        with self._wake:
            self._refused = None

    @property
    def is_refusing(self) -> bool:
        """Whether it takes nothing for the moment."""
        return self._refused is not None

    def is_closed_within(self, seconds: float) -> bool:
        """Wait that long, no longer than until it is closed, and say whether it is."""
        with self._wake:
            return self._wake.wait_for(lambda: self._closed is not None, seconds)

    def drain(self) -> list[Waiting]:
        """Everything that still waits, for a writer that cannot go on."""
        with self._wake:
            left = list(self._jobs)
            self._jobs.clear()
            self.rows = 0
            return left

    def take(self) -> list[Waiting] | None:
        """Next group; an empty one when the heartbeat is due, None when closed and empty.

        After quiet a group starts at once; under load groups are at least `interval_s` apart.
        """
        with self._wake:
            while not self._jobs:
                if self._closed is not None:
                    return None
                left = self._last_take + HEARTBEAT_MS / 1000 - time.monotonic()
                if left <= 0:
                    self._last_take = time.monotonic()
                    return []
                self._wake.wait(left)
            due = self._last_take + self.interval_s
            while (left := due - time.monotonic()) > 0 and self.rows < GROUP_ROWS_MAX and self._closed is None:
                self._wake.wait(left)
            self._last_take = time.monotonic()
            return self._group()

    def _group(self) -> list[Waiting]:
        taken: list[Waiting] = []
        rows = 0
        while self._jobs:
            job = self._jobs[0].job
            # An all-or-nothing job stands alone: undoing it must not touch another's rows.
            if taken and (rows + len(job.rows) > GROUP_ROWS_MAX or job.rollback or taken[-1].job.rollback):
                break
            taken.append(self._jobs.popleft())
            rows += len(job.rows)
        self.rows -= rows
        return taken

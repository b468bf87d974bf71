"""The one writer of a shard: groups rows, has each group appended as one epoch and its end signed (`edge`), then answers.

A failure that may pass (a lost connection, a disk that did not take the mark) costs the groups it hit: the book is taken up
again as soon as it is certain where it ends. Any other failure stops the writer until a restart, which checks everything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..epoch import Epoch, encode_epoch
from ..errors import Fenced, LedgerError, Refused, StoreError
from ..hashing import leaf_hash
from ..leaf import Genesis
from ..map import Map
from ..map_history import MapHistory
from ..rules import Rules
from .admission import Admission
from .book import Book
from .conflicts import Conflicts
from .crowd import Crowd
from .draft import Draft
from .edge import Clock as Clock
from .edge import Edge, is_passing
from .edge import Published as Published
from .edge import Writer as Writer
from .group import Head, NotWritten, RowsRefused
from .job import Job, Outcome
from .logtree import LogTree
from .memory import open_directory
from .waitline import Waiting, Waitline

State = TypeVar("State")
CHECK_INTERVAL_S = 60.0  # as often as the heartbeat; a check is a handful of catalogue reads
PAUSE_S = 1.0  # before the book is tried again a second time; the first try is at once
PAUSE_MAX_S = 15.0  # a database that starts anew takes that long


@dataclass(frozen=True, slots=True)
class Passed:
    """One group that went through: how many rows it had, and how long it took.

    Attributes:
        rows: Rows that were asked for.
        leaves: Leaves that were written, the epoch leaf included; 0 where there was nothing new.
        commit_s: Seconds of its transaction.
        epoch_s: Seconds from the first look at its rows until its checkpoint was out.
    """

    rows: int
    leaves: int
    commit_s: float
    epoch_s: float


class Sequencer(Generic[State]):
    """Appends to one shard until stopped or fenced; `recovery.open_writer` is the way in."""

    def __init__(self, book: Book, genesis: Genesis, rules: Rules[State], writer: Writer, head: Head) -> None:
        """Rebuild tree, map and directory from a book that has passed its self-check."""
        self._book = book
        self._genesis = genesis
        self._rules = rules
        self._writer = writer
        self._genesis_hash = leaf_hash(book.leaf(0))
        self.edge = Edge(book, genesis, writer, head)
        self._crowd = Crowd(self.edge.map)
        self._conflicts = Conflicts(book)
        self.admission: Admission[State] = self._admission()
        self.failure: Exception | None = None
        self.trouble: StoreError | None = None  # why the last group was not written, or the book cannot be taken up again
        self.waitline = Waitline()
        self.watchers: list[Callable[[Passed], None]] = []
        self.say: Callable[[str, str], None] = lambda event, words: None  # to the operator's log
        self.before_regain: Callable[[], None] = lambda: None  # what has to be held again beside the book
        self._next_check = time.monotonic() + CHECK_INTERVAL_S  # opening the book has just checked it
        self._thread = threading.Thread(target=self._run, name="suxin-sequencer", daemon=True)

    @property
    def tree(self) -> LogTree:
        """The log's tree."""
        return self.edge.tree

    @property
    def map(self) -> Map:
        """The map of the streams, under `lock`."""
        return self.edge.map

    @property
    def history(self) -> MapHistory:
        """The map at this epoch and those before, under `lock`."""
        return self.edge.history

    @property
    def lock(self) -> AbstractContextManager[object, bool | None]:
        """Held while the map is read."""
        return self.edge.lock

    @property
    def published(self) -> Published | None:
        """The newest state that was shown."""
        return self.edge.published

    @property
    def listeners(self) -> list[Callable[[Published], None]]:
        """Told each new state."""
        return self.edge.listeners

    def _admission(self) -> Admission[State]:
        directory = open_directory(self._book, self._genesis)
        return Admission(self._book, self._rules, directory, self._genesis.book, self._crowd)

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Refuse what is new, finish what is queued, end."""
        self.waitline.close("the book is closing")
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def offer(self, job: Job) -> Future[list[Outcome]]:
        """Queue a job; its future resolves after the covering checkpoint is durable.

        Raises:
            QueueFull: nothing was taken.
            Fenced: this writer has stopped for good; `failure` says why.
        """
        return self.waitline.put(job)

    def _run(self) -> None:
        while True:
            waiting = self.waitline.take()
            if waiting is None:
                return
            # From here on nobody can call it off: a cancelled future takes no result.
            left = [w for w in waiting if w.future.set_running_or_notify_cancel()]
            if waiting and not left:
                continue
            try:
                self._check_in_time()
                self.commit(left)
            except Exception as error:
                lasting = self._regain(error, left)
                if lasting is not None:
                    self._fail(lasting, left)
                    return

    def _regain(self, error: Exception, left: list[Waiting]) -> Exception | None:
        """Refuse what comes until the book could be taken up again safely; None then, else what will not pass by itself."""
        pause_s = 0.0
        while is_passing(error):
            if self.trouble is None:
                self.say("the writer lost the book", str(error))
            assert isinstance(error, StoreError)
            self.trouble = error
            for waiting in left + self.waitline.refuse(f"the book is being taken up again ({error})"):
                if not waiting.future.done():
                    waiting.future.set_exception(error)
            if self.waitline.is_closed_within(pause_s):
                return error
            pause_s = min(max(PAUSE_S, 2 * pause_s), PAUSE_MAX_S)
            try:
                self.before_regain()
                self._book.check()
                self.edge.regain()
                self.admission = self._admission()
            except Exception as again:
                error = again
                continue
            self.trouble = None
            self.waitline.accept()
            self.say("the writer has the book again", f"{self.edge.head.size} leaves")
            return None
        return error

    def _check_in_time(self) -> None:
        """Once a minute: a standby that was lost, or guards that were taken off, must stop the next receipt."""
        if time.monotonic() >= self._next_check:
            self._book.check()
            self._next_check = time.monotonic() + CHECK_INTERVAL_S

    def _fail(self, error: Exception, waiting: list[Waiting]) -> None:
        self.failure = error
        self.say("the writer has stopped", str(error) if isinstance(error, LedgerError) else type(error).__name__)
        self.waitline.close(str(error) if isinstance(error, LedgerError) else "the writer has stopped")
        for left in waiting + self.waitline.drain():
            if not left.future.done():
                left.future.set_exception(error)

    def fence(self, why: str) -> None:
        """Stop writing for good, from any thread: what waits is refused, a group on its way is finished."""
        self._fail(Fenced(why), [])

    def commit(self, waiting: list[Waiting]) -> None:
        """Append one group as one epoch and answer; a group that the database refuses is halved until one row is left."""
        start, size = time.monotonic(), self.edge.head.size
        try:
            outcomes = self._append([w.job for w in waiting])
        except RowsRefused:
            # What was derived may hold rows that were not written; the database is what counts.
            self.admission = self._admission()
            self._halve(waiting)
            return
        except NotWritten as error:
            self._give_back(waiting, error.why)
            return
        self._conflicts.keep([w.job for w in waiting], outcomes, self.edge.last_received)
        for w, result in zip(waiting, outcomes, strict=True):
            w.future.set_result(result)
        leaves, rows = self.edge.head.size - size, sum(len(w.job.rows) for w in waiting)
        passed = Passed(rows, leaves, self.edge.commit_s if leaves else 0.0, time.monotonic() - start)
        for watcher in self.watchers:
            watcher(passed)

    def _give_back(self, waiting: list[Waiting], why: StoreError) -> None:
        """Go on after a group that was certainly not written: the disk was full, the database locked or away.

        Everything that was derived is read anew, and the book has to end where this writer left it.
        """
        self.trouble = why
        for w in waiting:
            w.future.set_exception(why)
        self.admission = self._admission()
        if self._book.head() != self.edge.head:
            raise Fenced("the head is not where this writer left it: another writer took over, or the book was replaced")

    def _halve(self, waiting: list[Waiting]) -> None:
        if len(waiting) > 1:
            middle = len(waiting) // 2
            self.commit(waiting[:middle])
            self.commit(waiting[middle:])
            return
        job, future = waiting[0].job, waiting[0].future
        if len(job.rows) == 1 or job.batch is not None or job.rollback:
            refused = Refused("store-refused", "the database refused this row; it was not recorded")
            future.set_result([refused for _ in job.rows])
            return
        # Rows of one request become requests of their own; together they answer the first.
        parts = [Waiting(part, Future()) for part in job.split()]
        for part in parts:
            self.commit([part])
        failed = next((error for part in parts if (error := part.future.exception()) is not None), None)
        if failed is not None:
            future.set_exception(failed)
        else:
            future.set_result([outcome for part in parts for outcome in part.future.result()])

    def _append(self, jobs: list[Job]) -> list[list[Outcome]]:
        edge = self.edge
        now = max(self._writer.clock(), edge.last_received)
        draft = Draft(edge.head, now, self.admission.memory)
        self.admission.prepare(jobs)
        outcomes = [self.admission.admit(job, draft) for job in jobs]
        if jobs and draft.size == edge.head.size:
            return outcomes  # nothing new: the checkpoints of what stands already are out
        root = edge.advance(draft.touched)
        # Before anything is written: an epoch that nobody here can sign must not come about.
        signing = self._writer.hold(self.admission.directory.log_keys.signing(draft.size + 1, now))
        epoch = Epoch(
            number=draft.epoch,
            first=edge.head.size,
            last=draft.size - 1,
            previous=edge.previous_index,
            genesis=self._genesis_hash,
            map_root=root,
            streams=edge.map.streams,
            time=now,
        )
        edge.commit(draft.close(encode_epoch(epoch)), draft.hashes, now, signing)
        self.trouble = None
        self.admission.memory.trim()
        return outcomes

    def resume(self, last: Epoch | None) -> None:
        """Bring the published state up to the book's end; a new book gets its first epoch."""
        if last is None:
            self._append([])
        else:
            self.edge.resume(last, self.admission.directory.log_keys.signing(self.edge.head.size, last.time))

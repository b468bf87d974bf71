"""The one writer of a shard: groups rows, appends them as one epoch, signs what it re-read, then answers.

Order, and why: commit (what is acknowledged must survive a power cut) → re-read and re-hash the edge (a flipped bit
must not be signed) → sign → high-water mark on another disk (a restored backup must not be signed again) → store
and publish the checkpoint → reply. A crash between any two of them is healed by `resume`, which runs the same steps.
Source: DESIGN 3.4.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..checkpoint import Checkpoint, sign_checkpoint
from ..encoding import b64u
from ..epoch import Epoch, encode_epoch
from ..errors import Fenced, LedgerError, OutcomeUnknown, Refused, StoreError
from ..hashing import leaf_hash
from ..keys import SigningKey, public_text
from ..leaf import Genesis
from ..map import Map
from ..map_hash import map_key
from ..map_history import MapHistory
from ..rules import Rules
from .admission import Admission
from .book import Book
from .draft import Draft
from .group import Head, NotWritten, RowsRefused
from .highwater import Highwater
from .job import Job, Outcome
from .logtree import LogTree
from .memory import open_directory
from .waitline import Waiting, Waitline

State = TypeVar("State")
Clock = Callable[[], int]  # Unix milliseconds
CHECK_INTERVAL_S = 60.0  # as often as the heartbeat; a check is a handful of catalogue reads


@dataclass(frozen=True, slots=True)
class Published:
    """One published state of the book."""

    epoch: int
    size: int
    root: bytes
    note: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Writer:
    """What a book needs to be written to.

    Attributes:
        key: A signing key of the log.
        highwater: Marks of what was signed, outside the data folder and every backup.
        clock: Unix milliseconds.
        accept_size: Size that the operator vouches for when the mark is missing.
        more: Further signing keys of the log: which of them signs, the log itself says.
    """

    key: SigningKey
    highwater: Highwater
    clock: Clock
    accept_size: int | None = None
    more: tuple[SigningKey, ...] = ()

    def hold(self, publics: Sequence[bytes]) -> list[SigningKey]:
        """Its keys of those that are to sign, the leading one first; `Fenced` without that one, on without an older one."""
        at_hand = {key.public: key for key in (self.key, *self.more)}
        if publics[0] not in at_hand:
            raise Fenced(f"this log is signed by the key {public_text(publics[0])}: bring back its key file")
        return [at_hand[public] for public in publics if public in at_hand]


class Sequencer(Generic[State]):
    """Appends to one shard until stopped or fenced; `recovery.open_writer` is the way in."""

    def __init__(self, book: Book, genesis: Genesis, rules: Rules[State], writer: Writer, head: Head) -> None:
        """Rebuild tree, map and directory from a book that has passed its self-check."""
        self._book = book
        self._genesis = genesis
        self._rules = rules
        self._writer = writer
        self._head = head
        self._genesis_hash = leaf_hash(book.leaf(0))
        self.tree = LogTree(book)
        self.map = Map.from_records(genesis.depth, ((map_key(n), c, h) for n, c, h in book.all_stream_tails()))
        self.history = MapHistory(self.map, head.epoch)
        self.lock = threading.RLock()  # guards map and history against a reader that proves while an epoch is built
        self.admission: Admission[State] = self._admission()
        self.published: Published | None = None
        self.failure: Exception | None = None
        self.trouble: StoreError | None = None  # why the last group was not written, when it is certain that it was not
        self.waitline = Waitline()
        self.listeners: list[Callable[[Published], None]] = []
        self._last_received = 0
        self._next_check = time.monotonic() + CHECK_INTERVAL_S  # opening the book has just checked it
        self._previous_index = 0
        self._thread = threading.Thread(target=self._run, name="suxin-sequencer", daemon=True)

    def _admission(self) -> Admission[State]:
        return Admission(self._book, self._rules, open_directory(self._book, self._genesis), self._genesis.book)

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
                self._fail(error, left)
                return

    def _check_in_time(self) -> None:
        """Once a minute: a standby that was lost, or guards that were taken off, must stop the next receipt."""
        if time.monotonic() >= self._next_check:
            self._book.check()
            self._next_check = time.monotonic() + CHECK_INTERVAL_S

    def _fail(self, error: Exception, waiting: list[Waiting]) -> None:
        self.failure = error
        self.waitline.close(str(error) if isinstance(error, LedgerError) else "the writer has stopped")
        for left in waiting + self.waitline.drain():
            if not left.future.done():
                left.future.set_exception(error)

    def fence(self, why: str) -> None:
        """Stop writing for good, from any thread: what waits is refused, a group on its way is finished."""
        self._fail(Fenced(why), [])

    def commit(self, waiting: list[Waiting]) -> None:
        """Append one group as one epoch and answer; a group that the database refuses is halved until one row is left."""
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
        for w, result in zip(waiting, outcomes, strict=True):
            self._keep_conflicts(w.job, result)
            w.future.set_result(result)

    def _give_back(self, waiting: list[Waiting], why: StoreError) -> None:
        """Go on after a group that was certainly not written: the disk was full, the database locked or away.

        Everything that was derived is read anew, and the book has to end where this writer left it.
        """
        self.trouble = why
        for w in waiting:
            w.future.set_exception(why)
        self.admission = self._admission()
        if self._book.head() != self._head:
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
        now = max(self._writer.clock(), self._last_received)
        draft = Draft(self._head, now, self.admission.memory)
        self.admission.prepare(jobs)
        outcomes = [self.admission.admit(job, draft) for job in jobs]
        if jobs and draft.size == self._head.size:
            return outcomes  # nothing new: the checkpoints of what stands already are out
        with self.lock:
            root = self.history.advance([(map_key(name), tail.count, tail.head) for name, tail in draft.touched.items()])
        # Before anything is written: an epoch that nobody here can sign must not come about.
        signing = self._writer.hold(self.admission.directory.log_keys.signing(draft.size + 1, now))
        epoch = Epoch(
            number=draft.epoch,
            first=self._head.size,
            last=draft.size - 1,
            previous=self._previous_index,
            genesis=self._genesis_hash,
            map_root=root,
            streams=self.map.streams,
            time=now,
        )
        group = draft.close(encode_epoch(epoch))
        try:
            self._book.append(group)
        except StoreError as error:
            if isinstance(error, (Fenced, OutcomeUnknown)):
                raise
            with self.lock:
                self.history.retreat()
            if isinstance(error, RowsRefused):
                raise
            raise NotWritten(error) from error
        self.trouble = None
        self._previous_index, self._last_received = draft.size - 1, now
        self._head = Head(self._head.term, draft.epoch, draft.size)
        self._publish(draft.hashes, signing, now)
        self.admission.memory.trim()
        return outcomes

    def _publish(self, hashes: list[bytes], signing: list[SigningKey], at_ms: int) -> None:
        """Re-read the edge, sign it, raise the mark, store the checkpoint, and only then show it."""
        first = self.tree.size
        again = [leaf_hash(body) for _, body in self._book.leaves(first, self._head.size - 1)]
        if again != hashes:
            raise Fenced(f"what was written from index {first} on reads back differently; nothing was signed")
        self.tree.extend(again)
        self._sign(signing, at_ms)

    def _sign(self, signing: list[SigningKey], at_ms: int) -> None:
        checkpoint = Checkpoint(self._genesis.origin, self.tree.size, self.tree.frontier.root())
        note = sign_checkpoint(checkpoint, *signing)
        self._writer.highwater.raise_to(checkpoint, note)
        self._book.put_checkpoint(self._head.epoch, checkpoint.size, note)
        self._show(Published(self._head.epoch, checkpoint.size, checkpoint.root, note, at_ms))

    def _show(self, published: Published) -> None:
        self.published = published
        for listener in self.listeners:
            listener(published)

    def resume(self, last: Epoch | None) -> None:
        """Bring the published state up to the book's end.

        A new book gets its first epoch. An epoch whose checkpoint a crash swallowed is signed now: the same state
        gives the same root, so signing again cannot fork.
        """
        if last is None:
            self._append([])
            return
        self._previous_index, self._last_received = self._head.size - 1, last.time
        stored = self._book.latest_checkpoint()
        if stored is None or stored[0] != self._head.epoch:
            self._sign(self._writer.hold(self.admission.directory.log_keys.signing(self._head.size, last.time)), last.time)
            return
        checkpoint = Checkpoint(self._genesis.origin, self.tree.size, self.tree.frontier.root())
        # The mark may be missing, with the operator's word for the size: from here on it stands again.
        self._writer.highwater.raise_to(checkpoint, stored[2])
        self._show(Published(self._head.epoch, checkpoint.size, checkpoint.root, stored[2], last.time))

    def _keep_conflicts(self, job: Job, outcomes: list[Outcome]) -> None:
        """Two statements under one identity are evidence against their signer: keep the second beside the book."""
        for position, outcome in enumerate(outcomes):
            if isinstance(outcome, Refused) and outcome.code in ("counter-used", "id-used"):
                signature = job.batch.signature if job.batch is not None else job.signatures[position]
                index = outcome.found["index"]
                assert isinstance(index, int)
                self._book.put_conflict(job.raws[position], b64u(signature), index, self._last_received)

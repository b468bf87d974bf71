"""Accounts of courier companies in a served book: kept up beside the writer, and read by pages.

A thread of its own takes steps while the book has little to do, and few while it has much; who asks for a page has the rest
taken in at once, as far as that goes in a moment. What a page shows says as of when, where it is behind.
Source: docs/formats/account.md; docs/adr/0017-accounts-beside-the-book.md.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from ..courier.account import SHOWN, Account, voices
from ..courier.facts import CourierFile, consigned
from ..courier.grievances import Grievances
from ..courier.parcel import Consigned
from ..ledger.bodies import ConsignBody
from ..ledger.directory import Directory
from ..ledger.entry import read_entry
from ..ledger.errors import LedgerError, StoreError
from ..ledger.store.accounts import Accounts
from ..ledger.store.book import Book
from ..ledger.store.sequencer import Published, Sequencer
from ..ledger.store.streams import Reads
from ..trace.story import Story
from .account_steps import is_unsettled, next_step, regrade

WAIT_S: Final = 1.0  # that a page waits for what is new; it then says as of when it stands
TICK_S: Final = 2.0  # between looks at the book
# From so many leaves a second on, it rests for so many times as long as a step took: half, a quarter, a twentieth of one core.
# A quarter keeps up with a city's average, 2,300 a second; at its peak it falls behind, and catches up afterwards.
RESTS: Final = ((5_000, 19), (500, 3), (0, 1))
BUSY_LEAVES_S: Final = 500
YOUNG_MS: Final = 10_000  # an account so little behind is shown as it is while the writer has much to do,
FEW: Final = 200  # unless that is no more than so many entries: about 20 ms
VOICES_KEPT: Final = 64  # companies whose complaints are kept folded, some 3 KB a complaint
AT_ONCE: Final = 500  # consigns read at a time


class CompanyAccounts:
    """Accounts of one book.

    Args:
        book: Its reads.
        sequencer: Its writer: what is published, and who is who.
        url: Of the database.
    """

    def __init__(self, book: Book, sequencer: Sequencer[Story], url: str) -> None:
        self._book = book
        self._sequencer = sequencer
        self._store = Accounts(url)
        self._lock = threading.Lock()  # held by whoever takes a step
        self._voices: OrderedDict[str, tuple[int, CourierFile]] = OrderedDict()  # by company: voices folded, and into what
        self._voices_lock = threading.RLock()
        self._seen: deque[tuple[float, int]] = deque(maxlen=16)  # when, and how many leaves: of the last states published
        self._cursors: dict[str, tuple[int, int]] = {}  # companies that are judged anew: up to which parcel, and graded by what
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="suxin-accounts", daemon=True)
        sequencer.listeners.append(self._note)

    def start(self) -> None:
        """Keep accounts up from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End with the step that is being taken."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._store.close()

    @property
    def directory(self) -> Directory:
        """Who is who, as the writer knows it; at most one epoch ahead of what is published."""
        return self._sequencer.admission.directory

    def complaints(self) -> int:
        """How many complaints are kept folded."""
        with self._voices_lock:
            return sum(len(file.complaints) for _, file in self._voices.values())

    @contextmanager
    def reading(self, uscc: str, published: Published, wait_s: float | None = None) -> Iterator[Account]:
        """A company's account, brought up to a published state as far as that goes in a moment.

        Its `as_of_ms` is the time of that state where it says all of it; else it `is_behind`, and that is an earlier one.

        Args:
            uscc: The company.
            published: The state.
            wait_s: How long to wait at most, but for one step; `WAIT_S` for None.
        """
        is_current = self.bring(uscc, published, time.monotonic() + (WAIT_S if wait_s is None else wait_s))
        with self._voices_lock, self._book.snapshot() as reads:
            tail = reads.find_streams([f"c:{uscc}"]).get(f"c:{uscc}")
            found = None if tail is None else reads.account(tail.stream_no)
            if found is None:
                is_due = not is_current and tail is not None
                yield Account(uscc, 0, None, None, {}, Grievances(), published.at_ms, is_behind=is_due)
                return
            counts = reads.account_counts(found.company, *SHOWN)
            complaints = self._complaints(uscc, reads, voices(counts))
            as_of_ms = max(published.at_ms, found.at_ms) if is_current else found.at_ms
            about = (found.position, found.first_ms, found.last_ms)
            yield Account(uscc, *about, counts, complaints, as_of_ms, is_behind=not is_current)

    def bring(self, uscc: str, published: Published, until: float) -> bool:
        """Take steps until an account says all of a published state, or the time is over (`time.monotonic`).

        Returns:
            Whether it does.
        """
        if not self._lock.acquire(timeout=max(0.0, until - time.monotonic())):
            return False
        try:
            while True:
                with self._book.snapshot() as reads:
                    if self.is_busy and self._is_young(reads, uscc, published):
                        return False
                    step = next_step(reads, uscc, published.size, published.at_ms, self.directory)
                if step is None:
                    return True
                self._store.apply(step)
                if time.monotonic() > until:
                    return False
        except StoreError as error:
            structlog.get_logger("suxin").warning("accounts", words=str(error), company=uscc)
            return False  # what is kept can still be shown
        finally:
            self._lock.release()

    def consigned(self, uscc: str, from_ms: int, until_ms: int) -> Iterator[tuple[str, Consigned]]:
        """Waybills whose live consign claims a time from `from_ms` (included) to `until_ms`, the newest first."""
        with self._book.snapshot() as reads:
            tail = reads.find_streams([f"c:{uscc}"]).get(f"c:{uscc}")
            rows = [] if tail is None else reads.account_consigned(tail.stream_no, from_ms, until_ms)
            for first in range(0, len(rows), AT_ONCE):
                part = rows[first : first + AT_ONCE]
                names = reads.stream_names(parcel for parcel, _ in part)
                leaves = reads.leaves_at(index for _, index in part)
                for parcel, index in part:
                    entry = read_entry(index, leaves[index])
                    assert isinstance(entry.statement.body, ConsignBody)
                    yield names[parcel][2:], consigned(entry, entry.statement.body)

    @property
    def is_busy(self) -> bool:
        """Whether the writer has much to do."""
        return self._leaves_s() >= BUSY_LEAVES_S

    def _leaves_s(self) -> float:
        """Leaves a second that were published of late."""
        seen = list(self._seen)
        if len(seen) < 2 or time.monotonic() - seen[-1][0] > TICK_S:
            return 0.0
        return (seen[-1][1] - seen[0][1]) / max(seen[-1][0] - seen[0][0], 0.001)

    def _note(self, published: Published) -> None:
        self._seen.append((time.monotonic(), published.size))

    def _is_young(self, reads: Reads, uscc: str, published: Published) -> bool:
        tail = reads.find_streams([f"c:{uscc}"]).get(f"c:{uscc}")
        found = None if tail is None else reads.account(tail.stream_no)
        if tail is None or found is None:
            return False
        return published.at_ms - found.at_ms < YOUNG_MS and tail.count - found.position > FEW

    def _complaints(self, uscc: str, reads: Reads, indexes: list[int]) -> Grievances:
        """The complaints about a company; those that were folded already are kept. Call it with `_voices_lock` held."""
        done, file = self._voices.pop(uscc, (0, CourierFile(uscc)))
        if done > len(indexes):  # the account was thrown away and is being made anew
            done, file = 0, CourierFile(uscc)
        leaves = reads.leaves_at(indexes[done:])
        file.take((read_entry(index, leaves[index]) for index in indexes[done:]), self.directory)
        self._voices[uscc] = (len(indexes), file)
        while len(self._voices) > VOICES_KEPT:
            self._voices.popitem(last=False)
        return file.complaints

    # -- beside the requests -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s, done = 0.0, -1
        while not self._stopping.wait(pause_s):
            published = self._sequencer.published
            if published is None or published.epoch == done:
                pause_s = TICK_S
                continue
            began = time.monotonic()
            try:
                more = self._round(published)
            except LedgerError as error:
                structlog.get_logger("suxin").warning("accounts", words=str(error))
                more = False
            took = time.monotonic() - began
            done = -1 if more else published.epoch
            rest = next(times for least, times in RESTS if self._leaves_s() >= least)
            pause_s = max(took * rest, 0.0 if more else TICK_S)

    def _round(self, published: Published) -> bool:
        """One step for every account that is behind; whether any still is."""
        more = False
        with self._book.snapshot() as reads:
            companies = [name[2:] for rows in reads.streams_between("c:") for name, _ in rows]
        for uscc in companies:
            if self._stopping.is_set():
                return False
            with self._lock, self._book.snapshot() as reads:
                step = next_step(reads, uscc, published.size, published.at_ms, self.directory)
            if step is not None:
                with self._lock:
                    self._store.apply(step)
                more = True
            else:
                more |= self._regrade(uscc)
        return more

    def _regrade(self, uscc: str) -> bool:
        """Judge some parcels anew, where who stands behind a signature has changed; whether there are more."""
        with self._lock, self._book.snapshot() as reads:
            tail = reads.find_streams([f"c:{uscc}"]).get(f"c:{uscc}")
            at = None if tail is None else reads.account(tail.stream_no)
            if at is None or not is_unsettled(reads, at, self.directory):
                self._cursors.pop(uscc, None)
                return False
            target = 1 + max(self.directory.rehoused.values())
            after, graded = self._cursors.get(uscc, (-1, target))
            if graded != target:  # somebody else moved meanwhile: from the start
                after, graded = -1, target
            found = regrade(reads, uscc, at.company, after, graded, self.directory)
        if found is None:
            return False
        with self._lock:
            step, last = found
            if self._store.apply(step):
                self._cursors[uscc] = (last, graded)
        return True

"""The end of the log: what is committed there, re-read, signed and shown, in the one order that survives a crash anywhere.

Order, and why: commit (what is acknowledged must survive a power cut) → re-read and re-hash the edge (a flipped bit
must not be signed) → sign → high-water mark on another disk (a restored backup must not be signed again) → store
and publish the checkpoint. A crash between any two of them is healed by `resume` at the next start, and a failure
between any two by `regain` without one: both run the same steps. Source: DESIGN 3.4.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

from ..checkpoint import Checkpoint, sign_checkpoint
from ..epoch import Epoch
from ..errors import Fenced, OutcomeUnknown, StoreError
from ..hashing import leaf_hash
from ..keys import SigningKey, public_text
from ..leaf import Genesis
from ..map import Map
from ..map_hash import map_key
from ..map_history import MapHistory
from .book import Book
from .group import Group, Head, NotWritten, RowsRefused, StreamTail
from .highwater import Highwater
from .lock import Taken
from .logtree import LogTree

Clock = Callable[[], int]  # Unix milliseconds
_OUTSIDE: Final = (DBAPIError, sqlite3.Error, psycopg.Error, OSError)


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


@dataclass(frozen=True, slots=True)
class _Sent:
    """A group on its way: where the book ends with it, its leaf hashes, its time, and who signs for it."""

    head: Head
    hashes: list[bytes]
    at_ms: int
    signing: list[SigningKey]


class Edge:
    """The end of one shard's log. One thread writes; `published`, `tree` and, under `lock`, the maps are read by any.

    Attributes:
        head: Where the book ends, as this writer left it.
        tree: The log's tree, as far as it was re-read.
        map: The map of the streams; `history` has it at the epochs before.
        lock: Guards map and history against a reader that proves while an epoch is built.
        published: The newest state that was shown.
        listeners: Told each new state.
        previous_index: Log index of the last epoch leaf.
        last_received: Time of the last epoch, Unix milliseconds.
        commit_s: Seconds that the last transaction took.
    """

    def __init__(self, book: Book, genesis: Genesis, writer: Writer, head: Head) -> None:
        """Rebuild tree and map from a book that has passed its self-check."""
        self._book = book
        self._genesis = genesis
        self._writer = writer
        self.head = head
        self.tree = LogTree(book)
        self.map = Map.from_records(genesis.depth, ((map_key(n), c, h) for n, c, h in book.all_stream_tails()))
        self.history = MapHistory(self.map, head.epoch)
        self.lock = threading.RLock()
        self.published: Published | None = None
        self.listeners: list[Callable[[Published], None]] = []
        self.previous_index = 0
        self.last_received = 0
        self.commit_s = 0.0
        self._sent: _Sent | None = None  # perhaps written
        self._written: _Sent | None = None  # written, and not shown yet

    def advance(self, touched: Mapping[str, StreamTail]) -> bytes:
        """Take the streams that grew into the map; its new root."""
        with self.lock:
            return self.history.advance([(map_key(name), tail.count, tail.head) for name, tail in touched.items()])

    def commit(self, group: Group, hashes: list[bytes], at_ms: int, signing: list[SigningKey]) -> None:
        """Write a group for which the map was advanced, sign what was re-read, and show it.

        Raises:
            RowsRefused, NotWritten: Nothing was written, and the map is as before.
            Fenced: Another writer took over, or what was written reads back differently.
            StoreError: It failed, nobody knows how far it came; `regain` finds out.
        """
        sent = self._sent = _Sent(Head(self.head.term, group.epoch_after, group.size_after), hashes, at_ms, signing)
        start = time.monotonic()
        try:
            self._book.append(group)
        except StoreError as error:
            if isinstance(error, (Fenced, OutcomeUnknown)):
                raise
            self._take_back()
            if isinstance(error, RowsRefused):
                raise
            raise NotWritten(error) from error
        self.commit_s = time.monotonic() - start
        self._keep(sent)
        self._publish()

    def regain(self) -> None:
        """Take the book up again after a failure: find out how far the last group came, and finish it, or take it back.

        Raises:
            Fenced: The book is neither where this writer left it nor where the last group leads.
            StoreError: It failed again; may be called again.
        """
        found, sent = self._book.retake(), self._sent
        if sent is not None and found == sent.head:
            self._keep(sent)
        elif sent is not None and found == self.head:
            self._take_back()
        if found != self.head:
            raise Fenced("the head is not where this writer left it: another writer took over, or the book was replaced")
        if self._written is not None:
            self._publish()

    def _keep(self, sent: _Sent) -> None:
        self._sent, self._written = None, sent
        self.previous_index, self.last_received = sent.head.size - 1, sent.at_ms
        self.head = sent.head

    def _take_back(self) -> None:
        with self.lock:
            self.history.retreat()
        self._sent = None

    def _publish(self) -> None:
        """Re-read the edge, sign it, raise the mark, store the checkpoint, and only then show it."""
        written, first = self._written, self.tree.size
        assert written is not None
        if first < written.head.size:
            again = [leaf_hash(body) for _, body in self._book.leaves(first, written.head.size - 1)]
            if again != written.hashes:
                raise Fenced(f"what was written from index {first} on reads back differently; nothing was signed")
            self.tree.extend(again)
        self._sign(written.signing, written.at_ms)
        self._written = None

    def _sign(self, signing: list[SigningKey], at_ms: int) -> None:
        checkpoint = Checkpoint(self._genesis.origin, self.tree.size, self.tree.frontier.root())
        note = sign_checkpoint(checkpoint, *signing)
        self._writer.highwater.raise_to(checkpoint, note)
        self._book.put_checkpoint(self.head.epoch, checkpoint.size, note)
        self._show(Published(self.head.epoch, checkpoint.size, checkpoint.root, note, at_ms))

    def _show(self, published: Published) -> None:
        self.published = published
        for listener in self.listeners:
            listener(published)

    def resume(self, last: Epoch, publics: Sequence[bytes]) -> None:
        """Bring the published state up to the book's end.

        An epoch whose checkpoint a crash swallowed is signed now: the same state gives the same root, so signing again
        cannot fork.

        Args:
            last: The newest epoch.
            publics: Keys of the log that sign at its end.
        """
        self.previous_index, self.last_received = self.head.size - 1, last.time
        stored = self._book.latest_checkpoint()
        if stored is None or stored[0] != self.head.epoch:
            self._sign(self._writer.hold(publics), last.time)
            return
        checkpoint = Checkpoint(self._genesis.origin, self.tree.size, self.tree.frontier.root())
        # The mark may be missing, with the operator's word for the size: from here on it stands again.
        self._writer.highwater.raise_to(checkpoint, stored[2])
        self._show(Published(self.head.epoch, checkpoint.size, checkpoint.root, stored[2], last.time))


def is_passing(error: Exception) -> bool:
    """Whether a failure may pass by itself: a database or a disk said no, or nothing. That the book is another does not."""
    if isinstance(error, Fenced) or not isinstance(error, StoreError):
        return False
    return isinstance(error, (OutcomeUnknown, Taken)) or isinstance(error.__cause__, _OUTSIDE)

"""The operator's pen: signs with the root key while the book is served, with the next number that the book has for it.

One pen a book, for the sandbox's approvals and the statements of erasures alike: two that count by themselves would use one
number twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ..client.signer import Signer
from ..client.statement import Draft
from ..ledger.encoding import b64u
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey
from ..ledger.store.book import Book
from ..ledger.store.job import Job
from ..ledger.store.sequencer import Clock
from ..ledger.store.workers import check_rows


class _BookCounter:
    """Numbers of a key, never below those in the book: somebody may sign with the same key elsewhere."""

    def __init__(self, book: Book, key_id: bytes) -> None:
        self._book = book
        self._key_id = key_id
        self._taken = 0

    def catch_up(self) -> None:
        self._taken = max(self._taken, self._book.last_counter(self._key_id))

    @property
    def next(self) -> int:
        return self._taken + 1

    def take(self, count: int = 1) -> None:
        self._taken += count


class RootPen:
    """The pen.

    Args:
        book: Whose numbers it goes on with.
        root: The root key.
        book_name: Origin of the place.
        clock: Unix milliseconds.
    """

    def __init__(self, book: Book, root: SigningKey, book_name: str, clock: Clock) -> None:
        self._root = root
        self._lock = threading.Lock()  # guards the counter: requests and timers sign
        self._counter = _BookCounter(book, root.key_id)
        self._signer = Signer(root, ROOT_ACTOR, book_name, self._counter, clock)

    @property
    def key(self) -> SigningKey:
        """The root key, for a file that it signs beside the book."""
        return self._root

    def job(self, drafts: Sequence[Draft]) -> Job:
        """Statements, signed and checked, for the sequencer."""
        with self._lock:
            self._counter.catch_up()
            signed = [self._signer.sign(draft) for draft in drafts]
        raws, signatures = [one.raw for one in signed], [one.signature for one in signed]
        return Job(check_rows(raws, signatures, {b64u(self._root.key_id): self._root.public}), raws, signatures)

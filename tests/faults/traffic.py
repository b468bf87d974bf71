"""Clients of a served book that keep on writing through whatever happens to it, and keep what they were promised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from faults.aftermath import BOOK, CARRIER, Author, now_ms

from suxin.client.errors import Unreachable
from suxin.client.post import Patience, Session
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed, SignedBatch
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text
from suxin.ledger.store.book import Book

ACTORS = (CARRIER, "uscc:91350100M000100Y43", "uscc:91330782MA28A0001M")
BATCH = 4  # rows of a batch; the last client sends nothing else


class Courier:
    """A courier company that registers, then scans; now and then a consumer complains, whose words go to the vault."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._actor = ACTORS[number]
        self._key = SigningKey(bytes([number + 1]) * 32)
        self._signer = Signer(self._key, self._actor, BOOK, MemoryCounter(), now_ms)
        self._said = 0

    def next(self) -> Signed | SignedBatch:
        self._said += 1
        if self._said == 1:
            body = {"event": "register", "role": "courier", "key": self._key.public_text}
            return self._signer.sign(Draft("actor", moment_text(now_ms()), {"party": self._actor}, body))
        if self._number == len(ACTORS) - 1:
            return self._signer.sign_batch([self._scan(row) for row in range(BATCH)], moment_text(now_ms()))
        if self._said % 8 == 0:
            return Author(1_000 * self._said + self._number).next()
        return self._signer.sign(self._scan(0))

    def _scan(self, row: int) -> Draft:
        body = {"code": "PICKED_UP", "place": {"district": "330702"}}
        return Draft("scan", moment_text(now_ms()), {"waybill": f"{self._actor[5:]}/{self._said:015d}{row:07d}"}, body)


class Traffic:
    """Some clients, each with one statement on its way at a time; every receipt is checked before it counts.

    Args:
        url: Where the book is served.
        heard: Called with each statement as soon as it is acknowledged.

    Attributes:
        acknowledged: What was promised, in the order in which the clients heard of it.
        errors: What no fault of the server excuses, a receipt that does not hold above all.
    """

    def __init__(self, url: str, heard: Callable[[Signed], None] = lambda _: None) -> None:
        self.acknowledged: list[Signed] = []
        self.errors: list[Exception] = []
        self._heard = heard
        self._url = url
        self._batches: list[SignedBatch] = []
        self._over = threading.Event()
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(Courier(seed),)) for seed in range(len(ACTORS))]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        assert self.errors == []

    def wait(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more statements are acknowledged."""
        with self._news:
            goal = len(self.acknowledged) + more
            assert self._news.wait_for(lambda: len(self.acknowledged) >= goal or self.errors, seconds), "nothing is acknowledged"

    def check_batches(self, disk: Path) -> None:
        """Check that no batch was recorded in part, also none whose answer was never heard."""
        with Book.open(f"sqlite:///{disk / 'data/book.db'}") as book:
            for batch in self._batches:
                found = len(book.by_statements([statement.hash for statement in batch.statements]))
                assert found in (0, len(batch.statements)), f"{found} of {len(batch.statements)} rows of a batch are there"

    def _work(self, courier: Courier) -> None:
        with Session(self._url, patience=Patience(1)) as session:
            while not self._over.is_set():
                said = courier.next()
                if isinstance(said, SignedBatch):
                    self._batches.append(said)
                    if self._told(lambda said=said: session.post_batch(said)):  # type: ignore[misc]
                        self._keep([Signed("scan", s.raw, s.hash, b"") for s in said.statements])
                elif self._told(lambda said=said: session.post(said)):  # type: ignore[misc]
                    self._keep([said])

    def _told(self, post: Callable[[], object]) -> bool:
        """Send until there is an answer; False when the time is over."""
        while not self._over.is_set():
            try:
                post()
                return True
            except Unreachable:  # killed, busy or unsure: the very same bytes again
                self._over.wait(0.05)
            except Exception as error:
                self.errors.append(error)
                self._over.set()
        return False

    def _keep(self, heard: list[Signed]) -> None:
        for signed in heard:
            self._heard(signed)
        with self._news:
            self.acknowledged += heard
            self._news.notify_all()

"""Clients of a served book that keep on writing through whatever happens to it, and keep what they were promised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from faults.aftermath import Author

from suxin.client.errors import Unreachable
from suxin.client.post import Patience, Session
from suxin.client.statement import Signed

CLIENTS = 3


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
        self._over = threading.Event()
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(Author(seed),)) for seed in range(1, CLIENTS + 1)]

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

    def _work(self, author: Author) -> None:
        with Session(self._url, patience=Patience(1)) as session:
            signed = author.next()
            while not self._over.is_set():
                try:
                    session.post(signed)
                except Unreachable:  # killed, busy or unsure: the very same bytes again
                    self._over.wait(0.05)
                    continue
                except Exception as error:
                    self.errors.append(error)
                    return
                self._heard(signed)
                with self._news:
                    self.acknowledged.append(signed)
                    self._news.notify_all()
                signed = author.next()

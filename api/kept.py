"""Answers that were made for the published state, kept until there is another: bounded in bytes, the newest state only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

BYTES_MAX: Final = 32 * 1024 * 1024  # of answers; a story of 20 entries has some 20 KB


class Kept:
    """Answers by subject, as of one state.

    Args:
        bytes_max: Bound of their bytes together; what was made first goes first.
    """

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._state = ""
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, state: str, subject: str) -> bytes | None:
        """The answer for a subject as of this very state, if it is kept."""
        with self._lock:
            return self._answers.get(subject) if state == self._state else None

    def put(self, state: str, subject: str, answer: bytes) -> None:
        """Keep an answer, and nothing of another state."""
        with self._lock:
            if state != self._state:
                self._answers.clear()
                self._state, self._bytes = state, 0
            self._bytes += len(answer) - len(self._answers.pop(subject, b""))
            self._answers[subject] = answer
            while self._bytes > self._bytes_max:
                self._bytes -= len(self._answers.popitem(last=False)[1])

    def count(self) -> int:
        """How many are kept."""
        return len(self._answers)


BUNDLES: Final = Kept()

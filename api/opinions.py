"""Ratings of offers as pages name them: counted anew every epoch, and kept a little longer where counting takes long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from ..trace.reviews import OfferReviews

SLOW_S: Final = 0.25  # counting that takes longer is kept for so many times as long as it took
REST: Final = 20  # so that one offer takes at most a twentieth of one core
KEPT: Final = 64


class Opinions:
    """Counts of offers that took long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slow: OrderedDict[str, tuple[float, OfferReviews]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, offer: str, count: Callable[[], OfferReviews]) -> OfferReviews:
        """The ratings of an offer, counted now unless the last count took long and is still fresh."""
        began = self._clock()
        with self._lock:
            until, kept = self._slow.get(offer, (began, None))
            if kept is not None and until > began:
                return kept
        found = count()
        took = self._clock() - began
        with self._lock:
            self._slow.pop(offer, None)
            if took > SLOW_S:
                self._slow[offer] = (began + took * (1 + REST), found)
                while len(self._slow) > KEPT:
                    self._slow.popitem(last=False)
        return found

"""Ratings of offers as pages name them: counted anew every epoch, and kept a little longer where counting takes long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from ..trace.reviews import OfferReviews

SLOW_S: Final = 0.25  # counting that takes longer is kept for `REST` times as long as it took
STATED_S: Final = 0.02  # the same for the figures beside an item, which is asked for far more often
REST: Final = 20  # so that one offer takes at most a twentieth of one core
KEPT: Final = 64


class Opinions:
    """The last count of each offer, and how long it took."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float, OfferReviews]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, offer: str, count: Callable[[], OfferReviews], slow_s: float = SLOW_S) -> OfferReviews:
        """The ratings of an offer, counted now unless the last count took long and is still fresh.

        Args:
            offer: Seller and class.
            count: Counts them.
            slow_s: Seconds from which on counting takes long.
        """
        began = self._clock()
        with self._lock:
            at, took, kept = self._kept.get(offer, (began, 0.0, None))
            if kept is not None and took > slow_s and at + took * (1 + REST) > began:
                return kept
        found = count()
        with self._lock:
            self._kept.pop(offer, None)
            self._kept[offer] = (began, self._clock() - began, found)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

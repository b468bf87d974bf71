"""How often the address on a label was opened: counted by this server since it started, and nowhere in the book.

A code that was copied a thousand times shows in this number and in nothing else. No reader is told from another, so nothing of
her is kept; an address in one language is a link that somebody followed, and does not count.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final
from weakref import WeakKeyDictionary

from .service import Service

KEPT: Final = 100_000  # items; beyond that the one that was opened longest ago is forgotten
PLACE: Final = "\ue000"  # stands in a page that is kept, until the number of the moment is put in


class Scans:
    """Openings by item."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def opened(self, item: str) -> None:
        """Count one."""
        with self._lock:
            self._found[item] = self._found.pop(item, 0) + 1
            if len(self._found) > KEPT:
                self._found.popitem(last=False)

    def of(self, item: str) -> int:
        """How many there were."""
        with self._lock:
            return self._found.get(item, 0)


_SCANS: WeakKeyDictionary[Service, Scans] = WeakKeyDictionary()


def scans_of(service: Service) -> Scans:
    """The counts of a server."""
    return _SCANS.setdefault(service, Scans())

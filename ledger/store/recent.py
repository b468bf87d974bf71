"""Which counters and ids the book may hold already, answered from memory where that is certain.

Almost every statement is new, and of a busy key or actor it is newer than all before: its counter is higher, and its id,
which begins with a time, sorts later. So for those a mark is kept, and all that the book holds above it; what lies above
and is not among it is certainly new, in whatever order requests arrive. Everything else is looked up. Derived from the
book like the heads of streams, and dropped whole with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value", int, str)
BUSY = 32  # values of one owner in one group that are worth a mark; one costs a look-up of its own
VALUES_MAX = 20_000  # values kept of an owner: some 2 MB; then the older half goes below the mark
OWNERS_MAX = 500  # owners with a mark; then the older half is forgotten, to be marked again when busy


class Recent(Generic[Value]):
    """Marks of busy owners, and the values above them that the book holds.

    Args:
        highest: The highest value that the book holds of an owner.
    """

    def __init__(self, highest: Callable[[str], Value]) -> None:
        """Start without any mark."""
        self._highest: Callable[[str], Value] = highest
        self._marks: dict[str, Value] = {}
        self._above: dict[str, set[Value]] = {}

    def doubtful(self, wanted: Iterable[tuple[str, Value]]) -> list[tuple[str, Value]]:
        """Those (owner, value) that the book may hold, for all that memory can tell; each is to be looked up."""
        asked: dict[str, list[Value]] = {}
        for owner, value in wanted:
            if owner in asked:
                asked[owner].append(value)
            else:
                asked[owner] = [value]
        found: list[tuple[str, Value]] = []
        for owner, values in asked.items():
            mark = self._marks.get(owner)
            if mark is None and len(values) >= BUSY:
                mark = self._mark(owner)
            if mark is None:
                found += [(owner, value) for value in values]
            else:
                above = self._above[owner]
                found += [(owner, value) for value in values if value <= mark or value in above]
        return found

    def add(self, owner: str, value: Value) -> None:
        """Take in a value that goes into the book."""
        above = self._above.get(owner)
        if above is not None:
            above.add(value)

    def trim(self) -> None:
        """Keep to the bounds; to be called between groups."""
        for owner, above in self._above.items():
            if len(above) > VALUES_MAX:
                ordered = sorted(above)
                middle = len(ordered) // 2
                self._marks[owner] = max(self._marks[owner], ordered[middle])
                self._above[owner] = set(ordered[middle + 1 :])
        if len(self._marks) > OWNERS_MAX:
            for owner in list(self._marks)[: len(self._marks) // 2]:
                del self._marks[owner], self._above[owner]

    def _mark(self, owner: str) -> Value:
        self._above[owner] = set()
        self._marks[owner] = mark = self._highest(owner)
        return mark

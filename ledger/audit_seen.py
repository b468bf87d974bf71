"""What a followed log has used up: counters and ids of its signers, looked up at once, where a stored book is sorted at its end.

Nothing here is compared with a stored table. Each (key, n) and each (actor, id) lies on the shelf with its index; of each key
the highest number is kept, so that the numbers it left out are known. Source: DESIGN 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from .audit_entry import ReadEntry
from .audit_holes import RANGES_MAX, without
from .audit_port import EntryRow, Shelf
from .audit_report import Findings, Holes
from .encoding import b64u

HOLES_MAX = 1_000  # runs of missing counter numbers that are kept


class Unkept:
    """Names and rows of streams of a log that has no tables beside it."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.indexes: list[int] = []
        self.heads: list[bytes] = []

    def match(self, due: tuple[int, str], index: int | None) -> None:
        """Nothing to compare a name with."""

    def flush(self) -> None:
        """Forget the rows."""
        for rows in (self.places, self.indexes, self.heads):
            rows.clear()


class Seen:
    """Identities of one followed log.

    Args:
        shelf: Where they lie.
        findings: Where those go that come twice.
    """

    def __init__(self, shelf: Shelf, findings: Findings) -> None:
        self.names = self.rows = Unkept()
        self.flush = self.names.flush
        self._shelf = shelf
        self._findings = findings
        self._holes: dict[int, list[tuple[int, int]]] = {}
        self._runs = 0

    def foresee(self, first: int, entries: Sequence[ReadEntry | None]) -> None:
        """Take the hashes of some statements, since one may refer to another right before it."""
        present = [(b"s" + entry.statement.hash, index) for index, entry in enumerate(entries, first) if entry is not None]
        known = self._shelf.get([name for name, _ in present])
        self._shelf.put((name, _u64(index)) for name, index in present if name not in known)

    def indexes_of(self, statement: bytes) -> Sequence[int]:
        """Where a statement of this hash may stand."""
        found = self._shelf.get([b"s" + statement])
        return [int.from_bytes(value, "big") for value in found.values()]

    def take_entries(self, due: Sequence[EntryRow]) -> None:
        """Look the identities of some entries up, and lay them aside."""
        index_of: dict[bytes, int] = {}
        known = self._shelf.get([name for row in due for name in _names(row)])
        for row in due:
            for name, code, words in zip(_names(row), ("counter-twice", "id-twice"), ("key and n", "actor and id"), strict=True):
                earlier = int.from_bytes(known[name], "big") if name in known else index_of.setdefault(name, row[0])
                if earlier != row[0]:
                    self._findings.add(code, f"{words} are those of index {earlier}", row[0])
        self._shelf.put((name, _u64(index)) for name, index in index_of.items())
        self._count(due)

    def _count(self, due: Sequence[EntryRow]) -> None:
        """Follow the counters; a number may come late and then fills its hole."""
        numbers = [(row[3], row[4]) for row in due if row[3] is not None and row[4] is not None]
        tops = self._shelf.get(list({_top(key) for key, _ in numbers}))
        highest = {name: int.from_bytes(value, "big") for name, value in tops.items()}
        for key, n in numbers:
            top = highest.get(_top(key), 0)
            if n > top:
                highest[_top(key)] = n
                if n > top + 1 and self._runs < HOLES_MAX:
                    self._runs += 1
                    self._holes.setdefault(key, []).append((top + 1, n - 1))
            elif key in self._holes:
                self._holes[key] = [run for first, last in self._holes[key] for run in without(first, last, {n})]
        self._shelf.put((name, _u64(top)) for name, top in highest.items())

    def take_other(self, due: EntryRow) -> None:
        """Nothing to compare with."""

    def take_unread(self, index: int) -> None:
        """Nothing to compare with."""

    def take_key(self, number: int, key: bytes, index: int) -> None:
        """Keep the id of a key, for the names of holes."""
        self._shelf.put([(b"k" + _u64(number), key)])

    def take_actor(self, number: int, actor: str, index: int) -> None:
        """Nothing to compare with."""

    def holes(self, voided: AbstractSet[tuple[str, int]]) -> Iterator[Holes]:
        """Numbers that neither came nor were voided, by key.

        Args:
            voided: Key id and number of every `void`.
        """
        ids = self._shelf.get([b"k" + _u64(number) for number in self._holes])
        for number, runs in self._holes.items():
            key = b64u(ids[b"k" + _u64(number)])
            closed = {n for voided_key, n in voided if voided_key == key}
            left = [run for first, last in runs for run in without(first, last, closed)]
            if left:
                yield Holes(key, sum(last - first + 1 for first, last in left), tuple(left[:RANGES_MAX]))


def _names(row: EntryRow) -> tuple[bytes, bytes]:
    """Where (key, n) and (actor, id) of an entry lie on the shelf."""
    _, _, _, key, n, actor, identity, _, _ = row
    assert key is not None
    assert n is not None
    assert actor is not None
    assert identity is not None
    return b"n" + _u64(key) + _u64(n), b"i" + _u64(actor) + identity


def _top(key: int) -> bytes:
    return b"t" + _u64(key)


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "big")

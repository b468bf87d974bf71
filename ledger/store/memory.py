"""What the sequencer keeps in memory of the streams: where each ends, and the rules' state of those that have one.

Both are derived from the database, authoritative while the compare-and-swap of the head succeeds, and dropped whole
when it fails or an outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, Literal, TypeVar

from ..bodies import KeyBody
from ..directory import Directory
from ..encoding import b64u, unb64u
from ..leaf import Genesis, decode_entry
from ..log_keys import STREAM, LogKeys
from ..rules import Rules
from ..statement import Statement
from ..usual import read_statement
from .book import Book
from .group import StreamTail
from .streams import Reads

State = TypeVar("State")
TAILS_MAX = 200_000  # about 75 MB; beyond it the oldest half is forgotten and read again when needed
STATES_MAX = 300_000  # entries folded into states that are kept, and STATE_COST for each state: about 50 MB; likewise
NUMBERS_MAX = 50_000  # keys, and actors, whose numbers are kept: some 10 MB each; likewise
AT_ONCE = 1_000  # entries read by one look-up, and those of the stream that reaches it: about 1 MB
STATE_COST = 4  # a state without an entry takes as much memory as so many entries


def statement_of(leaf: bytes) -> Statement:
    """The statement inside an entry leaf of our own book."""
    return read_statement(bytes(decode_entry(leaf).statement))


def open_directory(reads: Reads, genesis: Genesis, size: int | None = None) -> Directory:
    """Fold the directory from the streams that make it: every `a:` and `k:` entry, in log order.

    Args:
        reads: The book.
        genesis: Its first leaf.
        size: Leaves of an earlier state; entries at this index and after are left out.
    """
    directory = Directory.of(genesis)
    for index, body in reads.directory_leaves():
        if size is not None and index >= size:
            break
        directory.fold(statement_of(body), index, decode_entry(body).received)
    return directory


def log_keys_of(reads: Reads, genesis: Genesis) -> LogKeys:
    """The log's own keys, from the one stream in which whatever is said about them stands."""
    directory = Directory.of(genesis)
    for _, index, body in reads.stream_leaves(STREAM):
        statement = statement_of(body)
        if isinstance(statement.body, KeyBody) and statement.body.use == "log":
            directory.fold(statement, index, decode_entry(body).received)
    return directory.log_keys


class Memory(Generic[State]):
    """Tails and states of streams, read from the book on first use."""

    def __init__(self, book: Book, rules: Rules[State]) -> None:
        """Start empty over a book."""
        self._book = book
        self._rules = rules
        self.tails: dict[str, StreamTail] = {}
        self._states: dict[str, State] = {}
        self._costs: dict[str, int] = {}  # of each of these states, and
        self._cost = 0  # of all
        self.keys: dict[str, int] = {}
        self.actors: dict[str, int] = {}
        self._next: dict[str, int] = book.next_numbers()._asdict()

    def load_numbers(self, statements: Sequence[Statement]) -> None:
        """Read the numbers of keys and actors that are not in memory; whoever is not there afterwards has never signed.

        Not all of them for good: a book has as many as there were consumers who said a word.
        """
        keys = {statement.key for statement in statements} - self.keys.keys()
        if keys:
            found = self._book.key_numbers(unb64u(key, 32) for key in keys)
            self.keys.update((b64u(key), number) for key, number in found.items())
        actors = {statement.actor for statement in statements} - self.actors.keys()
        if actors:
            self.actors.update(self._book.actor_numbers(actors))

    def load_tails(self, names: Iterable[str]) -> None:
        """Read the tails of streams that are not in memory, in one query."""
        missing = [name for name in dict.fromkeys(names) if name not in self.tails]
        if missing:
            found = self._book.find_streams(missing)
            for name in missing:
                self.tails[name] = found.get(name, NEW_TAIL)

    def load_states(self, names: Iterable[str]) -> None:
        """Fold the states of streams that are not in memory, a thousand entries or so by one look-up."""
        missing = [name for name in dict.fromkeys(names) if name not in self._states]
        self.load_tails(missing)
        part: list[str] = []
        entries = 0
        for name in missing:
            part.append(name)
            entries += self.tails[name].count
            if entries >= AT_ONCE:
                self._fold_streams(part)
                part, entries = [], 0
        self._fold_streams(part)

    def _fold_streams(self, names: Sequence[str]) -> None:
        known = {name: self.tails[name] for name in names if self.tails[name].count}
        rows = self._book.rows_of(known) if known else {}
        bodies = self._book.leaves_at(index for found in rows.values() for _, index in found) if known else {}
        for name in names:
            state, cost = self._rules.blank(name), STATE_COST
            for _, index in rows.get(name, ()):
                if index in bodies:
                    self._rules.fold(state, statement_of(bodies[index]), index)
                    cost += 1
            self._states[name] = state
            self._costs[name] = cost
            self._cost += cost

    def state(self, name: str) -> State:
        """State of a stream, folded from its entries where it is not in memory."""
        if name not in self._states:
            self.load_states((name,))
        return self._states[name]

    def fold(self, name: str, statement: Statement, index: int) -> None:
        """Take an entry that goes into the book into the state of one of its streams."""
        self._rules.fold(self.state(name), statement, index)
        self._costs[name] += 1
        self._cost += 1

    def states(self, names: Iterable[str]) -> Mapping[str, State]:
        """States of several streams."""
        known = self._states
        return {name: known[name] if name in known else self.state(name) for name in names}

    def take_number(self, kind: Literal["key_no", "actor_no", "stream_no"]) -> int:
        """Next free number of a dictionary."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    def forget(self, names: Iterable[str]) -> None:
        """Drop streams whose states may hold what was not written."""
        for name in names:
            self.tails.pop(name, None)
            self._states.pop(name, None)
            self._cost -= self._costs.pop(name, 0)

    def trim(self) -> None:
        """Forget the older half of what has grown past its bound; it is only a cache."""
        if len(self.tails) > TAILS_MAX:
            for name in list(self.tails)[: len(self.tails) // 2]:
                del self.tails[name]
        if self._cost > STATES_MAX:
            # By entries, not by streams: one parcel that is scanned for ever must not take all memory there is.
            for name in list(self._states):
                if self._cost <= STATES_MAX // 2:
                    break
                del self._states[name]
                self._cost -= self._costs.pop(name)
        for numbers in (self.keys, self.actors):
            if len(numbers) > NUMBERS_MAX:
                for signed in list(numbers)[: len(numbers) // 2]:
                    del numbers[signed]

    def sizes(self) -> dict[str, int]:
        """How much each cache holds: streams' ends, entries folded into states, numbers of keys and actors."""
        return {"tails": len(self.tails), "states": self._cost, "numbers": len(self.keys) + len(self.actors)}


NEW_TAIL = StreamTail(0, 0, -1, bytes(32))

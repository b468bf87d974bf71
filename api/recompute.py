"""Scores a company of a stored book from its entries alone: reads, never writes, and uses no count kept elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Final

from ..courier.cohort import Cohort, known_by
from ..courier.conduct import day_of
from ..courier.errors import CreditError
from ..courier.factfile import Apart, BookState, Facts
from ..courier.facts import CourierFile
from ..courier.outside import Outside
from ..courier.row import ApartRow, Row
from ..courier.ruleset import Ruleset
from ..courier.score import Score, score
from ..courier.standing import standing_rows
from ..courier.table import FactTable, facts_of, make_table
from ..ledger.checkpoint import Checkpoint
from ..ledger.directory import Directory
from ..ledger.encoding import b64u
from ..ledger.entry import Entry, read_entry
from ..ledger.epoch import decode_epoch
from ..ledger.errors import StoreError
from ..ledger.leaf import Genesis, decode_genesis
from ..ledger.log_keys import open_signed
from ..ledger.store.book import Book
from ..ledger.store.memory import log_keys_of, open_directory
from ..ledger.store.streams import Reads
from .account_steps import whole_streams

CHUNK: Final = 2_000  # entries read at a time
PARCELS: Final = 500  # judged at a time
# Types of which what authorities say of a company is made, by themselves or in a statement that refers to them.
_OUTSIDE: Final = re.compile(rb'"type":"(?:appeal|check|traffic|exclusion|correction|objection|repair)"')


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A score made anew.

    Attributes:
        score: The score.
        facts: Its facts.
        table: The fact table that adds them up.
        filed: Entries of the company's `s:` stream in that state.
    """

    score: Score
    facts: Facts
    table: FactTable
    filed: tuple[Entry, ...] = ()


def recompute(url: str, uscc: str, rules: Ruleset, at: int | None = None, as_of: str | None = None) -> Recomputed:
    """Score a company from the entries of its stream.

    Args:
        url: Database of the book.
        uscc: The company's code.
        rules: The rule set.
        at: Size of a published state; the newest by default.
        as_of: Day, YYYY-MM-DD; by default the last day that had ended in China when that state was published.

    Raises:
        CreditError: No such company, no state of that size, or a day that does not exist.
        StoreError: The book is not there, or a stream has a hole.
    """
    with Book.open(url) as book, book.snapshot() as reads:
        genesis = decode_genesis(reads.leaf(0))
        checkpoint = state_at(reads, genesis, at)
        day = _day(as_of) if as_of is not None else _day_before(reads, checkpoint.size)
        directory = open_directory(reads, genesis, checkpoint.size)
        company = _Company(reads, uscc, checkpoint.size, day, directory, rules)
        if not company.is_known() and directory.role(f"uscc:{uscc}") != "courier":
            raise CreditError(f"this book knows no courier company {uscc} as of {day}", "", "book")
        filed = tuple(_entries(reads, f"s:uscc:{uscc}", checkpoint.size))
        table = make_table(uscc, day, rules, chain(company.rows(), standing_rows(filed, day)))
    facts = facts_of(table, rules, BookState(checkpoint.origin, checkpoint.size, b64u(checkpoint.root)))
    return Recomputed(score(facts, rules), facts, table, filed)


class _Company:
    """Rows of one company, its parcels some at a time: together they may take more memory than there is."""

    def __init__(self, reads: Reads, uscc: str, size: int, day: str, directory: Directory, rules: Ruleset) -> None:
        self._reads = reads
        self._uscc = uscc
        self._size = size
        self._day = day
        self._directory = directory
        self._rules = rules

    def is_known(self) -> bool:
        """Whether its stream has an entry that claims a time up to the end of the day."""
        return any(True for _ in known_by(_entries(self._reads, f"c:{self._uscc}", self._size), self._day))

    def rows(self) -> Iterator[Row]:
        """Every row but those of its standing."""
        whole, apart = CourierFile(self._uscc), Counter[str]()
        found = _entries(self._reads, f"c:{self._uscc}", self._size, _OUTSIDE)
        whole.take(known_by(found, self._day), self._directory)
        for streams in self._reads.streams_between(f"w:{self._uscc}/", PARCELS):
            yield from self._cohort(whole.outside, {name[2:] for name, _ in streams}).of_parcels(apart)
        appealed = {appeal.waybill for appeal in whole.outside.appeals() if appeal.waybill}
        yield from self._cohort(whole.outside, appealed).of_company(apart)
        yield ApartRow(Apart(**apart))

    def _cohort(self, outside: Outside, waybills: set[str]) -> Cohort:
        file = CourierFile(self._uscc)
        _, entries = whole_streams(self._reads, self._uscc, waybills, self._size)
        file.take(known_by(entries, self._day), self._directory)
        file.outside = outside
        return Cohort(file, self._directory, self._rules, self._day, waybills=waybills)


def state_at(reads: Reads, genesis: Genesis, at: int | None) -> Checkpoint:
    """The signed state of a size; the newest for None.

    Raises:
        CreditError: No state of that size was published.
        VerificationError: The note stored for it does not hold.
    """
    rows = reads.checkpoints()
    sizes = [size for _, size, _ in rows]
    if at is None and rows:
        at = sizes[-1]
    found = next((note for _, size, note in rows if size == at), None)
    if found is None:
        near = sorted(sizes, key=lambda size: abs(size - (at or 0)))[:2]
        raise CreditError(f"no state of size {at} was published; near it are {', '.join(map(str, sorted(near)))}", "", "book")
    return open_signed(found, genesis.origin, log_keys_of(reads, genesis))


def _day_before(reads: Reads, size: int) -> str:
    """The last day that had ended when a state was published."""
    published = date.fromisoformat(day_of(decode_epoch(reads.leaf(size - 1)).time))
    return (published - timedelta(days=1)).isoformat()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CreditError(f"{text[:20]} is no day, YYYY-MM-DD", "", "--as-of") from error


def _entries(reads: Reads, stream: str, size: int, marks: re.Pattern[bytes] | None = None) -> Iterator[Entry]:
    """Entries of a stream up to a size; only those in whose leaf a pattern occurs, where one is given.

    Raises:
        StoreError: There is a hole in it.
    """
    position = -1
    while rows := [row for row in reads.stream_rows(stream, after=position, limit=CHUNK) if row[1] < size]:
        bodies = reads.leaves_at(index for _, index, _ in rows)
        if [place for place, _, _ in rows] != list(range(position + 1, position + 1 + len(rows))) or len(bodies) != len(rows):
            raise StoreError(f"the stream {stream} has a hole")
        for _, index, _ in rows:
            if marks is None or marks.search(bodies[index]):
                yield read_entry(index, bodies[index])
        position = rows[-1][0]

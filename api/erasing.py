"""Carries erasures out: destroys keys, salts and values, or seals them while a legal term runs, and says so in the book.

An erasure counts from the moment it is recorded, whoever recorded it. It is carried out before the answer goes out; a server
that stopped in between does it at its next start, and so does one whose key file is an older copy (`VaultKeys.carried`).
Source: DESIGN 3.6; docs/formats/erasure.md; docs/adr/0009.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from ..client.statement import Draft
from ..ledger.canonical import JsonValue
from ..ledger.encoding import unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.erasure import ErasureBody
from ..ledger.errors import LedgerError, Refused, StoreError
from ..ledger.moment import moment_text
from ..ledger.statement import Statement
from ..ledger.store.book import Book
from ..ledger.store.job import Job, Outcome, Recorded
from ..ledger.store.scrub import scrub
from ..ledger.store.sequencer import Clock, Sequencer
from ..ledger.store.streams import Reads
from ..ledger.store.vault import Vault
from ..ledger.store.vault_keys import Held
from ..trace.retention import COMPLETING, RetentionClass, day_ms, retention
from ..trace.story import Story
from .root_pen import RootPen

TICK_S: Final = 3_600.0  # how often terms are looked at; they end on a day
APPEND_S: Final = 60.0  # for the epoch of an operator's erasure
AT_ONCE: Final = 500  # terms that end in one round; the rest a round later
_MARK: Final = b'"type":"erasure"'


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of the values beside a statement.

    Attributes:
        of: The statement, 32 bytes.
        until: Day until which they are sealed; "" when they are erased.
        by: The `erasure` that says so: the one that was asked for, or the operator's that sealed instead. 32 bytes.
    """

    of: bytes
    until: str
    by: bytes


class Eraser:
    """Carries out what the book says; one a served book.

    Args:
        book: The book.
        vault: Its vault.
        sequencer: Its writer.
        pen: Signs what the operator says of it.
        clock: Unix milliseconds.
        url: Of the database.

    Attributes:
        listeners: Called after every erasure, so that nothing keeps a text in memory.
    """

    def __init__(self, book: Book, vault: Vault, sequencer: Sequencer[Story], pen: RootPen, clock: Clock, url: str) -> None:
        self.listeners: list[Callable[[], None]] = []
        self._book = book
        self._vault = vault
        self._sequencer = sequencer
        self._pen = pen
        self._clock = clock
        self._url = url
        self._lock = threading.Lock()  # guards the number of those that are not carried out yet
        self._pending = 0
        self._missed = False
        self._stopping = threading.Event()
        self._timer = threading.Thread(target=self._run, name="suxin-terms", daemon=True)

    def start(self) -> None:
        """Carry out what was recorded and not carried out, then look at terms now and then.

        Raises:
            StoreError: It cannot be done; nothing may be served.
        """
        self.replay()
        self._timer.start()

    def stop(self) -> None:
        """Remember how far everything is carried out; what cannot be remembered is looked through again at the next start."""
        self._stopping.set()
        self._timer.join()
        try:
            self._remember()
        except LedgerError as error:
            structlog.get_logger("suxin").warning("erased", words=f"the mark was not stored: {error}")

    # -- what is recorded --------------------------------------------------------------------------------------------

    @contextmanager
    def expecting(self, statements: Iterable[Statement | None]) -> Iterator[int]:
        """Erasures are about to be recorded; gives how many. One whose outcome is not known is looked for later."""
        found = sum(statement is not None and statement.type == "erasure" for statement in statements)
        with self._lock:
            self._pending += found
        try:
            yield found
        except BaseException:
            self._missed |= found > 0
            raise
        finally:
            with self._lock:
                self._pending -= found

    def settle(self, job: Job, outcomes: Sequence[Outcome]) -> None:
        """Carry out the erasures that were recorded.

        Raises:
            StoreError: It could not be done; it is tried again within the hour, and at the next start.
        """
        done = [row.statement for row, outcome in zip(job.rows, outcomes, strict=True) if isinstance(outcome, Recorded)]
        erasures = [one for one in done if one is not None and one.type == "erasure"]
        for statement in erasures:
            self.carry_out(statement)
        if erasures:
            self._clean()

    def replay(self) -> int:
        """Carry out every erasure that was recorded since the last one that was; gives how many there were."""
        published = self._sequencer.published
        size = 0 if published is None else published.size
        found, first = 0, size if self._vault.keys.is_empty() else min(self._vault.keys.carried, size)
        for index, body in self._book.leaves(first, size - 1):
            if _MARK in body:
                entry = read_entry(index, body)
                if entry.statement.type == "erasure":
                    found += 1
                    self.carry_out(entry.statement)
        if found:
            self._clean()
        self._vault.keys.carried = size
        self._missed = False
        return found

    def carry_out(self, erasure: Statement) -> Carried:
        """Erase, or seal, what lies beside the statement that an erasure refers to. May be done again."""
        body = erasure.body
        assert isinstance(body, ErasureBody)
        assert erasure.ref is not None
        of = unb64u(erasure.ref, 32)
        if isinstance(body.until, str):
            return self._seal(of, body.until, erasure.hash)
        entry = self._entry(of)
        until = "" if body.ground == "law" else kept_until(self._book, entry, self._clock())
        if not until:
            self._vault.erase(self._book, of)
            return Carried(of, "", erasure.hash)
        said = self._said(entry, until)
        if said is None:
            draft: dict[str, JsonValue] = {"basis": "retention", "ground": "law", "until": until}
            (said,) = self._append([(entry.statement, draft)])
        return self._seal(of, until, said)

    def _seal(self, of: bytes, until: str, by: bytes) -> Carried:
        self._vault.keys.hold(of, day_ms(until))
        return Carried(of, until, by)

    def _said(self, of: Entry, until: str) -> bytes | None:
        """The operator's erasure that already seals this until that day: a crash may have come after it."""
        for entry in reversed(self._referring(of)):
            body = entry.statement.body
            if isinstance(body, ErasureBody) and body.until == until:
                return entry.statement.hash
        return None

    def _referring(self, of: Entry) -> list[Entry]:
        name = of.statement.streams[0]
        found = (read_entry(index, body) for _, index, body in self._book.stream_leaves(name) if index > of.index)
        return [entry for entry in found if entry.statement.ref == of.name and entry.statement.type == "erasure"]

    # -- terms -------------------------------------------------------------------------------------------------------

    def tick(self) -> int:
        """Erase what is due: seals that have ended, and values whose time is over. Gives how many statements."""
        if self._missed:
            self.replay()
        now = self._clock()
        due = {held.statement for held in self._vault.keys.unsealed(now)}
        for (kind, pointer), one in retention().classes.items():
            if one.erase_days is not None:
                older = self._vault.keys.older(kind, pointer, now - one.erase_days * 24 * 3_600_000)
                due |= {held.statement for held in older if self._is_due(one, held, now)}
        wanted = sorted(due)[:AT_ONCE]
        entries = [self._entry(of) for of in wanted if self._book.by_statement(of) is not None]
        if entries:
            self._append([(entry.statement, {"ground": "term"}) for entry in entries])
            for entry in entries:
                self._vault.erase(self._book, entry.statement.hash)
            self._clean()
        for of in set(wanted) - {entry.statement.hash for entry in entries}:
            self._vault.keys.destroy(of)  # of a statement that was never recorded: nothing needs its key
        if self._vault.log is not None:
            self._vault.log.prune(retention().access_days)
        self._remember()
        return len(wanted)

    def _is_due(self, one: RetentionClass, held: Held, now: int) -> bool:
        if self._book.by_statement(held.statement) is None:
            return True
        return one.is_due(since(self._book, one, self._entry(held.statement)), now)

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            try:
                self.tick()
            except LedgerError as error:  # the next round tries again
                structlog.get_logger("suxin").error("terms", words=str(error))

    # -- the book ----------------------------------------------------------------------------------------------------

    def _entry(self, of: bytes) -> Entry:
        index = self._book.by_statement(of)
        if index is None:
            raise StoreError("an erasure refers to a statement that the book does not have")
        return read_entry(index, self._book.leaf(index))

    def _append(self, said: Sequence[tuple[Statement, dict[str, JsonValue]]]) -> list[bytes]:
        """Have the operator say erasures; gives their hashes."""
        at = moment_text(self._clock())
        job = self._pen.job([Draft("erasure", at, body=body, ref=statement) for statement, body in said])
        for outcome in self._sequencer.offer(job).result(APPEND_S):
            if isinstance(outcome, Refused):
                raise StoreError(f"the book refused the operator's own erasure: {outcome}")
        return [row.statement.hash for row in job.rows if row.statement is not None]

    def _clean(self) -> None:
        """Nothing of what was erased stays in memory or in the database's log."""
        for listener in self.listeners:
            listener()
        if not scrub(self._url):
            structlog.get_logger("suxin").warning("erased", words="a long read holds on to the database's log")

    def _remember(self) -> None:
        published = self._sequencer.published
        with self._lock:
            pending = self._pending
        if published is not None and pending == 0 and not self._missed:
            self._vault.keys.carried = published.size


def kept_until(book: Reads, entry: Entry, now: int) -> str:
    """Day on which the last legal term of a statement's values is over; "" when none runs."""
    kind = entry.statement.type
    classes = [one for (name, _), one in retention().classes.items() if name == kind]
    terms = [(one, since(book, one, entry)) for one in classes]
    return max((one.kept_until(begins) for one, begins in terms if one.is_kept(begins, now)), default="")


def since(book: Reads, one: RetentionClass, entry: Entry) -> int:
    """From when a term runs: receipt, or the last step of the purchase or carriage that is on record. Unix milliseconds."""
    if one.since == "received":
        return entry.received_ms
    for _, index, _ in reversed(book.stream_rows(entry.statement.streams[0])):
        step = read_entry(index, book.leaf(index))
        if step.statement.type in COMPLETING:
            return max(step.received_ms, entry.received_ms)
    return entry.received_ms


def named(of: Statement) -> list[str]:
    """Pointers of the values that a statement commits to, by the table of terms."""
    body = of.body
    return [
        pointer for kind, pointer in retention().classes if kind == of.type and isinstance(getattr(body, pointer[6:], None), str)
    ]

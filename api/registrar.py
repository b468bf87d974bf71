"""The sandbox's own countersignature: approves every registration as soon as it is recorded."""

from __future__ import annotations

from ..client.statement import Draft
from ..ledger.bodies import ActorBody
from ..ledger.directory import Directory
from ..ledger.keys import SigningKey
from ..ledger.moment import moment_text
from ..ledger.statement import Statement
from ..ledger.store.book import Book
from ..ledger.store.job import Job, Outcome, Recorded
from ..ledger.store.sequencer import Clock
from .root_pen import RootPen


class Registrar:
    """Signs approvals with the root key."""

    def __init__(self, book: Book, root: SigningKey, book_name: str, clock: Clock, pen: RootPen | None = None) -> None:
        """Sign with `pen` where the book is served, else with one of its own."""
        self._clock = clock
        self._pen = pen or RootPen(book, root, book_name, clock)

    def approve(self, job: Job, outcomes: list[Outcome], directory: Directory) -> Job | None:
        """A job that approves every registration of `job` that still waits for it; None when there is none.

        Also one that was recorded before: a crash may have come between a registration and its approval.
        """
        at = moment_text(self._clock())
        found: dict[str, Statement] = {}  # of several in one request the first
        for row, outcome in zip(job.rows, outcomes, strict=True):
            if isinstance(outcome, Recorded) and row.statement is not None and _waits(row.statement, directory):
                found.setdefault(row.statement.subjects["party"], row.statement)
        drafts = [Draft("confirm", at, body={"kind": "approves"}, ref=statement) for statement in found.values()]
        return self._pen.job(drafts) if drafts else None


def _waits(statement: Statement, directory: Directory) -> bool:
    return isinstance(statement.body, ActorBody) and directory.waits(statement.hash, statement.subjects["party"])

"""The sandbox's own countersignature: approves every registration as soon as it is recorded."""

from __future__ import annotations

from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft
from ..ledger.bodies import ActorBody
from ..ledger.directory import Directory
from ..ledger.encoding import b64u
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey
from ..ledger.moment import moment_text
from ..ledger.statement import Statement
from ..ledger.store.book import Book
from ..ledger.store.job import Job, Outcome, Recorded
from ..ledger.store.sequencer import Clock
from ..ledger.store.workers import check_rows


class Registrar:
    """Signs approvals with the root key."""

    def __init__(self, book: Book, root: SigningKey, book_name: str, clock: Clock) -> None:
        """Go on counting where the root key's entries end."""
        self._root = root
        self._clock = clock
        self._signer = Signer(root, ROOT_ACTOR, book_name, MemoryCounter(book.last_counter(root.key_id)), clock)

    def approve(self, job: Job, outcomes: list[Outcome], directory: Directory) -> Job | None:
        """A job that approves every registration of `job` that still waits for it; None when there is none.

        Also one that was recorded before: a crash may have come between a registration and its approval.
        """
        at = moment_text(self._clock())
        signed = [
            self._signer.sign(Draft("confirm", at, body={"kind": "approves"}, ref=row.statement))
            for row, outcome in zip(job.rows, outcomes, strict=True)
            if isinstance(outcome, Recorded) and row.statement is not None and _waits(row.statement, directory)
        ]
        if not signed:
            return None
        raws, signatures = [s.raw for s in signed], [s.signature for s in signed]
        return Job(check_rows(raws, signatures, {b64u(self._root.key_id): self._root.public}), raws, signatures)


def _waits(statement: Statement, directory: Directory) -> bool:
    if not isinstance(statement.body, ActorBody) or statement.body.event != "register":
        return False
    known = directory.actors.get(statement.subjects["party"])
    return known is not None and not known.approved and known.registration == statement.hash

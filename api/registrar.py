"""The sandbox's own countersignature: approves every registration as soon as it is recorded."""

from __future__ import annotations

import os
import uuid

from ..ledger import canonical
from ..ledger.bodies import ActorBody
from ..ledger.encoding import b64u
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey
from ..ledger.moment import moment_text
from ..ledger.statement import Statement, copy_for_ref
from ..ledger.store.book import Book
from ..ledger.store.draft import is_fresh
from ..ledger.store.job import Job, Outcome
from ..ledger.store.workers import check_rows


def uuid7(ms: int, random: bytes) -> str:
    """UUIDv7 text (RFC 9562) of a time and 10 random bytes."""
    value = (ms << 80) | int.from_bytes(random, "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


class Registrar:
    """Signs approvals with the root key."""

    def __init__(self, book: Book, root: SigningKey, book_name: str) -> None:
        """Go on counting where the root key's entries end."""
        self._root = root
        self._book_name = book_name
        self._next = book.last_counter(root.key_id) + 1

    def approve(self, job: Job, outcomes: list[Outcome], now_ms: int) -> Job | None:
        """A job that approves every registration which `job` has just recorded; None when there is none."""
        raws = [
            self._statement(row.statement, now_ms)
            for row, outcome in zip(job.rows, outcomes, strict=True)
            if is_fresh(outcome) and row.statement is not None and _needs_approval(row.statement)
        ]
        if not raws:
            return None
        signatures = [self._root.sign_statement(raw) for raw in raws]
        keys = {b64u(self._root.key_id): self._root.public}
        return Job(check_rows(raws, signatures, keys), raws, signatures)

    def _statement(self, registration: Statement, now_ms: int) -> bytes:
        number = self._next
        self._next += 1
        return canonical.dump(
            {
                "actor": ROOT_ACTOR,
                "at": moment_text(now_ms),
                "body": {"kind": "approves"},
                "book": self._book_name,
                "id": uuid7(now_ms, os.urandom(10)),
                "key": b64u(self._root.key_id),
                "n": number,
                "re": copy_for_ref(registration),
                "ref": b64u(registration.hash),
                "subjects": {},
                "type": "confirm",
                "v": 1,
            }
        )


def _needs_approval(statement: Statement) -> bool:
    return isinstance(statement.body, ActorBody) and statement.body.event == "register" and "company" not in statement.subjects

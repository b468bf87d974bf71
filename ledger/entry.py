"""An entry: a statement as the book holds it, with its index and when it was received."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from .encoding import b64u
from .leaf import decode_entry
from .refs import EntryRef
from .statement import Statement, parse_statement


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, read back.

    Attributes:
        index: Position in the log, from 0.
        received_ms: When the book received it, Unix milliseconds.
        statement: What was signed.
        batched: Whether a batch's one signature covers it, instead of one of its own.
    """

    index: int
    received_ms: int
    statement: Statement
    batched: bool = False

    @property
    def name(self) -> str:
        """The statement's hash as other statements name it, base64url."""
        return b64u(self.statement.hash)

    @property
    def ref(self) -> EntryRef:
        """As a page cites it."""
        return EntryRef(self.index, self.name, self.received_ms)


def read_entry(index: int, leaf: bytes) -> Entry:
    """Parse an entry leaf and the statement in it; a type that is not understood is let through without a body.

    Raises:
        VerificationError: `leaf-malformed`.
        Refused: The statement is not one; a book that verifies holds none of these.
    """
    found = decode_entry(leaf)
    statement = parse_statement(bytes(found.statement), writing=False)
    return Entry(index, found.received, statement, found.batch is not UNSET)

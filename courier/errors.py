"""What can be wrong with a file that a score is made of."""

from __future__ import annotations

from ..ledger.errors import LedgerError


class CreditError(LedgerError):
    """A rule, benchmark, facts or fact-table file that is not one; nothing was scored.

    Args:
        cause: What is wrong and what it should be, in words.
        pointer: JSON pointer to it, "" for the whole file; of a table "/3" is its fourth line.
        file: What the file is called, "" where the reader knows.
    """

    def __init__(self, cause: str, pointer: str = "", file: str = "") -> None:
        super().__init__(f"{file or 'file'}{f' at {pointer}' if pointer else ''}: {cause}")
        self.cause = cause
        self.pointer = pointer
        self.file = file

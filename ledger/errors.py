"""What can go wrong in the book, by who is at fault. Knows no HTTP.

LedgerError
├─ Refused            the submitter's fault: nothing was written; `code` is a row of `problems.PROBLEMS`
├─ VerificationError  evidence does not hold; `code` is a row of `reasons.REASONS`
└─ StoreError         our fault or the disk's
   ├─ OutcomeUnknown  a commit neither confirmed nor refused: stop and recover
   └─ Fenced          another writer has taken over, or the book is not the one that was signed
"""

from __future__ import annotations


class LedgerError(Exception):
    """Root of all errors of the book."""


class Refused(LedgerError):
    """A well-understood refusal of input.

    Args:
        code: Stable problem type, a key of `problems.PROBLEMS`.
        cause: What was wrong, in words, without personal data.
        pointer: JSON pointer into the submitted statement or row; "" for the whole.
        found: Extra machine-readable members for the answer (for example the canonical form).
    """

    def __init__(self, code: str, cause: str, pointer: str = "", **found: object) -> None:
        super().__init__(f"{code}: {cause}")
        self.code = code
        self.cause = cause
        self.pointer = pointer
        self.found = found

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way from a worker process."""
        return (_refused, (self.code, self.cause, self.pointer, self.found))


def _refused(code: str, cause: str, pointer: str, found: dict[str, object]) -> Refused:
    return Refused(code, cause, pointer, **found)


class VerificationError(LedgerError):
    """Evidence that does not hold.

    Args:
        code: Stable reason code, a key of `reasons.REASONS`.
        detail: What was compared and how it differs.
        index: First bad position in the log, when one can be named.
    """

    def __init__(self, code: str, detail: str = "", index: int | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.index = index


class StoreError(LedgerError):
    """The store could not do what was asked, and it is not the submitter's fault."""


class OutcomeUnknown(StoreError):
    """A commit was neither confirmed nor refused; nobody may be told "recorded"."""


class Fenced(StoreError):
    """Another writer moved the head, or the book is behind what was signed before."""


def first_line(error: object) -> str:
    """What a database or a system said, without what follows: further lines of it may quote rows."""
    return str(error).partition("\n")[0]

"""What can go wrong between a client and a book, by what the caller can do about it.

LedgerError
└─ ClientError
   ├─ Unreachable        no answer: nothing is known of what was sent; send the very same bytes again later
   ├─ Declined           the book refused, with an RFC 9457 problem: change the statement, or give up
   ├─ AnswerMalformed    the answer has not the documented shape: not a book, or another version of it
   ├─ AddressInvalid     what was given is no address of http or https
   ├─ ReceiptInvalid     the answer promises what it does not prove: keep it, it is evidence against the operator
   └─ LocalError         a file of this client's own, or of its input, cannot be used
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ledger.errors import LedgerError


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as the book words it (RFC 9457).

    Attributes:
        code: Stable code, the last part of `type`; "" when the answer names none.
        title: What is wrong, in general.
        detail: What is wrong here.
        pointer: JSON pointer into the statement or row; "" for the whole.
        cure: What can be done about it.
        found: Every further member, as it came.
    """

    code: str
    title: str = ""
    detail: str = ""
    pointer: str = ""
    cure: str = ""
    found: dict[str, object] = field(default_factory=dict)

    @classmethod
    def read(cls, members: dict[str, object]) -> Problem:
        """Take a problem out of an answer; members of a wrong type are left empty."""
        rest = dict(members)
        texts = {
            name: value if isinstance(value := rest.pop(name, ""), str) else ""
            for name in ("type", "title", "detail", "pointer", "cure")
        }
        return cls(texts.pop("type").rpartition("/")[2], **texts, found=rest)


class ClientError(LedgerError):
    """Root of all errors of the client."""


class Unreachable(ClientError):
    """No usable answer after all attempts. What was sent may be recorded or not; the same bytes may be sent again."""


class Declined(ClientError):
    """The book refused the whole request; nothing of it was recorded.

    Args:
        status: HTTP status.
        problem: Why, and what to do.
    """

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{problem.code or status}: {problem.detail or problem.title}")
        self.status = status
        self.problem = problem


class AnswerMalformed(ClientError):
    """The answer is not what the book's documentation says it is."""


class AddressInvalid(ClientError, ValueError):
    """What was given is not the address of a server."""


class ReceiptInvalid(ClientError):
    """An answer whose proof does not hold.

    Args:
        code: Reason code, a key of `ledger.reasons.REASONS`, or `receipt-mismatch` where answer and request differ.
        detail: What was compared.
        answer: The answer, byte for byte: with the checkpoint's signature in it, it convicts who signed.
    """

    def __init__(self, code: str, detail: str, answer: bytes) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.answer = answer


class LocalError(ClientError):
    """A file of the client's own, or a file it reads, cannot be used; the text names it."""

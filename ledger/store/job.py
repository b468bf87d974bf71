"""What goes through the sequencer: the rows of one request, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from ..errors import Refused
from .group import VaultRow
from .packing import CheckedRow
from .workers import BatchSignature


@dataclass(slots=True)
class Job:
    """Rows of one request, checked by the workers.

    Attributes:
        rows: As the workers left them.
        raws: The statements' bytes, also of refused rows.
        signatures: One a row; empty when `batch` signs for all.
        batch: The one signature over all rows, or None.
        sealed: Vault rows of each row; empty when there are none at all.
        rollback: Admit all rows or none.
    """

    rows: list[CheckedRow]
    raws: list[bytes]
    signatures: list[bytes]
    batch: BatchSignature | None = None
    sealed: list[list[VaultRow]] = field(default_factory=list)
    rollback: bool = False

    def split(self) -> list[Job]:
        """One job a row, for rows that are signed one by one."""
        return [
            Job([row], [self.raws[i]], [self.signatures[i]], None, [self.sealed[i]] if self.sealed else [])
            for i, row in enumerate(self.rows)
        ]


class Recorded(Struct, frozen=True, gc=False):
    """A row that stands in the book.

    Attributes:
        index: Position in the log.
        epoch: Epoch whose checkpoint covers it.
        received: Unix milliseconds.
        fresh: Whether it was this request that recorded it.
    """

    index: int
    epoch: int
    received: int
    fresh: bool


Outcome = Recorded | Refused

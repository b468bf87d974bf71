"""Two statements under one identity are evidence against their signer: the second is kept beside the book.

All of a group in one transaction: a queue that sends thousands of used numbers again, with other words, must not hold the
writer for the time of a transaction each. What was kept is not kept again when it is sent again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from ..encoding import b64u
from ..errors import Refused
from ..hashing import statement_hash
from .book import Book
from .job import Job, Outcome

REMEMBERED: Final = 20_000  # hashes of what was kept last, about 2 MB; a restart forgets them


class Conflicts:
    """Keeps the conflicts of one writer.

    Args:
        book: Where they go.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._kept: OrderedDict[bytes, None] = OrderedDict()

    def keep(self, jobs: Sequence[Job], outcomes: Sequence[Sequence[Outcome]], received: int) -> None:
        """Keep what was refused for an identity that is taken.

        Args:
            jobs: Of one group.
            outcomes: Of each.
            received: When they came, Unix milliseconds.

        Raises:
            StoreError: They could not be kept; nobody may be answered yet.
        """
        rows: dict[bytes, tuple[bytes, str, int, int]] = {}
        for job, results in zip(jobs, outcomes, strict=True):
            for position, outcome in enumerate(results):
                if isinstance(outcome, Refused) and outcome.code in ("counter-used", "id-used"):
                    raw, index = job.raws[position], outcome.found["index"]
                    signature = job.batch.signature if job.batch is not None else job.signatures[position]
                    assert isinstance(index, int)
                    rows.setdefault(statement_hash(raw), (raw, b64u(signature), index, received))
        new = [name for name in rows if name not in self._kept]
        if new:
            self._book.put_conflicts([rows[name] for name in new])
        self._kept.update(dict.fromkeys(new))
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)

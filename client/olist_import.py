"""Fills a sandbox book with the Olist orders over HTTP, and checks every receipt.

An import has no state of its own: its plan is the same every time, so whatever an earlier run has recorded is answered
`already`, and a run that was cut off is finished by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .errors import LocalError, Problem
from .olist_plan import Plan, build_plan
from .olist_read import read_orders
from .post import ROWS_MAX, Session, packed
from .receipt import RowsReceipt
from .statement import Signed

CONNECTIONS = 4  # requests on their way at once: enough to fill a commit group while another is being signed
REFUSED_KEPT_MAX = 100  # refusals kept word for word; the others are counted

Step = Literal["actors", "openings", "orders"]
Progress = Callable[[Step, int, int], None]  # step, rows done of all, rows in all


@dataclass(slots=True)
class Imported:
    """What an import did.

    Attributes:
        planned: Statements the files give, by type.
        recorded: Of these, recorded by this run, by type; each proved by a receipt.
        already: In the book before this run, by type. A row whose answer was lost on the way counts here as well.
        refused: How many the book refused.
        problems: The first refusals: type of statement and problem.
        left_out: What of the files found no place in the book, by reason.
        size: Leaves of the book at the last receipt.
    """

    planned: dict[str, int]
    left_out: dict[str, int]
    recorded: Counter[str] = field(default_factory=Counter)
    already: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    size: int = 0

    @property
    def complete(self) -> bool:
        """Whether every planned statement stands in the book."""
        return self.recorded.total() + self.already.total() == sum(self.planned.values())

    def take(self, sent: Sequence[Signed], receipt: RowsReceipt) -> None:
        """Add up one request's outcomes."""
        for signed, row in zip(sent, receipt.rows, strict=True):
            if row.problem is not None:
                self.refused += 1
                if len(self.problems) < REFUSED_KEPT_MAX:
                    self.problems.append((signed.type, row.problem))
            else:
                counted = self.recorded if row.outcome == "recorded" else self.already
                counted[signed.type] += 1
        self.size = max(self.size, receipt.size)


def import_olist(
    folder: Path,
    session: Session,
    *,
    limit: int | None = None,
    connections: int = CONNECTIONS,
    rows_max: int = ROWS_MAX,
    progress: Progress | None = None,
) -> Imported:
    """Post the orders of a folder.

    Args:
        folder: With the CSV files, see `olist_read.FILES`.
        session: The book, which must be a sandbox.
        limit: Only the first so many orders by time of purchase; None for all.
        connections: Requests on their way at once.
        rows_max: Rows of one request, 1 to 1,000.
        progress: Told after each request, in the caller's thread.

    Returns:
        What was done. Where it is not `complete`, `problems` says why.

    Raises:
        LocalError: The files cannot be read, or the book is no sandbox.
        Unreachable: The book stopped answering; the next run goes on.
        ReceiptInvalid: The book promised what it did not prove.
        Declined, AnswerMalformed: As `Session.post_rows`.
    """
    site = session.site()
    if not site.sandbox:
        raise LocalError(f"{site.book} is no sandbox: simulated statements have no place in it")
    plan = build_plan(read_orders(folder), site.book, limit)
    imported = Imported(plan.types, plan.left_out)
    done, total = 0, sum(plan.types.values())
    with ThreadPoolExecutor(connections, thread_name_prefix="suxin-import") as pool:
        for step, requests in _steps(plan, rows_max):
            pending = {pool.submit(session.post_rows, rows): rows for rows in requests}
            try:
                for future in as_completed(pending):
                    imported.take(pending[future], future.result())
                    done += len(pending[future])
                    if progress is not None:
                        progress(step, done, total)
            except BaseException:
                _cancel(pending)
                raise
            if imported.refused:
                break  # what comes next refers to what was refused
    return imported


def _steps(plan: Plan, rows_max: int) -> Iterator[tuple[Step, list[list[Signed]]]]:
    """Requests by step; within one step they may arrive in any order."""
    yield "actors", list(packed(([signed] for signed in plan.actors), rows_max))
    yield "openings", list(packed(([signed] for signed in plan.openings), rows_max))
    yield "orders", list(packed(plan.orders, rows_max))


def _cancel(pending: Iterable[Future[RowsReceipt]]) -> None:
    """Drop what is not on its way yet; what is, is finished and checked before the pool closes."""
    for future in pending:
        future.cancel()

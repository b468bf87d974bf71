"""Fill a sandbox book with an invented world whose time runs up to now, then let that world go on in real time."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final

import structlog

from ..client.demo_stage import HOUR, MINUTE, Stage
from ..client.demo_tales import moving
from ..client.demo_world import MOVING
from ..client.statement import Signed
from ..ledger.encoding import b64u
from ..ledger.errors import LedgerError, Refused, StoreError
from .service import Service, wall_clock
from .submission import Open, Submission

WINDOW_MS: Final = 90 * MINUTE  # of the world's time under one epoch; below the two hours that pages call late
LAG_MS: Final = 4_000  # from a claim to its receipt, at least
PULSE_S: Final = 60.0  # between two scans of the parcel on its way

log = structlog.get_logger("suxin")


class WorldClock:
    """A clock that is set by hand, until it is let go and tells this machine's time."""

    def __init__(self, ms: int) -> None:
        self._ms: int | None = ms

    def __call__(self) -> int:
        """Unix milliseconds."""
        return wall_clock() if self._ms is None else self._ms

    def set(self, ms: int) -> None:
        """Show this time until told otherwise."""
        self._ms = ms

    def let_go(self) -> None:
        """Go with the machine's clock from now on."""
        self._ms = None


def submission_of(statements: list[Signed]) -> Submission:
    """Signed statements as one request."""
    openings = [[Open(o.pointer, b64u(o.salt), o.value) for o in signed.openings] for signed in statements]
    return Submission([signed.raw for signed in statements], [signed.signature for signed in statements], openings)


def group_by_window(told: Iterator[tuple[int, Signed]]) -> Iterator[tuple[int, list[Signed]]]:
    """Statements that go under one epoch, and when the book receives them."""
    first = next(told, None)
    while first is not None:
        group, received, following = [first[1]], first[0], None
        for due_ms, signed in told:
            if due_ms > first[0] + WINDOW_MS:
                following = (due_ms, signed)
                break
            group.append(signed)
            received = due_ms
        yield received + LAG_MS, group
        first = following


async def write(service: Service, statements: list[Signed]) -> None:
    """Record statements.

    Raises:
        StoreError: one of them was refused: the world and the book's rules do not fit each other.
    """
    for signed, outcome in zip(statements, await service.write(submission_of(statements)), strict=True):
        if isinstance(outcome, Refused):
            raise StoreError(f"the invented {signed.type} was refused: {outcome} {outcome.pointer}\n{signed.raw.decode()}")


async def fill(
    service: Service, clock: WorldClock, stage: Stage, end_ms: int, progress: Callable[[int, int], None] | None = None
) -> Counter[str]:
    """Tell the stage's stories up to a moment, several epochs a day of its time.

    Args:
        service: A sandbox book whose clock is `clock`.
        clock: Is left showing the last receipt.
        stage: A world that begins after the book.
        end_ms: Unix milliseconds, not ahead of this machine's clock.
        progress: Told the world's time and the entries so far, after each epoch.

    Returns:
        Entries by type, without the sandbox's own approvals.
    """
    types: Counter[str] = Counter()
    waitline = service.sequencer.waitline
    usual, waitline.interval_s = waitline.interval_s, 0.0
    try:
        for received_ms, group in group_by_window(stage.until(end_ms)):
            clock.set(min(received_ms, end_ms))
            await write(service, group)
            types.update(signed.type for signed in group)
            if progress is not None:
                progress(received_ms, types.total())
    finally:
        waitline.interval_s = usual
    return types


class Pulse:
    """Lets the world go on beside the server: the parcel on its way, and whatever else has come due.

    Args:
        service: The filled book.
        stage: Its world.
        pulse_s: Seconds between two beats.
    """

    def __init__(self, service: Service, stage: Stage, pulse_s: float = PULSE_S) -> None:
        self._service = service
        self._stage = stage
        self._pulse_s = pulse_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="suxin-demo", daemon=True)

    def __enter__(self) -> Pulse:
        """Beat once, so that the newest checkpoint is of now, and go on beating."""
        self._write()
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Stop, and wait for what is being written."""
        self._stop.set()
        self._thread.join()

    def beat(self, now_ms: int) -> list[Signed]:
        """What is said at this moment; another parcel sets out when one has arrived."""
        said = [signed for _, signed in self._stage.until(now_ms)]
        step = self._stage.hurry(MOVING, now_ms)
        if step is None:
            self._stage.open(moving(self._stage, now_ms + HOUR), MOVING)
            step = self._stage.hurry(MOVING, now_ms)
        return said if step is None else [*said, step]

    def _write(self) -> None:
        asyncio.run(write(self._service, self.beat(self._service.clock())))

    def _run(self) -> None:
        while not self._stop.wait(self._pulse_s):
            try:
                self._write()
            except LedgerError as error:
                log.error("demo", words=str(error))
                return

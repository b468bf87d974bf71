"""One look at a book from outside: what it waits for, and what it found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..ledger.bundle_report import HOLDS, Result
from ..ledger.contradiction import Contradiction
from ..ledger.epoch import Epoch
from ..ledger.limits import CURRENT_MS_MAX


@dataclass(frozen=True, slots=True)
class Limits:
    """What a monitor waits for, and where its time comes from.

    Attributes:
        max_age_ms: An epoch older than that is not the state of now.
        stale_is_fault: Such a state is a contradiction, and not only said.
        clock: Unix milliseconds.
        sleep: Waits that many seconds, between two questions of one turn.
    """

    max_age_ms: int = CURRENT_MS_MAX
    stale_is_fault: bool = True
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Turn:
    """What one turn found.

    Attributes:
        added: Leaves that were taken over.
        found: Contradictions, the first one first.
        indexes: Positions in the log that they name, one for each.
        kept: Files of those that are new.
        epoch: The newest epoch leaf; None without one.
        current: Whether it is the state of now.
        quorum: Whether enough witnesses have cosigned lately what the mirror holds.
        cosigned: Names in the policy of those that have.
        full: Likewise, of those that rebuild the whole book.
        checked: What was held against what.
    """

    added: int = 0
    found: list[Contradiction] = field(default_factory=list)
    indexes: list[int | None] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    epoch: Epoch | None = None
    current: Result = HOLDS
    quorum: Result = HOLDS
    cosigned: list[str] = field(default_factory=list)
    full: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

"""Odd times: a claimed time beside the time of receipt. Flagged on the page, never refused and never mended.

Source: DESIGN 3.5; peers.md section 2, rules 4 and 5 of ingestion.
"""

from __future__ import annotations

from typing import Final

from .bodies import DeliveryBody, ScanBody
from .entry import Entry
from .refs import ClaimedTime

LATE_MS: Final = 2 * 3_600_000
VERY_LATE_MS: Final = 72 * 3_600_000
SKEW_MS: Final = 2 * 60_000  # two honest clocks; what lies within it is not called odd


def lateness(entry: Entry) -> str:
    """`very_late`, `late`, or "" for an entry that came in time; what was imported or simulated is not measured."""
    if entry.statement.mode in ("import", "simulated"):
        return ""
    late_ms = entry.received_ms - entry.statement.at_ms
    return "very_late" if late_ms > VERY_LATE_MS else "late" if late_ms > LATE_MS else ""


def claimed_time(entry: Entry, *, out_of_order: bool = False) -> ClaimedTime:
    """The claimed time with its flags.

    Args:
        entry: Whose time.
        out_of_order: Whether it claims to be earlier than a step that must precede it.
    """
    statement = entry.statement
    found = [lateness(entry)]
    if out_of_order:
        found.append("out_of_order")
    if statement.at_ms > entry.received_ms + SKEW_MS:
        found.append("ahead")
    if isinstance(statement.body, ScanBody | DeliveryBody) and statement.body.time_source == "assumed":
        found.append("assumed")
    return ClaimedTime(statement.at_ms, offset_minutes(statement.at), tuple(flag for flag in found if flag))


def offset_minutes(moment: str) -> int:
    """Minutes east of UTC that a moment's text names."""
    if moment.endswith("Z"):
        return 0
    sign = -1 if moment[-6] == "-" else 1
    return sign * (60 * int(moment[-5:-3]) + int(moment[-2:]))

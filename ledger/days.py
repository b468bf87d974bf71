"""Days and times inside bodies: each must exist in the calendar; the schema knows only their shape."""

from __future__ import annotations

from typing import get_args, get_type_hints

from .moment import moment_ms
from .registry import TYPES
from .terms import Date, Moment, Row


def _calendar_fields(body: type[Row]) -> tuple[str, ...]:
    """Fields of a body that hold a day or a time."""
    hints = get_type_hints(body, include_extras=True)
    return tuple(name for name, hint in hints.items() if {Moment, Date} & {hint, *get_args(hint)})


_CALENDAR = {row.body: fields for row in TYPES.values() if row.body is not None and (fields := _calendar_fields(row.body))}


def check_calendar(body: Row | None) -> None:
    """Check that every day and time in a body exists; the schema knows only their shape.

    Raises:
        Refused: `time-malformed`.
    """
    for field in _CALENDAR.get(type(body), ()):  # type: ignore[arg-type]
        text = getattr(body, field)
        if isinstance(text, str):
            moment_ms(text if "T" in text else f"{text}T00:00:00Z", f"/body/{field}")

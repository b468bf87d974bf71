"""Times as statements claim them: text with an offset in, Unix milliseconds out.

Form: YYYY-MM-DDThh:mm:ss[.sss](Z|±hh:mm), years 2000-2099. Source: DESIGN 3.1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from .errors import Refused

MOMENT = (
    r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{3})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
DATE = r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"


def moment_ms(text: str, pointer: str = "/at") -> int:
    """Unix milliseconds of a claimed time that already has the right shape.

    Raises:
        Refused: `time-malformed` for a day that the calendar lacks.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("time-malformed", "this day does not exist", pointer) from error
    return int(moment.timestamp() * 1000 + 0.5)


def moment_text(ms: int, offset_minutes: int = 480) -> str:
    """Claimed-time text of Unix milliseconds, in the given offset from UTC (default Asia/Shanghai)."""
    zone = UTC if offset_minutes == 0 else timezone(timedelta(minutes=offset_minutes))
    moment = datetime.fromtimestamp(ms / 1000, tz=zone)
    text = moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    return text.replace("+00:00", "Z") if offset_minutes == 0 else text

"""The operator's own watch list (重点关注): companies looked at more closely, by whom, why and until when. Pure.

It is a file beside the book and never an entry: the law lets nobody but an authority publish a list. No score, page, bundle
or bulletin reads it. An entry ends at its last day by itself. Source: docs/adr/0008; domain.md section 2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from ..ledger.errors import Refused
from ..ledger.identifier import check_uscc
from .errors import CreditError

WATCH_BYTES_MAX: Final = 4 * 1024 * 1024
TERM_DAYS_MAX: Final = 366  # whoever is to be watched for longer is entered anew, by somebody who looks again
_FILE: Final = "watch list"

Day = Annotated[str, Meta(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Watched(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry.

    Attributes:
        company: Social credit code.
        reason: Why, in words.
        who: The person who answers for it.
        since: First day, in China.
        until: Last day.
        ended: Day on which it was ended before its time.
        ended_by: The person who ended it.
    """

    company: Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}\Z")]
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    who: Name
    since: Day
    until: Day
    ended: Day | UnsetType = UNSET
    ended_by: Name | UnsetType = UNSET

    def state(self, day: str) -> Literal["to_come", "watched", "ended"]:
        """Where it stands on a day."""
        if self.ended is not UNSET or day > self.until:
            return "ended"
        return "to_come" if day < self.since else "watched"


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    entries: list[Watched]
    v: Literal[1]


def read_list(raw: bytes) -> tuple[Watched, ...]:
    """Read a watch list.

    Raises:
        CreditError: It is none.
    """
    if len(raw) > WATCH_BYTES_MAX:
        raise CreditError(f"has more than {WATCH_BYTES_MAX} bytes", "", _FILE)
    try:
        return tuple(msgspec.json.decode(raw, type=_Form).entries)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CreditError(str(error), "", _FILE) from error


def write_list(entries: Iterable[Watched]) -> bytes:
    """A watch list as a file: one JSON object, indented for a person.

    Raises:
        CreditError: It would be larger than one that is read.
    """
    raw = msgspec.json.format(msgspec.json.encode(_Form(list(entries), 1)), indent=1) + b"\n"
    if len(raw) > WATCH_BYTES_MAX:
        raise CreditError(f"would have more than {WATCH_BYTES_MAX} bytes", "", _FILE)
    return raw


def add(entries: Iterable[Watched], new: Watched, today: str) -> tuple[Watched, ...]:
    """The list with one more entry.

    Raises:
        CreditError: No such company code or day, no reason or name, a term that is over or too long, or the company is on
            the list already.
    """
    kept = tuple(entries)
    try:
        check_uscc(new.company, "")
    except Refused as error:
        raise CreditError(error.cause, "", "company") from error
    _words(new.reason, 400, "reason")
    _words(new.who, 80, "who")
    first, last = _day(new.since, "since"), _day(new.until, "until")
    if last < first or new.until < today:
        raise CreditError("the last day is before the first, or over already", "", "until")
    if last - first > timedelta(days=TERM_DAYS_MAX):
        raise CreditError(f"at most {TERM_DAYS_MAX} days; enter it anew when they are over", "", "until")
    if any(one.company == new.company and one.state(today) != "ended" for one in kept):
        raise CreditError(f"{new.company} is on it already; end that entry first", "", _FILE)
    return (*kept, new)


def end(entries: Iterable[Watched], company: str, who: str, today: str) -> tuple[Watched, ...]:
    """The list with a company's entry ended before its time; the entry itself is kept.

    Raises:
        CreditError: It is not on the list, or nobody is named.
    """
    _words(who, 80, "who")
    kept = list(entries)
    for place, one in enumerate(kept):
        if one.company == company and one.state(today) != "ended":
            kept[place] = structs.replace(one, ended=today, ended_by=who)
            return tuple(kept)
    raise CreditError("this company is not on it, or its entry has ended", "", _FILE)


def _words(text: str, most: int, what: str) -> None:
    if not text.strip() or len(text) > most or any(unicodedata.category(char)[0] == "C" for char in text):
        raise CreditError(f"1 to {most} characters in one line are due", "", what)


def _day(text: str, what: str) -> date:
    try:
        if len(text) == len("2026-11-30"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CreditError("is no day, YYYY-MM-DD", "", what)

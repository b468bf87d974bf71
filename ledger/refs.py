"""What a story points at: an entry, a name, an actor, a place, a claimed time. Plain values, shared by `trace` and `courier`.

Nothing here is translated: codes stay codes and names stay as they were recorded; `api` chooses the words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntryRef:
    """One entry of the book, as a page cites it.

    Attributes:
        index: Position in the log, from 0.
        statement: Statement hash, base64url, 43 characters.
        received_ms: When the book received it, Unix milliseconds.
    """

    index: int
    statement: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class Name:
    """A name as somebody recorded it; never a translation of ours.

    Attributes:
        text: The name as recorded, or "" when nobody recorded one.
        lang: BCP 47 tag of `text` ("zh-CN", "en", "pt-BR"), "" when unknown.
        english: A second, English form where the same statement gives one, else "".
    """

    text: str
    lang: str = ""
    english: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """An actor as a page shows it. Consumers have no name: `name.text` is "".

    Attributes:
        actor: Actor id, for example "uscc:91330782…" or "anon:…".
        name: Registered name.
        role: One of operator, platform, merchant, warehouse, courier, outlet, station, device, lab, regulator, consumer.
        path: Unprefixed path of its own page ("/couriers/{uscc}"), "" when it has none.
    """

    actor: str
    name: Name
    role: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step says it happened: a district or a company's facility, never a street.

    Attributes:
        district: Six-digit district code (GB/T 2260), or another country's code as recorded ("BR-SP"); "" when none.
        facility: Registered name of the facility, or None.
        town: Name of the town as the facility's owner recorded it, or None.
    """

    district: str
    facility: Name | None = None
    town: Name | None = None


@dataclass(frozen=True, slots=True)
class ClaimedTime:
    """A time as its signer claimed it, in the zone the signer gave.

    Attributes:
        at_ms: Unix milliseconds, UTC.
        offset_min: Minutes east of UTC that the signer wrote, -840 to 840.
        oddities: Flags, each one of: `late` (reached the book over 2 h after the claim), `very_late` (over 72 h),
            `out_of_order` (earlier than a step that must precede it), `ahead` (up to 5 min after receipt),
            `assumed` (zone or clock assumed, not read from a device).
    """

    at_ms: int
    offset_min: int = 480
    oddities: tuple[str, ...] = ()

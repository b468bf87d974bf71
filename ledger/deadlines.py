"""How long each step of a complaint may take, by jurisdiction: `data/deadlines.json`, every term with its source.

A jurisdiction is a country, or a province of it where that has terms of its own: CN, CN-33. Which one holds follows from the
district in which the party first asked is registered. Source: domain.md 2.2, peers.md section 3; docs/formats/complaints.md.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

Against = Literal["seller", "carrier"]
DAY_MS: Final = 24 * 3_600_000
COUNTRY: Final = "CN"


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """One term: days from one midnight-less moment to another, and where it comes from."""

    days: Annotated[int, Meta(ge=1, le=365)]
    source: Annotated[str, Meta(min_length=1, max_length=400)]


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of complaints against one kind of party."""

    answer: Term
    accept: Term
    decide: Term


class Clock(NamedTuple):
    """The same terms in milliseconds: until an answer, until its acceptance, from escalation until a decision."""

    answer_ms: int
    accept_ms: int
    decide_ms: int


@lru_cache(maxsize=1)
def deadlines() -> dict[str, dict[str, Terms]]:
    """Every jurisdiction's terms as they stand in the file."""
    raw = files(__package__).joinpath("data", "deadlines.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, dict[str, Terms]])


@lru_cache(maxsize=512)
def clock_of(district: str, against: str) -> Clock:
    """Terms that hold for a complaint.

    Args:
        district: Where the party first asked is registered, GB/T 2260; "" where nobody knows.
        against: seller or carrier.
    """
    table = deadlines()
    own = table.get(f"{COUNTRY}-{district[:2]}", {})
    terms = own.get(against) or table[COUNTRY][against]
    return Clock(terms.answer.days * DAY_MS, terms.accept.days * DAY_MS, terms.decide.days * DAY_MS)


USUAL: Final = clock_of("", "carrier")

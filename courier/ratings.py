"""Ratings of one company's carriage one by one, for the rating: by whom, of which parcel, when, how many stars. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from ..ledger.entry import Entry
from ..ledger.voices import ReviewBody

FACES = ("acceptance", "pickup", "delivery", "aftersales", "information")


class Rating(NamedTuple):
    """A first review of the carriage of one parcel.

    Attributes:
        waybill: Which parcel.
        actor: Who signed.
        party: Who is bound.
        at_ms: Claimed time.
        centi: Hundredths of a star, 100 to 500.
    """

    waybill: str
    actor: str
    party: str
    at_ms: int
    centi: int


class Ratings:
    """First reviews; a second one of the same parcel by the same author rates nothing anew."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Rating] = {}

    def add(self, entry: Entry, body: ReviewBody, waybill: str) -> None:
        """Take in one review."""
        statement = entry.statement
        centi = centi_of(body)
        if body.kind == "first" and centi is not None:
            row = Rating(waybill, statement.actor, statement.party, statement.at_ms, centi)
            self._rows.setdefault((waybill, statement.party), row)

    def rows(self) -> tuple[Rating, ...]:
        """All of them."""
        return tuple(self._rows.values())


def centi_of(body: ReviewBody) -> int | None:
    """What a review rates in hundredths of a star: the mean of its faces, or without any its stars; None for neither."""
    faces = [stars for face in FACES if isinstance(stars := getattr(body.faces, face, None), int)]
    if faces:
        return round(Fraction(100 * sum(faces), len(faces)))
    return 100 * body.stars if isinstance(body.stars, int) else None

"""Reviews of one company's carriage in five faces, as its file remembers them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from ..ledger.voices import ReviewBody
from .counts import Face, ReviewFacts

FACES: Final = ("acceptance", "pickup", "delivery", "aftersales", "information")


class Reviews:
    """Stars by face; a follow-up is counted and rates nothing anew."""

    def __init__(self) -> None:
        self._stars: Counter[tuple[str, int]] = Counter()
        self._with_code = 0
        self._followups = 0

    def take(self, body: ReviewBody, *, with_code: bool) -> None:
        """Take in one review of the carriage.

        Args:
            body: What it says.
            with_code: Whether the code issued with the parcel signed it.
        """
        if body.kind == "follow":
            self._followups += 1
            return
        self._with_code += with_code
        if isinstance(body.stars, int):
            self._stars["overall", body.stars] += 1
        for face in FACES:
            stars = getattr(body.faces, face, None)
            if isinstance(stars, int):
                self._stars[face, stars] += 1

    def counts(self) -> dict[str, int]:
        """Everything counted, by name: `{face}/{stars}`, `with_code`, `followups`."""
        found = {f"{face}/{stars}": n for (face, stars), n in self._stars.items()}
        return found | {"with_code": self._with_code, "followups": self._followups}

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Reviews:
        """Of what `counts` gave, or of several of these added up."""
        found = cls()
        for name, n in counts.items():
            face, _, stars = name.partition("/")
            if stars:
                found._stars[face, int(stars)] = n
        found._with_code, found._followups = counts.get("with_code", 0), counts.get("followups", 0)
        return found

    def facts(self) -> ReviewFacts:
        """Counts of stars."""
        return ReviewFacts(self._face("overall"), tuple(self._face(face) for face in FACES), self._with_code, self._followups)

    def _face(self, face: str) -> Face:
        one, two, three, four, five = (self._stars[face, stars] for stars in range(1, 6))
        return Face(face, (one, two, three, four, five))

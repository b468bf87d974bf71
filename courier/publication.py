"""What a publication of a score says: its figures as scaled integers, its reasons, and what it was made of. Pure.

Whoever publishes has nothing left to choose but the person who answers for a D.
Source: DESIGN 3.1, section 5; docs/formats/score.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from .errors import CreditError
from .explain import reasons_of
from .number import exact
from .score import Score

_TENTH: Final = Decimal("0.1")


def publication_body(found: Score, decisions: Sequence[str] = ()) -> dict[str, Any]:
    """The body of a publication, inside the domain of canonical JSON.

    Args:
        found: A score whose facts name their book and their fact table.
        decisions: Hashes of the statements that turn the file red; named in a red body only.

    Raises:
        CreditError: They do not: nobody could compute it again.
    """
    facts, verdict = found.facts, found.verdict
    if facts.book is None or facts.table is None:
        raise CreditError("a publication names the book and the fact table it was made of", "/book", "facts")
    body: dict[str, Any] = {
        "as_of": facts.as_of,
        "book": {"origin": facts.book.origin, "root": facts.book.root, "size": facts.book.size},
        "colour": verdict.colour,
        "confidence": found.confidence,
        "grade": verdict.grade or "none",
        "near": verdict.near,
        "own_e1": round(found.own * 10),
        "parcels_e6": round(exact(facts.parcels) * 10**6),
        "rules": {"benchmarks": found.rules.benchmarks.version, "digest": found.rules.digest, "version": found.rules.version},
        "table": facts.table,
    }
    if verdict.note:
        body["note"] = verdict.note
    if verdict.colour == "red" and decisions:
        body["decisions"] = list(decisions)
    if found.graded:
        reasons = reasons_of(found)
        body |= {
            "gains": [line.indicator.id for line in reasons.gains],
            "high_e1": _tenths(found.high),
            "losses": [line.indicator.id for line in reasons.losses],
            "low_e1": _tenths(found.low),
            "score_e1": round(found.exact_points * 10),
        }
    return body


def _tenths(bound: Decimal) -> int:
    return int(bound.quantize(_TENTH, rounding=ROUND_HALF_EVEN).scaleb(1))

"""docs/formats/complaints.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.deadlines import deadlines


def example(text: str, _: Mapping[str, str]) -> None:
    assert json.loads(text) == {
        place: {
            against: {name: getattr(terms, name).days for name in ("accept", "answer", "decide")}
            for against, terms in table.items()
        }
        for place, table in deadlines().items()
    }


CHECKS = {"complaints.example": example}

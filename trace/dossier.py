"""What the rules remember of a company's credit file: a small state folded from its `s:` and `a:` streams. Pure.

Only what a later statement is judged by; the file that a reader sees is folded in `courier/dossier.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ..ledger.credit import PublicationBody
from ..ledger.statement import Statement

FILED: Final = frozenset(("publication",))  # types that change the state


@dataclass(slots=True)
class Dossier:
    """State of one company's file.

    Attributes:
        published: By publisher the day its newest rating speaks of.
    """

    published: dict[str, str] = field(default_factory=dict)


def take(dossier: Dossier, statement: Statement) -> None:
    """Take one admitted entry into the state."""
    body = statement.body
    if isinstance(body, PublicationBody):
        dossier.published[statement.party] = body.as_of

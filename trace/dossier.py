"""What the rules remember of a company's credit file: a small state folded from its `s:`, `a:` and `w:` streams. Pure.

Only what a later statement is judged by; the file that a reader sees is folded in `courier/dossier.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ..ledger.bodies import CorrectionBody
from ..ledger.credit import (
    BreachBody,
    LicenceBody,
    ListBody,
    ObjectionBody,
    PenaltyBody,
    PublicationBody,
    RepairBody,
    WarningBody,
)
from ..ledger.encoding import b64u
from ..ledger.findings import AppealBody
from ..ledger.party import authority_of
from ..ledger.statement import Statement

FILED: Final = frozenset((
    "appeal", "breach", "correction", "licence", "list", "objection", "penalty", "publication", "repair", "warning",
))  # fmt: skip


@dataclass(slots=True)
class Dossier:
    """State of one company's file, or of the appeals about one parcel.

    Attributes:
        published: By publisher the day its newest rating speaks of.
        numbers: Decisions that stand, by type, authority and number.
        appeals: Of a parcel: by authority and category the number its appeal stands under.
        licensed: First day of the oldest express licence.
        orders: Final decisions, signed by their authority, that turn the file red, by statement hash.
        objections: Objections that are not decided, by statement hash of what they object to.
        ended: Statements that a repair, a lifting or a correction has ended.
        overdue: What a clock has run out for, by statement hash.
    """

    published: dict[str, str] = field(default_factory=dict)
    numbers: dict[tuple[str, str, str], str] = field(default_factory=dict)
    appeals: dict[tuple[str, str], str] = field(default_factory=dict)
    licensed: str | None = None
    orders: set[bytes] = field(default_factory=set)
    objections: dict[str, bytes] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    overdue: set[str] = field(default_factory=set)


def take(dossier: Dossier, statement: Statement) -> None:
    """Take one admitted entry into the state."""
    body, ref = statement.body, statement.ref or ""
    if isinstance(body, PublicationBody):
        dossier.published[statement.party] = body.as_of
    elif isinstance(body, PenaltyBody | BreachBody | ListBody):
        dossier.numbers[statement.type, authority_of(statement), body.number] = statement.id
        if isinstance(body, PenaltyBody) and isinstance(body.trigger, str) and body.final and statement.mode != "import":
            dossier.orders.add(statement.hash)
    elif isinstance(body, LicenceBody):
        if body.kind == "express" and body.event == "grant":
            dossier.licensed = min(dossier.licensed or body.first, body.first)
    elif isinstance(body, AppealBody):
        dossier.appeals[authority_of(statement), body.category] = body.number
    elif isinstance(body, ObjectionBody):
        if body.event == "file":
            dossier.objections[ref] = statement.hash
        else:
            _decided(dossier, ref)
    elif _ends(statement):
        dossier.ended.add(ref)
    elif isinstance(body, WarningBody) and body.event == "overdue":
        dossier.overdue.add(ref)


def _ends(statement: Statement) -> bool:
    body = statement.body
    if isinstance(body, CorrectionBody):
        return body.reason == "did_not_occur"
    return isinstance(body, RepairBody) or (isinstance(body, WarningBody) and body.event == "lift")


def _decided(dossier: Dossier, objection: str) -> None:
    for about, filed in list(dossier.objections.items()):
        if b64u(filed) == objection:
            del dossier.objections[about]

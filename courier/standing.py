"""What of a company's credit file is scored: decisions in their term, and the last rating of an earlier month. Pure.

Source: domain.md 4.1 I11 and I12, 4.2; docs/formats/facts.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ledger.credit import BreachBody, PenaltyBody, PublicationBody
from ..ledger.entry import Entry
from .cohort import end_of
from .dossier import Dossier, dossier_of
from .factfile import Order, Previous, Standing
from .row import OrderRow, PreviousRow, Row, StandingRow


def standing_rows(entries: Iterable[Entry], as_of: str) -> list[Row]:
    """Rows of the fact table that come from a company's `s:` stream.

    Args:
        entries: Of that stream, in log order.
        as_of: The day at whose end the file is looked at.
    """
    dossier = dossier_of(entries, end_of(as_of) - 1)
    found: list[Row] = []
    for finding in dossier.public_findings:
        body = finding.body
        decision = f"{finding.authority} {body.number}"  # numbers of two authorities may be equal
        if isinstance(body, PenaltyBody):
            found.append(StandingRow(Standing("I11", body.degree, body.first, body.last, decision)))
            if finding.is_order and isinstance(body.trigger, str):
                found.append(OrderRow(Order(body.trigger, finding.authority, body.number, body.first, body.last)))
        elif isinstance(body, BreachBody) and body.kind != "commitment":
            found.append(StandingRow(Standing("I12", body.degree, body.first, body.last, decision)))
    last = _previous(dossier)
    return [*found, PreviousRow(last)] if last is not None else found


def _previous(dossier: Dossier) -> Previous | None:
    """The newest rating of a month before: a grade moves by months, however often a company is scored."""
    for entry in reversed(dossier.publications):
        body = entry.statement.body
        assert isinstance(body, PublicationBody)
        if body.as_of[:7] < dossier.day[:7] and body.grade != "none" and isinstance(body.score_e1, int):
            return Previous(body.as_of, body.grade, f"{body.score_e1 // 10}.{body.score_e1 % 10}")
    return None

"""What may be written into a courier company's credit file, and when. Pure.

Source: DESIGN section 5; domain.md 4.2, 4.3; docs/formats/credit-file.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import UNSET

from ..ledger.credit import PublicationBody
from ..ledger.errors import Refused
from ..ledger.findings import CheckBody, ExclusionBody
from ..ledger.statement import Statement
from .context import Context
from .dossier import Dossier

_CHINA: Final = timedelta(hours=8)  # Asia/Shanghai; no summer time within the years of a book
_COLOURS: Final = {"A": ("blue",), "B": ("blue",), "C": ("yellow",), "D": ("yellow", "red"), "none": ("grey",)}
_SCORED: Final = ("score_e1", "low_e1", "high_e1", "gains", "losses")


def check_company(statement: Statement, context: Context) -> None:
    """What an authority says of a company is about one that the book knows, and its numbers fit one another."""
    body, company = statement.body, statement.subjects.get("company")
    if company is None:
        return  # an appeal about a parcel: its carrier is judged as it stands, registered or not
    _check_courier(company, "company", context)
    if isinstance(body, CheckBody) and body.passed > body.checked:
        raise Refused("field-invalid", "more passed than were checked", "/body/passed")
    if isinstance(body, ExclusionBody) and body.last < body.first:
        raise Refused("field-invalid", "the last day is before the first", "/body/last")


def check_publication(statement: Statement, context: Context) -> None:
    """A rating is whole, of a day that has ended, not of one before the last; a person answers for the worst."""
    body = statement.body
    assert isinstance(body, PublicationBody)
    party = statement.subjects["party"]
    _check_courier(party, "party", context)
    if not body.book.origin.startswith(f"{statement.book}/"):
        raise Refused("book-wrong", "the facts are of another book", "/body/book/origin")
    if body.as_of >= _day_of(context.received_ms):
        raise Refused("time-ahead", "this day has not ended in China", "/body/as_of")
    if body.as_of < _dossier(context, party).published.get(statement.party, ""):
        raise Refused("field-invalid", "a newer rating by this publisher stands in the book", "/body/as_of")
    _check_figures(body)
    if body.colour == "red" and body.decisions is UNSET:
        raise Refused("field-missing", "a file is red by a final decision only, which stands in the book", "/body/decisions")
    if body.grade == "D" and body.reviewer is UNSET:
        raise Refused("field-missing", "for a D a named person answers", "/body/reviewer")
    if isinstance(body.decisions, list):
        raise Refused("ref-unknown", "no such decision stands in the company's file", "/body/decisions/0")


def _check_figures(body: PublicationBody) -> None:
    if body.colour not in _COLOURS[body.grade]:
        raise Refused("field-invalid", f"the grade {body.grade} has not this colour", "/body/colour")
    for name in _SCORED:
        if (getattr(body, name) is UNSET) != (body.grade == "none"):
            code = "field-missing" if body.grade != "none" else "field-invalid"
            raise Refused(code, "what is graded has score, bounds and reasons, and nothing else has", f"/body/{name}")
    if body.grade != "none" and not body.low_e1 <= body.score_e1 <= body.high_e1:  # type: ignore[operator]
        raise Refused("field-invalid", "the score lies outside its bounds", "/body/score_e1")


def _check_courier(company: str, subject: str, context: Context) -> None:
    if context.directory.role(company) != "courier":
        raise Refused("subject-unknown", "no courier company of this code is registered in this book", f"/subjects/{subject}")


def _dossier(context: Context, party: str) -> Dossier:
    return context.story("s", party).file or Dossier()


def _day_of(received_ms: int) -> str:
    """Day in China of a time of receipt."""
    return (datetime.fromtimestamp(received_ms // 1000, tz=UTC) + _CHINA).date().isoformat()

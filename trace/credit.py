"""What may be written into a courier company's credit file, and when. Pure.

Source: DESIGN 3.2, section 5; domain.md 4.2, 4.3; docs/formats/credit-file.md.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec import UNSET

from ..ledger.credit import BreachBody, LicenceBody, ListBody, PenaltyBody, PublicationBody, RepairBody
from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import Refused
from ..ledger.findings import AppealBody, CheckBody, ExclusionBody, TrafficBody
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.party import authority_of
from ..ledger.registry import NEVER_WITHHELD, TYPES
from ..ledger.statement import Statement
from .context import Context
from .dossier import Dossier

_CHINA: Final = timedelta(hours=8)  # Asia/Shanghai; no summer time within the years of a book
_COLOURS: Final = {"A": ("blue",), "B": ("blue",), "C": ("yellow",), "D": ("yellow", "red"), "none": ("grey",)}
_SCORED: Final = ("score_e1", "low_e1", "high_e1", "gains", "losses")
LEAST_MONTHS: Final = {"light": 0, "general": 3, "serious": 12}  # before a repair, domain.md 4.3


def check_finding(statement: Statement, context: Context) -> None:
    """What an authority found: by it or in its name, about a company the book knows, not of before its licence, and once."""
    _check_source(statement, context)
    subjects = statement.subjects
    company = subjects.get("company") or subjects.get("party")
    if company is None:  # an appeal about a parcel: its carrier is judged as it stands, registered or not
        _check_appeal(statement, context)
        return
    body = statement.body
    anybodys = isinstance(body, LicenceBody) and body.kind == "business" and context.directory.role(company)
    if not anybodys:
        check_courier(company, "company" if "company" in subjects else "party", context)
    _check_days(statement, context, company)
    if isinstance(body, CheckBody) and body.passed > body.checked:
        raise Refused("field-invalid", "more passed than were checked", "/body/passed")
    if isinstance(body, PenaltyBody | BreachBody | ListBody):
        known = _story_of(context, "s", company).numbers.get((statement.type, authority_of(statement), body.number))
        if known is not None:
            raise Refused("finding-known", f"this number of this authority stands in the book, by the id {known}", "/body/number")
    if isinstance(body, BreachBody) and body.kind == "commitment" and body.finding is UNSET:
        raise Refused("field-missing", "a broken commitment names the statement of the finding", "/body/finding")


def _check_source(statement: Statement, context: Context) -> None:
    of = statement.of
    if context.role == "regulator" and statement.mode != "import":
        return
    if statement.mode != "import" or of is None or not of.startswith("auth:") or of.startswith("auth:operator:"):
        cause = "only an authority finds this; who enters it for one says so: `source` with mode import and of: auth:…"
        raise Refused("source-missing", cause, "/source")


def _check_days(statement: Statement, context: Context, company: str) -> None:
    body: Any = statement.body
    last = getattr(body, "last", UNSET)
    if isinstance(last, str) and last < body.first:
        raise Refused("field-invalid", "the last day is before the first", "/body/last")
    if isinstance(body, ListBody) and body.notice > body.decided:
        raise Refused("field-invalid", "the notice comes before the decision, not after it", "/body/notice")
    if isinstance(body, LicenceBody | ExclusionBody):
        return
    said = "day" if isinstance(body, CheckBody | TrafficBody) else "decided"
    day = getattr(body, said, None)  # an appeal about a company names no day
    if day is None:
        return
    if day > day_of(context.received_ms):
        raise Refused("time-ahead", "this day has not come yet in China", f"/body/{said}")
    licensed = _story_of(context, "a", company).licensed
    if licensed is not None and day < licensed:
        cause = f"the company's licence began on {licensed}; before it there was no such company to find anything about"
        raise Refused("before-licence", cause, f"/body/{said}")


def _check_appeal(statement: Statement, context: Context) -> None:
    """One appeal about one parcel has one number, unless its second number refers to the first."""
    body = statement.body
    assert isinstance(body, AppealBody)
    known = _story_of(context, "w", statement.subjects["waybill"]).appeals.get((authority_of(statement), body.category))
    if known is not None and known != body.number and statement.ref is None:
        raise Refused("appeal-known", f"this appeal stands under the number {known}; refer to that entry", "/body/number")


def check_publication(statement: Statement, context: Context) -> None:
    """A rating is whole, of a day that has ended, not of one before the last; a person answers for the worst."""
    body = statement.body
    assert isinstance(body, PublicationBody)
    party = statement.subjects["party"]
    check_courier(party, "party", context)
    if not body.book.origin.startswith(f"{statement.book}/"):
        raise Refused("book-wrong", "the facts are of another book", "/body/book/origin")
    if body.as_of >= day_of(context.received_ms):
        raise Refused("time-ahead", "this day has not ended in China", "/body/as_of")
    dossier = _story_of(context, "s", party)
    if body.as_of < dossier.published.get(statement.party, ""):
        raise Refused("field-invalid", "a newer rating by this publisher stands in the book", "/body/as_of")
    _check_figures(body)
    if body.colour == "red" and body.decisions is UNSET:
        raise Refused("field-missing", "a file is red by a final decision only, which stands in the book", "/body/decisions")
    if body.grade == "D" and body.reviewer is UNSET:
        raise Refused("field-missing", "for a D a named person answers", "/body/reviewer")
    for place, name in enumerate(body.decisions if isinstance(body.decisions, list) else ()):
        if unb64u(name, 32) not in dossier.orders or name in dossier.ended:
            cause = "no final decision of this hash, signed by its authority and not ended, stands in the company's file"
            raise Refused("ref-unknown", cause, f"/body/decisions/{place}")


def _check_figures(body: PublicationBody) -> None:
    if body.colour not in _COLOURS[body.grade]:
        raise Refused("field-invalid", f"the grade {body.grade} has not this colour", "/body/colour")
    for name in _SCORED:
        if (getattr(body, name) is UNSET) != (body.grade == "none"):
            code = "field-missing" if body.grade != "none" else "field-invalid"
            raise Refused(code, "what is graded has score, bounds and reasons, and nothing else has", f"/body/{name}")
    if body.grade != "none" and not body.low_e1 <= body.score_e1 <= body.high_e1:  # type: ignore[operator]
        raise Refused("field-invalid", "the score lies outside its bounds", "/body/score_e1")


def check_repair(statement: Statement, context: Context) -> None:
    """Ends what was recorded: by the body that recorded it, for a ground its type knows, not before the least time."""
    body, referred = statement.body, context.referred
    assert isinstance(body, RepairBody)
    assert referred is not None
    check_about(statement, referred)
    if authority_of(referred) not in (statement.party, ROOT_ACTOR):
        raise Refused("no-authority", "who recorded it repairs it", "/actor")
    row = TYPES[referred.type]
    if referred.type in NEVER_WITHHELD or body.ground not in row.withhold:
        raise Refused("field-invalid", f"a {referred.type} does not end on this ground", "/body/ground")
    if body.index not in {state.known.get(referred.hash) for state in context.states.values()}:
        raise Refused("field-invalid", "the statement referred to stands elsewhere in the log", "/body/index")
    if b64u(referred.hash) in home_of(statement, context).ended:
        raise Refused("finding-known", "this was ended before", "/ref")
    if body.decided > day_of(context.received_ms):
        raise Refused("time-ahead", "this day has not come yet in China", "/body/decided")
    if body.ground == "repair":
        _check_conditions(body, referred)


def _check_conditions(body: RepairBody, referred: Statement) -> None:
    if body.conditions is UNSET or len(set(body.conditions)) != 3:
        cause = "a repair needs the duty done, the harm removed and no repeat"
        raise Refused("field-missing", cause, "/body/conditions")
    if body.pledge is UNSET:
        raise Refused("field-missing", "a repair needs a signed pledge, by its hash", "/body/pledge")
    found = referred.body
    if isinstance(found, PenaltyBody | BreachBody):
        least = months_after(found.decided, LEAST_MONTHS[found.degree])
        if body.decided < least:
            raise Refused("repair-early", f"of this degree it is repaired from {least} on", "/body/decided")


def months_after(day: str, months: int) -> str:
    """The same day so many months later, or the last of a month that is too short."""
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last)).isoformat()


def check_about(statement: Statement, referred: Statement) -> None:
    """Check that what a statement refers to stands in the file that it names, or with a parcel where it names none.

    Raises:
        Refused: `no-authority`, `subject-shape`.
    """
    party = statement.subjects.get("party")
    if (party is None) != any(name[0] == "w" for name in referred.streams):
        raise Refused(
            "subject-shape", "what is about a parcel stands with the parcel, and all else names its company", "/subjects"
        )
    if party is not None and f"s:{party}" not in referred.streams:
        raise Refused("no-authority", "the statement referred to is about somebody else", "/subjects/party")


def check_courier(company: str, subject: str, context: Context) -> None:
    """Check that a company is registered as a courier.

    Raises:
        Refused: `subject-unknown`.
    """
    if context.directory.role(company) != "courier":
        raise Refused("subject-unknown", "no courier company of this code is registered in this book", f"/subjects/{subject}")


def home_of(statement: Statement, context: Context) -> Dossier:
    """The file that a statement stands in: its company's, or what is remembered of its parcel."""
    home = next(name for name in statement.streams if name[0] in "sw")
    return context.states[home].file or Dossier()


def _story_of(context: Context, letter: str, subject: str) -> Dossier:
    return context.story(letter, subject).file or Dossier()


def day_of(received_ms: int) -> str:
    """Day in China of a time of receipt."""
    return (datetime.fromtimestamp(received_ms // 1000, tz=UTC) + _CHINA).date().isoformat()

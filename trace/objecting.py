"""Warnings, objections and the entries that a clock has run out: who moves them where, and when. Pure.

Source: domain.md 4.2, 4.3; docs/formats/credit-file.md; docs/adr/0008.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from msgspec import UNSET

from ..ledger.credit import ObjectionBody, RepairBody, WarningBody
from ..ledger.encoding import b64u
from ..ledger.errors import Refused
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.moment import moment_ms
from ..ledger.statement import Statement
from .context import Context
from .credit import check_about, check_courier, day_of, home_of

DAY_MS: Final = 24 * 3_600_000
DECISION_DAYS: Final = 10  # for an objection, rules of 2017
ACKNOWLEDGE_DAYS: Final = 1  # for a partner that was told of a repair
ANSWER_DAYS_LEAST: Final = 5  # five working days are never fewer days of the calendar
# Members of each event, all of them; `text` may stand with any.
_OF_WARNING: Final = {
    "notice": ("grounds", "as_of", "answer_by", "calendar", "last"),
    "lift": (),
    "overdue": ("clock", "due"),
}
_OF_OBJECTION: Final = {"file": ("reason",), "withdraw": (), "decide": ("outcome", "reviewer", "text")}
_OPERATORS: Final = ("publication", "warning")  # what the operator says itself, and decides about itself


def check_warning(statement: Statement, context: Context) -> None:
    """A notice gives time to answer; a lifting is by whoever warned; that a clock ran out is the operator's to enter."""
    body, referred = statement.body, context.referred
    assert isinstance(body, WarningBody)
    _check_members(body, _OF_WARNING, body.event)
    if (body.event == "notice") != (referred is None):
        code = "ref-missing" if referred is None else "ref-not-allowed"
        raise Refused(code, "a notice stands alone; lifting and overdue refer to what they are about", "/ref")
    if referred is None:
        check_courier(statement.subjects.get("party", ""), "party", context)
        _check_notice(body, context)
        return
    check_about(statement, referred)
    if body.event == "lift":
        if not isinstance(referred.body, WarningBody) or referred.body.event != "notice":
            raise Refused("ref-type", "only the notice of a warning is lifted", "/ref")
        if referred.party != statement.party:
            raise Refused("no-authority", "who warned lifts the warning", "/actor")
        if b64u(referred.hash) in home_of(statement, context).ended:
            raise Refused("finding-known", "this was ended before", "/ref")
        return
    _check_overdue(statement, body, referred, context)


def _check_notice(body: WarningBody, context: Context) -> None:
    today = day_of(context.received_ms)
    least = (date.fromisoformat(today) + timedelta(days=ANSWER_DAYS_LEAST)).isoformat()
    if str(body.answer_by) < least:
        raise Refused("field-invalid", "five working days are due for an answer", "/body/answer_by")
    if str(body.last) < str(body.answer_by):
        raise Refused("field-invalid", "the warning would end before it is shown", "/body/last")
    if str(body.as_of) >= today:
        raise Refused("time-ahead", "this day has not ended in China", "/body/as_of")


def _check_overdue(statement: Statement, body: WarningBody, referred: Statement, context: Context) -> None:
    """Nobody may enter it early, and nobody but the operator at all; the clock itself needs no entry to run."""
    if statement.party != ROOT_ACTOR:
        raise Refused("no-authority", "the operator enters that a clock has run out", "/actor")
    name, dossier = b64u(referred.hash), home_of(statement, context)
    if body.clock == "objection":
        if name not in {b64u(filed) for filed in dossier.objections.values()}:
            raise Refused("clock-none", "no objection that waits for its decision", "/ref")
        days = DECISION_DAYS
    else:
        if not isinstance(referred.body, RepairBody) or referred.body.partners is UNSET:
            raise Refused("clock-none", "no repair that partners were told of", "/ref")
        days = ACKNOWLEDGE_DAYS
    if name in dossier.overdue:
        raise Refused("finding-known", "this stands in the book already", "/ref")
    due = moment_ms(str(body.due), "/body/due")
    if due < referred.at_ms + days * DAY_MS or context.received_ms < due:
        raise Refused("clock-running", f"the clock runs {days} days, and has not run out", "/body/due")


def check_objection(statement: Statement, context: Context) -> None:
    """The company itself objects to what is about it; who recorded that decides, by a named person, with reasons."""
    body, referred = statement.body, context.referred
    assert isinstance(body, ObjectionBody)
    assert referred is not None
    _check_members(body, _OF_OBJECTION, body.event)
    check_about(statement, referred)
    is_company = bool(context.allowed & {"self", "carrier"})
    open_ones = home_of(statement, context).objections
    if body.event == "file":
        if not is_company:
            raise Refused("no-authority", "the company that it is about objects, nobody else", "/actor")
        if isinstance(referred.body, ObjectionBody):
            raise Refused("ref-type", "an objection is not objected to; its refusal names the next instance", "/ref")
        if b64u(referred.hash) in open_ones:
            raise Refused("objection-open", "an objection to this waits for its decision", "/ref")
        return
    if referred.hash not in open_ones.values():
        raise Refused("clock-none", "no objection that waits for its decision", "/ref")
    if body.event == "withdraw":
        if not is_company:
            raise Refused("no-authority", "who objects withdraws it", "/actor")
        return
    if is_company or not _decides(statement, referred, context):
        raise Refused(
            "no-authority", "it is decided by an authority; of the operator's own ratings and warnings by the operator", "/actor"
        )
    if (body.outcome == "refused") != (body.next is not UNSET):
        raise Refused("field-missing", "a refusal, and nothing else, names the next instance", "/body/next")


def _decides(statement: Statement, objection: Statement, context: Context) -> bool:
    about: Any = objection.re
    return context.role == "regulator" or about["type"] in _OPERATORS


def _check_members(body: WarningBody | ObjectionBody, table: dict[str, tuple[str, ...]], event: str) -> None:
    optional = {"text", "next"}
    for name in body.__struct_fields__:
        if name == "event":
            continue
        needed, given = name in table[event], getattr(body, name) is not UNSET
        if needed and not given:
            raise Refused("field-missing", f"{event} needs it", f"/body/{name}")
        if given and not needed and name not in optional:
            raise Refused("field-invalid", f"{event} has no such member", f"/body/{name}")

"""Rules of what people say of a purchase or a carriage: who reviews what, who moves a case, who answers whom. Pure.

Source: DESIGN 3.2, 3.5; docs/adr/0010 on hiding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..ledger.authority import CASE_MOVES
from ..ledger.directory import Directory
from ..ledger.encoding import unb64u
from ..ledger.errors import Refused
from ..ledger.rules import Lookup
from ..ledger.statement import Statement
from ..ledger.voices import CaseBody, ReviewBody
from .context import Context
from .story import Story, is_holder

_OF_REVIEWS: Final = frozenset(("HIDDEN", "RESTORED"))


def control(directory: Directory, actor: str) -> frozenset[str]:
    """A company and who controls it. Who merely holds its key (a platform does for many) is not its house."""
    company = directory.company(actor)
    known = directory.actors.get(company)
    return frozenset((company, *known.controllers)) if known is not None else frozenset((company,))


def rated_by(statement: Statement) -> str:
    """Whom a review rates: the carrier of its waybill, or the seller of its offer."""
    subjects = statement.subjects
    if "waybill" in subjects:
        return f"uscc:{subjects['waybill'][:18]}"
    return subjects["offer"].partition("/")[0]


def above(referred: Statement | None, states: Mapping[str, Story], lookup: Lookup) -> tuple[Statement, ...]:
    """What a statement answers, directly or through others; all of it stands in the same streams."""
    found: list[Statement] = []
    while referred is not None and referred.ref is not None:  # `re` bounds how many stand in a row
        wanted = unb64u(referred.ref, 32)
        index = next((state.known[wanted] for state in states.values() if wanted in state.known), None)
        referred = None if index is None else lookup(index)
        found += [] if referred is None else [referred]
    return tuple(found)


def _check_own_house(statement: Statement, directory: Directory) -> None:
    """Neither who is rated, nor a company of its owners, nor a company's key that signs as if it were a buyer's."""
    known = directory.keys.get(statement.key)
    if statement.actor.startswith("anon:") and known is not None:
        raise Refused("review-own-house", "this key belongs to a company or device; buyers sign with keys of their own", "/key")
    if control(directory, statement.party) & control(directory, rated_by(statement)):
        raise Refused("review-own-house", "the author and whom the review rates have an owner in common", "/actor")


def check_review(statement: Statement, context: Context) -> None:
    """A review by who may, of what was bought or carried, first once and then as a follow-up."""
    body = statement.body
    assert isinstance(body, ReviewBody)
    _check_own_house(statement, context.directory)
    if (body.kind == "follow") != (context.referred is not None and context.referred.type == "review"):
        raise Refused("review-thread", "a follow-up refers to the first review, and a first review to none", "/ref")
    if "waybill" not in statement.subjects:
        _check_bought(statement, body, context)
    elif body.kind == "first" and statement.actor in context.story("w", statement.subjects["waybill"]).reviewers:
        raise Refused("reviewed-already", "this carriage has your review; write a follow-up to it", "/body/kind")
    if body.kind == "follow" and context.referred is not None:
        first = context.referred
        assert isinstance(first.body, ReviewBody)
        if first.actor != statement.actor or first.subjects != statement.subjects or first.body.kind != "first":
            raise Refused("review-thread", "a follow-up is by the first review's author, about the same", "/ref")


def _check_bought(statement: Statement, body: ReviewBody, context: Context) -> None:
    """By the buyer's key, under the offer of the purchase, once."""
    held = [o for o in context.story("p", statement.subjects["item"]).sales if is_holder(o, statement.actor)]
    if not held:
        raise Refused("no-authority", "only the buyer's key reviews an item", "/actor")
    # Whoever sells the item later may name her public key as well: what she bought is what was sold under this offer.
    bought = [o for o in held if o.offer == statement.subjects["offer"]]
    if not bought:
        raise Refused("offer-foreign", "a review's offer is that of its item's sale", "/subjects/offer")
    if body.kind == "first" and bought[-1].review is not None:
        raise Refused("reviewed-already", "this purchase has its first review; write a follow-up to it", "/body/kind")


def check_case(statement: Statement, context: Context) -> None:
    """A step in handling a complaint by who may take it; of a review, that its words are hidden or shown again."""
    body = statement.body
    assert isinstance(body, CaseBody)
    referred = context.referred
    assert referred is not None
    if (body.state in _OF_REVIEWS) != (referred.type == "review"):
        raise Refused("case-review", "a review is hidden or shown again, and a complaint is neither", "/body/state")
    # The author's and the concerned party's own moves bind them; only who is neither may move a case as an office.
    roles = {r for r in context.allowed if r != "public"} or {context.role or ""}
    if not any(body.state in CASE_MOVES.get(role, ()) for role in roles):
        raise Refused("case-move", f"{' or '.join(sorted(roles))} may not move a case to {body.state}", "/body/state")
    if (body.state == "DECIDED") != isinstance(body.outcome, str):
        raise Refused("case-outcome", "a decision has an outcome, and nothing else has one", "/body/outcome")
    if (body.state == "HIDDEN") != isinstance(body.rule, str):
        raise Refused("case-rule", "hiding names the rule that the review breaks, and nothing else has one", "/body/rule")
    if referred.type == "review" and control(context.directory, statement.party) & control(context.directory, rated_by(referred)):
        raise Refused("case-move", "who is rated, or has an owner in common with it, hides and restores nothing", "/actor")

"""The life cycle of items and parcels: what may be written when, as a table and a few checks. Pure.

Odd times and odd orders are flagged on the page, never refused here; what is refused is a subject that nobody
knows, a second live consign, a dispatch that does not open its consign, a claim or first review too many, and a
reference that is not a true copy. Source: DESIGN 3.2, 3.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ..ledger.authority import require
from ..ledger.bodies import ActorBody, ClaimBody, ConfirmBody, ConsignBody, DeliveryBody, DispatchBody, ScanBody
from ..ledger.commitment import content_leaf
from ..ledger.credit import RepairBody
from ..ledger.directory import Directory
from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import Refused, VerificationError
from ..ledger.identifier import class_of, split_offer
from ..ledger.keys import parse_public
from ..ledger.limits import FUTURE_MS_MAX
from ..ledger.proof import verify_inclusion
from ..ledger.rules import Lookup
from ..ledger.statement import Statement, copy_for_ref
from .context import Context
from .credit import check_finding, check_publication, check_repair
from .erasing import check_erasure
from .objecting import check_objection, check_warning
from .registration import check_actor, check_key, check_void
from .relation import relations, watched
from .story import Story, fold
from .voicing import above, check_case, check_review

# Types that need a subject the book already knows, and in which stream it must stand.
NEEDS_KNOWN: dict[str, tuple[str, ...]] = {
    "sale": ("item", "offer"),
    "dispatch": ("item", "waybill"),
    "return": ("item",),
    "relist": ("item", "offer"),
    "claim": ("item",),
    "review": ("item", "offer", "waybill"),
}
_LETTER = {"item": "p", "offer": "l", "waybill": "w"}

Check = Callable[[Statement, Context], None]


def _check_known(statement: Statement, states: Mapping[str, Story], fields: tuple[str, ...]) -> None:
    for field in fields:
        subject = statement.subjects.get(field)
        if subject is not None and not states[f"{_LETTER[field]}:{subject}"].known:
            raise Refused("subject-unknown", f"nothing about this {field} stands in the book yet", f"/subjects/{field}")


def _check_sale(statement: Statement, context: Context) -> None:
    """Under an offer of its own class: else the ratings of one product would be those of another."""
    if class_of(statement.subjects["item"]) != split_offer(statement.subjects["offer"])[1]:
        raise Refused("offer-foreign", "an item is sold under an offer of its own class", "/subjects/offer")


def _check_consign(statement: Statement, context: Context) -> None:
    body = statement.body
    assert isinstance(body, ConsignBody)
    state = context.story("w", statement.subjects["waybill"])
    if state.consign is None:
        return
    if body.replaces != b64u(state.consign):
        raise Refused("consign-live", "this waybill has a live consign; name it in `replaces`", "/subjects/waybill")
    if state.accepted:
        raise Refused("consign-accepted", "the carrier has accepted this parcel; its consign stands", "/body/replaces")
    if state.shipper != statement.party:
        raise Refused("consign-foreign", "only its shipper replaces a consign", "/body/replaces")


def _check_dispatch(statement: Statement, context: Context) -> None:
    body = statement.body
    assert isinstance(body, DispatchBody)
    state = context.story("w", statement.subjects["waybill"])
    if state.consign is None or state.contents is None or body.consign != b64u(state.consign):
        raise Refused("consign-unknown", "the waybill has no such live consign", "/body/consign")
    if not 1 <= body.piece <= body.pieces:
        raise Refused("piece-range", "piece k of n needs 1 <= k <= n", "/body/piece")
    count, root = state.contents
    leaf = content_leaf(unb64u(body.salt, 32), "p:" + statement.subjects["item"])
    try:
        verify_inclusion(leaf, body.position, count, [unb64u(part, 32) for part in body.path], unb64u(root, 32))
    except VerificationError as error:
        raise Refused("contents-mismatch", "this does not open the consign's contents root", "/body/path") from error


def _check_scan(statement: Statement, context: Context) -> None:
    body = statement.body
    assert isinstance(body, (ScanBody, DeliveryBody))  # no union is made anew for each entry
    subjects = statement.subjects
    waybill, following = subjects["waybill"], subjects.get("next")
    if isinstance(body.accepts, str):
        state = context.story("w", waybill)
        if state.consign is None or body.accepts != b64u(state.consign):
            raise Refused("consign-unknown", "the waybill has no such live consign", "/body/accepts")
    if isinstance(body, ScanBody) and (body.code == "HANDOVER") != (following is not None):
        raise Refused("handover-next", "a HANDOVER names the next waybill, and no other scan does", "/subjects/next")
    if following is not None and following[:18] == waybill[:18]:
        raise Refused("handover-same", "a hand-over goes to another carrier", "/subjects/next")
    # The carrier of `next` stands in `carrier` too; who scans is the one of `waybill`.
    if context.directory.company(statement.party)[5:] != waybill[:18]:
        raise Refused("no-authority", "only the waybill's own carrier scans and delivers under it", "/actor")


def _check_claim(statement: Statement, context: Context) -> None:
    assert isinstance(statement.body, ClaimBody)
    parse_public(statement.body.owner)
    for ownership in context.story("p", statement.subjects["item"]).sales:
        if ownership.claim == statement.actor[5:]:
            if ownership.claim_entry is not None:
                raise Refused("claimed-already", "this code was used before; one claim per ownership", "/actor")
            return
    raise Refused("no-authority", "only the code itself binds an owner's key", "/actor")


def _check_confirm(statement: Statement, context: Context) -> None:
    body, referred = statement.body, context.referred
    assert isinstance(body, ConfirmBody)
    assert referred is not None
    if body.kind == "approves":
        if not isinstance(referred.body, ActorBody) or context.role not in ("operator", "regulator"):
            raise Refused("no-authority", "only registrations are approved, by the operator or a regulator", "/body/kind")
        party, known = referred.subjects["party"], context.directory.actors[referred.subjects["party"]]
        if not context.directory.waits(referred.hash, party) and not known.approved:
            raise Refused("ref-type", "of an actor that waits, its registration is approved", "/ref")
        if referred.body.event == "register" and known.approved and known.registration != referred.hash:
            raise Refused("actor-known", "another registration of this actor was approved", "/ref")
    elif context.allowed == {"public"} and not _is_told(statement, body, referred):
        raise Refused("no-authority", "only who takes part in a step confirms it", "/actor")
    elif referred.actor == statement.actor:
        raise Refused("confirm-own", "nobody countersigns his own statement", "/ref")
    elif body.kind == "accepts" and "carrier" not in context.allowed:
        raise Refused("no-authority", "only the carrier accepts a parcel", "/actor")


def _is_told(statement: Statement, body: ConfirmBody, referred: Statement) -> bool:
    """Whether a partner acknowledges a repair that it was told of."""
    repair = referred.body
    named = isinstance(repair, RepairBody) and isinstance(repair.partners, list) and statement.party in repair.partners
    return named and body.kind == "received"


CHECKS: dict[str, Check] = {
    **dict.fromkeys(("appeal", "check", "exclusion", "traffic", "penalty", "breach", "licence", "list"), check_finding),
    "publication": check_publication,
    "warning": check_warning,
    "objection": check_objection,
    "repair": check_repair,
    "erasure": check_erasure,
    **dict.fromkeys(("sale", "relist"), _check_sale),
    "consign": _check_consign,
    "dispatch": _check_dispatch,
    "scan": _check_scan,
    "delivery": _check_scan,
    "claim": _check_claim,
    "review": check_review,
    "confirm": _check_confirm,
    "case": check_case,
    "actor": check_actor,
    "key": check_key,
    "void": check_void,
}


def find_referred(statement: Statement, states: Mapping[str, Story], directory: Directory, lookup: Lookup) -> Statement | None:
    """The statement that `ref` names, after comparing the copy in `re`.

    Raises:
        Refused: `ref-unknown`, `re-mismatch`.
    """
    if statement.ref is None:
        return None
    wanted = unb64u(statement.ref, 32)
    for state in states.values():
        index = state.known.get(wanted)
        if index is not None:
            referred = lookup(index)
            if copy_for_ref(referred) != statement.re:
                raise Refused("re-mismatch", "`re` is not a copy of the referred statement's type and subjects", "/re")
            return referred
    raise Refused("ref-unknown", "no such statement stands in the streams that `re` names", "/ref")


class TradeRules:
    """The rules of the trade, in the shape that the book asks for (`ledger.rules.Rules`)."""

    def blank(self, stream: str) -> Story:
        """State of a stream without entries."""
        return Story()

    watched = staticmethod(watched)
    fold = staticmethod(fold)

    def keeps(self, stream: str) -> bool:
        """Only items, products, offers, waybills, registrations and credit files are remembered."""
        return stream[0] in "plwas"

    def judge(
        self, statement: Statement, received_ms: int, directory: Directory, states: Mapping[str, Story], lookup: Lookup
    ) -> None:
        """Admit a statement or say why not; see `ledger.rules.Rules.judge`."""
        if statement.at_ms > received_ms + FUTURE_MS_MAX:
            raise Refused("time-ahead", f"claimed more than 5 minutes after receipt at {received_ms} ms", "/at")
        directory.check_key(statement, received_ms)
        if statement.party != statement.actor:
            try:
                day = datetime.fromtimestamp(received_ms / 1000, tz=UTC).date().isoformat()
            except (ValueError, OverflowError, OSError) as error:  # a verifier meets leaves of any received time
                raise Refused("time-malformed", "received at a time that no calendar has", "/at") from error
            if not directory.may_act_for(statement, day):
                raise Refused("mandate-missing", "the party has given no such mandate", "/for")
        referred = None if statement.ref is None else find_referred(statement, states, directory, lookup)
        role = directory.role(statement.party)
        if role is None and isinstance(statement.body, ActorBody) and statement.subjects["party"] == statement.actor:
            role = statement.body.role  # an actor's own first statement brings its role along
        answered = above(referred, states, lookup) if statement.type == "reply" else ()
        allowed = require(role, statement.type, relations(statement, directory, states, referred, answered))
        known, check = NEEDS_KNOWN.get(statement.type, ()), CHECKS.get(statement.type)
        if known:
            _check_known(statement, states, known)
        if check is not None:
            check(statement, Context(directory, states, referred, role, allowed, received_ms))

"""What the rules remember of a stream: a small state folded from its entries, in log order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ledger.bodies import ClaimBody, ConfirmBody, ConsignBody, DeliveryBody, SaleBody, ScanBody
from ..ledger.encoding import b64u
from ..ledger.statement import Statement
from ..ledger.voices import ReviewBody
from .dossier import FILED, Dossier, take


@dataclass(slots=True)
class Ownership:
    """One sale and what its buyer did with it."""

    seller: str
    claim: str | None  # public half of the tear-off code's key
    claim_entry: bytes | None = None
    owner: str | None = None  # key bound by the claim
    review: bytes | None = None  # hash of the first review
    returned: bool = False
    offer: str = ""  # under which it was sold


@dataclass(slots=True)
class Story:
    """State of one stream.

    Attributes:
        known: Hash of each entry to its index, so that references are found without a search.
        makers: Of an item: who says to have made it; of an offer: its seller.
        sales: Of an item: its ownerships, oldest first.
        shipper: Of a waybill: who signed the live consign.
        consign: Hash of the live consign.
        contents: (count, root) that the live consign commits to.
        claim: Public half of the parcel code's key.
        accepted: The carrier has accepted, scanned or delivered.
        handed_to: Waybill that the parcel goes on under.
        reviewers: Of a waybill: who has reviewed the carriage.
        file: Of an actor's standing: what later statements about it are judged by.
    """

    known: dict[bytes, int] = field(default_factory=dict)
    makers: list[str] = field(default_factory=list)
    sales: list[Ownership] = field(default_factory=list)
    shipper: str | None = None
    consign: bytes | None = None
    contents: tuple[int, str] | None = None
    claim: str | None = None
    accepted: bool = False
    handed_to: str | None = None
    reviewers: list[str] = field(default_factory=list)
    file: Dossier | None = None


def fold(state: Story, statement: Statement, index: int) -> None:
    """Take one entry into the state of one of its streams."""
    state.known[statement.hash] = index
    body = statement.body
    match statement.type:
        case "scan" | "delivery":  # first, as the bulk of all entries
            assert isinstance(body, (ScanBody, DeliveryBody))  # no union is made anew for each entry
            state.accepted = True
            state.handed_to = statement.subjects.get("next", state.handed_to)
        case "item" | "listing":
            if statement.party not in state.makers:
                state.makers.append(statement.party)
        case "sale" if isinstance(body, SaleBody):
            claim = body.claim if isinstance(body.claim, str) else None
            state.sales.append(Ownership(statement.party, claim, offer=statement.subjects["offer"]))
        case "return" if state.sales:
            state.sales[-1].returned = True
        case "claim" if isinstance(body, ClaimBody):
            for ownership in state.sales:
                if ownership.claim == statement.actor[5:]:
                    ownership.claim_entry, ownership.owner = statement.hash, body.owner
        case "review" if isinstance(body, ReviewBody):
            _fold_review(state, statement, body)
        case "consign" if isinstance(body, ConsignBody):
            state.shipper, state.consign = statement.party, statement.hash
            state.contents = (body.contents.count, body.contents.root)
            state.claim = body.claim if isinstance(body.claim, str) else None
        case "confirm" if isinstance(body, ConfirmBody) and body.kind == "accepts":
            state.accepted = True
        case kind if kind in FILED:
            state.file = state.file or Dossier()
            take(state.file, statement)


def _fold_review(state: Story, statement: Statement, body: ReviewBody) -> None:
    if "waybill" in statement.subjects:
        state.reviewers.append(statement.actor)
        return
    for ownership in state.sales:
        if is_holder(ownership, statement.actor) and body.kind == "first" and ownership.offer == statement.subjects["offer"]:
            ownership.review = statement.hash


def is_holder(ownership: Ownership, actor: str) -> bool:
    """Whether an anonymous actor holds the code of this sale, or the key bound to it."""
    key = actor[5:] if actor.startswith("anon:") else None
    return key is not None and key in (ownership.claim, ownership.owner)


def name_of(statement: Statement) -> str:
    """Text form of a statement's hash."""
    return b64u(statement.hash)

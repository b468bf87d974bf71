"""What a review proves of its author, and whether it enters the averages: rules with names, each with its reason. Pure.

A mark follows from the record and goes away with its cause; it says nothing about anybody's intent.
Source: domain.md 4.1 (anti-gaming), peers.md section 3; docs/formats/reviews.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Final

from ..ledger.entry import Entry
from ..ledger.grievance import Grievance
from ..ledger.hiding import hidden_among
from ..ledger.oddity import SKEW_MS
from ..ledger.voices import ComplaintBody, ReviewBody
from .evidence import Support
from .material import Material, Parcel
from .standing import chain_of

COUNTS: Final = "yes"
# Why a review does not enter the averages; of several the first that applies is named. Two more follow from the offer as a
# whole, which no story of one item shows: `repeat` and `burst` (reviews.py).
LEFT_OUT: Final = {
    "hidden": "its words were hidden under a rule; the averages with it stand beside",
    "borrowed": "it was imported, relayed or simulated, not signed by its author",
    "not_ordered": "it was found that nobody had ordered this",
    "suspended": "somebody says that nobody ordered this, and it is not decided",
    "early_claim": "the code from inside the parcel was used before the parcel was signed off",
    "own_word": "only the seller's own side says that there was a sale and a hand-over",
}
_GOOD: Final = ("A", "B")


class Verdicts:
    """Judges the reviews of one story.

    Args:
        material: The story.
        support: Who supports its steps.
        grievances: How its complaints stand, by the complaint's name.
    """

    def __init__(self, material: Material, support: Support, grievances: Mapping[str, Grievance]) -> None:
        self._material = material
        self._support = support
        self._grievances = grievances
        self.hidden = hidden_among(entry.statement for entry in material.shown)

    def proved(self, review: Entry) -> str:
        """What is proved of the author of a review, never one "verified": a code of `labels.PROVED`."""
        subjects = review.statement.subjects
        if "waybill" in subjects:
            return "parcel_code" if review.statement.actor.startswith("anon:") else "sender"
        sale = self._sale(review)
        if sale is None:
            return "nothing"
        handed = "delivered" if self._is_good(self._deliveries(sale)) else "ordered"
        return f"{handed}_claimed" if self._claim(sale) is not None else handed

    def counts(self, review: Entry, *, with_hidden: bool = False) -> str:
        """`yes`, or the first reason of `LEFT_OUT` why a first review of an item does not enter the averages.

        Args:
            review: Which.
            with_hidden: As if nothing were hidden.
        """
        sale = self._sale(review)
        if not with_hidden and review.name in self.hidden:
            return "hidden"
        if review.statement.mode != "own":
            return "borrowed"
        if sale is None:
            return "own_word"
        denied = self._denied(sale)
        if denied:
            return denied
        if self._is_early(sale):
            return "early_claim"
        return COUNTS if self._is_unrelated(sale) or self._is_good(self._handed(sale)) else "own_word"

    # What the rules look at

    def _sales(self, item: str) -> list[Entry]:
        return self._material.of_type(f"p:{item}", "sale")

    def _sale(self, review: Entry) -> Entry | None:
        """The purchase that a review is of: the last sale before it under its offer whose code, or a key bound by it, signed."""
        subjects, key = review.statement.subjects, review.statement.actor[5:]
        item, offer = subjects.get("item"), subjects.get("offer")
        if item is None:
            return None
        codes = {key}
        for claim in self._material.of_type(f"p:{item}", "claim"):
            if getattr(claim.statement.body, "owner", None) == key:
                codes.add(claim.statement.actor[5:])
        sales = [e for e in self._sales(item) if e.index < review.index and e.statement.subjects["offer"] == offer]
        found = [e for e in sales if getattr(e.statement.body, "claim", None) in codes]
        return found[-1] if found else None

    def _claim(self, sale: Entry) -> Entry | None:
        code = f"anon:{getattr(sale.statement.body, 'claim', '')}"
        claims = self._material.of_type(f"p:{sale.statement.subjects['item']}", "claim")
        return next((e for e in claims if e.statement.actor == code), None)

    def _until(self, sale: Entry) -> float:
        """Index at which the item was sold again."""
        return min((e.index for e in self._sales(sale.statement.subjects["item"]) if e.index > sale.index), default=inf)

    def _parcels(self, sale: Entry) -> list[Parcel]:
        """Waybills under which the item was sent after this sale; what was sent ahead belongs to the first."""
        item = sale.statement.subjects["item"]
        first, end = 0 if self._sales(item)[0] is sale else sale.index, self._until(sale)
        found: dict[str, Parcel] = {}
        for dispatch in self._material.of_type(f"p:{item}", "dispatch"):
            if first <= dispatch.index < end:
                for parcel in chain_of(dispatch.statement.subjects["waybill"], self._support.parcels):
                    found[parcel.waybill] = parcel
        return list(found.values())

    def _deliveries(self, sale: Entry) -> list[Entry]:
        return [entry for parcel in self._parcels(sale) for entry in parcel.deliveries]

    def _handed(self, sale: Entry) -> list[Entry]:
        """Hand-overs to the buyer; of what never arrived, so that this can be said too, the hand-over to the carrier."""
        parcels = self._parcels(sale)
        return self._deliveries(sale) or [parcel.consign for parcel in parcels if parcel.consign is not None]

    def _is_good(self, steps: list[Entry]) -> bool:
        found = [self._support.evidence(step) for step in steps]
        return any(evidence is not None and evidence.grade in _GOOD for evidence in found)

    def _is_unrelated(self, sale: Entry) -> bool:
        """Whether somebody signed the sale who has no owner and no key holder in common with the seller."""
        house, statement = self._material.directory.house, sale.statement
        return statement.mode == "own" and not house(statement.actor) & house(statement.party)

    def _denied(self, sale: Entry) -> str:
        """Whether somebody says that nobody ordered this, about the item or a parcel it came in."""
        about = self._material.of_type(f"p:{sale.statement.subjects['item']}", "complaint")
        about = [complaint for complaint in about if sale.index < complaint.index < self._until(sale)]
        for parcel in self._parcels(sale):
            about += self._material.of_type(f"w:{parcel.waybill}", "complaint")
        found = ""
        for complaint in about:
            body, grievance = complaint.statement.body, self._grievances[complaint.name]
            if not isinstance(body, ComplaintBody) or body.category != "not_my_order":
                continue
            if grievance.upheld:
                return "not_ordered"
            if not grievance.closed or grievance.state == "CLOSED_NO_ANSWER":  # a stranger's silence settles nothing
                found = "suspended"
        return found

    def _is_early(self, sale: Entry) -> bool:
        """Whether the code that lies in the parcel bound a key before any parcel of the purchase was signed off.

        A sign-off that was recorded late still counts from when it says; the claim counts from when it was received, which
        its author cannot choose. A sale over the counter has no parcel.
        """
        claim = self._claim(sale)
        if claim is None or not self._parcels(sale):
            return False
        return all(e.statement.at_ms > claim.received_ms + SKEW_MS for e in self._deliveries(sale))


def is_first_of_item(entry: Entry) -> bool:
    """Whether an entry is a first review of an item, the only ones that averages are made of."""
    body = entry.statement.body
    return isinstance(body, ReviewBody) and body.kind == "first" and "item" in entry.statement.subjects

"""What somebody needs to say something about an item: whose code it is, which parcels it came in, which numbers are used. Pure.

All of it stands in the book already; nothing here says who the buyer is.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ledger.bodies import ConsignBody, SaleBody
from ..ledger.canonical import JsonValue
from ..ledger.refs import Name, Party
from .material import Material
from .story import Story, fold


@dataclass(frozen=True, slots=True)
class SayPage:
    """The page on which the public speaks about an item or a parcel.

    Attributes:
        path: Unprefixed path, `/say` and the item's or the parcel's path.
        item: The item's or the parcel's own path.
        book: Origin of the place whose book it is.
        name: Name of the goods from the listing.
        seller: Who sold it, or who sent the parcel; None where nobody is known.
        facts: What its script needs, canonical JSON.
        parcels: Waybills it came in.
        is_sold: Somebody bought it, so that it can be reviewed.
        is_parcel: It is about a parcel, whose code on the outside was scanned.
    """

    path: str
    item: str
    book: str
    name: Name
    seller: Party | None
    facts: str
    parcels: int
    is_sold: bool
    is_parcel: bool = False


def voice_facts(item: str, material: Material) -> dict[str, JsonValue]:
    """Facts of an item for the script of its `say` page.

    Args:
        item: Item key, `/01/{gtin14}/21/{serial}` or `/s/{uscc}/{sku}/21/{serial}`.
        material: Its story.

    Returns:
        `sales`, oldest first: {claim, claimed, offer, owner, reviewed}; `parcels`: {waybill, claim}; `used`: the highest
        number that each key of a buyer has used in this story.
    """
    entries = material.streams[f"p:{item}"]
    state = Story()
    offers: list[str] = []
    waybills: list[str] = []
    for entry in entries:
        statement = entry.statement
        fold(state, statement, entry.index)
        if statement.type == "sale" and isinstance(statement.body, SaleBody):
            offers.append(statement.subjects["offer"])
        elif statement.type == "dispatch" and statement.subjects["waybill"] not in waybills:
            waybills.append(statement.subjects["waybill"])
    parcels = {waybill: _parcel_key(material, waybill) for waybill in waybills}
    ours = {*parcels.values(), *(key for sale in state.sales for key in (sale.claim, sale.owner) if key)}
    used: dict[str, JsonValue] = {}
    for entry in material.shown:
        key = entry.statement.actor.removeprefix("anon:")
        if key in ours:  # of strangers nobody asks; there may be thousands
            last = used.get(key, 0)
            used[key] = max(entry.statement.n, last if isinstance(last, int) else 0)
    return {
        "item": item,
        "parcels": [{"claim": claim, "waybill": waybill} for waybill, claim in parcels.items()],
        "sales": [
            {
                "claim": sale.claim or "",
                "claimed": sale.claim_entry is not None,
                "offer": offer,
                "owner": sale.owner or "",
                "reviewed": sale.review is not None,
            }
            for sale, offer in zip(state.sales, offers, strict=True)
        ],
        "used": used,
    }


def parcel_voice(waybill: str, material: Material) -> dict[str, JsonValue]:
    """Facts of a parcel for the script of its `say` page, in the form of `voice_facts`; `item` is the parcel's path.

    Args:
        waybill: Its key.
        material: Its story.
    """
    key = _parcel_key(material, waybill)
    numbers = [entry.statement.n for entry in material.shown if key and entry.statement.actor == f"anon:{key}"]
    used: dict[str, JsonValue] = {key: max(numbers)} if numbers else {}
    return {"item": f"/w/{waybill}", "parcels": [{"claim": key, "waybill": waybill}], "sales": [], "used": used}


def _parcel_key(material: Material, waybill: str) -> str:
    """Public half of the code's key that the live consign names, "" for none."""
    found = ""
    for entry in material.streams.get(f"w:{waybill}", ()):
        body = entry.statement.body
        if isinstance(body, ConsignBody):
            found = body.claim if isinstance(body.claim, str) else ""
    return found

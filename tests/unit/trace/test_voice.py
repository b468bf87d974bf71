"""What the form for a review needs to know of an item: whose codes, which offers, which parcels, which numbers are used."""

from __future__ import annotations

from typing import Any

from fakes.tale import Tale
from fakes.world import Signer

from suxin.trace.voice import parcel_voice, voice_facts


def facts(tale: Tale, item: str) -> dict[str, Any]:
    return voice_facts(item, tale.material(f"p:{item}"))


def test_an_item_that_was_sold_twice_and_sent() -> None:
    tale = Tale()
    seller, carrier = tale.firm("merchant"), tale.firm("courier")
    offer = tale.list(seller)
    item = tale.make(seller)
    assert facts(tale, item) == {"item": item, "parcels": [], "sales": [], "used": {}}
    first = tale.sell(seller, item)
    waybill, _, parcel = tale.consign(seller, carrier, "one", [item])
    owner, stranger = Signer.nobody("owner"), Signer.nobody("stranger")
    tale.say(first, "claim", {"item": item}, {"owner": owner.public})
    for n in (1, 2):
        tale.say(stranger, "complaint", {"item": item}, {"category": "not_my_order", "against": "seller"})
        body = {"kind": "first", "stars": n}
        if n == 1:
            tale.say(owner, "review", {"item": item, "offer": offer}, body)
        else:
            tale.say(parcel, "review", {"waybill": waybill}, body)
    tale.say(seller, "return", {"item": item}, {"reason": "no_reason_7d"})
    second = tale.sell(seller, item)
    found = facts(tale, item)
    assert found["parcels"] == [{"claim": parcel.public, "waybill": waybill}]
    assert [sale["claim"] for sale in found["sales"]] == [first.public, second.public]
    assert [(sale["claimed"], sale["owner"], sale["reviewed"]) for sale in found["sales"]] == [
        (True, owner.public, True),
        (False, "", False),
    ]
    assert {sale["offer"] for sale in found["sales"]} == {offer}
    assert found["used"] == {first.public: 1, owner.public: 1, parcel.public: 1}, "of strangers nobody asks"


def test_a_parcel_whose_contents_nobody_knows() -> None:
    tale = Tale()
    seller, carrier = tale.firm("merchant"), tale.firm("courier")
    waybill, _, parcel = tale.consign(seller, carrier, "one")
    path = f"/w/{waybill}"
    parcels = [{"claim": parcel.public, "waybill": waybill}]
    assert parcel_voice(waybill, tale.material(f"w:{waybill}")) == {"item": path, "parcels": parcels, "sales": [], "used": {}}
    tale.say(parcel, "complaint", {"waybill": waybill}, {"category": "delay", "against": "carrier"})
    assert parcel_voice(waybill, tale.material(f"w:{waybill}"))["used"] == {parcel.public: 1}

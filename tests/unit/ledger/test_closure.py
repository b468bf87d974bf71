"""The story of a subject: which streams belong to it, and which never do."""

from __future__ import annotations

import pytest
from fakes.tale import HAM, Tale, serial
from fakes.world import Signer

from suxin.ledger import closure as closure_module
from suxin.ledger.closure import Closure, close_story, named_by
from suxin.ledger.directory import Directory
from suxin.ledger.errors import VerificationError
from suxin.ledger.identifier import ROOT_ACTOR


def blank(tale: Tale) -> Directory:
    """Who is who before the first entry."""
    return Directory(tale.root.key.public, bytes(32))


@pytest.fixture
def tale() -> Tale:
    return Tale()


def test_a_story_is_the_item_its_lot_class_offer_parcels_and_who_signed(tale: Tale) -> None:
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    device, other = tale.device(courier), tale.firm("courier")
    offer = tale.list(shop)
    item = tale.make(shop, lot="B1")
    code = tale.sell(shop, item)
    waybill, *_ = tale.consign(shop, courier, "p", [item])
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    tale.scan(device, waybill, "HANDOVER", next_=onward)
    tale.say(code, "review", {"item": item, "offer": offer}, {"kind": "first", "stars": 5})
    # What stands beside it and is no part of it:
    tale.make(shop, 2, lot="B2")
    stranger = tale.firm("courier")
    tale.consign(shop, stranger, "q", [serial(2)])
    actors = {shop.actor, courier.actor, device.actor, ROOT_ACTOR}
    expected = {f"p:{item}", f"p:{HAM}/10/B1", f"p:{HAM}", f"l:{offer}", f"w:{waybill}", f"w:{onward}"}
    expected |= {f"s:{courier.actor}", f"s:{other.actor}"}
    expected |= {f"a:{actor}" for actor in actors} | {f"k:{actor}" for actor in actors}
    assert set(tale.closure(f"p:{item}").streams) == expected


def test_a_parcels_story_never_says_what_is_in_it(tale: Tale) -> None:
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    tale.list(shop)
    items = [tale.make(shop, number, lot="B1") for number in (1, 2)]
    waybill, *_ = tale.consign(shop, courier, "p", items)
    tale.scan(courier, waybill, "PICKED_UP")
    streams = tale.closure(f"w:{waybill}").streams
    assert {name[0] for name in streams} == set("wsak")
    assert not [e for found in streams.values() for e in found if "item" in e.statement.subjects]


def test_an_item_brings_its_class_even_where_nobody_names_it(tale: Tale) -> None:
    shop = tale.firm("merchant")
    item = tale.make(shop)
    streams = tale.closure(f"p:{item}").streams
    assert streams[f"p:{HAM}"] == ()
    assert not [name for name in streams if "/10/" in name]


def test_an_actor_who_only_gave_a_mandate_is_in(tale: Tale) -> None:
    shop, packer, courier = tale.firm("merchant"), tale.firm("warehouse"), tale.firm("courier")
    tale.say(shop, "mandate", {"party": shop.actor}, {"event": "grant", "to": packer.actor, "types": ["consign", "dispatch"]})
    waybill, *_ = tale.consign(packer, courier, "p", **{"for": shop.actor})
    streams = tale.closure(f"w:{waybill}").streams
    assert f"a:{shop.actor}" in streams
    assert tale.closure(f"w:{waybill}").directory(blank(tale)).mandates


def test_statements_about_statements_bring_what_those_speak_of(tale: Tale) -> None:
    shop, courier, office = tale.firm("merchant"), tale.firm("courier"), tale.office()
    waybill, *_ = tale.consign(shop, courier, "p")
    complaint = tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, {"against": "carrier", "category": "delay"})
    case = tale.say(office, "case", {}, {"state": "DECIDED", "outcome": "upheld"}, ref=complaint)
    assert f"w:{waybill}" in named_by(case)
    assert f"k:{office.actor}" in named_by(case)


def test_consumers_keys_have_no_history_to_ask_for(tale: Tale) -> None:
    courier = tale.firm("courier")
    waybill = f"{courier.actor[5:]}/{'x' * 22}"
    tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, {"against": "carrier", "category": "delay"})
    assert not [name for name in tale.closure(f"w:{waybill}").streams if "anon:" in name]


def test_keys_lead_back_to_the_genesis_key(tale: Tale) -> None:
    """The directory folded from the story alone knows every signer's key and who approved it."""
    shop, courier = tale.firm("merchant"), tale.firm("courier")
    device = tale.device(courier)
    fresh = Signer.new(courier.actor, "second key")
    tale.say(courier, "key", {"party": courier.actor}, {"event": "add", "key": fresh.public})
    waybill, *_ = tale.consign(shop, courier, "p")
    tale.scan(device, waybill, "PICKED_UP")
    tale.scan(fresh, waybill, "HUB_IN")
    closure = tale.closure(f"w:{waybill}")
    directory = closure.directory(blank(tale))
    for entry in closure.entries:
        assert directory.public_for(entry.statement) == tale.directory.public_for(entry.statement)
        assert directory.house(entry.statement.actor) == tale.directory.house(entry.statement.actor)
    assert directory.actors[courier.actor].approved


def test_hand_overs_in_a_circle_end(tale: Tale) -> None:
    one, two = tale.firm("courier"), tale.firm("courier")
    first, second = f"{one.actor[5:]}/{'a' * 22}", f"{two.actor[5:]}/{'b' * 22}"
    tale.scan(one, first, "HANDOVER", next_=second)
    tale.scan(two, second, "HANDOVER", next_=first)
    streams = tale.closure(f"w:{first}").streams
    assert {f"w:{first}", f"w:{second}"} <= set(streams)


def test_the_worklist_asks_once_and_in_the_order_of_naming(tale: Tale) -> None:
    shop = tale.firm("merchant")
    item = tale.make(shop)
    asked = []

    def read(names):  # type: ignore[no-untyped-def]
        asked.append(list(names))
        return tale.read(names)

    close_story(f"p:{item}", read)
    assert asked[0] == [f"p:{item}", f"p:{HAM}"]
    flat = [name for names in asked for name in names]
    assert len(flat) == len(set(flat))


def test_a_stream_that_was_not_asked_for_is_not_taken(tale: Tale) -> None:
    closure = Closure(f"p:{serial(1)}")
    with pytest.raises(AssertionError):
        closure.take("w:x", ())


def test_a_story_has_a_bound(tale: Tale, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = tale.firm("merchant")
    item = tale.make(shop)
    monkeypatch.setattr(closure_module, "STREAMS_MAX", 3)
    with pytest.raises(VerificationError) as caught:
        tale.closure(f"p:{item}")
    assert caught.value.code == "closure-too-large"
    monkeypatch.setattr(closure_module, "STREAMS_MAX", 100)
    monkeypatch.setattr(closure_module, "ENTRIES_MAX", 1)
    with pytest.raises(VerificationError) as caught:
        tale.closure(f"p:{item}")
    assert caught.value.code == "closure-too-large"

"""The rules of the trade through the real sequencer: what each refuses, and the odd lives that all admit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.auditing import audit
from fakes.house import CARRIER, OTHER, Firm, House, codes, expect_recorded
from fakes.world import Said, World, refusals
from fakes.world import Signer as Signatory

from suxin.api.stories import stories_of
from suxin.api.submission import parse_event
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.ledger import canonical
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.statement import Statement
from suxin.trace.evidence import Support
from suxin.trace.verdict import Verdicts

SHOP = "uscc:91440300708461136T"
RIVAL = "uscc:91110000802100433B"
PLACE = {"district": "330702"}
CLASS = "/01/06901234567892"
ITEMS = [f"{CLASS}/21/SERIAL00000{i}" for i in range(3)]


class Trade:
    """A shop with three items of one offer, a carrier, and another one."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.shop = house.firm(SHOP, "merchant", 1)
        self.carrier = house.firm(CARRIER, "courier", 2)
        self.other = house.firm(OTHER, "courier", 3)
        self.offer = SHOP + CLASS
        self.say(
            self.shop,
            "listing",
            {"offer": self.offer},
            event="open",
            title={"en": "Ham"},
            category="food",
            price_minor=100,
            currency="CNY",
        )
        for item in ITEMS:
            self.say(self.shop, "item", {"item": item})

    def sign(self, firm: Firm, type_name: str, subjects: dict[str, str], ref: Statement | None = None, **body: object) -> Signed:
        draft = firm.draft(type_name, subjects, **body)
        return firm.signer.sign(type(draft)(draft.type, draft.at, draft.subjects, draft.body, ref=ref))

    def say(
        self, firm: Firm, type_name: str, subjects: dict[str, str], ref: Statement | None = None, **body: object
    ) -> Statement:
        signed = self.sign(firm, type_name, subjects, ref, **body)
        expect_recorded(self.house.post([signed]))
        return signed.statement

    def refused(self, firm: Firm, type_name: str, subjects: dict[str, str], ref: Statement | None = None, **body: object) -> str:
        size = self.house.service.sequencer.published.size  # type: ignore[union-attr]
        signed = self.sign(firm, type_name, subjects, ref, **body)
        (code,) = codes(self.house.post([signed]))
        assert self.house.service.sequencer.published.size == size  # type: ignore[union-attr]
        firm.signer._counter._taken -= 1  # type: ignore[attr-defined]
        return code

    def count(self, stream: str) -> int:
        """Entries in a stream."""
        return self.house.service.book.find_streams([stream])[stream].count

    def buyer(self, seed: int) -> Firm:
        key = SigningKey(bytes([seed]) * 32)
        return Firm(self.house, f"anon:{key.public_text}", seed)

    def sell(self, item: str, buyer: Firm | None = None) -> Statement:
        claim = {} if buyer is None else {"claim": buyer.actor[5:]}
        return self.say(self.shop, "sale", {"item": item, "offer": self.offer}, price_minor=100, currency="CNY", **claim)

    def pack(
        self, parcel: int, items: list[str], carrier: Firm | None = None, **body: object
    ) -> tuple[str, Statement, list[dict[str, object]]]:
        """Consign a parcel; gives its waybill, the consign and each item's opening."""
        waybill = f"{(carrier or self.carrier).actor[5:]}/{parcel:022d}"
        salts = [bytes([parcel, i]) + bytes(30) for i in range(len(items))]
        leaves = [content_leaf(salt, f"p:{item}") for salt, item in zip(salts, items, strict=True)]
        contents = {"count": len(items), "root": b64u(root_of(leaves))}
        consign = self.say(
            self.shop, "consign", {"waybill": waybill}, contents=contents, origin="330702", destination="310115", **body
        )
        node = nodes_of(leaves)
        openings = [
            {
                "consign": b64u(consign.hash),
                "position": i,
                "salt": b64u(salt),
                "path": [b64u(part) for part in inclusion_path(i, len(items), node)],
            }
            for i, salt in enumerate(salts)
        ]
        return waybill, consign, openings


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    with House(tmp_path) as house:
        yield Trade(house)


def test_one_item_in_three_boxes_and_three_items_in_one(trade: Trade) -> None:
    trade.sell(ITEMS[0])
    for piece in (1, 2, 3):
        waybill, _, (opening,) = trade.pack(piece, [ITEMS[0]])
        trade.say(trade.shop, "dispatch", {"item": ITEMS[0], "waybill": waybill}, piece=piece, pieces=3, **opening)
    waybill, _, openings = trade.pack(4, ITEMS)
    for item, opening in zip(ITEMS, openings, strict=True):
        if item != ITEMS[0]:
            trade.sell(item)
        trade.say(trade.shop, "dispatch", {"item": item, "waybill": waybill}, piece=1, pieces=1, **opening)
    assert [trade.count(f"p:{item}") for item in ITEMS] == [6, 3, 3]  # made, sold, and a dispatch for each box


def test_a_dispatch_opens_its_own_leaf_and_no_other(trade: Trade) -> None:
    trade.sell(ITEMS[0])
    trade.sell(ITEMS[1])
    waybill, consign, (first, second) = trade.pack(1, ITEMS[:2])
    at = {"item": ITEMS[0], "waybill": waybill}
    assert trade.refused(trade.shop, "dispatch", at, piece=1, pieces=1, **second) == "contents-mismatch"
    assert trade.refused(trade.shop, "dispatch", at, piece=2, pieces=1, **first) == "piece-range"
    stale = {**first, "consign": b64u(bytes(32))}
    assert trade.refused(trade.shop, "dispatch", at, piece=1, pieces=1, **stale) == "consign-unknown"
    rival = trade.house.firm(RIVAL, "merchant", 4)
    assert trade.refused(rival, "dispatch", at, piece=1, pieces=1, **first) == "no-authority"
    assert consign.hash


def test_one_live_consign_a_waybill(trade: Trade) -> None:
    waybill, consign, _ = trade.pack(1, ITEMS[:1])
    body = {"contents": {"count": 1, "root": b64u(bytes(32))}, "origin": "330702", "destination": "310115"}
    assert trade.refused(trade.shop, "consign", {"waybill": waybill}, **body) == "consign-live"
    rival = trade.house.firm(RIVAL, "merchant", 4)
    assert trade.refused(rival, "consign", {"waybill": waybill}, replaces=b64u(consign.hash), **body) == "consign-foreign"
    again = trade.say(trade.shop, "consign", {"waybill": waybill}, replaces=b64u(consign.hash), **body)
    trade.say(trade.carrier, "scan", {"waybill": waybill}, code="PICKED_UP", place=PLACE, accepts=b64u(again.hash))
    assert trade.refused(trade.shop, "consign", {"waybill": waybill}, replaces=b64u(again.hash), **body) == "consign-accepted"
    accepts = b64u(consign.hash)
    assert (
        trade.refused(trade.carrier, "scan", {"waybill": waybill}, code="HUB_IN", place=PLACE, accepts=accepts)
        == "consign-unknown"
    )


def test_relabelling_on_hand_over_needs_both_carriers(trade: Trade) -> None:
    waybill, _, _ = trade.pack(1, ITEMS[:1])
    onward = f"{OTHER[5:]}/{9:022d}"
    assert trade.refused(trade.carrier, "scan", {"waybill": waybill}, code="HANDOVER", place=PLACE) == "handover-next"
    both = {"waybill": waybill, "next": onward}
    assert trade.refused(trade.carrier, "scan", both, code="HUB_OUT", place=PLACE) == "handover-next"
    own = {"waybill": waybill, "next": f"{CARRIER[5:]}/{9:022d}"}
    assert trade.refused(trade.carrier, "scan", own, code="HANDOVER", place=PLACE) == "handover-same"
    assert trade.refused(trade.other, "scan", both, code="HANDOVER", place=PLACE) == "no-authority"
    handed = trade.say(trade.carrier, "scan", both, code="HANDOVER", place=PLACE)
    assert f"w:{onward}" in handed.streams
    assert f"c:{OTHER[5:]}" in handed.streams
    trade.say(trade.other, "confirm", {}, handed, kind="accepts")
    trade.say(trade.other, "scan", {"waybill": onward}, code="HUB_IN", place=PLACE)


def test_returned_relisted_and_sold_again(trade: Trade) -> None:
    first, second = trade.buyer(21), trade.buyer(22)
    trade.sell(ITEMS[0], first)
    trade.say(first, "review", {"item": ITEMS[0], "offer": trade.offer}, kind="first", stars=2)
    trade.say(trade.shop, "return", {"item": ITEMS[0]}, reason="no_reason_7d")
    trade.say(trade.shop, "relist", {"item": ITEMS[0], "offer": trade.offer}, condition="opened")
    trade.sell(ITEMS[0], second)
    trade.say(second, "review", {"item": ITEMS[0], "offer": trade.offer}, kind="first", stars=5)
    assert trade.count(f"p:{ITEMS[0]}") == 7
    assert trade.count(f"r:{trade.offer}") == 2


def test_refused_lost_and_found_again(trade: Trade) -> None:
    waybill, _, _ = trade.pack(1, ITEMS[:1])
    for code in ("PICKED_UP", "LOST", "FOUND", "OUT_FOR_DELIVERY", "REFUSED", "RETURNING", "RETURNED"):
        trade.say(trade.carrier, "scan", {"waybill": waybill}, code=code, place=PLACE)
    assert trade.count(f"w:{waybill}") == 8


def test_two_makers_of_one_serial_are_both_recorded(trade: Trade) -> None:
    rival = trade.house.firm(RIVAL, "merchant", 4)
    trade.say(rival, "item", {"item": ITEMS[0]})
    foreign = f"/s/{SHOP[5:]}/HAM-2KG/21/ABCDEFGHIJK"
    assert trade.refused(rival, "item", {"item": foreign}) == "no-authority"
    trade.say(trade.shop, "item", {"item": foreign})


def test_odd_times_are_recorded_but_not_those_ahead(trade: Trade) -> None:
    waybill, _, _ = trade.pack(1, ITEMS[:1])
    trade.house.clock.now -= 86_400_000
    early = trade.sign(trade.carrier, "scan", {"waybill": waybill}, code="PICKED_UP", place=PLACE)
    trade.house.clock.now += 86_400_000
    expect_recorded(trade.house.post([early]))
    trade.house.clock.now += 301_000
    ahead = trade.sign(trade.carrier, "scan", {"waybill": waybill}, code="HUB_IN", place=PLACE)
    trade.house.clock.now -= 301_000
    assert codes(trade.house.post([ahead])) == ["time-ahead"]


@pytest.mark.parametrize(
    ("type_name", "subjects", "body"),
    [
        ("sale", {"item": f"{CLASS}/21/UNKNOWN00001", "offer": SHOP + CLASS}, {"price_minor": 1, "currency": "CNY"}),
        ("sale", {"item": ITEMS[0], "offer": f"{SHOP}/s/{SHOP[5:]}/NONE"}, {"price_minor": 1, "currency": "CNY"}),
        ("relist", {"item": f"{CLASS}/21/UNKNOWN00001", "offer": SHOP + CLASS}, {"condition": "opened"}),
    ],
)
def test_what_needs_a_known_subject(trade: Trade, type_name: str, subjects: dict[str, str], body: dict[str, object]) -> None:
    assert trade.refused(trade.shop, type_name, subjects, **body) == "subject-unknown"


def test_scan_complaint_and_delivery_may_open_a_waybill(trade: Trade) -> None:
    trade.say(trade.carrier, "scan", {"waybill": f"{CARRIER[5:]}/{1:022d}"}, code="PICKED_UP", place=PLACE)
    trade.say(trade.carrier, "delivery", {"waybill": f"{CARRIER[5:]}/{2:022d}"}, method="in_person", place=PLACE)
    trade.say(trade.buyer(30), "complaint", {"waybill": f"{CARRIER[5:]}/{3:022d}"}, category="delay", against="carrier")
    foreign = {"waybill": f"{OTHER[5:]}/{4:022d}"}
    assert trade.refused(trade.carrier, "delivery", foreign, method="in_person", place=PLACE) == "no-authority"


def test_one_claim_and_one_first_review(trade: Trade) -> None:
    code, owner, stranger = trade.buyer(40), trade.buyer(41), trade.buyer(42)
    trade.sell(ITEMS[0], code)
    at = {"item": ITEMS[0], "offer": trade.offer}
    assert trade.refused(stranger, "claim", {"item": ITEMS[0]}, owner=stranger.actor[5:]) == "no-authority"
    assert trade.refused(stranger, "review", at, kind="first", stars=1) == "no-authority"
    claim = trade.say(code, "claim", {"item": ITEMS[0]}, owner=owner.actor[5:])
    assert trade.refused(code, "claim", {"item": ITEMS[0]}, owner=stranger.actor[5:]) == "claimed-already"
    first = trade.say(owner, "review", at, claim, kind="first", stars=4)
    assert trade.refused(owner, "review", at, kind="first", stars=5) == "reviewed-already"
    assert trade.refused(owner, "review", at, kind="follow", stars=5) == "review-thread"
    trade.say(owner, "review", at, first, kind="follow", stars=5)
    assert trade.refused(code, "review", at, first, kind="follow", stars=1) == "review-thread"
    wrong = {"item": ITEMS[0], "offer": f"{RIVAL}{CLASS}"}
    rival = trade.house.firm(RIVAL, "merchant", 4)
    trade.say(
        rival,
        "listing",
        {"offer": RIVAL + CLASS},
        event="open",
        title={"en": "x"},
        category="food",
        price_minor=1,
        currency="CNY",
    )
    assert trade.refused(owner, "review", wrong, first, kind="follow", stars=1) == "offer-foreign"


def offer_of(trade: Trade, firm: Firm, product: str) -> str:
    offer = firm.actor + product
    trade.say(firm, "listing", {"offer": offer}, event="open", title={"en": "x"}, category="food", price_minor=1, currency="CNY")
    return offer


def test_a_review_is_of_what_was_bought_whoever_sells_it_again(trade: Trade) -> None:
    buyer, rival = trade.buyer(40), trade.house.firm(RIVAL, "merchant", 4)
    trade.sell(ITEMS[0], buyer)
    other, theirs = offer_of(trade, trade.shop, "/01/06901234567809"), offer_of(trade, rival, CLASS)
    price = {"price_minor": 1, "currency": "CNY"}
    assert trade.refused(trade.shop, "sale", {"item": ITEMS[1], "offer": other}, **price) == "offer-foreign"
    assert trade.refused(buyer, "review", {"item": ITEMS[0], "offer": other}, kind="first", stars=5) == "offer-foreign"
    waybill, consign, openings = trade.pack(1, ITEMS[:1])
    trade.say(trade.shop, "dispatch", {"item": ITEMS[0], "waybill": waybill}, piece=1, pieces=1, **openings[0])
    trade.say(trade.carrier, "delivery", {"waybill": waybill}, method="in_person", place=PLACE, accepts=b64u(consign.hash))
    trade.say(rival, "sale", {"item": ITEMS[0], "offer": theirs}, claim=buyer.actor[5:], **price)
    trade.say(buyer, "review", {"item": ITEMS[0], "offer": trade.offer}, kind="first", stars=1)
    assert trade.refused(buyer, "review", {"item": ITEMS[0], "offer": trade.offer}, kind="first", stars=5) == "reviewed-already"
    material = stories_of(trade.house.service).material(f"p:{ITEMS[0]}")
    assert material is not None
    (review,) = material.of_type(f"p:{ITEMS[0]}", "review")
    assert Verdicts(material, Support(material), {}).proved(review) == "delivered"  # of the rival's sale nothing arrived


def test_a_carriage_is_reviewed_further_by_who_reviewed_it(trade: Trade) -> None:
    her, him = trade.buyer(50), trade.buyer(51)
    waybills = [trade.pack(n, ITEMS[:1], claim=who.actor[5:])[0] for n, who in enumerate((her, him))]
    for waybill in waybills:
        trade.say(trade.carrier, "scan", {"waybill": waybill}, code="PICKED_UP", place=PLACE)
    first = trade.say(her, "review", {"waybill": waybills[0]}, kind="first", stars=1)
    for who, waybill in ((trade.shop, waybills[0]), (him, waybills[1])):
        assert trade.refused(who, "review", {"waybill": waybill}, first, kind="follow", stars=5) == "review-thread"
    trade.say(her, "review", {"waybill": waybills[0]}, first, kind="follow", stars=2)


def test_a_case_moves_as_its_table_says(trade: Trade) -> None:
    buyer = trade.buyer(50)
    waybill, _, _ = trade.pack(1, ITEMS[:1], claim=buyer.actor[5:])
    trade.say(trade.carrier, "scan", {"waybill": waybill}, code="PICKED_UP", place=PLACE)
    complaint = trade.say(buyer, "complaint", {"waybill": waybill}, category="damaged", against="carrier")
    assert trade.refused(trade.carrier, "case", {}, complaint, state="DECIDED", outcome="not_upheld") == "case-move"
    assert trade.refused(trade.carrier, "case", {}, complaint, state="CLOSED_NO_ANSWER") == "case-move"
    assert trade.refused(trade.other, "case", {}, complaint, state="WITH_PARTY") == "no-authority"
    trade.say(trade.carrier, "case", {}, complaint, state="WITH_PARTY")
    trade.say(trade.carrier, "reply", {}, complaint, text=b64u(bytes(32)))
    trade.say(buyer, "case", {}, complaint, state="ESCALATED")
    postal = trade.house.firm("auth:postal:330700", "regulator", 60)
    assert trade.refused(postal, "case", {}, complaint, state="DECIDED") == "case-outcome"
    decided = trade.say(postal, "case", {}, complaint, state="DECIDED", outcome="upheld", at_fault="carrier")
    trade.say(trade.carrier, "reply", {}, decided, text=b64u(bytes(32)))


def test_references_are_true_copies(trade: Trade) -> None:
    scan = trade.say(trade.carrier, "scan", {"waybill": f"{CARRIER[5:]}/{1:022d}"}, code="PICKED_UP", place=PLACE)
    other = trade.sign(trade.carrier, "scan", {"waybill": f"{CARRIER[5:]}/{1:022d}"}, code="HUB_IN", place=PLACE).statement
    assert trade.refused(trade.carrier, "correction", {}, other, reason="wrong_data") == "ref-unknown"
    draft = trade.carrier.draft("correction", {}, reason="wrong_data")
    good = trade.carrier.signer.sign(Draft(draft.type, draft.at, {}, draft.body, ref=scan))
    lie = canonical.parse(good.raw)
    assert isinstance(lie, dict)
    lie["re"] = {"subjects": {"waybill": f"{CARRIER[5:]}/{1:022d}"}, "type": "delivery"}
    raw = canonical.dump(lie)
    forged = Signed("correction", raw, good.hash, trade.carrier.key.sign_statement(raw))
    assert codes(trade.house.post([forged])) == ["re-mismatch"]
    assert codes(trade.house.post([good])) == ["recorded"]


def test_nobody_confirms_his_own_word(trade: Trade) -> None:
    _, consign, _ = trade.pack(1, ITEMS[:1])
    assert trade.refused(trade.shop, "confirm", {}, consign, kind="accepts") == "confirm-own"
    assert trade.refused(trade.other, "confirm", {}, consign, kind="accepts") == "no-authority"
    assert trade.refused(trade.carrier, "confirm", {}, consign, kind="approves") == "no-authority"
    trade.say(trade.carrier, "confirm", {}, consign, kind="accepts")


def test_recall_by_who_listed_it_or_an_authority(trade: Trade) -> None:
    lot = {"lot": f"{CLASS}/10/B2026A"}
    body = {"number": "R-1", "level": "II", "event": "start", "reason": "safety", "notice": b64u(bytes(32))}
    rival = trade.house.firm(RIVAL, "merchant", 4)
    assert trade.refused(rival, "recall", lot, **body) == "no-authority"
    trade.say(trade.shop, "recall", lot, **body)
    market = trade.house.firm("auth:market:330700", "regulator", 61)
    trade.say(market, "recall", {"class": CLASS}, **body)
    lab = trade.house.firm("gln:6901234567892", "lab", 62)
    trade.say(lab, "inspection", lot, kind="lot_test", verdict="fail", report="QI-1")


def test_keys_rotate_revoke_and_end(trade: Trade) -> None:
    carrier, house = trade.carrier, trade.house
    new = SigningKey(b"\x77" * 32)
    trade.say(carrier, "key", {"party": CARRIER}, event="add", key=new.public_text)
    assert trade.refused(carrier, "key", {"party": CARRIER}, event="add", key=new.public_text) == "key-known"
    assert trade.refused(trade.other, "key", {"party": CARRIER}, event="revoke", key=new.public_text) == "no-authority"
    trade.say(carrier, "key", {"party": CARRIER}, event="rotate", key=carrier.key.public_text)
    queued = carrier.scan(1)
    house.clock.now += 29 * 86_400_000
    assert codes(house.post([queued])) == ["recorded"]
    house.clock.now += 2 * 86_400_000
    assert codes(house.post([carrier.scan(2)])) == ["key-expired"]
    carrier.signer, carrier.key = Signer(new, CARRIER, carrier.signer.book, MemoryCounter(), house.clock), new
    trade.say(
        carrier,
        "key",
        {"party": CARRIER},
        event="revoke",
        key=new.public_text,
        reason="stolen",
        since="2026-11-22T00:00:00+08:00",
    )
    assert codes(house.post([carrier.scan(3)])) == ["key-revoked"]


def test_devices_mandates_and_leaving(trade: Trade) -> None:
    house, carrier = trade.house, trade.carrier
    device = Firm(house, "dev:" + "d" * 22, 70)
    register = {"event": "register", "role": "device", "key": device.key.public_text}
    subjects = {"party": device.actor, "company": CARRIER}
    assert trade.refused(trade.other, "actor", subjects, **register) == "no-authority"
    trade.say(carrier, "actor", subjects, **register)
    waybill = {"waybill": f"{CARRIER[5:]}/{1:022d}"}
    trade.say(device, "scan", waybill, code="PICKED_UP", place=PLACE)
    foreign = {"waybill": f"{OTHER[5:]}/{1:022d}"}
    assert trade.refused(device, "scan", foreign, code="PICKED_UP", place=PLACE) == "no-authority"
    platform = house.firm("gln:6901234567892", "platform", 71)
    draft = platform.draft("scan", waybill, code="HUB_IN", place=PLACE)
    acting = type(draft)(draft.type, draft.at, draft.subjects, draft.body, for_=CARRIER)
    assert codes(house.post([platform.signer.sign(acting, n=2)])) == ["mandate-missing"]
    trade.say(carrier, "mandate", {"party": CARRIER}, event="grant", to=platform.actor, types=["scan"])
    assert codes(house.post([platform.signer.sign(acting, n=2)])) == ["recorded"]
    trade.say(carrier, "mandate", {"party": CARRIER}, event="revoke", to=platform.actor, types=["scan"])
    assert codes(house.post([platform.signer.sign(acting, n=3)])) == ["mandate-missing"]
    trade.say(carrier, "actor", {"party": CARRIER}, event="leave", role="courier")
    assert codes(house.post([device.signer.sign(device.draft("scan", waybill, code="HUB_IN", place=PLACE))])) == ["actor-left"]


def test_nobody_retires_anothers_device_or_signs_on_for_who_left(trade: Trade) -> None:
    device = Firm(trade.house, "dev:" + "d" * 22, 70)
    body = {"event": "register", "role": "device", "key": device.key.public_text}
    trade.say(trade.carrier, "actor", {"party": device.actor, "company": CARRIER}, **body)
    for company in (OTHER, CARRIER):
        rival = {"party": device.actor, "company": company}
        assert trade.refused(trade.other, "actor", rival, event="leave", role="device") == "no-authority"
    trade.say(trade.carrier, "mandate", {"party": CARRIER}, event="grant", to=OTHER, types=["scan"])
    trade.say(trade.carrier, "actor", {"party": CARRIER}, event="leave", role="courier")
    draft = trade.other.draft("scan", {"waybill": f"{CARRIER[5:]}/{1:022d}"}, code="HUB_IN", place=PLACE)
    acting = type(draft)(draft.type, draft.at, draft.subjects, draft.body, for_=CARRIER)
    assert codes(trade.house.post([trade.other.signer.sign(acting)])) == ["mandate-missing"]


def test_who_names_a_companys_code_first_does_not_have_it(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        thief, shop, late = (Signatory.new(SHOP, name) for name in ("thief", "shop", "late"))

        def register(who: Signatory, role: str) -> Said:
            return world.sign(who, "actor", {"party": SHOP}, {"event": "register", "role": role, "key": who.public})

        first, second = world.post(register(thief, "courier")), world.post(register(shop, "merchant"))
        world.say(world.root, "confirm", {}, {"kind": "approves"}, ref=second)
        again = world.sign(world.root, "confirm", {}, {"kind": "approves"}, ref=first)
        listed = {"event": "open", "title": {"en": "x"}, "category": "food", "price_minor": 1, "currency": "CNY"}
        theirs = world.sign(thief, "listing", {"offer": SHOP + CLASS}, listed)
        assert refusals(world.offer(again, theirs, register(late, "merchant"))) == ["actor-known", "key-revoked", "actor-known"]
        world.say(shop, "listing", {"offer": SHOP + CLASS}, listed)
    assert audit(f"sqlite:///{tmp_path / 'book.db'}").first is None


def test_of_two_who_register_one_code_in_a_sandbox_at_once_one_is_told(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        rows = []
        for firm in (Firm(house, SHOP, 1), Firm(house, SHOP, 2)):
            draft = firm.draft("actor", {"party": SHOP}, event="register", role="merchant", key=firm.key.public_text)
            rows.append(parse_event(firm.signer.sign(draft).line()))

        async def both() -> list[object]:
            return await asyncio.gather(*map(house.service.write, rows), return_exceptions=True)

        raised = [outcome for outcome in asyncio.run(both()) if isinstance(outcome, Exception)]
    # Nothing is raised where the second came later after all: then its row is refused.
    assert all(isinstance(error, Refused) and error.code == "actor-known" for error in raised), raised


def test_a_day_that_does_not_exist_is_refused_and_stops_nobody(trade: Trade) -> None:
    carrier = trade.carrier
    body = {"event": "revoke", "key": carrier.key.public_text, "since": "2026-02-28T00:00:00Z"}
    good = carrier.signer.sign(carrier.draft("key", {"party": CARRIER}, **body))
    raw = good.raw.replace(b"2026-02-28", b"2026-02-30")
    bad = Signed("key", raw, good.hash, carrier.key.sign_statement(raw))
    assert codes(trade.house.post([bad])) == ["time-malformed"]
    assert codes(trade.house.post([good])) == ["recorded"]

"""Stories on paper with much to tell apart on a page: sent back and sold again, disputed, handed over, odd in every way."""

from __future__ import annotations

from typing import Any

from fakes import credit_bodies as good
from fakes.paper import MINUTE
from fakes.paper_tales import CARRIER, DAY, HAM, ITEM, LAB, LOT, MAKER, OFFER, PRICE, STREAM, WAYBILL, Tale, opening
from fakes.world import Said, Signer, company, seed

from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text

NEXT_CARRIER, RIVAL = (f"uscc:{company(number)}" for number in (8, 9))
NEXT = f"{NEXT_CARRIER[5:]}/{'onward'.ljust(22, '0')}"
HOUR = 60 * MINUTE
PHOTO = [{"bytes": 9, "kind": "photo", "sha256": b64u(seed("photo"))}]
YIWU, SHANGHAI = {"district": "330782", "facility": "YW-1"}, {"district": "310115"}


class Longer(Tale):
    """A tale with a carrier, and days that go by."""

    def __init__(self) -> None:
        super().__init__(depth=4)
        self.begin()
        self.carrier = self.book.register(Signer.new(CARRIER), "courier", name={"zh": "快递"}, licence="L-1")
        self.buyer = Signer.nobody("another code")

    def wait(self, ms: int) -> Longer:
        """Let time go by."""
        self.book.now += ms
        return self

    def at(self, ms: int = 0, offset_min: int = 480) -> str:
        """A claimed time, so much before the next receipt."""
        return moment_text(self.book.now + MINUTE - ms, offset_min)

    def offer(self) -> None:
        """Listed with promises, made with a lot, sold with a code."""
        promise = {"deliver_hours": 72, "dispatch_hours": 48, "return_days": 7}
        listing = {
            "category": "food",
            "event": "open",
            "licence": "JY-1",
            "origin": "330702",
            "promise": promise,
            "title": {"zh": "火腿 2 kg"},
        }
        self.book.say(self.maker, "listing", {"offer": OFFER}, listing | PRICE)
        made = {"expires_on": "2027-11-01", "made_on": "2026-11-01", "origin": "330702", "weight_g": 2_345}
        self.book.say(self.maker, "item", {"item": ITEM, "lot": LOT}, made)
        self.sell(self.her)

    def sell(self, buyer: Signer, **more: Any) -> Said:
        """Sold to whoever holds this code."""
        body = {"channel": "live", "claim": buyer.public} | PRICE
        return self.book.say(self.maker, "sale", {"item": ITEM, "offer": OFFER}, body, **more)

    def send(self) -> Said:
        """Consigned and dispatched."""
        contents = {"count": 1, "root": b64u(content_leaf(seed("box"), STREAM))}
        body = {"claim": self.her.public, "contents": contents, "destination": "310115", "origin": "330702", "weight_g": 2_500}
        consign = self.book.say(self.maker, "consign", {"waybill": WAYBILL}, body)
        self.book.say(self.maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(consign.ref))
        return consign

    def scan(self, code: str, place: dict[str, str] | None = None, *, by: Signer | None = None, **body: Any) -> Said:
        """A scan of the parcel, hours after the one before."""
        self.wait(3 * HOUR)
        more = {name: body.pop(name) for name in ("at", "source", "evidence") if name in body}
        subjects = {"waybill": WAYBILL} | ({"next": body.pop("next")} if "next" in body else {})
        return self.book.say(by or self.carrier, "scan", subjects, {"code": code, "place": place or YIWU} | body, **more)


def returned() -> Longer:
    """Sold, carried, countersigned, reviewed twice; sent back, offered again, sold again and on its way."""
    tale = Longer()
    book = tale.book
    tale.offer()
    consign = tale.send()
    tale.scan("PICKED_UP", accepts=consign.ref, weight_g=2_505, realname_checked=True, evidence=PHOTO)
    for code in ("HUB_IN", "HUB_OUT", "HUB_IN", "AT_DELIVERY_DEPOT", "OUT_FOR_DELIVERY"):
        tale.scan(code, SHANGHAI if code == "OUT_FOR_DELIVERY" else None)
    tale.wait(HOUR)
    delivery = book.say(
        tale.carrier, "delivery", {"waybill": WAYBILL}, {"method": "neighbour", "place": SHANGHAI}, evidence=PHOTO
    )
    book.say(tale.her, "confirm", {}, {"kind": "received"}, ref=delivery)
    book.say(tale.her, "claim", {"item": ITEM}, {"owner": Signer.nobody("her own key").public})
    first = book.say_text(
        tale.her, "review", {"item": ITEM, "offer": OFFER}, {"kind": "first", "seller_stars": 4, "stars": 5}, "好吃。<b>"
    )
    faces = {"delivery": 5, "pickup": 3}
    book.say(tale.her, "review", {"waybill": WAYBILL}, {"faces": faces, "kind": "first", "stars": 4})
    tale.wait(3 * DAY)
    book.say_text(tale.her, "review", {"item": ITEM, "offer": OFFER}, {"kind": "follow", "stars": 2}, "太咸。", ref=first)
    book.say_text(tale.maker, "reply", {}, {"remedy": "refund"}, "抱歉。", ref=first)
    back = book.say(tale.her, "return", {"item": ITEM}, {"reason": "no_reason_7d"})
    tale.wait(DAY)
    book.say(tale.maker, "confirm", {}, {"kind": "received"}, ref=back)
    book.say(tale.maker, "relist", {"item": ITEM, "offer": OFFER}, {"condition": "opened"})
    tale.sell(tale.buyer)
    return tale


def disputed() -> Longer:
    """A sign-off that is denied, a complaint that is decided, one that is overdue; a text under seal; words taken back."""
    tale = Longer()
    book = tale.book
    tale.offer()
    tale.send()
    tale.scan("PICKED_UP")
    tale.scan("OUT_FOR_DELIVERY", SHANGHAI)
    locker = {"consent": "none", "method": "locker", "place": SHANGHAI}
    signed = book.say(tale.carrier, "delivery", {"waybill": WAYBILL}, locker)
    book.say(tale.her, "confirm", {}, {"kind": "refuses", "reason": "recipient.refused"}, ref=signed)
    body = {"against": "carrier", "category": "false_signoff", "remedy": "compensation", "text": b64u(seed("sealed"))}
    denied = book.say(tale.her, "complaint", {"waybill": WAYBILL}, body)
    for state, more in (
        ("ACKNOWLEDGED", {}),
        ("PROPOSED", {"paid_minor": 1_250}),
        ("DECIDED", {"at_fault": "carrier", "outcome": "upheld"}),
    ):
        last = book.say(tale.carrier, "case", {}, {"state": state} | more, ref=denied)
    book.say_text(tale.her, "complaint", {"item": ITEM}, {"against": "seller", "category": "quality"}, "发霉。")
    tale.scan("DELAYED", reason="external.weather")
    wrong = tale.scan("HUB_IN", evidence=PHOTO)
    changes = [{"pointer": "/body/weight_g", "value": 12_345_678}, {"pointer": "/body/by_air", "value": True},
               {"pointer": "/body/made_on", "value": "2026-02-30"},
               {"pointer": "/body/deliver_by", "value": "2026-11-30T08:00:00-03:30"},
               {"pointer": "/body/price_minor", "value": -7}, {"pointer": "/body/waybill", "value": "/elsewhere"},
               {"pointer": "/body/place/district", "value": "330702"}]  # fmt: skip
    book.say(tale.carrier, "correction", {}, {"changes": changes, "reason": "wrong_data"}, ref=wrong)
    undone = tale.scan("LOST")
    book.say(tale.carrier, "correction", {}, {"reason": "did_not_occur"}, ref=undone)
    tale.wait(9 * DAY)
    found = {"kind": "lot_test", "report": "R/9", "standard": "GB-1", "valid_until": "2027-01-31", "verdict": "fail"}
    book.say(tale.maker, "inspection", {"lot": LOT}, found)
    book.say(tale.carrier, "objection", {}, good.OBJECTION, ref=denied)  # it waits, the next one is over
    book.say(
        tale.carrier,
        "objection",
        {},
        {"event": "withdraw"},
        ref=book.say(tale.carrier, "objection", {}, good.OBJECTION, ref=last),
    )
    return tale


def odd() -> Longer:
    """Two makers, two carriers, times late, ahead, assumed and out of order, doubles, borrowed words, a stranger's type."""
    tale = Longer()
    book = tale.book
    rival = book.register(Signer.new(RIVAL), "merchant", controllers=[MAKER], name={"en": "Rival"})
    onward = book.register(Signer.new(NEXT_CARRIER), "courier", key_holder=CARRIER)
    tale.offer()
    book.say(rival, "item", {"item": ITEM}, {})
    tale.send()
    tale.scan("PICKED_UP", at=tale.at(30 * HOUR), time_source="assumed")
    tale.scan("HUB_IN", at=tale.at(80 * HOUR))
    again = tale.at()
    for _ in range(2):
        tale.scan("HUB_OUT", at=again)
    tale.scan("HUB_IN", at=moment_text(book.now + 3 * HOUR + 4 * MINUTE, -210))
    tale.scan("HUB_IN", source={"mode": "simulated"})
    tale.scan("HUB_OUT", {"district": "BRSP"}, source={"mode": "import", "of": MAKER})
    tale.scan("HANDOVER", next=NEXT, carrier_code="X/1")
    tale.wait(2 * HOUR)
    book.say(onward, "scan", {"waybill": NEXT}, {"by_air": True, "code": "PICKED_UP", "inspected": False, "place": SHANGHAI})
    book.say(onward, "scan", {"waybill": NEXT}, {"code": "CREATED", "place": SHANGHAI})
    book.say(rival, "review", {"item": ITEM, "offer": OFFER}, {"kind": "first", "stars": 5})
    book.say(Signer.nobody("no code"), "complaint", {"item": ITEM}, {"against": "seller", "category": "counterfeit"})
    book.say(tale.maker, "gossip", {"item": ITEM}, {"any": 1})
    notice = {"event": "start", "level": "I", "notice": b64u(seed("notice")), "number": "RC-2", "reason": "quality"}
    book.say(tale.maker, "recall", {"class": HAM}, notice)
    book.say(tale.maker, "recall", {"class": HAM}, notice | {"event": "finish"})
    book.say(tale.maker, "recall", {"lot": LOT}, notice | {"number": "RC-3", "reason": "safety"})
    return tale


def borrowed() -> Longer:
    """A journey that was over before the seller named it as his; and a rival who sells the item once more, under her code."""
    tale = Longer()
    book = tale.book
    tale.offer()
    tale.scan("PICKED_UP")
    delivery = book.say(tale.carrier, "delivery", {"waybill": WAYBILL}, {"method": "in_person", "place": SHANGHAI})
    tale.send()
    book.say(tale.her, "confirm", {}, {"kind": "received"}, ref=delivery)
    rival = book.register(Signer.new(RIVAL), "merchant")
    offer = {"offer": f"{RIVAL}{HAM}"}
    book.say(rival, "listing", offer, {"category": "food", "event": "open", "title": {"en": "Ham"}} | PRICE)
    book.say(rival, "sale", {"item": ITEM} | offer, {"claim": tale.her.public} | PRICE)
    book.say(tale.her, "review", {"item": ITEM, "offer": OFFER}, {"kind": "first", "stars": 1})
    return tale


def stale() -> Longer:
    """One of three pieces on its way, and no scan for 31 days; the device is the carrier's, the words are in English only."""
    tale = Longer()
    book = tale.book
    subjects = {"company": CARRIER, "party": tale.device.actor}
    book.say(tale.carrier, "actor", subjects, {"event": "register", "key": tale.device.public, "role": "device"})
    lab = book.register(Signer.new(LAB), "lab", name={"en": "Lab"})
    book.say(lab, "inspection", {"class": HAM}, {"kind": "sampling", "report": "R-1", "verdict": "pass"})
    listing = {"category": "general", "event": "open", "title": {"en": "Ham"}}
    book.say(tale.maker, "listing", {"offer": OFFER}, listing | {"currency": "JPY", "price_minor": 1_234_567})
    book.say(tale.maker, "item", {"item": ITEM}, {})
    sale = {"currency": "JPY", "deliver_by": "2026-11-25T12:00:00Z", "price_minor": 999}
    book.say(tale.maker, "sale", {"item": ITEM, "offer": OFFER}, sale)
    consign = tale.send()
    del consign
    book.say(tale.device, "scan", {"waybill": WAYBILL}, {"code": "PICKED_UP", "place": {"district": "330702"}})
    body = opening(b64u(seed("another consign"))) | {"piece": 2, "pieces": 3}
    book.say(tale.maker, "dispatch", {"item": ITEM, "waybill": NEXT}, body)
    tale.wait(31 * DAY)
    book.say(tale.maker, "listing", {"offer": OFFER}, listing | {"currency": "JPY", "event": "change", "price_minor": 1})
    return tale


def failed() -> Longer:
    """A sample of the lot failed, one of the class too until that was taken back; licences of the seller are granted and end."""
    tale = Longer()
    book = tale.book
    tale.offer()
    lab = book.register(Signer.new(LAB), "lab", name={"en": "Lab"})
    finding = {"kind": "sampling", "report": "R-7", "verdict": "fail"}
    book.say(lab, "inspection", {"lot": LOT}, finding)
    wrong = book.say(lab, "inspection", {"class": HAM}, finding | {"report": "R-8"})
    book.say(lab, "correction", {}, {"reason": "did_not_occur"}, ref=wrong)
    office = book.register(Signer.new("auth:market:330700"), "regulator")
    for event, number, last in (
        ("grant", "B-1", None),
        ("grant", "B-2", "2027-12-31"),
        ("grant", "B-3", "2026-11-30"),
        ("renew", "B-4", "2027-12-31"),
        ("suspend", "B-4", "2027-12-31"),
    ):
        body = {"event": event, "first": "2024-01-01", "kind": "business", "number": number}
        book.say(office, "licence", {"party": MAKER}, body | ({"last": last} if last else {}))
    tale.wait(31 * DAY)
    changed = {"category": "food", "event": "change", "title": {"zh": "火腿"}}
    book.say(tale.maker, "listing", {"offer": OFFER}, changed | PRICE)
    return tale


def stolen() -> Longer:
    """A device that its thief scans on with, until its company revokes the key since the day before."""
    tale = Longer()
    book = tale.book
    subjects = {"company": CARRIER, "party": tale.device.actor}
    book.say(tale.carrier, "actor", subjects, {"event": "register", "key": tale.device.public, "role": "device"})
    tale.offer()
    tale.send()
    tale.scan("PICKED_UP", by=tale.device)
    since = tale.wait(DAY).at()
    tale.scan("HUB_IN", by=tale.device)
    tale.scan("LOST", by=tale.device, at=since.replace("2026-11-23", "2026-11-22"))
    body = {"event": "revoke", "key": tale.device.public, "reason": "stolen", "since": since}
    book.say(tale.carrier, "key", {"party": tale.device.actor}, body)
    tale.scan("FOUND")
    return tale


def voiced() -> Longer:
    """One item sold four times: a review that counts and is hidden, one of a code used too early, one that nobody ordered, one
    on the seller's word alone; complaints answered, remedied by nobody's leave, silent, passed on to the office in Zhejiang.
    """
    tale = Longer()
    book, codes = tale.book, [tale.her, *(Signer.nobody(f"code {number}") for number in (2, 3, 4))]
    platform = book.register(Signer.new(f"uscc:{company(11)}"), "platform", name={"en": "Platform"})
    for firm, role in ((tale.carrier, "courier"), (tale.maker, "merchant")):
        book.say(firm, "actor", {"party": firm.actor}, {"district": "330702", "event": "change", "role": role})
    tale.offer()
    tale.send()
    tale.scan("PICKED_UP", evidence=PHOTO)
    signed = book.say(tale.carrier, "delivery", {"waybill": WAYBILL}, {"method": "in_person", "place": SHANGHAI}, evidence=PHOTO)
    book.say(tale.her, "confirm", {}, {"kind": "received"}, ref=signed)
    book.say(tale.her, "claim", {"item": ITEM}, {"owner": Signer.nobody("her own key").public})
    about, first = {"item": ITEM, "offer": OFFER}, {"kind": "first", "stars": 1}
    review = book.say_text(Signer.nobody("her own key"), "review", about, first, "太贵。")
    answer = book.say_text(tale.maker, "reply", {}, {}, "抱歉。", ref=review)
    book.say_text(Signer.nobody("her own key"), "reply", {}, {}, "没关系。", ref=answer)
    book.say(platform, "case", {}, {"rule": "off_topic", "state": "HIDDEN"}, ref=review)
    book.say(platform, "case", {}, {"state": "RESTORED"}, ref=review)
    again = book.say(platform, "case", {}, {"rule": "for_gain", "state": "HIDDEN"}, ref=review)
    shown = book.say(platform, "case", {}, {"state": "RESTORED"}, ref=review)
    book.say(platform, "correction", {}, {"reason": "did_not_occur"}, ref=shown)
    del again
    for number, code in enumerate(codes[1:], 1):
        book.say(tale.maker, "relist", about, {"condition": "opened"})
        tale.sell(code, **({"for": MAKER} if number == 2 else {}))
        if number == 1:
            book.say(code, "claim", {"item": ITEM}, {"owner": Signer.nobody("early").public})
            book.say(tale.maker, "dispatch", {"item": ITEM, "waybill": NEXT}, opening(b64u(seed("another consign"))))
            tale.wait(HOUR)
            later = Signer.new(NEXT_CARRIER)
            book.say(later, "delivery", {"waybill": NEXT}, {"method": "in_person", "place": SHANGHAI})
        book.say(code, "review", about, first | {"stars": 5})
    stranger = Signer.nobody("who got what nobody ordered")
    denied = book.say(stranger, "complaint", {"item": ITEM}, {"against": "seller", "category": "not_my_order"})
    book.say(tale.maker, "case", {}, {"state": "REMEDIED"}, ref=denied)  # closes nothing
    late = book.say(tale.her, "complaint", {"waybill": WAYBILL}, {"against": "carrier", "category": "delay"})
    book.say(tale.carrier, "case", {}, {"state": "WITH_PARTY"}, ref=late)
    offered = book.say(tale.her, "complaint", {"waybill": WAYBILL}, {"against": "carrier", "category": "attitude"})
    book.say(tale.carrier, "reply", {}, {"text": b64u(seed("sealed"))}, ref=offered)
    tale.wait(15 * DAY)
    passed = book.say(tale.her, "complaint", {"waybill": WAYBILL}, {"against": "carrier", "category": "lost"})
    book.say(tale.carrier, "case", {}, {"state": "PROPOSED"}, ref=passed)
    book.say(tale.her, "case", {}, {"state": "REJECTED_BY_CONSUMER"}, ref=passed)
    book.say(tale.her, "case", {}, {"state": "ESCALATED"}, ref=passed)
    taken = book.say(codes[2], "complaint", {"item": ITEM}, {"against": "seller", "category": "quality"})
    book.say(tale.maker, "case", {}, {"state": "PROPOSED"}, ref=taken)
    book.say(codes[2], "case", {}, {"state": "ACCEPTED"}, ref=taken)
    book.say(tale.maker, "case", {}, {"state": "WITH_PARTY"}, ref=taken)
    return tale


def vowed() -> Longer:
    """Promises of a firm that made a commitment, with a courier that is rated: refused at the door, sent back, and not taken back
    at first; the consign alone promises a delivery.
    """
    tale = Longer()
    book = tale.book
    office = book.register(Signer.new("auth:postal:330700"), "regulator")
    for body in (good.PUBLICATION, good.GREY | {"as_of": "2026-10-30"}):
        book.say(office, "publication", {"party": CARRIER}, body)
    promise = {"dispatch_hours": 1, "return_days": 7}
    listing = {"category": "general", "event": "open", "promise": promise, "title": {"zh": "火腿"}}
    book.say(tale.maker, "listing", {"offer": OFFER}, listing | PRICE)
    vow = {"document": b64u(seed("vow")), "heads": ["quality", "liability"]}
    book.say(tale.maker, "commitment", {"party": MAKER}, vow)
    book.say(tale.maker, "commitment", {"party": MAKER}, vow | {"until": "2026-11-22"})
    book.say(tale.maker, "item", {"item": ITEM}, {})
    tale.sell(tale.her)
    contents = {"count": 1, "root": b64u(content_leaf(seed("box"), STREAM))}
    body = {"contents": contents, "deliver_by": "2026-11-25T12:00:00+08:00", "destination": "310115", "origin": "330702"}
    consign = book.say(tale.maker, "consign", {"waybill": WAYBILL}, body)
    book.say(tale.maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(consign.ref))
    tale.scan("PICKED_UP")
    tale.scan("REFUSED", reason="recipient.refused")
    tale.wait(DAY)
    back = book.say(tale.her, "return", {"item": ITEM}, {"reason": "no_reason_7d"})
    book.say(tale.maker, "confirm", {}, {"kind": "refuses", "reason": "sender.wrong_data"}, ref=back)
    book.say(tale.maker, "confirm", {}, {"kind": "received"}, ref=back)
    return tale


def silenced() -> Longer:
    """Words that are gone: taken back by their author, erased by law, sealed by law, and erased after a seal."""
    tale = Longer()
    book = tale.book
    tale.offer()
    about = {"item": ITEM, "offer": OFFER}
    review = book.say_text(tale.her, "review", about, {"kind": "first", "stars": 3}, "我留的话。")
    sealed, erased, both = (
        book.say_text(Signer.nobody(name), "complaint", {"item": ITEM}, {"category": "quality", "against": "seller"}, name)
        for name in ("sealed words", "erased words", "both words")
    )
    book.say_text(tale.maker, "reply", {}, {}, "We are sorry.", ref=review)
    book.say(tale.her, "erasure", {}, {"ground": "request"}, ref=review)
    for of, body in ((sealed, {"until": "2029-11-22"}), (erased, {}), (both, {"until": "2029-11-22"}), (both, {})):
        book.say(book.root, "erasure", {}, {"ground": "law"} | body, ref=of)
    return tale

"""Stories for books on paper: one ham, told as far as a case needs, by honest people and by others."""

from __future__ import annotations

from typing import Any

from fakes import credit_bodies as good
from fakes.paper import MINUTE, Paper
from fakes.world import Said, Signer, company, gtin, seed

from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import leaf_hash

DAY = 24 * 60 * MINUTE

HAM = f"/01/{gtin(690_123_456_789)}"
ITEM = f"{HAM}/21/serial-00000001"
OTHER_ITEM = f"{HAM}/21/serial-00000002"
LOT = f"{HAM}/10/B2026A"
STREAM, OTHER_STREAM = f"p:{ITEM}", f"p:{OTHER_ITEM}"
MAKER, HOUSE, CARRIER, LAB = (f"uscc:{company(number)}" for number in (1, 4, 5, 7))
OFFER = f"{MAKER}{HAM}"
WAYBILL = f"{CARRIER[5:]}/{'parcel'.ljust(22, '0')}"
ELSEWHERE = f"{CARRIER[5:]}/{'elsewhere'.ljust(22, '0')}"
PRICE = {"currency": "CNY", "price_minor": 12_800}


class Tale:
    """One item in a book on paper."""

    def __init__(self, **more: Any) -> None:
        self.book = Paper(**more)
        self.maker = Signer.new(MAKER)
        self.device = Signer.new(f"dev:{'scanner'.ljust(22, '0')}")
        self.her = Signer.nobody("her code")

    def begin(self) -> Tale:
        """The maker registers and is approved: entries 1 and 2."""
        self.book.register(self.maker, "merchant", name={"en": "Liangtouwu", "zh": "两头乌食品"})
        return self

    def item(self, **subjects: str) -> Said:
        """The item is made."""
        return self.book.say(self.maker, "item", {"item": ITEM} | subjects, {"weight_g": 5_000})

    def sale(self, **more: Any) -> Said:
        """It is listed and sold."""
        listing = {"category": "food", "event": "open", "title": {"en": "Ham", "zh": "火腿"}} | PRICE
        self.book.say(self.maker, "listing", {"offer": OFFER}, listing)
        return self.book.say(self.maker, "sale", {"item": ITEM, "offer": OFFER}, {"claim": self.her.public} | PRICE, **more)

    def review(self) -> Said:
        """Who bought it says something."""
        subjects = {"item": ITEM, "offer": OFFER}
        return self.book.say_text(self.her, "review", subjects, {"kind": "first", "stars": 2}, "太咸了。Too salty.")

    def say_return(self) -> Said:
        """It is sent back."""
        return self.book.say(self.maker, "return", {"item": ITEM}, {"reason": "other"})

    def bundle(self, subject: str = STREAM) -> str:
        """The bundle of the newest state."""
        return self.book.publish().bundle(subject).decode()


def short() -> Tale:
    """Registered, approved, made: entries 1 to 3."""
    tale = Tale().begin()
    tale.item()
    return tale


def plain() -> Tale:
    """Made, listed, sold, reviewed: entries 1 to 6."""
    tale = short()
    tale.sale()
    tale.review()
    return tale


def recalled() -> Tale:
    """An item that names its lot; the class was inspected, the lot is called back."""
    tale = Tale().begin()
    lab = tale.book.register(Signer.new(LAB), "lab")
    tale.item(lot=LOT)
    tale.book.say(lab, "inspection", {"class": HAM}, {"kind": "sampling", "report": "R-1", "verdict": "pass"})
    tale.sale()
    notice = {"event": "start", "level": "II", "notice": b64u(seed("notice")), "number": "RC-1", "reason": "safety"}
    tale.book.say(tale.maker, "recall", {"lot": LOT}, notice)
    return tale


def carried(**header: Any) -> Tale:
    """A warehouse consigns under a mandate, a device scans under batches, the carrier's first key is rotated out.

    `header` changes members of the first batch's header.
    """
    tale = Tale(depth=3).begin()
    book, device = tale.book, tale.device
    house, carrier = book.register(Signer.new(HOUSE), "warehouse"), book.register(Signer.new(CARRIER), "courier")
    subjects = {"company": CARRIER, "party": device.actor}
    book.say(carrier, "actor", subjects, {"event": "register", "key": device.public, "role": "device"})
    fresh = Signer.new(CARRIER, "second key")
    book.say(carrier, "key", {"party": CARRIER}, {"event": "add", "key": fresh.public})
    book.say(fresh, "key", {"party": CARRIER}, {"event": "rotate", "key": carrier.public, "reason": "routine"})
    book.say(tale.maker, "mandate", {"party": MAKER}, {"event": "grant", "to": HOUSE, "types": ["consign", "dispatch"]})
    tale.item()
    tale.sale()
    contents = {"count": 1, "root": b64u(content_leaf(seed("box"), STREAM))}
    parcel = {"contents": contents, "destination": "110101", "origin": "330702"}
    consign = book.say(house, "consign", {"waybill": WAYBILL}, parcel, **{"for": MAKER})
    book.say(house, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(consign.ref), **{"for": MAKER})
    codes = (("PICKED_UP", ELSEWHERE), ("PICKED_UP", WAYBILL), ("HUB_IN", ELSEWHERE), ("HUB_IN", WAYBILL), ("HELD", WAYBILL))
    book.batch(device, [scan(tale, *code) for code in codes], absent=[4], **header)
    book.batch(device, [scan(tale, "OUT_FOR_DELIVERY", WAYBILL)])
    book.say(fresh, "delivery", {"waybill": WAYBILL}, {"method": "in_person", "place": {"district": "110101"}})
    return tale


def scan(tale: Tale, code: str, waybill: str) -> Said:
    """A scan by the device, signed and not yet entered."""
    return tale.book.sign(tale.device, "scan", {"waybill": waybill}, {"code": code, "place": {"district": "330702"}})


def opening(consign: str) -> dict[str, Any]:
    """Body of a dispatch of the only item in a parcel."""
    return {"consign": consign, "path": [], "piece": 1, "pieces": 1, "position": 0, "salt": b64u(seed("box"))}


def erased(
    ground: str = "request", *, of: int = 6, by: str = "operator", body: dict[str, Any] | None = None, parcel: bool = False,
    **more: Any,
) -> Tale:  # fmt: skip
    """The plain story, with an answer to the review, and then entry `of` is withheld.

    `body` and `more` change what the erasure says, None takes a member out; with `parcel` the item was dispatched before.
    """
    tale = plain()
    book = tale.book
    if parcel:
        book.say(tale.maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(b64u(seed("consign"))))
    book.say_text(tale.maker, "reply", {}, {}, "We are sorry.", ref=book.at(6))
    signer = {"operator": book.root, "merchant": tale.maker, "author": tale.her}[by]
    names = {"ground": ground, "index": of, "leaf": b64u(leaf_hash(book.leaves[of]))} | (body or {})
    names = {name: value for name, value in names.items() if value is not None}
    book.say(signer, "erasure", {}, names, **{"ref": book.at(of)} | more)
    return tale


OFFICE = "auth:postal:330700"
CHECK = {"checked": 40, "day": "2026-11-20", "kind": "realname", "number": "C-1", "passed": 20}
APPEAL = {"category": "delay", "finding": "valid", "number": "12305-1"}


def repaired(
    kind: str = "penalty", ground: str = "repair", *, by: str = "office", index: int = 0, leaf: str = "", party: str = CARRIER
) -> Tale:
    """The parcel's story, with a finding in its carrier's file that a repair withholds; the rest changes what the repair says."""
    tale = carried()
    book = tale.book
    office = book.register(Signer.new(OFFICE), "regulator")
    bodies = {"penalty": good.PENALTY, "list": good.LIST, "check": CHECK, "appeal": APPEAL}
    subject = "party" if kind in ("penalty", "list") else "company"
    found = book.say(office, kind, {subject: CARRIER}, bodies[kind])
    at = len(book.leaves) - 1
    names = {"ground": ground, "index": index or at, "leaf": leaf or b64u(leaf_hash(book.leaves[at]))}
    signer = {"office": office, "operator": book.root, "merchant": tale.maker}[by]
    book.say(signer, "repair", {"party": party}, good.REPAIR | names, ref=found)
    return tale

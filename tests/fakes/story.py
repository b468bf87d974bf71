"""What happens in the world: a few weeks of a ham maker, a toy maker and two couriers, with every writable type in it."""

from __future__ import annotations

from typing import Any

from fakes import credit_bodies as good
from fakes.world import BOOK, ORIGIN, Said, Signer, World, company, gtin, refusals, seed

from suxin.ledger.commitment import commit, content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.registry import WRITABLE
from suxin.ledger.store.job import Recorded

HAM = f"/01/{gtin(690_123_456_789)}"
LOT = f"{HAM}/10/B2026A"
TOY = f"/s/{company(2)}/TOY-1"
CITY = "330702"


def item(product: str, number: int) -> str:
    return f"{product}/21/serial-{number:08d}"


class Story:
    """The people of the world and what they do, a chapter at a time; `Story(world).tell()` does all of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.say, self.sign, self.post = world.say, world.sign, world.post

    def tell(self) -> World:
        self.people()
        self.goods()
        self.three_in_a_box()
        self.box_in_three()
        self.afterwards()
        self.authority()
        self.in_batches()
        missing = WRITABLE - {said.statement.type for said in self.world.said}
        assert not missing, missing
        return self.world

    def people(self) -> None:
        """Registrations, a device, keys that are added, rotated and revoked, a mandate, a commitment."""
        world = self.world
        self.maker = world.register(Signer.new(f"uscc:{company(1)}"), "merchant", name={"zh": "两头乌食品", "en": "Liangtouwu"})
        self.toys = world.register(Signer.new(f"uscc:{company(2)}"), "merchant")
        self.platform = world.register(Signer.new(f"uscc:{company(3)}"), "platform")
        self.house = world.register(Signer.new(f"uscc:{company(4)}"), "warehouse", controllers=[self.toys.actor])
        self.courier = world.register(Signer.new(f"uscc:{company(5)}"), "courier", licence="ZJ-0579")
        self.other = world.register(Signer.new(f"uscc:{company(6)}"), "courier", key_holder=self.platform.actor)
        self.lab = world.register(Signer.new(f"uscc:{company(7)}"), "lab")
        self.office = world.register(Signer.new("auth:postal:330700"), "regulator")
        self.device = Signer.new(f"dev:{'scanner'.ljust(22, '0')}")
        subjects = {"party": self.device.actor, "company": self.courier.actor}
        self.say(self.courier, "actor", subjects, {"event": "register", "key": self.device.public, "role": "device"})
        self.say(
            self.courier, "actor", {"party": self.courier.actor}, {"brand": {"en": "Jinyi"}, "event": "change", "role": "courier"}
        )
        self.credit_file()  # early: a repair names positions, and a lie that drops a later entry moves none of these
        self._keys()
        grant = {"event": "grant", "to": self.house.actor, "types": ["dispatch", "consign"], "until": "2027-03-31"}
        self.say(self.toys, "mandate", {"party": self.toys.actor}, grant)
        promise = {"document": b64u(seed("promise")), "heads": ["lawfulness", "service"], "promise": {"deliver_hours": 48}}
        self.say(self.courier, "commitment", {"party": self.courier.actor}, promise)

    def _keys(self) -> None:
        second, lost = Signer.new(self.other.actor, "second key"), Signer.new(self.other.actor, "lost key")
        party = {"party": self.other.actor}
        for fresh in (second, lost):
            self.say(self.other, "key", party, {"event": "add", "key": fresh.public})
        self.say(second, "key", party, {"event": "rotate", "key": self.other.public, "reason": "routine"})
        since = {"event": "revoke", "key": lost.public, "reason": "stolen", "since": "2026-11-21T08:00:00+08:00"}
        self.say(second, "key", party, since)
        self.rotated, self.other = self.other, second
        # Number 2 of the toy maker's key never came; it says so.
        self.toys.n += 1
        hole = {"key": self.toys.key_text, "n": self.toys.n, "reason": "queue_lost"}
        self.say(self.toys, "void", {"party": self.toys.actor}, hole)

    def goods(self) -> None:
        """Offers, units, sales, an inspection."""
        self.offers = {}
        for seller, product in ((self.maker, HAM), (self.toys, TOY)):
            offer = f"{seller.actor}{product}"
            title = {"en": "Ham" if product == HAM else "Toy", "zh": "金华火腿" if product == HAM else "玩具"}
            body = {"category": "food", "currency": "CNY", "event": "open", "price_minor": 39_900, "title": title}
            self.say(seller, "listing", {"offer": offer}, body)
            self.offers[product] = offer
        self.codes = {}
        for number in range(1, 5):
            product, seller, lot = (HAM, self.maker, {"lot": LOT}) if number < 4 else (TOY, self.toys, {})
            name = item(product, number)
            self.codes[name] = Signer.nobody(f"code of {name}")
            made = self.sign(seller, "item", {"item": name} | lot, {"made_on": "2026-05-01", "weight_g": 2_310})
            sold = {"channel": "shop", "claim": self.codes[name].public, "currency": "CNY", "price_minor": 39_900}
            self.post(made, self.sign(seller, "sale", {"item": name, "offer": self.offers[product]}, sold))
        twin = {"item": item(HAM, 1)}
        self.say(self.toys, "item", twin, {"origin": "330700"})  # a second maker of one serial: both stand
        test = {"kind": "lot_test", "report": "QI-2210", "standard": "GB/T-19088", "valid_until": "2027-05-01", "verdict": "pass"}
        self.say(self.lab, "inspection", {"lot": LOT}, test)

    def consign(
        self, shipper: Signer, carrier: Signer, ref: str, items: list[str], **more: Any
    ) -> tuple[Said, list[dict[str, Any]]]:
        """Hand a parcel over; gives the consign and the body of each item's dispatch."""
        waybill = f"{carrier.actor[5:]}/{ref.ljust(22, '0')}"
        salts = [seed(f"salt {ref} {name}") for name in items]
        leaves = [content_leaf(salt, f"p:{name}") for salt, name in zip(salts, items, strict=True)]
        contents = {"count": len(items), "root": b64u(root_of(leaves))}
        body = {"contents": contents, "destination": "310115", "origin": CITY, "claim": Signer.nobody(f"parcel {ref}").public}
        said = self.say(shipper, "consign", {"waybill": waybill}, body, **more)
        paths = [inclusion_path(position, len(leaves), nodes_of(leaves)) for position in range(len(leaves))]
        return said, [
            {"consign": said.ref, "path": [b64u(part) for part in path], "position": position, "salt": b64u(salt)}
            for position, (salt, path) in enumerate(zip(salts, paths, strict=True))
        ]

    def three_in_a_box(self) -> None:
        """Three hams in one parcel, handed on to another carrier, delivered, received; one is claimed and reviewed."""
        names = [item(HAM, number) for number in (1, 2, 3)]
        parcel, openings = self.consign(self.maker, self.courier, "three", names)
        waybill = parcel.statement.subjects["waybill"]
        for name, opening in zip(names, openings, strict=True):
            self.say(self.maker, "dispatch", {"item": name, "waybill": waybill}, opening | {"piece": 1, "pieces": 1})
        self.say(self.courier, "confirm", {}, {"kind": "accepts"}, ref=parcel)
        scan = {"code": "PICKED_UP", "place": {"district": CITY, "facility": "JH-1"}, "realname_checked": True}
        self.say(self.device, "scan", {"waybill": waybill}, scan | {"accepts": parcel.ref})
        weighed = {"code": "HUB_OUT", "place": {"district": CITY}, "weight_g": 7_100}
        wrong = self.say(self.courier, "scan", {"waybill": waybill}, weighed)
        fixed = {"changes": [{"pointer": "/body/weight_g", "value": 7_200}], "reason": "wrong_data"}
        self.say(self.courier, "correction", {}, fixed, ref=wrong)
        onward, _ = self.consign(self.courier, self.other, "onward", names)
        after = onward.statement.subjects["waybill"]
        self.say(self.courier, "scan", {"next": after, "waybill": waybill}, {"code": "HANDOVER", "place": {"district": CITY}})
        photo = [{"bytes": 81_920, "kind": "photo", "sha256": b64u(seed("photo"))}]
        done = {"consent": "standing", "method": "locker", "place": {"district": "310115"}}
        delivered = self.say(self.other, "delivery", {"waybill": after}, done, evidence=photo)
        buyer = Signer.nobody("parcel onward")
        self.say(buyer, "confirm", {}, {"kind": "received"}, ref=delivered)
        self.say(buyer, "review", {"waybill": after}, {"faces": {"delivery": 3, "pickup": 5}, "kind": "first"})
        self._buyer(names[0])

    def _buyer(self, name: str) -> None:
        owner = Signer.nobody("buyer")
        claim = self.say(self.codes[name], "claim", {"item": name}, {"owner": owner.public})
        both = {"item": name, "offer": self.offers[HAM]}
        words = "咸淡正好"
        text = b64u(commit(seed(f"/body/text{words}"), "review", "/body/text", words))
        first = self.sign(owner, "review", both, {"kind": "first", "stars": 4, "text": text}, ref=claim)
        self.post(self.world.opened(first, "/body/text", words))
        self.say(owner, "review", both, {"kind": "follow", "stars": 2}, ref=first)
        complaint = self.say(owner, "complaint", {"item": name}, {"against": "seller", "category": "quality", "remedy": "refund"})
        self.say(self.platform, "case", {}, {"state": "ACKNOWLEDGED"}, ref=complaint)
        self.say(self.maker, "reply", {}, {"remedy": "refund", "text": b64u(seed("answer"))}, ref=complaint)
        decided = {"at_fault": "seller", "outcome": "upheld", "state": "DECIDED"}
        case = self.say(self.office, "case", {}, decided, ref=complaint)
        self.say(self.maker, "reply", {}, {"text": b64u(seed("we pay"))}, ref=case)

    def box_in_three(self) -> None:
        """One toy in three parcels, packed by a warehouse under a mandate; one is refused, one lost and found."""
        name = item(TOY, 4)
        mine = {"for": self.toys.actor}
        for piece in (1, 2, 3):
            parcel, (opening,) = self.consign(self.house, self.courier, f"piece{piece}", [name], **mine)
            waybill = parcel.statement.subjects["waybill"]
            both = {"item": name, "waybill": waybill}
            self.say(self.house, "dispatch", both, opening | {"piece": piece, "pieces": 3}, **mine)
            codes = {1: ["PICKED_UP", "HUB_IN"], 2: ["LOST", "FOUND"], 3: ["OUT_FOR_DELIVERY", "REFUSED"]}[piece]
            for code in codes:
                self.say(self.device, "scan", {"waybill": waybill}, {"code": code, "place": {"district": CITY}})
        refused = self.say(self.courier, "delivery", {"waybill": waybill}, {"method": "in_person", "place": {"district": CITY}})
        self.say(Signer.nobody("parcel piece3"), "confirm", {}, {"kind": "refuses", "reason": "recipient.refused"}, ref=refused)

    def afterwards(self) -> None:
        """A return that is offered again, a recall, a complaint about the carriage, a claimed number that is kept as evidence."""
        name = item(HAM, 2)
        self.say(self.codes[name], "return", {"item": name}, {"reason": "no_reason_7d"})
        self.say(self.maker, "relist", {"item": name, "offer": self.offers[HAM]}, {"condition": "unopened"})
        notice = {"event": "start", "level": "II", "notice": b64u(seed("notice")), "number": "R-1", "reason": "labelling"}
        self.say(self.maker, "recall", {"lot": LOT}, notice)
        waybill = f"{self.courier.actor[5:]}/{'piece2'.ljust(22, '0')}"
        stranger = Signer.nobody("stranger")
        lost = self.say(stranger, "complaint", {"waybill": waybill}, {"against": "carrier", "category": "lost"})
        self.say(stranger, "erasure", {}, {"ground": "request"}, ref=lost)
        self.courier.n -= 1  # the same number once more, with other words
        again = self.sign(self.courier, "scan", {"waybill": waybill}, {"code": "HUB_OUT", "place": {"district": CITY}})
        assert refusals(self.world.offer(again)) == ["counter-used"]

    def authority(self) -> None:
        """What the postal office says of a courier: an appeal, a check, traffic findings, a week of storms."""
        company, waybill = {"company": self.courier.actor}, {"waybill": f"{self.courier.actor[5:]}/{'piece2'.ljust(22, '0')}"}
        appeal = {"category": "lost", "finding": "pending", "number": "12305-1"}
        first = self.say(self.office, "appeal", waybill, appeal)
        self.say(self.office, "appeal", waybill, appeal | {"finding": "valid"}, ref=first)
        self.say(self.office, "appeal", company, appeal | {"finding": "not_valid", "number": "12305-2"})
        check = {"checked": 40, "day": "2026-11-21", "kind": "double_random", "number": "C-1", "passed": 37}
        self.say(self.office, "check", company, check)
        self.say(self.office, "traffic", company, {"day": "2026-11-21", "found": 2, "months": 72, "number": "T-1"})
        storm = {"area": ["4401"], "first": "2026-11-01", "last": "2026-11-07", "number": "E-1", "reason": "weather"}
        self.say(self.office, "exclusion", company, storm)

    def credit_file(self) -> None:
        """What stands about a courier besides its parcels: a rating, decisions, a warning, an objection and a repair."""
        world, party, index = self.world, {"party": self.courier.actor}, 0
        self.say(self.office, "licence", party, good.LICENCE)
        law = {"basis": "CN-22-2023 54"}  # in ASCII, as the usual statement is
        penalty = self.sign(self.office, "penalty", party, good.PENALTY | law)
        for outcome in world.offer(penalty):
            assert isinstance(outcome, Recorded), outcome
            index = outcome.index
        world.said.append(penalty)
        imported = {"source": {"mode": "import", "of": self.office.actor}}
        self.say(world.root, "list", party, good.LIST | law, **imported)
        self.say(self.office, "breach", {"company": self.courier.actor}, good.BREACH | law)
        self.say(world.root, "publication", party, good.PUBLICATION | {"book": good.PUBLICATION["book"] | {"origin": ORIGIN}})
        warned = self.say(world.root, "warning", party, good.NOTICE | {"answer_by": "2026-12-31"})
        self.say(self.courier, "reply", {}, {"text": b64u(seed("we mend it"))}, ref=warned)
        objection = self.say(self.courier, "objection", party, good.OBJECTION, ref=penalty)
        self.say(self.office, "objection", party, good.DECISION, ref=objection)
        told = good.REPAIR | {"index": index, "leaf": b64u(seed("leaf")), "partners": [self.platform.actor]}
        repair = self.say(self.office, "repair", party, told, ref=penalty)
        self.say(self.platform, "confirm", {}, {"kind": "received"}, ref=repair)

    def in_batches(self) -> None:
        """Scans under one signature: whole, and with a row that is not admitted; then an epoch without an entry."""
        world, carrier = self.world, self.courier
        for number, bad in enumerate((None, 1)):
            waybills = [f"{carrier.actor[5:]}/{f'batch{number}{row}'.ljust(22, '0')}" for row in range(4)]
            codes = ["HANDOVER" if row == bad else "HUB_IN" for row in range(4)]  # a hand-over to nobody is refused
            rows = [
                self.sign(carrier, "scan", {"waybill": waybill}, {"code": code, "place": {"district": CITY}})
                for waybill, code in zip(waybills, codes, strict=True)
            ]
            outcomes = world.batch(carrier, rows)
            assert refusals(outcomes) == ([] if bad is None else ["handover-next"]), outcomes
        world.now += 60_000
        world.sequencer.commit([])


def tell(world: World) -> World:
    """A world in which everything has happened."""
    assert world.book.head().size > 0, BOOK
    return Story(world).tell()

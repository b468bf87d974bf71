"""A served book with a courier company of some size whose rating is published: 330 parcels, a check, some reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakes.house import CARRIER, OTHER, Firm, House, expect_recorded

from suxin.api.recompute import Recomputed, recompute
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.courier.publication import publication_body
from suxin.courier.rulebook import rule_set
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import digest
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text

HOUR = 3_600_000
DAY = 24 * HOUR
PARCELS = 330
AT_ONCE = 900
PHOTO = [{"bytes": 81_920, "kind": "photo", "sha256": b64u(digest(b"", b"photo"))}]


class Rated:
    """A courier, a shop that sends with it, and the authority that checks and publishes.

    Args:
        house: A new sandbox book; its clock is moved.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.courier = house.firm(CARRIER, "courier", 1, name={"zh": "顺达快递", "en": "Shunda Express"}, licence="20310042")
        self.shop = house.firm(OTHER, "merchant", 2, name={"zh": "山货铺", "en": "Hill Goods"})
        self.office = house.firm("auth:postal:330700", "regulator", 3)
        self.waybills = [f"{self.uscc}/{number:022d}" for number in range(PARCELS)]
        self.codes = [SigningKey(digest(b"code", str(number).encode())) for number in range(PARCELS)]

    @property
    def uscc(self) -> str:
        return CARRIER[5:]

    def write(self, firm: Firm, drafts: Iterable[Draft]) -> list[Signed]:
        """Sign and record, a few hundred at a time."""
        said = [firm.signer.sign(draft) for draft in drafts]
        for first in range(0, len(said), AT_ONCE):
            expect_recorded(self.house.post(said[first : first + AT_ONCE]))
        return said

    def carry(self) -> None:
        """Every parcel in one day and a half; one in eleven comes too late, one in forty to a locker nobody agreed to."""
        clock = self.house.clock
        consigns = self.write(self.shop, (self._consign(number) for number in range(PARCELS)))
        clock.now += HOUR
        district = {"district": "330702"}
        picked = [
            self.courier.draft(
                "scan", {"waybill": waybill}, code="PICKED_UP", place=district, accepts=b64u(consign.statement.hash)
            )
            for waybill, consign in zip(self.waybills, consigns, strict=True)
        ]
        self.write(self.courier, picked)
        clock.now += 36 * HOUR
        self.write(self.courier, (self._deliver(n) for n in range(PARCELS) if n % 11))
        clock.now += 3 * DAY
        self.write(self.courier, (self._deliver(n) for n in range(PARCELS) if not n % 11))
        reviews = [self._review(number) for number in range(0, 200, 3)]
        expect_recorded(self.house.post(reviews))
        subjects = {"company": CARRIER}
        found = [("check", {"checked": 200, "passed": 191, "kind": "inspection"}), ("traffic", {"found": 15, "months": 900})]
        day = moment_text(clock())[:10]
        self.write(self.office, (self.office.draft(kind, subjects, day=day, number=f"JH-{kind}", **body) for kind, body in found))

    def _consign(self, number: int) -> Draft:
        body: dict[str, Any] = {
            "claim": self.codes[number].public_text, "contents": {"count": 1, "root": b64u(bytes(32))}, "origin": "330702",
            "destination": "310115", "weight_g": 900, "deliver_by": moment_text(self.house.clock() + 72 * HOUR),
        }  # fmt: skip
        return self.shop.draft("consign", {"waybill": self.waybills[number]}, **body)

    def _deliver(self, number: int) -> Draft:
        how = {"method": "in_person"} if number % 40 else {"method": "locker", "consent": "none"}
        at, body = moment_text(self.house.clock()), {"place": {"district": "310115"}, **how}
        return Draft("delivery", at, {"waybill": self.waybills[number]}, body, evidence=tuple(PHOTO))

    def _review(self, number: int) -> Signed:
        key = self.codes[number]
        pen = Signer(key, f"anon:{key.public_text}", self.house.service.genesis.book, MemoryCounter(), self.house.clock)
        body = {"kind": "first", "stars": 5 if number % 2 else 4}
        return pen.sign(Draft("review", moment_text(self.house.clock()), {"waybill": self.waybills[number]}, body))

    def publish(self, days: int) -> Recomputed:
        """Let so many days go by and publish what the entries give as of the last one that ended."""
        self.house.clock.now += days * DAY
        seed = 10 + self.house.clock.now // DAY % 200
        self.house.firm(f"auth:market:33{seed:04d}", "regulator", seed)  # an epoch of that time
        found = recompute(self.house.service.settings.url, self.uscc, rule_set())
        body = publication_body(found.score)
        self.write(self.office, [self.office.draft("publication", {"party": CARRIER}, **body)])
        return found

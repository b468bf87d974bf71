"""A courier company and what it carries, for the rating: parcels sent off, and what facts, table and score say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fakes.tale import CITY, DAY, FAR, HOUR, MINUTE, Tale
from fakes.world import Signer

from suxin.courier.cohort import Cohort, known_by
from suxin.courier.conduct import day_of
from suxin.courier.factfile import Facts
from suxin.courier.facts import CourierFile
from suxin.courier.rollup import Rollup
from suxin.courier.row import Mark, ParcelRow, Row
from suxin.courier.rulebook import rule_set
from suxin.courier.ruleset import Ruleset
from suxin.courier.score import Score, score
from suxin.courier.table import FactTable, make_table
from suxin.ledger.entry import Entry
from suxin.ledger.moment import moment_text

CHAIN = ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")


class Haul:
    """One courier, one shop that has nothing to do with it."""

    def __init__(self) -> None:
        self.tale = Tale()
        self.shop = self.tale.firm("merchant")
        self.courier = self.tale.firm("courier")
        self.office = self.tale.office()
        self.codes: dict[str, Signer] = {}
        self.consigns: dict[str, Entry] = {}
        self.marks: dict[str, tuple[Mark, ...]] = {}
        self.rules = rule_set()

    @property
    def uscc(self) -> str:
        return self.courier.actor[5:]

    def consign(
        self, *, promise_h: int | None = 72, shipper: Signer | None = None, courier: Signer | None = None, **body: Any
    ) -> str:
        """Hand a parcel over; gives its waybill."""
        fields: dict[str, Any] = dict(body)
        if promise_h is not None:
            fields["deliver_by"] = moment_text(self.tale.now + promise_h * HOUR)
        ref = f"p{len(self.consigns):05d}"
        waybill, consign, code = self.tale.consign(shipper or self.shop, courier or self.courier, ref, body=fields)
        self.codes[waybill], self.consigns[waybill] = code, consign
        return waybill

    def carry(self, waybill: str, codes: Sequence[str] = CHAIN, step_h: int = 8) -> None:
        """Scan a parcel on its way, so many hours apart."""
        for code in codes:
            body = {"accepts": self.consigns[waybill].name} if code == "PICKED_UP" else {}
            self.tale.scan(self.courier, waybill, code, body=body)
            self.tale.now += step_h * HOUR

    def sign_off(self, waybill: str, method: str = "in_person", *, confirmed: bool = True, **more: Any) -> Entry:
        delivered = self.tale.deliver(self.courier, waybill, method, **more)
        if confirmed:
            self.tale.confirm(self.codes[waybill], delivered, "received")
        return delivered

    def send(self, *, step_h: int = 8, codes: Sequence[str] = CHAIN, method: str = "in_person", **more: Any) -> str:
        """A parcel from hand to hand, everything in order: delivered `step_h` hours after each scan."""
        confirmed = more.pop("confirmed", True)
        body = more.pop("body", {})
        waybill = self.consign(**more)
        self.carry(waybill, codes, step_h)
        self.sign_off(waybill, method, confirmed=confirmed, body=body)
        return waybill

    def complain(self, waybill: str, category: str, by: Signer | None = None) -> Entry:
        body = {"against": "carrier", "category": category}
        return self.tale.say(by or self.codes[waybill], "complaint", {"waybill": waybill}, body)

    def decide(self, complaint: Entry, outcome: str = "upheld", **body: Any) -> Entry:
        return self.tale.say(self.office, "case", {}, {"state": "DECIDED", "outcome": outcome} | body, ref=complaint)

    def case(self, signer: Signer, complaint: Entry, state: str, **body: Any) -> Entry:
        return self.tale.say(signer, "case", {}, {"state": state} | body, ref=complaint)

    def rate(self, waybill: str, by: Signer | None = None, **body: Any) -> Entry:
        return self.tale.say(by or self.codes[waybill], "review", {"waybill": waybill}, {"kind": "first"} | body)

    def wait(self, days: int) -> None:
        self.tale.now += days * DAY

    # What comes of it

    @property
    def today(self) -> str:
        return day_of(self.tale.now)

    def entries(self, as_of: str | None = None) -> list[Entry]:
        stream = f"c:{self.uscc}"
        return list(known_by(self.tale.read([stream])[stream], as_of or self.today))

    def cohort(self, as_of: str | None = None, entries: Iterable[Entry] | None = None, rules: Ruleset | None = None) -> Cohort:
        file = CourierFile(self.uscc)
        file.take(self.entries(as_of) if entries is None else entries, self.tale.directory)
        return Cohort(file, self.tale.directory, rules or self.rules, as_of or self.today, self.marks)

    def rows(self, as_of: str | None = None, entries: Iterable[Entry] | None = None) -> list[Row]:
        return self.cohort(as_of, entries).rows()

    def parcel(self, waybill: str) -> ParcelRow:
        row = self.cohort().parcel(waybill)
        assert row is not None
        return row

    def facts(self, as_of: str | None = None, entries: Iterable[Entry] | None = None) -> Facts:
        return Rollup(self.uscc, self.rules).add(self.rows(as_of, entries)).facts(as_of or self.today)

    def table(self, as_of: str | None = None) -> FactTable:
        return make_table(self.uscc, as_of or self.today, self.rules, self.rows(as_of))

    def score(self, as_of: str | None = None) -> Score:
        return score(self.facts(as_of), self.rules)


__all__ = ["CHAIN", "CITY", "DAY", "FAR", "HOUR", "MINUTE", "Haul"]

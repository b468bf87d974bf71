"""Where a complaint stands and what is due by when; nobody closes a complaint about himself."""

from __future__ import annotations

import pytest
from fakes.tale import DAY, Tale, row_at
from fakes.world import Signer, seed

from suxin.ledger.deadlines import DAY_MS, clock_of, deadlines
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused

REASONS = {"text": b64u(seed("reasons"))}


class Office(Tale):
    """A shop in Zhejiang that sold one item, its buyer, a courier and an authority."""

    def __init__(self, district: str = "330702") -> None:
        super().__init__()
        self.shop, self.courier = self.firm("merchant", district=district), self.firm("courier", district=district)
        self.regulator = self.office()
        self.list(self.shop)
        self.item = self.make(self.shop)
        self.buyer = self.sell(self.shop, self.item)
        self.parcel, *_ = self.consign(self.shop, self.courier, "p", [self.item])

    def complain(self, against: str = "carrier", category: str = "delay") -> Entry:
        subjects = {"waybill": self.parcel} if against == "carrier" else {"item": self.item}
        return self.say(self.buyer, "complaint", subjects, {"against": against, "category": category})

    def step(self, signer: Signer, complaint: Entry, state: str, **more: str) -> Entry:
        return self.say(signer, "case", {}, {"state": state} | more, ref=complaint)

    def stands(self, complaint: Entry) -> tuple[str, str, float | None]:
        """State, what is due next, and days from the complaint's receipt until then."""
        facts = {fact.name: fact.value for fact in row_at(self.trace(self.item), complaint).facts}
        due = [(name, value) for name, value in facts.items() if name.endswith("_due")]
        assert len(due) < 2
        name, at = due[0] if due else ("", None)
        days = round((at - complaint.received_ms) / DAY, 2) if isinstance(at, int) else None
        return str(facts["case_state"]), name.removesuffix("_due"), days


def test_every_term_has_its_source_and_zhejiang_its_own() -> None:
    assert clock_of("", "carrier").decide_ms == clock_of("110101", "carrier").decide_ms == 30 * DAY_MS
    assert clock_of("330702", "carrier").decide_ms == 15 * DAY_MS
    assert clock_of("330702", "seller") == clock_of("", "seller"), "without terms of its own a province has the country's"
    assert {against for table in deadlines().values() for against in table} == {"seller", "carrier"}
    assert all(
        getattr(terms, name).source
        for table in deadlines().values()
        for terms in table.values()
        for name in ("answer", "accept", "decide")
    )


def test_from_filing_to_a_decision() -> None:
    office = Office()
    complaint = office.complain()
    assert office.stands(complaint) == ("RECEIVED", "answer", 7)
    office.step(office.regulator, complaint, "TRIAGED")
    assert office.stands(complaint) == ("TRIAGED", "answer", 7)
    office.now += 2 * DAY
    office.say(office.courier, "reply", {}, REASONS, ref=complaint)
    assert office.stands(complaint) == ("ANSWERED", "acceptance", 16)
    office.step(office.buyer, complaint, "REJECTED_BY_CONSUMER")
    assert office.stands(complaint) == ("REJECTED_BY_CONSUMER", "", None)
    office.step(office.buyer, complaint, "ESCALATED")
    assert office.stands(complaint) == ("ESCALATED", "decision", 17)
    office.now += 16 * DAY
    assert row_at(office.trace(office.item), complaint).flags == ("overdue",)
    office.step(office.regulator, complaint, "DECIDED", outcome="undetermined")
    assert office.stands(complaint) == ("undetermined", "", None)
    assert row_at(office.trace(office.item), complaint).flags == ()
    office.step(office.courier, complaint, "WITH_PARTY")
    assert office.stands(complaint)[0] == "undetermined", "what a party adds to a settled case unsettles nothing"


@pytest.mark.parametrize("state", ["WITH_PARTY", "REMEDIED", "PROPOSED"])
def test_story_26_a_party_cannot_close_a_case(state: str) -> None:
    """Neither by passing it on nor by calling it remedied; a redirect does not even stop the clock."""
    office = Office()
    complaint = office.complain("seller", "quality")
    office.now += 6 * DAY
    office.step(office.shop, complaint, state)
    standing = office.trace(office.item).standing
    assert standing is not None
    assert (standing.complaints_open, standing.complaints_closed) == (1, 0)
    office.now += 2 * DAY
    assert row_at(office.trace(office.item), complaint).flags == (("overdue",) if state == "WITH_PARTY" else ())


def test_story_26_answer_a_complaint_and_pay_in_advance() -> None:
    office = Office()
    complaint = office.complain("seller", "quality")
    office.say(office.shop, "case", {}, {"state": "PROPOSED", "paid_minor": 39_900}, ref=complaint)
    office.step(office.buyer, complaint, "ACCEPTED")
    office.step(office.shop, complaint, "REMEDIED")
    assert office.stands(complaint) == ("REMEDIED", "", None)
    paid = [fact.value for row in row_at(office.trace(office.item), complaint).replies for fact in row.facts]
    assert paid == [(39_900, "CNY")]


def test_an_answer_that_is_let_stand_closes_and_may_be_taken_up_again() -> None:
    office = Office()
    complaint = office.complain()
    office.say(office.courier, "reply", {}, REASONS, ref=complaint)
    office.now += 15 * DAY
    assert office.stands(complaint) == ("CLOSED_NO_ANSWER", "", None)
    office.step(office.buyer, complaint, "ESCALATED")
    assert office.stands(complaint)[:2] == ("ESCALATED", "decision")


def test_story_7_an_overdue_complaint_is_visible_to_all() -> None:
    office = Office(district="110101")
    complaint = office.complain()
    office.now += 7 * DAY - 2_000
    assert row_at(office.trace(office.item), complaint).flags == ()
    office.now += 3_000
    for page in (office.trace(office.item), office.waybill(office.parcel)):
        assert row_at(page, complaint).flags == ("overdue",)


def test_who_sent_the_parcel_answers_a_complaint_against_the_seller_and_not_one_against_the_courier() -> None:
    office = Office()
    body = {"against": "seller", "category": "not_my_order"}
    denied = office.say(Signer.nobody("who never ordered"), "complaint", {"waybill": office.parcel}, body)
    office.say(office.shop, "reply", {}, REASONS, ref=denied)
    assert office.stands(denied)[:2] == ("ANSWERED", "acceptance")
    complaint = office.complain()
    with pytest.raises(Refused, match="may not write a reply"):
        office.say(office.shop, "reply", {}, REASONS, ref=complaint)

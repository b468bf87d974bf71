"""Who reviews, who hides a review, who answers whom: what the rules of the voice admit and refuse."""

from __future__ import annotations

import pytest
from fakes.tale import Tale, row_at
from fakes.world import Signer, seed

from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused

WORDS = {"text": b64u(seed("words"))}


class Market(Tale):
    """A shop on a platform, a courier, an office, and one delivered item with its buyer's review."""

    def __init__(self) -> None:
        super().__init__()
        self.platform = self.firm("platform")
        self.shop, self.courier, self.regulator = self.firm("merchant"), self.firm("courier"), self.office()
        self.offer = self.list(self.shop)
        self.item = self.make(self.shop)
        self.buyer = self.sell(self.shop, self.item)
        self.waybill, *_ = self.consign(self.shop, self.courier, "p", [self.item])
        self.deliver(self.courier, self.waybill)
        self.subjects = {"item": self.item, "offer": self.offer}
        self.review = self.say(self.buyer, "review", self.subjects, {"kind": "first", "stars": 1, **WORDS})

    def refused(self, signer: Signer, kind: str, body: dict[str, object], ref: Entry | None = None, **subjects: str) -> str:
        """Code of the refusal; nothing is written."""
        before = len(self.entries)
        with pytest.raises(Refused) as refused:
            self.say(signer, kind, subjects, body, ref=ref)
        assert len(self.entries) == before
        return refused.value.code


@pytest.fixture
def market() -> Market:
    return Market()


def test_hiding_names_rule_actor_and_time_and_keeps_the_review(market: Market) -> None:
    hidden = market.say(market.platform, "case", {}, {"state": "HIDDEN", "rule": "off_topic"}, ref=market.review)
    page = market.trace(market.item)
    row = row_at(page, market.review)
    assert (row.stars, row.actor.actor) == (1, market.buyer.actor)
    (step,) = row.replies
    assert (step.code, step.actor.actor, step.ref.index) == ("HIDDEN", market.platform.actor, hidden.index)
    assert [(fact.name, fact.value) for fact in step.facts] == [("hiding_rule", "off_topic")]
    assert f"r:{market.offer}" in hidden.statement.streams, "a full witness can recount"
    market.say(market.regulator, "case", {}, {"state": "RESTORED"}, ref=market.review)


def test_who_is_rated_hides_nothing_and_hiding_has_its_form(market: Market) -> None:
    hide, review = {"state": "HIDDEN", "rule": "abuse"}, market.review
    own = market.firm("platform", controllers=[market.shop.actor])
    assert market.refused(market.shop, "case", hide, review) == "case-move"
    assert market.refused(own, "case", hide, review) == "case-move"
    assert market.refused(market.courier, "case", hide, review) == "no-authority"
    assert market.refused(market.buyer, "case", hide, review) == "case-move"
    assert market.refused(market.platform, "case", {"state": "HIDDEN"}, review) == "case-rule"
    assert market.refused(market.platform, "case", hide | {"state": "RESTORED"}, review) == "case-rule"
    assert market.refused(market.platform, "case", {"state": "TRIAGED"}, review) == "case-review"
    complaint = market.say(market.buyer, "complaint", {"item": market.item}, {"against": "seller", "category": "quality"})
    assert market.refused(market.platform, "case", hide, complaint) == "case-review"
    assert market.refused(market.shop, "correction", {"reason": "did_not_occur"}, review) == "no-authority"


def test_reviews_by_keys_of_the_house_that_is_rated_are_refused(market: Market) -> None:
    for firm in (market.shop, market.courier):
        item = market.make(market.shop, 2 + firm.n)
        disguised = Signer(f"anon:{firm.public}", firm.key)
        market.sell(market.shop, item, body={"claim": firm.public})
        subjects = {"item": item, "offer": market.offer}
        assert market.refused(disguised, "review", {"kind": "first", "stars": 5}, None, **subjects) == "review-own-house"
    friend = market.firm("merchant", controllers=[market.courier.actor])
    waybill, *_ = market.consign(friend, market.courier, "f")
    market.deliver(market.courier, waybill)
    assert market.refused(friend, "review", {"kind": "first", "stars": 5}, None, waybill=waybill) == "review-own-house"


def test_a_second_first_review_and_a_strangers_are_refused(market: Market) -> None:
    first = {"kind": "first", "stars": 5}
    assert market.refused(market.buyer, "review", first, None, **market.subjects) == "reviewed-already"
    assert market.refused(Signer.nobody("a stranger"), "review", first, None, **market.subjects) == "no-authority"


def test_a_complainant_answers_the_sellers_reply_and_the_seller_answers_back(market: Market) -> None:
    """Both sides of a thread may go on in it; nobody else may."""
    stranger = Signer.nobody("somebody who was there")
    complaint = market.say(stranger, "complaint", {"item": market.item}, {"against": "seller", "category": "quality"})
    reply = market.say(market.shop, "reply", {}, WORDS, ref=complaint)
    back = market.say(stranger, "reply", {}, WORDS, ref=reply)
    again = market.say(market.shop, "reply", {}, WORDS, ref=back)
    assert market.refused(Signer.nobody("who was not"), "reply", WORDS, again) == "no-authority"
    assert market.refused(stranger, "correction", {"reason": "wrong_data"}, reply) == "no-authority"
    answered = market.say(market.shop, "reply", {}, WORDS, ref=market.review)
    market.say(market.buyer, "reply", {}, WORDS, ref=answered)
    rows = row_at(market.trace(market.item), complaint).replies
    assert [row.actor.actor for row in rows] == [market.shop.actor, stranger.actor, market.shop.actor]

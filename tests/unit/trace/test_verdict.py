"""Which reviews count and what they prove: every rule of docs/formats/reviews.md that one item's story decides."""

from __future__ import annotations

import pytest
from fakes.tale import DAY, HOUR, Tale, row_at
from fakes.world import Signer, seed

from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.trace.verdict import LEFT_OUT

FIRST = {"kind": "first", "stars": 5}


class Street(Tale):
    """A shop and its courier, who have nobody in common, a platform and an office."""

    def __init__(self) -> None:
        super().__init__()
        self.shop, self.courier, self.platform = self.firm("merchant"), self.firm("courier"), self.firm("platform")
        self.regulator = self.office()
        self.offer = self.list(self.shop)
        self.subjects = {"item": self.make(self.shop), "offer": self.offer}

    @property
    def item(self) -> str:
        return self.subjects["item"]

    def send(self, *, signed: bool = True, **more: object) -> Entry | None:
        """The item goes out; with `signed`, who got it countersigns."""
        waybill, _, code = self.consign(self.shop, self.courier, f"p{len(self.entries)}", [self.item])
        self.scan(self.courier, waybill, "PICKED_UP")
        delivery = self.deliver(self.courier, waybill, **more)
        if signed:
            self.confirm(code, delivery, "received")
        return delivery

    def rate(self, signer: Signer, **more: object) -> Entry:
        return self.say(signer, "review", self.subjects, FIRST, **more)

    def verdict(self, review: Entry) -> tuple[str, str]:
        facts = {fact.name: fact.value for fact in row_at(self.trace(self.item), review).facts}
        return str(facts["proved"]), str(facts["counts"])


@pytest.fixture
def street() -> Street:
    return Street()


def test_a_countersigned_hand_over_counts(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    street.send()
    own = Signer.nobody("her own key")
    street.say(code, "claim", {"item": street.item}, {"owner": own.public})
    assert street.verdict(street.rate(own)) == ("delivered_claimed", "yes")


def test_the_sellers_own_side_alone_does_not(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    street.send(signed=False)
    assert street.verdict(street.rate(code)) == ("ordered", "own_word")


def test_a_sale_that_an_unrelated_platform_signed_counts_and_one_of_the_same_owner_does_not() -> None:
    for related, counts in ((False, "yes"), (True, "own_word")):
        street = Street()
        signer = street.firm("platform", controllers=[street.shop.actor] if related else [])
        grant = {"event": "grant", "to": signer.actor, "types": ["sale"]}
        street.say(street.shop, "mandate", {"party": street.shop.actor}, grant)
        code = Signer.nobody("code")
        body = {"price_minor": 1, "currency": "CNY", "claim": code.public}
        street.say(signer, "sale", street.subjects, body, **{"for": street.shop.actor})
        assert street.verdict(street.rate(code)) == ("ordered", counts)


def test_that_nothing_came_can_be_said_and_counts_once_the_carrier_has_the_parcel(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    waybill, consign, _ = street.consign(street.shop, street.courier, "lost", [street.item])
    review = street.rate(code)
    assert street.verdict(review) == ("ordered", "own_word")
    street.confirm(street.courier, consign, "accepts")
    assert street.verdict(review) == ("ordered", "yes")
    assert waybill


def test_a_code_used_before_the_parcel_was_signed_off_is_set_apart(street: Street) -> None:
    """The seller's own claim: only it has the code while the parcel is closed."""
    code = street.sell(street.shop, street.item)
    own = Signer.nobody("the seller's friend")
    street.say(code, "claim", {"item": street.item}, {"owner": own.public})
    street.now += HOUR
    street.send()
    review = street.rate(own)
    assert street.verdict(review) == ("delivered_claimed", "early_claim")
    assert row_at(street.trace(street.item), review).flags == (), "a mark accuses nobody"


def test_a_sign_off_that_was_recorded_late_makes_no_early_claim(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    delivered_at = street.now + HOUR
    own = Signer.nobody("her own key")
    street.now += 5 * HOUR
    street.say(code, "claim", {"item": street.item}, {"owner": own.public})
    street.send(at=delivered_at)
    assert street.verdict(street.rate(own))[1] == "yes"


def deny(street: Street, **subjects: str) -> Entry:
    body = {"against": "seller", "category": "not_my_order"}
    return street.say(Signer.nobody("who never ordered"), "complaint", subjects or {"item": street.item}, body)


@pytest.mark.parametrize(
    ("outcome", "counts"), [("upheld", "not_ordered"), ("part", "not_ordered"), ("not_upheld", "yes"), ("undetermined", "yes")]
)
def test_not_my_order_suspends_until_it_is_decided(street: Street, outcome: str, counts: str) -> None:
    code = street.sell(street.shop, street.item)
    delivery = street.send()
    review = street.rate(code)
    assert delivery is not None
    complaint = deny(street, waybill=delivery.statement.subjects["waybill"])
    assert street.verdict(review)[1] == "suspended"
    street.say(street.shop, "reply", {}, {"text": b64u(seed("you did"))}, ref=complaint)
    street.now += 15 * DAY
    assert street.verdict(review)[1] == "suspended", "a stranger who does not come back has not taken it back"
    street.say(street.regulator, "case", {}, {"state": "DECIDED", "outcome": outcome}, ref=complaint)
    assert street.verdict(review)[1] == counts


def test_not_my_order_of_a_later_purchase_leaves_the_earlier_review_alone(street: Street) -> None:
    first = street.sell(street.shop, street.item)
    street.send()
    review = street.rate(first)
    street.say(street.shop, "return", {"item": street.item}, {"reason": "other"})
    street.say(street.shop, "relist", street.subjects, {"condition": "opened"})
    street.sell(street.shop, street.item)
    deny(street)
    assert street.verdict(review)[1] == "yes"


def test_hidden_and_borrowed_reviews_do_not_count(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    street.send()
    review = street.rate(code)
    street.say(street.platform, "case", {}, {"state": "HIDDEN", "rule": "abuse"}, ref=review)
    assert street.verdict(review)[1] == "hidden"
    street.say(street.platform, "case", {}, {"state": "RESTORED"}, ref=review)
    assert street.verdict(review)[1] == "yes"
    other = Street()
    code = other.sell(other.shop, other.item)
    other.send()
    assert other.verdict(other.rate(code, source={"mode": "simulated"}))[1] == "borrowed"


def test_the_words_of_a_hidden_review_are_on_no_page(street: Street) -> None:
    code = street.sell(street.shop, street.item)
    street.send()
    review = street.say(code, "review", street.subjects, FIRST | {"text": b64u(seed("words"))})
    street.texts[review.statement.hash] = "buy at my shop instead"
    for state, shown in ((None, "shown"), ("HIDDEN", "sealed"), ("RESTORED", "shown")):
        if state is not None:
            rule = {"rule": "off_topic"} if state == "HIDDEN" else {}
            street.say(street.platform, "case", {}, {"state": state} | rule, ref=review)
        words = row_at(street.trace(street.item), review).words
        assert words is not None
        assert (words.state, "shop" in words.text) == (shown, shown == "shown")


def test_every_mark_has_its_reason() -> None:
    assert all(reason for reason in LEFT_OUT.values())
    assert "burst" not in LEFT_OUT

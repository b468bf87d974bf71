"""Averages of an offer, counted from its stream: with and without what is hidden, bursts and repeats set apart."""

from __future__ import annotations

import random
from fractions import Fraction
from statistics import fmean

import pytest
from fakes.tale import HOUR, MINUTE, Tale
from fakes.world import Signer

from suxin.ledger.entry import Entry
from suxin.trace.reviews import OfferReviews, average, recount, rules


class Stall(Tale):
    """A shop whose sales an unrelated platform signs, so that every review of a buyer would count."""

    def __init__(self) -> None:
        super().__init__()
        self.shop, self.platform = self.firm("merchant"), self.firm("platform")
        self.offer = self.list(self.shop)
        grant = {"event": "grant", "to": self.platform.actor, "types": ["sale"]}
        self.say(self.shop, "mandate", {"party": self.shop.actor}, grant)
        self.count = 0

    def buy(self, buyer: Signer | None = None) -> tuple[Signer, dict[str, str]]:
        self.count += 1
        buyer = buyer or Signer.nobody(f"buyer {self.count}")
        subjects = {"item": self.make(self.shop, self.count), "offer": self.offer}
        body = {"price_minor": 1, "currency": "CNY", "claim": buyer.public}
        self.say(self.platform, "sale", subjects, body, **{"for": self.shop.actor})
        return buyer, subjects

    def rate(self, stars: int, *, buyer: Signer | None = None, after: int = 2 * HOUR, **more: int) -> Entry:
        self.now += after
        signer, subjects = self.buy(buyer)
        return self.say(signer, "review", subjects, {"kind": "first", "stars": stars} | more)

    def reviews(self) -> OfferReviews:
        return recount(self.offer, self.read([f"r:{self.offer}"])[f"r:{self.offer}"], lambda item: self.material(f"p:{item}"))


@pytest.fixture
def stall() -> Stall:
    return Stall()


def test_product_and_seller_are_rated_apart(stall: Stall) -> None:
    for stars, seller in ((5, 1), (4, 2), (5, 1)):
        stall.rate(stars, seller_stars=seller)
    stall.rate(3)
    found = stall.reviews().counted
    assert (found.product.n, found.seller.n) == (4, 3)
    assert found.product.mean == round(Fraction(100 * 17 + 20 * 413, 24))
    assert found.seller.mean == round(Fraction(100 * 4 + 20 * 413, 23))


def test_averages_stand_with_and_without_what_is_hidden(stall: Stall) -> None:
    """Hide every one-star review of a seller: both figures stand there for all to see."""
    bad = [stall.rate(1) for _ in range(6)]
    for _ in range(6):
        stall.rate(5)
    before = stall.reviews()
    assert before.counted == before.with_hidden == before.recorded
    for review in bad:
        stall.say(stall.platform, "case", {}, {"state": "HIDDEN", "rule": "off_topic"}, ref=review)
    after = stall.reviews()
    assert after.with_hidden == before.counted
    assert after.counted.product.n == 6
    assert after.counted.product.mean > before.counted.product.mean
    assert after.left_out == (("hidden", 6),)
    assert len(after.opinions) == 12, "nothing is deleted"


def test_a_burst_is_set_apart_and_named(stall: Stall) -> None:
    for stars in (4, 3):
        stall.rate(stars)
    for after in (2 * HOUR, 10 * MINUTE, 10 * MINUTE):
        stall.rate(5, after=after)
    found = stall.reviews()
    assert found.left_out == (("burst", 3),)
    assert found.counted.product.n == 2
    assert found.recorded.product.n == 5


def test_two_within_an_hour_are_no_burst(stall: Stall) -> None:
    for after in (2 * HOUR, 10 * MINUTE, 2 * HOUR, 10 * MINUTE):
        stall.rate(5, after=after)
    assert stall.reviews().left_out == ()


def test_a_key_rates_an_offer_once(stall: Stall) -> None:
    buyer = Signer.nobody("who buys again and again")
    for _ in range(4):
        stall.rate(5, buyer=buyer)
    found = stall.reviews()
    assert (found.counted.product.n, found.left_out) == (1, (("repeat", 3),))


def test_a_follow_up_changes_no_average(stall: Stall) -> None:
    buyer, subjects = stall.buy()
    first = stall.say(buyer, "review", subjects, {"kind": "first", "stars": 5})
    stall.say(buyer, "review", subjects, {"kind": "follow", "stars": 1}, ref=first)
    found = stall.reviews()
    assert (found.counted.product.n, found.followups) == (1, 1)
    assert found.opinions[0].stars == 5


def test_an_item_without_a_story_counts_for_nothing(stall: Stall) -> None:
    stall.rate(5)
    found = recount(stall.offer, stall.read([f"r:{stall.offer}"])[f"r:{stall.offer}"], lambda _: None)
    assert (found.counted.product.n, found.opinions[0].counts) == (0, "own_word")


def test_the_interval_shrinks_with_the_number_and_lies_around_the_mean() -> None:
    dice = random.Random(7)
    widths = []
    for n in (0, 5, 50, 500, 5_000):
        found = average([dice.randint(1, 5) for _ in range(n)], rules())
        assert 100 <= found.low <= found.mean <= found.high <= 500
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 10
    agreeing = average([5] * 40, rules())
    assert agreeing.low < agreeing.mean < 500, "forty that agree are not certain"


def test_one_bad_review_does_not_sink_a_new_offer() -> None:
    one, many = average([1], rules()), average([1] * 200, rules())
    assert one.mean > 390 > 150 > many.mean
    assert abs(average([1, 5] * 500, rules()).mean / 100 - fmean([1, 5])) < 0.05


def test_every_parameter_has_its_source() -> None:
    named = {name for name in rules().__struct_fields__ if name not in ("version", "sources")}
    assert set(rules().sources) == named

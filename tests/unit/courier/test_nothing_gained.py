"""Every way a company could look better by leaving something out, or by talking to itself: it gains nothing.

Each test tells the same days twice, once as they were and once as the company would like them told.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from fakes.haul import CHAIN, Haul
from fakes.tale import DAY, PHOTO, START
from fakes.world import Signer

from suxin.courier.number import exact

Told = Callable[[Haul], None]


def points(told: Told, days: int = 75) -> Fraction:
    """Eight parcels in order, then what the test tells, seen so many days after the first."""
    haul = Haul()
    for _ in range(8):
        haul.send()
    told(haul)
    haul.tale.now = START + days * DAY
    return haul.score().exact_points


def never_better(honest: Told, told: Told, days: int = 75) -> None:
    assert points(told, days) <= points(honest, days)


def slow(haul: Haul, codes: tuple[str, ...] = CHAIN) -> None:
    waybill = haul.consign()
    for code in CHAIN:
        if code in codes:
            haul.carry(waybill, (code,), step_h=0)
        haul.tale.now += 20 * 3_600_000
    haul.sign_off(waybill)


def test_not_posting_a_pick_up() -> None:
    """Without a pick-up the clock begins with the consign; else a slow parcel would begin at its first hub."""
    never_better(slow, lambda haul: slow(haul, CHAIN[1:]))
    never_better(slow, lambda haul: slow(haul, CHAIN[3:]))


def lost(haul: Haul, last: str = "LOST") -> str:
    waybill = haul.consign()
    haul.carry(waybill, CHAIN[:2])
    if last:
        haul.tale.scan(haul.courier, waybill, last)
    return waybill


def test_not_scanning_a_lost_parcel() -> None:
    for days in (20, 30, 40, 50, 60, 75, 120):  # at no time does silence pay
        never_better(lost, lambda haul: void(lost(haul, "")), days)


def void(_: object) -> None:
    return None


def test_its_own_reason_codes() -> None:
    def excused_by_itself(haul: Haul) -> None:
        waybill = haul.consign()
        for code in CHAIN:
            haul.carry(waybill, (code,), step_h=0)
            haul.tale.now += 20 * 3_600_000
        haul.tale.scan(haul.courier, waybill, "DELAYED", body={"reason": "external.weather"})
        haul.tale.scan(haul.courier, waybill, "ATTEMPT_FAILED", body={"reason": "recipient.wrong_address"})
        haul.sign_off(waybill)

    never_better(slow, excused_by_itself)


def test_holding_bad_deliveries_back() -> None:
    def never_posted(haul: Haul) -> None:
        waybill = haul.consign()
        for code in CHAIN:
            haul.carry(waybill, (code,), step_h=0)
            haul.tale.now += 20 * 3_600_000

    def posted_late_with_a_better_time(haul: Haul) -> None:
        waybill = haul.consign()
        haul.carry(waybill)
        at = haul.tale.now
        haul.wait(5)
        haul.sign_off(waybill, at=at)

    def posted_at_its_time(haul: Haul) -> None:
        waybill = haul.consign()
        haul.carry(waybill)
        haul.wait(5)
        haul.sign_off(waybill)

    never_better(slow, never_posted)
    never_better(posted_at_its_time, posted_late_with_a_better_time)


def test_padding_with_parcels_of_a_shop_of_its_own_house() -> None:
    def padded(haul: Haul) -> None:
        own = haul.tale.firm("merchant", controllers=[haul.courier.actor])
        for number in range(8):
            waybill = haul.consign(shipper=own)
            haul.carry(waybill)
            haul.sign_off(waybill, confirmed=number % 2 == 0, evidence=PHOTO)
            haul.rate(waybill, stars=5)
            haul.decide(haul.complain(waybill, "attitude"), "not_upheld")

    never_better(void, padded)
    haul = Haul()
    padded(haul)
    haul.wait(45)
    facts = haul.facts()
    assert (facts.parcels, facts.apart.own_house, facts.apart.unproved) == ("0", 8, 8)
    assert [facts.measures[name].n for name in ("I3", "I4", "I7", "I8", "I9C")] == ["0"] * 5
    assert exact(facts.measures["I1"].x) == 0


def test_paying_losses_quietly() -> None:
    def decided(haul: Haul) -> None:
        haul.decide(haul.complain(lost(haul, ""), "lost"))

    def paid(haul: Haul) -> None:
        complaint = haul.complain(lost(haul, ""), "lost")
        haul.case(haul.courier, complaint, "REMEDIED", paid_minor=10_000)

    def paid_beside_the_book(haul: Haul) -> None:
        lost(haul, "")

    for quietly in (paid, paid_beside_the_book):
        assert losses(quietly) == losses(decided) == 1


def losses(told: Told) -> int:
    haul = Haul()
    told(haul)
    haul.wait(45)
    weight = haul.rules.day_weights[45]
    return round(exact(haul.facts().measures["I3"].x) * 10**6 / weight)


def test_taking_back_the_scans_of_a_bad_parcel() -> None:
    def taken_back(haul: Haul) -> None:
        waybill = haul.consign()
        scan = haul.tale.scan(haul.courier, waybill, "PICKED_UP")
        haul.tale.say(haul.courier, "correction", {}, {"reason": "did_not_occur"}, ref=scan)

    never_better(lost, taken_back)
    assert losses(taken_back) == losses(lambda haul: void(lost(haul, ""))) == 1


def test_refusing_a_consign_after_the_parcel_was_taken_on() -> None:
    def refused(haul: Haul) -> None:
        waybill = lost(haul, "")
        haul.tale.say(haul.courier, "confirm", {}, {"kind": "refuses"}, ref=haul.consigns[waybill])

    never_better(lost, refused)


def test_handing_over_to_nobody() -> None:
    def handed_to_nobody(haul: Haul) -> None:
        waybill = lost(haul, "")
        other = haul.tale.firm("courier")
        haul.tale.scan(haul.courier, waybill, "HANDOVER", next_=f"{other.actor[5:]}/{'phantom'.ljust(22, '0')}")

    never_better(lost, handed_to_nobody)


def test_signing_off_what_was_lost() -> None:
    def signed_off(haul: Haul) -> None:
        waybill = haul.consign()
        haul.carry(waybill)
        haul.sign_off(waybill, confirmed=False, evidence=PHOTO)
        haul.decide(haul.complain(waybill, "lost", by=Signer.nobody("somebody")))

    never_better(lost, signed_off)


def test_making_a_bad_parcel_look_like_brushing() -> None:
    def slow_and_light(haul: Haul) -> None:
        waybill = haul.consign(weight_g=10)
        haul.carry(waybill, ("PICKED_UP",), step_h=90)
        haul.sign_off(waybill)

    def slow_and_bare(haul: Haul) -> None:
        waybill = haul.consign()
        haul.carry(waybill, ("PICKED_UP",), step_h=90)
        haul.sign_off(waybill)

    never_better(slow_and_bare, slow_and_light)


def test_not_answering_a_complaint() -> None:
    def answered_late(haul: Haul) -> None:
        complaint = haul.complain(haul.send(), "attitude")
        haul.wait(9)
        haul.case(haul.courier, complaint, "PROPOSED")
        haul.case(haul.codes[list(haul.codes)[-1]], complaint, "ACCEPTED")

    def never_answered(haul: Haul) -> None:
        haul.complain(haul.send(), "attitude")

    never_better(answered_late, never_answered)


def test_complaining_to_itself_and_rating_itself() -> None:
    def to_itself(haul: Haul) -> None:
        waybill = next(iter(haul.codes))
        own = haul.tale.firm("merchant", controllers=[haul.courier.actor])
        complaint = haul.complain(waybill, "other", by=own)
        haul.case(haul.courier, complaint, "PROPOSED")
        haul.case(own, complaint, "ACCEPTED")
        stranger = Signer.nobody("a friend of the house")
        haul.case(haul.courier, haul.complain(waybill, "other", by=stranger), "PROPOSED")

    assert points(to_itself) == points(void)


def test_a_parcel_nobody_scans_stays_a_miss_for_a_year() -> None:
    never_better(void, lambda haul: void(lost(haul, "")), days=200)

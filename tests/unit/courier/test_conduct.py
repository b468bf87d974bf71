"""The row of one parcel: its clock, its end, its grades, what is missing from it and what sets it apart."""

from __future__ import annotations

import pytest
from fakes.haul import CHAIN, HOUR, Haul
from fakes.tale import PHOTO
from fakes.world import Signer

from suxin.courier.measure import count, is_quarantined, scores_in
from suxin.courier.row import ParcelRow, parcel_hash, row_bytes


@pytest.fixture
def haul() -> Haul:
    return Haul()


def hits(row: ParcelRow, haul: Haul) -> dict[str, bool]:
    return {share.measure: bool(share.x) for share in count(row, haul.rules).shares if share.measure in ("I1", "I2", "I5", "I6")}


def exposed(row: ParcelRow, haul: Haul) -> set[str]:
    return {share.measure for share in count(row, haul.rules).shares if share.measure in ("I3", "I4", "I7") and share.n}


ALL = {"I1": True, "I2": True, "I5": True, "I6": True}


def test_a_parcel_with_everything_in_order_is_a_hit_everywhere(haul: Haul) -> None:
    waybill = haul.send()
    row = haul.parcel(waybill)
    assert (row.parcel, row.end, row.grade, row.known, row.promise) == (parcel_hash(waybill), "delivered", "A", "A", "kept")
    assert (row.origin, row.destination) == ("3307", "3101")
    assert (row.gaps, row.cases, row.marks) == ((), (), ())
    assert row.minutes is not None
    assert 32 * 60 <= row.minutes <= 32 * 60 + 1
    assert hits(row, haul) == ALL
    assert exposed(row, haul) == {"I3", "I4", "I7"}


def test_no_person_and_no_waybill_is_in_a_row(haul: Haul) -> None:
    waybill = haul.send()
    line = row_bytes(haul.parcel(waybill)).decode()
    assert waybill[19:] not in line
    assert "anon:" not in line
    assert set(line.split('"')[1::2]) >= {"row", "parcel", "day"}


@pytest.mark.parametrize(("step_h", "in_time"), [(17, True), (18, False)])  # 68 and 72 hours and some seconds
def test_seventy_two_hours_are_counted_from_pick_up_to_sign_off(haul: Haul, step_h: int, in_time: bool) -> None:
    row = haul.parcel(haul.send(step_h=step_h, promise_h=None))
    assert hits(row, haul) == {"I1": in_time, "I5": True, "I6": True}


def test_within_one_city_there_are_no_72_hours_and_no_facilities_are_due(haul: Haul) -> None:
    row = haul.parcel(haul.send(destination="330782", codes=("PICKED_UP", "OUT_FOR_DELIVERY")))
    assert hits(row, haul) == {"I2": True, "I5": True, "I6": True}


def test_record_consent_for_locker_use_story_14(haul: Haul) -> None:
    found = []
    for consent in ("this_parcel", "none"):
        waybill = haul.consign()
        haul.carry(waybill)
        haul.tale.scan(haul.courier, waybill, "READY_FOR_PICKUP", body={"consent": consent})
        haul.wait(4)
        haul.sign_off(waybill, "station", body={"consent": consent})
        found.append(hits(haul.parcel(waybill), haul))
    assert found == [ALL, {"I1": False, "I2": False, "I5": False, "I6": True}]


def test_a_deposit_without_consent_is_not_mended_by_a_sign_off_in_person(haul: Haul) -> None:
    waybill = haul.consign()
    haul.carry(waybill, step_h=4)
    haul.tale.scan(haul.courier, waybill, "READY_FOR_PICKUP")
    haul.sign_off(waybill, "in_person")
    row = haul.parcel(waybill)
    assert "deposit" in row.marks
    assert hits(row, haul)["I5"] is False


@pytest.mark.parametrize(("attempts", "evidence", "stopped"), [(2, PHOTO, True), (1, PHOTO, False), (2, [], False)])
def test_the_clock_stops_at_the_first_of_two_documented_attempts(
    haul: Haul, attempts: int, evidence: list[dict[str, object]], stopped: bool
) -> None:
    waybill = haul.consign()
    haul.carry(waybill)
    for _ in range(attempts):
        more = {"evidence": evidence} if evidence else {}
        haul.tale.scan(haul.courier, waybill, "ATTEMPT_FAILED", body={"reason": "recipient.absent"}, **more)
        haul.wait(2)
    haul.sign_off(waybill)
    assert hits(haul.parcel(waybill), haul)["I1"] is stopped


def test_a_claim_only_earns_no_credit_and_a_photograph_does(haul: Haul) -> None:
    for more, grade in (({}, "D"), ({"evidence": PHOTO}, "C")):
        waybill = haul.consign()
        haul.carry(waybill)
        haul.sign_off(waybill, confirmed=False, **more)
        row = haul.parcel(waybill)
        assert row.grade == grade
        assert hits(row, haul) == (ALL if grade == "C" else dict.fromkeys(ALL, False))
        assert exposed(row, haul) == {"I3", "I4", "I7"}  # the consign of a stranger and the carrier's scans are two


def test_the_exposure_needs_a_second_house(haul: Haul) -> None:
    haul.consign()
    waybill = f"{haul.uscc}/{'stray'.ljust(22, '0')}"  # only scanned: nobody else knows of it
    haul.tale.scan(haul.courier, waybill, "PICKED_UP")
    row = haul.parcel(waybill)
    assert row.known == "D"
    assert exposed(row, haul) == set()
    assert hits(row, haul)["I1"] is False  # a lane nobody named is no way out of the 72 hours


def test_a_sign_off_that_came_to_the_book_after_three_days_is_not_on_time(haul: Haul) -> None:
    waybill = haul.consign()
    haul.carry(waybill)
    at = haul.tale.now
    haul.wait(4)
    haul.sign_off(waybill, at=at)
    row = haul.parcel(waybill)
    assert "late_sync" in row.marks
    assert hits(row, haul) == {"I1": False, "I2": False, "I5": True, "I6": True}


@pytest.mark.parametrize(
    ("left_out", "gaps"),
    [
        ("PICKED_UP", ("pickup",)),
        ("HUB_IN", ("facility_in",)),
        ("HUB_OUT", ("facility_out",)),
        ("OUT_FOR_DELIVERY", ("round",)),
    ],
)
def test_a_chain_with_a_gap_is_incomplete(haul: Haul, left_out: str, gaps: tuple[str, ...]) -> None:
    row = haul.parcel(haul.send(codes=tuple(code for code in CHAIN if code != left_out)))
    assert row.gaps == gaps
    assert hits(row, haul)["I6"] is False


def test_what_is_lost_returned_or_nowhere(haul: Haul) -> None:
    lost, back, nowhere = (haul.consign() for _ in range(3))
    for waybill in (lost, back, nowhere):
        haul.carry(waybill, CHAIN[:3])
    haul.tale.scan(haul.courier, lost, "LOST")
    for code in ("RETURNING", "RETURNED"):
        returned = haul.tale.scan(haul.courier, back, code)
    assert [haul.parcel(waybill).end for waybill in (lost, back, nowhere)] == ["lost", "returned", "open"]
    assert hits(haul.parcel(back), haul)["I1"] is False  # the carrier's own word for it
    haul.tale.confirm(haul.shop, returned, "received")
    assert "excused" in haul.parcel(back).marks
    assert hits(haul.parcel(back), haul) == {"I6": False}  # never went out for delivery
    haul.wait(31)
    row = haul.parcel(nowhere)
    assert row.end == "presumed_lost"
    assert scores_in(row, haul.rules) == "I3"
    haul.tale.scan(haul.courier, nowhere, "FOUND")
    assert haul.parcel(nowhere).end == "open"


def test_a_hand_over_ends_the_journey_once_the_next_one_accepts_it(haul: Haul) -> None:
    other = haul.tale.firm("courier")
    waybill = haul.consign()
    haul.carry(waybill, CHAIN[:3])
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    handed = haul.tale.scan(haul.courier, waybill, "HANDOVER", next_=onward)
    assert haul.parcel(waybill).end == "open"
    haul.tale.confirm(other, handed, "accepts")
    row = haul.parcel(waybill)
    assert row.end == "handed_over"
    assert set(hits(row, haul)) == {"I6"}


def test_a_cause_excuses_when_the_other_side_says_so_itself(haul: Haul) -> None:
    for reason in ("", "recipient.absent", "carrier.capacity"):
        waybill = haul.consign()
        haul.carry(waybill)
        failed = haul.tale.scan(haul.courier, waybill, "ATTEMPT_FAILED", body={"reason": "recipient.absent"})
        if reason:
            haul.tale.say(haul.codes[waybill], "confirm", {}, {"kind": "refuses", "reason": reason}, ref=failed)
        haul.wait(5)
        haul.sign_off(waybill)
        row = haul.parcel(waybill)
        excused = reason == "recipient.absent"  # the carrier's own code alone excuses nothing
        assert ("excused" in row.marks) is excused
        assert set(hits(row, haul)) == ({"I6"} if excused else {"I1", "I2", "I5", "I6"})


def test_a_shop_of_its_own_house_excuses_nothing(haul: Haul) -> None:
    friend = haul.tale.firm("merchant", controllers=[haul.courier.actor])
    waybill = haul.consign(shipper=friend)
    haul.carry(waybill)
    failed = haul.tale.scan(haul.courier, waybill, "ATTEMPT_FAILED", body={"reason": "recipient.absent"})
    for signer in (friend, haul.codes[waybill]):
        haul.tale.say(signer, "confirm", {}, {"kind": "refuses", "reason": "recipient.absent"}, ref=failed)
    assert "excused" not in haul.parcel(waybill).marks


def test_cases_are_upheld_admitted_or_paid_and_nothing_else(haul: Haul) -> None:
    alleged, upheld, paid, replied, elsewhere, by_others = (haul.send() for _ in range(6))
    parcels = (alleged, upheld, paid, replied, elsewhere, by_others)
    complaints = {waybill: haul.complain(waybill, "damaged") for waybill in parcels}
    haul.decide(complaints[upheld], at_fault="carrier")
    haul.case(haul.courier, complaints[paid], "PROPOSED", paid_minor=5_000)
    haul.tale.say(haul.courier, "reply", {}, {"remedy": "refund", "text": "A" * 43}, ref=complaints[replied])
    haul.decide(complaints[elsewhere], at_fault="seller")
    haul.case(haul.tale.firm("platform"), complaints[by_others], "TRIAGED", paid_minor=5_000)  # it pays first, and admits nothing
    found = {waybill: haul.parcel(waybill) for waybill in complaints}
    assert [found[w].cases for w in complaints] == [(), ("damaged",), ("damaged",), ("damaged",), (), ()]
    assert "excused" in found[elsewhere].marks
    assert scores_in(found[upheld], haul.rules) == "I4"


def test_one_case_scores_once_in_its_heaviest_indicator(haul: Haul) -> None:
    waybill = haul.send()
    for category in ("damaged", "false_signoff", "lost"):
        haul.decide(haul.complain(waybill, category))
    row = haul.parcel(waybill)
    counted = count(row, haul.rules)
    assert row.cases == ("damaged", "false_signoff", "lost")
    assert {share.measure for share in counted.shares if share.x and share.measure in ("I3", "I4", "I7")} == {"I3"}
    assert hits(row, haul) == ALL  # the recipient's code confirmed it: something was missing, and that scores as a loss
    assert "counted_in" in counted.apart


def test_a_sign_off_that_only_the_carrier_vouches_for_is_disproved_by_a_decision(haul: Haul) -> None:
    for category, end, want in (
        ("lost", "lost", dict.fromkeys(ALL, False)),
        ("false_signoff", "delivered", {"I1": False, "I2": False, "I5": False, "I6": True}),
        ("locker_without_consent", "delivered", {"I1": True, "I2": True, "I5": False, "I6": True}),
    ):
        waybill = haul.consign()
        haul.carry(waybill)
        haul.sign_off(waybill, confirmed=False, evidence=PHOTO)
        complaint = haul.complain(waybill, category, by=Signer.nobody(f"somebody {category}"))
        assert hits(haul.parcel(waybill), haul) == ALL  # an allegation moves nothing
        haul.decide(complaint)
        row = haul.parcel(waybill)
        assert (row.end, hits(row, haul)) == (end, want)


def test_marks_of_brushing_set_apart_and_never_convict(haul: Haul) -> None:
    one = haul.parcel(haul.send(weight_g=20))
    assert one.marks == ("light",)
    assert not is_quarantined(one, haul.rules)
    waybill = haul.consign(weight_g=20)
    haul.carry(waybill, ("PICKED_UP",), step_h=2)
    haul.sign_off(waybill)
    row = haul.parcel(waybill)
    assert set(row.marks) == {"bare", "fast", "light"}
    assert is_quarantined(row, haul.rules)
    counted = count(row, haul.rules)
    assert hits(row, haul) == {"I6": False}  # what it failed stays; what it would earn is set apart
    assert exposed(row, haul) == set()
    assert (counted.parcels, counted.apart) == (0, ("quarantined",))
    haul.marks[waybill] = ("cleared",)
    assert hits(haul.parcel(waybill), haul) == {"I1": True, "I2": True, "I5": True, "I6": False}


def test_an_exclusion_drops_a_parcel_from_everything_and_is_counted_story_17(haul: Haul) -> None:
    good, stormy = haul.send(), haul.send(step_h=40)
    haul.marks[stormy] = ("excluded",)
    haul.wait(12)
    facts = haul.facts()
    assert facts.apart.excluded == 1
    assert facts.measures["I1"].n == facts.measures["I1"].x == facts.parcels
    assert haul.parcel(good).marks == ()


def test_the_day_of_a_row_is_the_day_in_china(haul: Haul) -> None:
    haul.tale.now += 15 * HOUR + 59 * 60_000  # 15:59 UTC is one minute before midnight in China
    before = haul.consign()
    haul.tale.scan(haul.courier, before, "PICKED_UP")
    haul.tale.now += 2 * 60_000
    after = haul.consign()
    haul.tale.scan(haul.courier, after, "PICKED_UP")
    assert (haul.parcel(before).day, haul.parcel(after).day) == ("2026-11-22", "2026-11-23")

"""Complaints in the rating: who counts, when the clock stops, what closes a case."""

from __future__ import annotations

import pytest
from fakes.haul import Haul
from fakes.world import Signer

from suxin.courier.row import ApartRow, ComplaintRow


@pytest.fixture
def haul() -> Haul:
    return Haul()


def told(haul: Haul) -> tuple[list[bool], dict[str, int]]:
    """Whether each complaint that counts was settled in time, and what is counted apart."""
    rows = haul.rows()
    (apart,) = [row.apart for row in rows if isinstance(row, ApartRow)]
    named = {name: count for name in ("pending", "unproved", "abusive", "silent") if (count := getattr(apart, name))}
    return [row.settled for row in rows if isinstance(row, ComplaintRow)], named


@pytest.mark.parametrize(("days", "settled"), [(6, True), (8, False)])
def test_an_answer_stops_the_clock_and_acceptance_closes(haul: Haul, days: int, settled: bool) -> None:
    waybill = haul.send()
    complaint = haul.complain(waybill, "attitude")
    assert told(haul) == ([], {"pending": 1})
    haul.wait(days)
    haul.case(haul.courier, complaint, "PROPOSED")
    haul.wait(5)  # the complainant takes her time, which is not the company's
    haul.case(haul.codes[waybill], complaint, "ACCEPTED")
    assert told(haul) == ([settled], {})


def test_a_complaint_nobody_answers_is_late_after_seven_days(haul: Haul) -> None:
    haul.complain(haul.send(), "attitude")
    haul.wait(6)
    assert told(haul) == ([], {"pending": 1})
    haul.wait(2)
    assert told(haul) == ([False], {})


def test_a_decision_closes_whoever_answered(haul: Haul) -> None:
    haul.decide(haul.complain(haul.send(), "attitude"), "not_upheld")
    assert told(haul) == ([True], {})


def test_turning_an_answer_down_sets_the_clock_going_again(haul: Haul) -> None:
    waybill = haul.send()
    complaint = haul.complain(waybill, "attitude")
    haul.wait(4)
    haul.case(haul.courier, complaint, "PROPOSED")
    haul.wait(3)
    haul.case(haul.codes[waybill], complaint, "REJECTED_BY_CONSUMER")
    haul.wait(2)
    assert told(haul) == ([], {"pending": 1})  # six days of the clock
    haul.wait(2)
    assert told(haul) == ([False], {})


def test_fourteen_days_of_silence_after_an_answer_close_it_and_are_shown(haul: Haul) -> None:
    complaint = haul.complain(haul.send(), "attitude")
    haul.case(haul.courier, complaint, "PROPOSED")
    haul.wait(13)
    assert told(haul) == ([], {"pending": 1})
    haul.wait(2)
    assert told(haul) == ([True], {"silent": 1})


def test_who_is_no_party_is_counted_apart(haul: Haul) -> None:
    waybill = haul.send()
    platform, passer_by = haul.tale.firm("platform"), haul.tale.firm("merchant")
    own = haul.tale.firm("platform", controllers=[haul.courier.actor])
    parties = ((Signer.nobody("x"), False), (passer_by, False), (own, False), (haul.shop, True), (platform, True))
    for complainant, counts in parties:
        before = len(told(haul)[0])
        haul.complain(waybill, "attitude", by=complainant)
        haul.wait(8)
        assert len(told(haul)[0]) == before + counts
    assert told(haul)[1] == {"unproved": 3}


def test_what_was_decided_to_be_the_complainants_own_fault_does_not_count(haul: Haul) -> None:
    haul.decide(haul.complain(haul.send(), "attitude"), "not_upheld", at_fault="buyer")
    assert told(haul) == ([], {"abusive": 1})


def test_a_complaint_of_last_year_has_gone(haul: Haul) -> None:
    haul.decide(haul.complain(haul.send(), "attitude"), "not_upheld")
    haul.wait(365)
    assert told(haul)[0] == [True]
    haul.wait(1)
    assert told(haul)[0] == []

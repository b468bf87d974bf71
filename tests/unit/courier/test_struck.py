"""What an objection is upheld against, and what is repaired, leaves the facts of a parcel."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import credit_bodies as good
from fakes.haul import DAY, Haul

from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry


@pytest.fixture
def haul() -> Haul:
    return Haul()


def object_to(haul: Haul, entry: Entry, outcome: str | None = "upheld", **subjects: Any) -> None:
    filed = haul.tale.say(haul.courier, "objection", subjects, good.OBJECTION, ref=entry)
    if outcome is not None:
        body = {name: value for name, value in good.DECISION.items() if name != "next"} | {"outcome": outcome}
        haul.tale.say(haul.office, "objection", subjects, body, ref=filed)


def test_story_16_a_false_complaint_is_objected_to_and_scored_again(haul: Haul) -> None:
    """Object to a false complaint: at once 异议处理中, human decision, score recomputed after upheld."""
    waybill = haul.send()
    complaint = haul.complain(waybill, "lost")
    haul.decide(complaint)
    haul.wait(45)
    before = haul.facts()
    assert (before.measures["I3"].x, before.measures["I8"].n) != ("0", "0")
    object_to(haul, complaint, outcome=None)
    assert haul.facts().measures == before.measures  # an objection is an allegation too
    filed = haul.tale.entries[-1]
    body = {name: value for name, value in good.DECISION.items() if name != "next"} | {"outcome": "upheld"}
    haul.tale.say(haul.office, "objection", {}, body, ref=filed)
    after = haul.facts()
    assert (after.measures["I3"].x, after.measures["I8"].n) == ("0", "0")
    assert haul.score().exact_points > 0
    haul.case(haul.office, complaint, "REOPENED")  # nothing under it counts any more
    assert haul.facts().measures == after.measures


def test_only_what_is_upheld_is_struck(haul: Haul) -> None:
    waybill = haul.send()
    complaint = haul.complain(waybill, "damaged")
    haul.decide(complaint)
    haul.wait(12)
    before = haul.facts()
    for outcome in ("part", "refused"):
        filed = haul.tale.say(haul.courier, "objection", {}, good.OBJECTION, ref=complaint)
        body = good.DECISION | {"outcome": outcome}
        if outcome == "part":
            del body["next"]
        haul.tale.say(haul.office, "objection", {}, body, ref=filed)
        assert haul.facts().measures == before.measures


def test_a_decision_alone_can_be_struck(haul: Haul) -> None:
    waybill = haul.send()
    complaint = haul.complain(waybill, "damaged")
    decision = haul.decide(complaint)
    haul.wait(12)
    assert haul.parcel(waybill).cases == ("damaged",)
    object_to(haul, decision)
    assert haul.parcel(waybill).cases == ()
    haul.decide(complaint, "not_upheld")  # and it may be decided anew
    assert haul.parcel(waybill).cases == ()


@pytest.mark.parametrize("how", ["objection", "repair", "correction"])
def test_an_appeal_a_check_and_traffic_findings_leave_the_facts(haul: Haul, how: str) -> None:
    party = {"party": haul.courier.actor}
    company = {"company": haul.courier.actor}
    check = {"number": "C-1", "kind": "realname", "day": "2026-11-21", "checked": 40, "passed": 20}
    traffic = {"number": "T-1", "day": "2026-11-21", "found": 5, "months": 10}
    entries = [haul.tale.say(haul.office, "check", company, check), haul.tale.say(haul.office, "traffic", company, traffic)]
    haul.wait(1)
    assert (haul.facts().measures["I10"].n != "0", haul.facts().measures["I13"].n != "0") == (True, True)
    for entry in entries:
        if how == "objection":
            object_to(haul, entry, **party)
        elif how == "repair":
            body = good.REPAIR | {"index": entry.index, "leaf": b64u(bytes(32))}
            haul.tale.say(haul.office, "repair", party, body, ref=entry)
        else:
            haul.tale.say(haul.office, "correction", {}, {"reason": "did_not_occur"}, ref=entry)
    assert (haul.facts().measures["I10"].n, haul.facts().measures["I13"].n) == ("0", "0")
    assert haul.tale.now > DAY

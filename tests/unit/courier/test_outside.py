"""Appeals, checks, traffic findings and exclusions of authorities, from the book into facts."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.haul import Haul
from fakes.world import Signer

from suxin.courier.measure import scores_in
from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused


@pytest.fixture
def haul() -> Haul:
    return Haul()


def appeal(haul: Haul, waybill: str, finding: str, number: str = "12305-1", by: Signer | None = None, **more: Any) -> Entry:
    body = {"category": "lost", "finding": finding, "number": number}
    return haul.tale.say(by or haul.office, "appeal", {"waybill": waybill}, body, **more)


def of_company(haul: Haul, type_name: str, **body: Any) -> Entry:
    return haul.tale.say(haul.office, type_name, {"company": haul.courier.actor}, body)


def storm(haul: Haul, **more: Any) -> Entry:
    body = {"area": ["3101"], "first": "2026-11-22", "last": "2026-11-28", "number": "E-1", "reason": "weather"}
    return of_company(haul, "exclusion", **(body | more))


def test_only_a_valid_appeal_scores_and_only_while_it_is_valid(haul: Haul) -> None:
    waybill = haul.send()
    haul.wait(12)
    seen = []
    first = None
    for finding in ("pending", "valid", "valid", "not_valid"):
        entry = appeal(haul, waybill, finding, **({} if first is None else {"ref": first}))
        first = first or entry
        facts = haul.facts()
        seen.append((scores_in(haul.parcel(waybill), haul.rules), facts.apart.pending, facts.measures["I7"].x != "0"))
    assert seen == [("", 1, False), ("I7", 0, True), ("I7", 0, True), ("", 0, False)]


def test_one_appeal_about_one_parcel_is_one_case_even_under_two_numbers(haul: Haul) -> None:
    waybill = haul.send()
    haul.decide(haul.complain(waybill, "lost"))
    first = appeal(haul, waybill, "valid", "12305-1")
    with pytest.raises(Refused) as refused:
        appeal(haul, waybill, "valid", "12345-9")
    assert (refused.value.code, refused.value.pointer) == ("appeal-known", "/body/number")
    appeal(haul, waybill, "valid", "12345-9", ref=first)
    haul.wait(45)
    facts = haul.facts()
    assert facts.measures["I7"].x == facts.measures["I7"].n
    assert facts.measures["I3"].x == "0"
    assert facts.apart.counted_in == 1


def test_an_appeal_about_no_parcel_of_this_book_is_shown_and_not_scored(haul: Haul) -> None:
    haul.send()
    stray = f"{haul.uscc}/{'nowhere'.ljust(22, '0')}"
    appeal(haul, stray, "valid")
    of_company(haul, "appeal", category="delay", finding="valid", number="12305-2")
    haul.wait(12)
    facts = haul.facts()
    assert (facts.apart.outside, facts.measures["I7"].x) == (2, "0")


def test_an_appeal_lays_a_parcel_to_a_carrier_that_never_scanned_it(haul: Haul) -> None:
    waybill = haul.consign()
    haul.wait(45)
    assert haul.facts().parcels == "0"
    appeal(haul, waybill, "valid")
    assert haul.facts().measures["I7"].x != "0"
    assert haul.facts().measures["I1"].n != "0"


def test_an_appeal_that_was_entered_in_error_is_taken_out(haul: Haul) -> None:
    waybill = haul.send()
    entry = appeal(haul, waybill, "valid")
    haul.tale.say(haul.office, "correction", {}, {"reason": "did_not_occur"}, ref=entry)
    assert haul.parcel(waybill).cases == ()


def test_the_finding_of_an_appeal_may_come_under_its_number_alone(haul: Haul) -> None:
    waybill = haul.send()
    appeal(haul, waybill, "pending")
    of_company(haul, "appeal", category="lost", finding="valid", number="12305-1")
    assert haul.parcel(waybill).cases == ("appeal",)


def test_a_storm_drops_parcels_to_its_area_on_its_days_and_shows_how_many(haul: Haul) -> None:
    there = haul.send(step_h=30)
    elsewhere = haul.send(destination="440106")
    haul.tale.now += 4 * 24 * 3_600_000
    later = haul.send()
    storm(haul)
    haul.wait(12)
    assert ["excluded" in haul.parcel(waybill).marks for waybill in (there, elsewhere, later)] == [True, False, False]
    facts = haul.facts()
    assert facts.apart.excluded == 1
    assert facts.measures["I1"].n == facts.measures["I1"].x != "0"


def test_checks_and_traffic_findings_count_for_a_year(haul: Haul) -> None:
    day = haul.today
    of_company(haul, "check", number="C-1", kind="double_random", day=day, checked=40, passed=37)
    of_company(haul, "traffic", number="T-1", day=day, found=20, months=720)
    measures = haul.facts().measures
    assert [(measures[name].n, measures[name].x) for name in ("I10", "I13")] == [("40", "37"), ("720", "20")]
    haul.wait(180)
    assert haul.facts().measures["I10"].n == "20"
    haul.wait(186)
    assert haul.facts().measures["I10"].n == "0"


@pytest.mark.parametrize("kind", ["check", "traffic", "exclusion", "appeal"])
def test_nobody_but_an_authority_says_so(haul: Haul, kind: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "check": {"number": "C-1", "kind": "realname", "day": "2026-11-20", "checked": 1, "passed": 1},
        "traffic": {"number": "T-1", "day": "2026-11-20", "found": 0, "months": 1},
        "exclusion": {"number": "E-1", "area": ["33"], "first": "2026-11-20", "last": "2026-11-21", "reason": "weather"},
        "appeal": {"number": "A-1", "category": "delay", "finding": "not_valid"},
    }
    for signer in (haul.courier, haul.shop, haul.tale.root):
        with pytest.raises(Refused) as refused:
            haul.tale.say(signer, kind, {"company": haul.courier.actor}, bodies[kind])
        assert refused.value.code == ("source-missing" if signer is haul.tale.root else "no-authority")


def test_the_operator_enters_it_in_an_authoritys_name_and_it_is_the_same_finding(haul: Haul) -> None:
    waybill = haul.send()
    haul.wait(12)
    source = {"mode": "import", "of": haul.office.actor}
    appeal(haul, waybill, "pending", by=haul.tale.root, source=source)
    appeal(haul, waybill, "valid")
    assert [(one.number, one.finding) for one in haul.tale.file(haul.courier).outside.appeals()] == [("12305-1", "valid")]
    for wrong in ({"mode": "import"}, {"mode": "relay", "of": haul.office.actor}, source | {"of": haul.tale.root.actor}):
        with pytest.raises(Refused) as refused:
            appeal(haul, waybill, "not_valid", by=haul.tale.root, source=wrong)
        assert (refused.value.code, refused.value.pointer) == ("source-missing", "/source")


def test_what_does_not_fit_is_refused(haul: Haul) -> None:
    for kind, body, subject, code in (
        (
            "check",
            {"number": "C", "kind": "realname", "day": "2026-11-20", "checked": 1, "passed": 2},
            haul.courier,
            "field-invalid",
        ),
        ("traffic", {"number": "T", "day": "2026-11-20", "found": 0, "months": 1}, haul.shop, "subject-unknown"),
        ("appeal", {"number": "A", "category": "delay", "finding": "valid"}, haul.shop, "subject-unknown"),
        ("traffic", {"number": "T", "day": "2026-02-30", "found": 0, "months": 1}, haul.courier, "time-malformed"),
    ):
        with pytest.raises(Refused) as refused:
            haul.tale.say(haul.office, kind, {"company": subject.actor}, body)
        assert refused.value.code == code
    with pytest.raises(Refused) as backwards:
        storm(haul, last="2026-11-21")
    assert (backwards.value.code, backwards.value.pointer) == ("field-invalid", "/body/last")

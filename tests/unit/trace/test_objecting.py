"""Warnings, objections, repairs and clocks: who moves them, and what may not be skipped."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import credit_bodies as good
from fakes.filing import File
from fakes.tale import CITY

from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused
from suxin.ledger.moment import moment_text
from suxin.trace.credit import months_after


@pytest.fixture
def file() -> File:
    return File()


def overdue(file: File, of: Entry, days: float, clock: str = "objection", **more: Any) -> Entry:
    due = of.statement.at_ms + int(days * 86_400_000)
    about = {} if any(name.startswith("w:") for name in of.statement.streams) else file.party
    body = {"clock": clock, "due": moment_text(due), "event": "overdue"}
    return file.say("warning", body, more.pop("by", file.root), ref=of, subjects=about, **more)


def complaint(file: File) -> Entry:
    waybill, consign, code = file.tale.consign(file.shop, file.courier, "p1")
    file.tale.scan(file.courier, waybill, "PICKED_UP", body={"accepts": consign.name})
    return file.tale.say(code, "complaint", {"waybill": waybill}, {"against": "carrier", "category": "attitude"})


@pytest.mark.parametrize("about", ["publication", "penalty", "list", "check", "warning", "complaint"])
def test_only_the_company_itself_objects_and_once_at_a_time(file: File, about: str) -> None:
    check = {"number": "C", "kind": "realname", "day": "2026-11-20", "checked": 40, "passed": 20}
    entry = {
        "publication": file.publish, "penalty": file.penalty, "warning": file.notice, "complaint": lambda: complaint(file),
        "list": lambda: file.say("list", good.LIST), "check": lambda: file.say("check", check),
    }[about]()  # fmt: skip
    for stranger in (file.rival, file.shop, file.office, file.root):
        with pytest.raises(Refused) as refused:
            file.object(entry, stranger)
        assert refused.value.code in ("no-authority", "subject-shape")
    with pytest.raises(Refused) as refused:  # in a file of its own a rival is itself
        file.object(entry, file.rival, subjects={"party": file.rival.actor})
    assert refused.value.code in ("no-authority", "subject-shape")
    first = file.object(entry)
    with pytest.raises(Refused) as refused:
        file.object(entry)
    assert refused.value.code == "objection-open"
    file.decide(first, "refused")
    file.object(entry)


def test_a_person_decides_with_reasons_and_never_the_company(file: File) -> None:
    filed = file.object(file.penalty())
    for signer in (file.courier, file.root, file.rival):
        with pytest.raises(Refused, match=r"authority|may not write"):
            file.decide(filed, by=signer)
    for missing in ("reviewer", "text", "outcome"):
        with pytest.raises(Refused) as refused:
            file.decide(filed, **{missing: None})
        assert (refused.value.code, refused.value.pointer) == ("field-missing", f"/body/{missing}")
    with pytest.raises(Refused, match="names the next instance"):
        file.decide(filed, "refused", next=None)
    with pytest.raises(Refused, match="names the next instance"):
        file.decide(filed, "upheld", next="lawsuit")
    file.decide(filed, "part")
    with pytest.raises(Refused) as refused:
        file.decide(filed)
    assert refused.value.code == "clock-none"


def test_the_operator_decides_about_what_it_said_itself(file: File) -> None:
    for entry in (file.publish(), file.notice()):
        file.decide(file.object(entry), by=file.root)


def test_a_notice_gives_time_to_answer_and_only_who_warned_lifts_it(file: File) -> None:
    with pytest.raises(Refused) as refused:
        file.notice(answer_by="2026-11-26")
    assert (refused.value.code, refused.value.pointer) == ("field-invalid", "/body/answer_by")
    with pytest.raises(Refused) as refused:
        file.notice(last="2026-11-29")
    assert refused.value.pointer == "/body/last"
    notice = file.notice()
    file.tale.say(file.courier, "reply", {}, {"text": "A" * 43}, ref=notice)
    with pytest.raises(Refused):
        file.say("warning", {"event": "lift"}, file.office, ref=notice)
    file.say("warning", {"event": "lift"}, file.root, ref=notice)
    with pytest.raises(Refused) as refused:
        file.say("warning", {"event": "lift"}, file.root, ref=notice)
    assert refused.value.code == "finding-known"


def test_overdue_is_entered_after_its_time_once_and_by_the_operator_alone(file: File) -> None:
    for about in (file.penalty(), complaint(file)):
        filed = file.object(about)
        with pytest.raises(Refused) as refused:
            overdue(file, filed, 9.9)
        assert refused.value.code == "clock-running"
        with pytest.raises(Refused) as refused:
            overdue(file, filed, 10)  # not yet
        assert refused.value.code == "clock-running"
        file.wait(10)
        with pytest.raises(Refused) as refused:
            overdue(file, filed, 10, by=file.office)
        assert refused.value.code == "no-authority"
        overdue(file, filed, 10)
        with pytest.raises(Refused) as refused:
            overdue(file, filed, 10)
        assert refused.value.code == "finding-known"
        file.decide(filed)  # late, and yet a decision
        with pytest.raises(Refused) as refused:
            overdue(file, filed, 11)
        assert refused.value.code == "clock-none"


def test_a_repair_is_by_who_recorded_it_on_a_ground_with_all_that_it_needs(file: File) -> None:
    penalty = file.penalty()
    other = file.tale.office("market")
    for changes, by, code, pointer in (
        ({}, other, "no-authority", "/actor"),
        ({}, file.courier, "no-authority", "/actor"),
        ({}, file.root, "no-authority", "/actor"),
        ({"index": 3}, None, "field-invalid", "/body/index"),
        ({"conditions": ["duty_done", "no_repeat", "no_repeat"]}, None, "field-missing", "/body/conditions"),
        ({"conditions": None}, None, "field-missing", "/body/conditions"),
        ({"pledge": None}, None, "field-missing", "/body/pledge"),
        ({"decided": "2026-08-31"}, None, "repair-early", "/body/decided"),
        ({"decided": "2026-11-23"}, None, "time-ahead", "/body/decided"),
    ):
        with pytest.raises(Refused) as refused:
            file.repair(penalty, by, **changes)
        assert (refused.value.code, refused.value.pointer) == (code, pointer)
    file.repair(penalty, decided="2026-09-01")
    with pytest.raises(Refused) as refused:
        file.repair(penalty)
    assert refused.value.code == "finding-known"


def test_what_was_imported_is_repaired_by_the_authority_that_decided_it(file: File) -> None:
    imported = file.penalty(file.root, {"mode": "import", "of": file.office.actor})
    file.repair(imported)


def test_a_rating_is_not_repaired_and_a_list_not_objected_away(file: File) -> None:
    with pytest.raises(Refused) as refused:
        file.repair(file.publish(), file.office)
    assert refused.value.code == "ref-type"
    appeal = file.say("appeal", {"number": "A", "category": "delay", "finding": "valid"})
    with pytest.raises(Refused) as refused:  # an appeal is withheld by law or at its term, not repaired
        file.repair(appeal)
    assert (refused.value.code, refused.value.pointer) == ("field-invalid", "/body/ground")
    file.repair(appeal, ground="term", conditions=None, pledge=None)


def test_partners_that_were_told_acknowledge_and_nobody_else(file: File) -> None:
    repair = file.repair(file.penalty())
    for stranger in (file.shop, file.rival, file.root):
        with pytest.raises(Refused):
            file.tale.confirm(stranger, repair, "received")
    file.tale.confirm(file.platform, repair, "received")
    with pytest.raises(Refused):
        file.tale.confirm(file.platform, file.penalty(number="2"), "received")
    with pytest.raises(Refused) as refused:
        overdue(file, repair, 0.5, "acknowledgement")
    assert refused.value.code == "clock-running"
    file.wait(1)
    overdue(file, repair, 1, "acknowledgement")


def test_the_parcels_of_an_objection_stay_out_of_the_companys_file(file: File) -> None:
    """Else one parcel's complaint would be in the bundle of every product the company carried."""
    filed = file.object(complaint(file))
    assert {name[0] for name in filed.statement.streams} == {"w", "c"}
    with pytest.raises(Refused) as refused:
        file.object(complaint_of(file), subjects=file.party)
    assert refused.value.code == "subject-shape"


def complaint_of(file: File) -> Entry:
    waybill, consign, code = file.tale.consign(file.shop, file.courier, "p2", body={"origin": CITY})
    file.tale.scan(file.courier, waybill, "PICKED_UP", body={"accepts": consign.name})
    return file.tale.say(code, "complaint", {"waybill": waybill}, {"against": "carrier", "category": "delay"})


def test_months_end_where_a_month_is_too_short() -> None:
    assert [months_after("2026-08-31", n) for n in (0, 3, 6, 12)] == ["2026-08-31", "2026-11-30", "2027-02-28", "2027-08-31"]
    assert months_after("2026-11-30", 3) == "2027-02-28"
    assert months_after("2026-12-31", 12) == "2027-12-31"

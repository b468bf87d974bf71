"""The credit file at a moment: terms, warnings, objections, repairs and clocks, worked out and never stored."""

from __future__ import annotations

import pytest
from fakes import credit_bodies as good
from fakes.filing import DAY, File

from suxin.courier.conduct import day_of
from suxin.courier.dossier import Dossier, Finding, dossier_of
from suxin.courier.factfile import Facts
from suxin.courier.rollup import Rollup
from suxin.courier.row import ApartRow, OrderRow, PreviousRow, StandingRow
from suxin.courier.rulebook import rule_set
from suxin.courier.standing import standing_rows
from suxin.courier.workday import calendar, parse_calendar
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.moment import moment_text


@pytest.fixture
def file() -> File:
    return File()


def now(file: File, days: float = 0) -> Dossier:
    """The file so many days from now."""
    return dossier_of(file.entries, file.tale.now + int(days * DAY))


def finding(file: File, entry: Entry, days: float = 0) -> Finding:
    return next(f for f in now(file, days).findings if f.entry.name == entry.name)


def rows(file: File, days: float = 0) -> list[StandingRow | OrderRow | PreviousRow]:
    as_of = day_of(file.tale.now + int(days * DAY))
    return standing_rows(file.entries, as_of)  # type: ignore[return-value]


def facts(file: File) -> Facts:
    """Facts of a company that has carried nothing."""
    return Rollup(file.courier.actor[5:], rule_set()).add(rows(file)).facts(day_of(file.tale.now))


def test_a_term_ends_by_itself(file: File) -> None:
    entry = file.penalty(first="2026-11-24", last="2026-11-26", decided="2026-11-20")
    assert [finding(file, entry, d).stage for d in range(6)] == ["to_come", "to_come", "in_term", "in_term", "in_term", "ended"]
    assert [len(rows(file, d)) for d in range(6)] == [0, 0, 1, 1, 1, 0]
    listed = file.say("list", good.LIST | {"last": "2026-11-23"})
    assert [finding(file, listed, d).stage for d in (0, 1, 2)] == ["in_term", "in_term", "ended"]


def test_penalties_breaches_and_orders_are_scored_and_imports_turn_nothing_red(file: File) -> None:
    file.penalty()
    file.say("breach", good.BREACH)
    file.say("breach", good.BREACH | {"kind": "commitment", "finding": b64u(bytes(32)), "number": "2"})
    file.order()
    file.penalty(file.root, {"mode": "import", "of": "auth:court:330700"}, **good.ORDER)
    found = facts(file)
    assert [(s.indicator, s.degree) for s in found.standing] == [
        ("I11", "general"), ("I11", "serious"), ("I11", "serious"), ("I12", "general"),
    ]  # fmt: skip
    assert [(o.trigger, o.authority) for o in found.orders] == [("suspension", file.office.actor)]
    assert len(now(file).findings) == 5


def test_story_18_a_warning_is_told_before_it_is_public(file: File) -> None:
    """Get told before a warning goes public: notice event, 5 working days, answer shown beside the warning."""
    answer_by = calendar().after(day_of(file.tale.now), 5)
    assert answer_by == "2026-11-27"
    silent, answered = file.notice(answer_by=answer_by), file.notice(answer_by=answer_by)
    assert now(file).public_warnings == ()
    assert [w.stage for w in now(file, 5.5).warnings] == ["notice", "notice"]
    reply = file.tale.say(file.courier, "reply", {}, {"text": b64u(bytes(32))}, ref=answered)
    shown = now(file).public_warnings
    assert [(w.entry.name, [a.name for a in w.answers]) for w in shown] == [(answered.name, [reply.name])]
    assert [w.entry.name for w in now(file, 6).public_warnings] == [silent.name, answered.name]
    file.say("warning", {"event": "lift"}, file.root, ref=silent)
    assert [w.stage for w in now(file, 6).warnings] == ["lifted", "public"]
    assert [w.stage for w in now(file, 200).warnings] == ["lifted", "ended"]


def test_working_days_are_data_with_version_and_source() -> None:
    days = calendar("CN-2026")
    assert "国务院办公厅" in days.source
    assert days.after("2026-09-30", 5) == "2026-10-13"  # the National Day week is off, Saturday the 10th is worked
    assert days.after("2026-02-13", 1) == "2026-02-14"
    assert days.after("2027-01-01", 5) == "2027-01-08"  # nobody has announced that year's holidays here
    for bad in (b"{}", b'{"version":"CN-2026","date":"2025-11-04","years":[2026],"source":"x","off":["2026-01-03"],"on":[]}'):
        with pytest.raises(Exception, match="calendar"):
            parse_calendar(bad)


def test_an_objection_marks_at_once_and_is_overdue_by_itself(file: File) -> None:
    penalty = file.penalty()
    assert not finding(file, penalty).in_dispute
    filed = file.object(penalty)
    assert finding(file, penalty).in_dispute
    assert now(file).in_dispute
    assert [now(file, d).objections[0].overdue for d in (0, 9.9, 10.1)] == [False, False, True]
    assert now(file, 10.1).overdue == ()  # nobody has entered it, and it is overdue
    file.wait(10.1)
    due = moment_text(filed.statement.at_ms + 10 * DAY)
    file.say("warning", good.OVERDUE | {"due": due}, file.root, ref=filed)
    file.decide(filed, "refused")
    late = now(file).objections[0]
    assert (late.outcome, late.overdue, len(now(file).overdue)) == ("refused", True, 1)
    assert finding(file, penalty).stage == "in_term"
    assert len(rows(file)) == 1


@pytest.mark.parametrize(("outcome", "stage", "scored"), [("upheld", "withdrawn", 0), ("part", "in_term", 1)])
def test_what_an_objection_is_upheld_against_counts_no_more(file: File, outcome: str, stage: str, scored: int) -> None:
    penalty = file.penalty()
    file.decide(file.object(penalty), outcome)
    assert finding(file, penalty).stage == stage
    assert len(rows(file)) == scored


def test_a_rating_that_was_objected_away_is_not_current(file: File) -> None:
    file.publish(as_of="2026-11-20")
    wrong = file.publish(as_of="2026-11-21")
    assert now(file).current == wrong
    file.decide(file.object(wrong), by=file.root)
    current = now(file).current
    assert current is not None
    assert current.statement.body.as_of == "2026-11-20"  # type: ignore[union-attr]


def test_story_19_a_repaired_penalty_vanishes(file: File) -> None:
    """Have a repaired penalty vanish: absent from public page, API and I11; still provable to the regulator."""
    penalty = file.penalty()
    assert [s.indicator for s in facts(file).standing] == ["I11"]
    repair = file.repair(penalty)
    assert finding(file, penalty).stage == "repaired"
    assert now(file).public_findings == ()
    assert facts(file).standing == ()
    assert penalty.name in {entry.name for entry in file.entries}
    assert repair.statement.ref == penalty.name


def test_partners_are_counted_and_a_missing_one_is_overdue_after_a_day(file: File) -> None:
    repair = file.repair(file.penalty(), partners=[file.platform.actor, file.shop.actor])
    file.tale.confirm(file.platform, repair, "received")
    told = now(file).repairs[0]
    assert (told.told, told.acknowledged) == ((file.platform.actor, file.shop.actor), {file.platform.actor})
    assert [now(file, d).repairs[0].overdue for d in (0, 0.9, 1.1)] == [False, False, True]


def test_the_last_rating_of_an_earlier_month_is_what_a_grade_moves_from(file: File) -> None:
    for as_of, score in (("2026-09-30", 804), ("2026-10-30", 799), ("2026-10-31", 797), ("2026-11-20", 700)):
        file.publish(as_of=as_of, score_e1=score, low_e1=600, high_e1=900)
    assert [row.previous.score for row in rows(file) if isinstance(row, PreviousRow)] == ["79.7"]
    assert [row.previous.score for row in rows(file, 10) if isinstance(row, PreviousRow)] == ["70.0"]


def test_the_order_of_entries_of_one_day_changes_nothing_that_is_scored(file: File) -> None:
    file.penalty()
    file.say("breach", good.BREACH)
    file.order()
    ordered = Rollup(file.courier.actor[5:], rule_set()).add(standing_rows(file.entries, "2026-11-22")).facts("2026-11-22")
    turned = Rollup(file.courier.actor[5:], rule_set()).add(standing_rows(file.entries[::-1], "2026-11-22")).facts("2026-11-22")
    assert ordered == turned
    assert not any(isinstance(row, ApartRow) for row in rows(file))

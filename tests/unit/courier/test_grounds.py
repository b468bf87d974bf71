"""Grounds for a service warning: past the threshold even at the bound that favours the company, and told once a term."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes import credit_bodies as good
from fakes.credit import newcomer, scored, shunda
from fakes.filing import DAY, STATE, File

from suxin.courier.dossier import Dossier, dossier_of
from suxin.courier.errors import CreditError
from suxin.courier.grounds import Ground, grounds_of, notice_body, parse_terms, untold, warning_terms
from suxin.courier.publication import publication_body
from suxin.courier.rulebook import packaged
from suxin.ledger.encoding import b64u

TERMS = warning_terms()
NOTHING = dossier_of([], 0)


def grounds(file: Dossier = NOTHING, **facts: Any) -> dict[str, Ground]:
    return {ground.name: ground for ground in grounds_of(scored(shunda(**facts)), file, TERMS)}


def test_the_worked_example_gives_none_and_ten_valid_appeals_in_a_million_do() -> None:
    """domain.md 4.4: one case in 120,000 parcels has the lower bound 0.08; ten in 1.2 million have 1.15, above 0.48."""
    assert grounds() == {}
    assert grounds(parcels="1200000", I7=("1200000", "10")) == {"appeals": Ground("appeals", "1.15", "0.48")}


@pytest.mark.parametrize(
    ("name", "indicator", "many", "few"),
    [
        ("complaints", "I8", ("240", "200"), ("3", "1")),
        ("gaps", "I6", ("120000", "117000"), ("100", "95")),
        ("appeals", "I7", ("120000", "5"), ("120000", "4")),
    ],
)
def test_a_ground_is_found_where_chance_does_not_explain_it(
    name: str, indicator: str, many: tuple[str, str], few: tuple[str, str]
) -> None:
    assert list(grounds(**{indicator: many})) == [name]
    assert grounds(**{indicator: few}) == {}, "a worse share, of too few"


def rated(file: File, as_of: str, **changes: Any) -> None:
    body = publication_body(scored(shunda(book=STATE, table="A" * 43)))
    file.publish(**(body | {"as_of": as_of} | changes))


def test_ten_points_less_within_a_month_under_the_same_rules() -> None:
    """The example stands at 79.7 as of 2026-10-31."""
    for as_of, changes, found in (
        ("2026-10-01", {"score_e1": 897}, {"fall": Ground("fall", "10.0", "10.0")}),
        ("2026-10-01", {"score_e1": 896}, {}),
        ("2026-09-29", {"score_e1": 950}, {}),
        ("2026-10-01", {"score_e1": 950, "rules": good.PUBLICATION["rules"]}, {}),  # another digest
    ):
        file = File()
        rated(file, as_of, high_e1=980, **changes)
        assert grounds(dossier_of(file.entries, file.tale.now)) == found, as_of


def test_too_little_of_its_own_data_warns_of_no_figure_and_a_broken_commitment_still_does() -> None:
    worst = newcomer() | {"measures": newcomer()["measures"] | {"I6": {"n": "60", "x": "0"}}}
    assert grounds_of(scored(worst), NOTHING, TERMS) == ()
    file = File()
    breach = file.say("breach", good.BREACH | {"kind": "commitment", "finding": b64u(bytes(32))})
    now = dossier_of(file.entries, file.tale.now)
    assert grounds_of(scored(worst), now, TERMS) == (Ground("commitment"),)
    file.repair(breach, decided="2026-11-20")
    assert grounds_of(scored(worst), dossier_of(file.entries, file.tale.now), TERMS) == ()


def test_a_notice_is_given_once_a_term_whatever_became_of_it() -> None:
    file = File()
    found = (Ground("gaps", "3.00", "2.00"), Ground("appeals", "1.15", "0.48"))
    body = notice_body(found, "2026-11-21", "2026-11-22", TERMS)
    assert (body["grounds"], body["answer_by"], body["last"]) == (["appeals", "gaps"], "2026-11-27", "2027-05-21")
    notice = file.say("warning", body, file.root)  # the rules of the book take it
    after = [untold((*found, Ground("fall")), dossier_of(file.entries, file.tale.now + days * DAY)) for days in (0, 180, 181)]
    assert [[ground.name for ground in left] for left in after] == [["fall"], ["fall"], ["gaps", "appeals", "fall"]]
    file.say("warning", {"event": "lift"}, file.root, ref=notice)
    assert [g.name for g in untold(found, dossier_of(file.entries, file.tale.now))] == []


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda v: v.update(answer_days=4), "five working days"),
        (lambda v: v.update(term_days=367), "within a year"),
        (lambda v: v["gaps"].pop("source"), "source"),
        (lambda v: v["appeals"].update(times=2), "str"),
        (lambda v: v.update(ranks={}), "unknown field"),
    ],
)
def test_terms_that_are_none_are_refused(edit: Callable[[dict[str, Any]], object], words: str) -> None:
    value = json.loads(packaged("WARN-2026.1"))
    edit(value)
    with pytest.raises(CreditError, match=words):
        parse_terms(json.dumps(value).encode())

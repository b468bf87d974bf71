"""What may be written into a company's credit file: by whom, about whom, and what of it must fit."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import credit_bodies as good
from fakes.credit import ORDER, newcomer, scored
from fakes.filing import STATE, File, body_of
from fakes.world import BOOK

from suxin.courier.publication import publication_body
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.identifier import ROOT_ACTOR


@pytest.fixture
def file() -> File:
    return File()


def test_operator_and_regulator_publish_and_the_body_is_the_scores_own(file: File) -> None:
    for signer in (file.root, file.office):
        entry = file.publish(signer)
        assert entry.statement.streams == (f"s:{file.courier.actor}",)
    grey = publication_body(scored(newcomer() | {"book": STATE, "table": "A" * 43}))
    file.tale.say(file.root, "publication", {"party": file.courier.actor}, grey)


@pytest.mark.parametrize("who", ["courier", "shop"])
def test_nobody_rates_itself_or_another_company(file: File, who: str) -> None:
    with pytest.raises(Refused, match="may not write a publication"):
        file.publish(getattr(file, who))


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("a company that the book does not know", {"about": "uscc:91350100M000100Y43"}, "subject-unknown", "/subjects/party"),
    ("the operator as a courier", {"about": ROOT_ACTOR}, "subject-unknown", "/subjects/party"),
    ("another book", {"book": STATE | {"origin": "suxin.example/other/1"}}, "book-wrong", "/body/book/origin"),
    ("a book whose name only begins alike", {"book": STATE | {"origin": f"{BOOK}2/1"}}, "book-wrong", "/body/book/origin"),
    ("today", {"as_of": "2026-11-22"}, "time-ahead", "/body/as_of"),
    ("a grade without a score", {"score_e1": None}, "field-missing", "/body/score_e1"),
    ("a grade without reasons", {"losses": None}, "field-missing", "/body/losses"),
    ("a score without a grade", {"grade": "none", "colour": "grey"}, "field-invalid", "/body/score_e1"),
    ("a score below its bound", {"low_e1": 800}, "field-invalid", "/body/score_e1"),
    ("a score above its bound", {"high_e1": 790}, "field-invalid", "/body/score_e1"),
    ("a good grade in yellow", {"colour": "yellow"}, "field-invalid", "/body/colour"),
    ("a C in red", {"grade": "C", "colour": "red"}, "field-invalid", "/body/colour"),
    ("a D for which nobody answers", {"grade": "D", "colour": "yellow"}, "field-missing", "/body/reviewer"),
    ("red by no decision", {"grade": "D", "colour": "red", "reviewer": b64u(bytes(32))}, "field-missing", "/body/decisions"),
    (
        "red by a decision that is not there",
        {"grade": "D", "colour": "red", "reviewer": b64u(bytes(32)), "decisions": [b64u(bytes(32))]},
        "ref-unknown",
        "/body/decisions/0",
    ),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_publication_that_does_not_fit_is_refused(file: File, changes: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        file.publish(**changes)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_a_publisher_does_not_go_back_in_time_and_may_score_a_day_again(file: File) -> None:
    file.publish(as_of="2026-11-20")
    file.publish(as_of="2026-11-20")
    file.publish(file.office, as_of="2026-11-19")  # another publisher has days of its own
    with pytest.raises(Refused, match="newer rating"):
        file.publish(as_of="2026-11-19")


def test_a_red_body_names_no_decision_by_itself() -> None:
    """Whoever publishes names the entries; the score only knows numbers of decisions."""
    red = body_of(orders=[ORDER])
    assert (red["colour"], "decisions" in red) == ("red", False)


def test_red_stands_on_a_final_decision_signed_by_its_authority(file: File) -> None:
    red = {"grade": "D", "colour": "red", "reviewer": b64u(bytes(32))}
    imported = {"mode": "import", "of": file.office.actor}
    order = file.order()
    weak = [
        file.penalty(**(good.ORDER | {"number": "2", "final": False})),
        file.penalty(number="3"),
        file.penalty(file.root, imported, **(good.ORDER | {"number": "4"})),
    ]
    for entry in weak:
        with pytest.raises(Refused) as refused:
            file.publish(**red, decisions=[order.name, entry.name])
        assert (refused.value.code, refused.value.pointer) == ("ref-unknown", "/body/decisions/1")
    file.publish(**red, decisions=[order.name])
    file.repair(order, decided="2026-11-20", ground="law", conditions=None, pledge=None)
    with pytest.raises(Refused, match="not ended"):
        file.publish(**red, decisions=[order.name])


FINDINGS: list[tuple[str, dict[str, Any]]] = [
    ("penalty", good.PENALTY), ("breach", good.BREACH), ("list", good.LIST), ("licence", good.LICENCE),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), FINDINGS, ids=[kind for kind, _ in FINDINGS])
def test_what_an_authority_finds_is_said_by_it_or_in_its_name(file: File, kind: str, body: dict[str, Any]) -> None:
    for signer in (file.courier, file.shop, file.platform):
        with pytest.raises(Refused) as refused:
            file.say(kind, body, signer)
        assert refused.value.code == "no-authority"
    of = file.office.actor
    for source in ({}, {"source": {"mode": "import"}}, {"source": {"mode": "import", "of": file.root.actor}},
                   {"source": {"mode": "own", "of": of}}):  # fmt: skip
        with pytest.raises(Refused) as refused:
            file.say(kind, body, file.root, **source)
        assert (refused.value.code, refused.value.pointer) == ("source-missing", "/source")
    file.say(kind, body, file.root, source={"mode": "import", "of": of})


@pytest.mark.parametrize(("kind", "body"), FINDINGS[:3], ids=[kind for kind, _ in FINDINGS[:3]])
def test_one_decision_stands_once_whoever_enters_it(file: File, kind: str, body: dict[str, Any]) -> None:
    file.say(kind, body, file.root, source={"mode": "import", "of": file.office.actor})
    with pytest.raises(Refused) as refused:
        file.say(kind, body)
    assert (refused.value.code, refused.value.pointer) == ("finding-known", "/body/number")
    file.say(kind, body, source={"mode": "import", "of": "auth:market:330700"})  # another authority's number


def test_nothing_is_found_about_a_company_before_its_licence(file: File) -> None:
    file.say("licence", good.LICENCE | {"first": "2026-06-02"})
    for kind, body, said in (
        ("penalty", good.PENALTY, "decided"),
        ("breach", good.BREACH | {"decided": "2026-06-01"}, "decided"),
        ("list", good.LIST | {"decided": "2026-06-01", "notice": "2026-05-01"}, "decided"),
        ("check", {"number": "C", "kind": "realname", "day": "2026-06-01", "checked": 1, "passed": 1}, "day"),
        ("traffic", {"number": "T", "day": "2026-06-01", "found": 0, "months": 1}, "day"),
    ):
        with pytest.raises(Refused) as refused:
            file.say(kind, body)
        assert (refused.value.code, refused.value.pointer) == ("before-licence", f"/body/{said}")
    file.say("licence", good.LICENCE | {"number": "older"})  # the older licence is entered later
    file.penalty()


BENT: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("a term that ends before it begins", "penalty", {"last": "2026-05-31"}, "field-invalid", "/body/last"),
    ("a decision of tomorrow", "penalty", {"decided": "2026-11-23"}, "time-ahead", "/body/decided"),
    ("a notice after the decision", "list", {"notice": "2026-09-16"}, "field-invalid", "/body/notice"),
    ("a licence that ends before it begins", "licence", {"last": "2024-02-29"}, "field-invalid", "/body/last"),
    ("a broken commitment without its finding", "breach", {"kind": "commitment"}, "field-missing", "/body/finding"),
]


@pytest.mark.parametrize(("kind", "changes", "code", "pointer"), [row[1:] for row in BENT], ids=[row[0] for row in BENT])
def test_a_finding_that_does_not_fit_is_refused(file: File, kind: str, changes: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        file.say(kind, dict(FINDINGS)[kind] | changes)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize("missing", ["basis", "number", "notice", "remedy", "last", "defence"])
def test_an_official_list_without_what_the_law_asks_for_is_none(file: File, missing: str) -> None:
    with pytest.raises(Refused, match=f"missing required field `{missing}`") as refused:
        file.say("list", good.LIST | {missing: None})
    assert refused.value.code == "field-missing"


def test_a_finding_about_an_unknown_company_is_refused(file: File) -> None:
    stranger = "uscc:91350100M000100Y43"
    for kind, body in FINDINGS:
        subjects = {"company" if kind == "breach" else "party": stranger}
        with pytest.raises(Refused) as refused:
            file.say(kind, body, subjects=subjects)
        assert refused.value.code == "subject-unknown"

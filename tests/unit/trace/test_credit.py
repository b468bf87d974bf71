"""What may be written into a company's credit file: by whom, about whom, and what of it must fit."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.credit import ORDER, newcomer, scored, shunda
from fakes.tale import Tale
from fakes.world import BOOK, Signer

from suxin.courier.publication import publication_body
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import Entry
from suxin.ledger.errors import Refused
from suxin.ledger.identifier import ROOT_ACTOR

STATE = {"origin": f"{BOOK}/1", "size": 7, "root": "A" * 43}


class File:
    """A courier company, an authority, and the operator of the book."""

    def __init__(self) -> None:
        self.tale = Tale()
        self.courier = self.tale.firm("courier")
        self.shop = self.tale.firm("merchant")
        self.office = self.tale.office()
        self.root = self.tale.root

    def publish(self, by: Signer | None = None, about: str = "", **changes: Any) -> Entry:
        """A rating; None takes a member out."""
        body = body_of() | changes
        about = about or self.courier.actor
        given = {name: value for name, value in body.items() if value is not None}
        return self.tale.say(by or self.root, "publication", {"party": about}, given)


def body_of(**facts: Any) -> dict[str, Any]:
    return publication_body(scored(shunda(book=STATE, table="A" * 43, **facts)))


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

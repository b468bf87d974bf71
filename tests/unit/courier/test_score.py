"""The score: the worked example at its printed digits, grades and colours, grey, and the sentence."""

from __future__ import annotations

import pytest
from fakes.credit import ORDER, newcomer, scored, shunda

from suxin.courier.errors import CreditError
from suxin.courier.explain import reasons_of, sentence_en, sentence_zh
from suxin.courier.number import printed, printed_decimal
from suxin.courier.publication import publication_body
from suxin.courier.score import score_value

# As printed in the paper: what is used, the share of the points, the points.
PRINTED = {
    "I1": ("86.996", ".849", "12.73"), "I2": ("95.998", ".850", "8.50"), "I3": ("42.86", ".740", "8.87"),
    "I4": ("43.75", ".831", "6.65"), "I5": ("97.80", ".780", "7.80"), "I6": ("98.499", ".853", "4.26"),
    "I7": ("0.467", ".716", "8.59"), "I8": ("97.07", ".805", "4.83"), "I9C": ("4.618", ".859", "4.30"),
    "I9M": ("4.34", ".715", "1.43"), "I10": ("93.33", ".747", "3.73"), "I13": ("2.683", ".732", "1.46"),
}  # fmt: skip
RATES = ("I1", "I2", "I5", "I6")
TWICE = {"I3": ".739"}  # .739496: the paper rounded .7395, which was rounded already


def test_every_row_of_the_worked_example_has_its_printed_digits() -> None:
    found = scored(shunda())
    for name, (used, share, points) in PRINTED.items():
        line = found.line(name)
        assert line.estimate
        assert printed(line.estimate.used, len(used.partition(".")[2])) == used, name
        assert printed(line.points / line.indicator.weight, 3)[1:] == TWICE.get(name, share), name
        assert printed(line.points, 2) == points, name
    assert [printed(found.line(name).points, 2) for name in ("I11", "I12")] == ["3.50", "3.00"]


def test_the_whole_of_the_worked_example() -> None:
    found = scored(shunda())
    assert printed(found.exact_points, 5) == "79.66275"
    assert (printed_decimal(found.low, 3), printed_decimal(found.high, 3)) == ("76.055", "83.295")
    assert printed(found.exact_points - found.line("I7").points, 2) == "71.07"
    assert (printed(found.own, 1), found.own_of, printed(found.own_besides, 1), found.own_besides_of) == ("70.6", 92, "56.5", 60)
    value = score_value(found)
    assert (value["score"], value["interval"], value["confidence"]) == ("79.7", ["76.1", "83.3"], "high")
    assert (value["grade"], value["colour"], value["near"]) == ("B", "blue", True)
    assert sum(round(100 * float(line["points"])) for line in value["lines"]) == 7965  # the rounded rows


def test_ten_valid_appeals_among_a_million_parcels_are_estimated_as_the_paper_says() -> None:
    found = scored(shunda(parcels="1200000", I7=("1200000", "10"))).line("I7").estimate
    assert found
    assert (printed(found.used, 2), printed_decimal(found.low, 2)) == ("2.05", "1.15")
    one = scored(shunda()).line("I7").estimate
    assert one
    assert printed_decimal(one.low, 2) == "0.08"


@pytest.mark.parametrize(("parcels", "confidence", "grade"), [(60, "none", ""), (99, "none", ""), (100, "low", "B")])
def test_be_new_with_60_parcels_story_20(parcels: int, confidence: str, grade: str) -> None:
    found = scored(newcomer(parcels))
    assert found.confidence == confidence
    assert found.verdict.colour == ("grey" if confidence == "none" else found.verdict.colour)
    if not grade:
        assert (found.verdict.grade, found.verdict.note) == ("", "sample")
        value = score_value(found)
        assert "score" not in value
        assert "interval" not in value
        assert all("points" not in line for line in value["lines"])
        assert "样本不足" in sentence_zh(found, "新公司")
        assert "too few parcels" in sentence_en(found, "Newcomer")


def test_own_data_that_carry_too_few_points_are_grey_whatever_the_sample() -> None:
    """Parcels that nobody promised a time for, nobody signed for, within one city: hardly anything of them is measured."""
    found = scored(newcomer(5_000) | {"measures": scored_measures(I1=("0", "0"), I2=("0", "0"), I5=("40", "40"))})
    assert found.confidence == "middle"
    assert found.own_besides < 30
    assert (found.verdict.grade, found.verdict.colour, found.verdict.note) == ("", "grey", "own_data")


def scored_measures(**changes: tuple[str, ...]) -> dict[str, dict[str, str]]:
    from fakes.credit import measure

    measures: dict[str, dict[str, str]] = newcomer(5_000)["measures"]
    return measures | {name: measure(*row) for name, row in changes.items()}


def test_a_decision_turns_a_file_red_and_only_within_its_term() -> None:
    red = scored(shunda(orders=[ORDER])).verdict
    assert (red.grade, red.colour, red.note, red.check_weight) == ("D", "red", "decision", "4")
    for term in ({"from": "2026-11-01"}, {"from": "2026-01-01", "until": "2026-10-30"}):
        assert scored(shunda(orders=[ORDER | term])).verdict.colour == "blue"
    assert scored(newcomer() | {"orders": [ORDER]}).verdict.colour == "grey"  # too little of its own data: never red


def test_the_worst_score_is_yellow_and_under_review_never_red() -> None:
    bad = dict.fromkeys(RATES, ("120000", "0"))
    found = scored(
        shunda(I8=("240", "0"), previous=None, **bad) | {"previous": {"as_of": "2026-09-30", "grade": "D", "score": "20"}}
    )
    assert found.exact_points < 60
    assert (found.verdict.grade, found.verdict.colour, found.verdict.note) == ("D", "yellow", "review")


def test_a_penalty_counts_within_its_term_and_then_vanishes() -> None:
    from fakes.credit import PENALTY

    points = {day: scored(shunda(as_of=day)).line("I11").points for day in ("2026-10-31", "2027-05-31", "2027-06-01")}
    assert points == {"2026-10-31": 3.5, "2027-05-31": 3.5, "2027-06-01": 5}
    many = [PENALTY | {"degree": "serious", "decision": str(n)} for n in range(3)]
    assert scored(shunda(standing=many)).line("I11").points == 0
    assert scored(shunda(standing=[PENALTY | {"degree": "light"}])).line("I11").points == 5


@pytest.mark.parametrize(
    ("before", "score_before", "now", "grade", "near"),
    [
        ("B", "80.4", "79.7", "B", True),  # the worked example
        ("B", "79.9", "79.7", "C", False),  # past the line two months running
        ("B", "80.4", "79.0", "C", False),  # clearly past it
        ("B", "80.4", "79.1", "B", True),
        ("C", "79.9", "80.5", "C", True),
        ("C", "79.9", "81.0", "B", False),
        ("C", "80.2", "80.5", "B", False),
        ("A", "91.0", "79.5", "B", True),  # clearly past one line, not yet past the next
        ("A", "91.0", "59.5", "C", True),
        ("D", "58.0", "90.5", "B", True),
        ("B", "85.0", "85.0", "B", False),
    ],
)
def test_a_grade_moves_when_its_score_is_clearly_or_repeatedly_past_the_line(
    before: str, score_before: str, now: str, grade: str, near: bool
) -> None:
    from fractions import Fraction

    from fakes.credit import facts_of

    from suxin.courier.grade import verdict
    from suxin.courier.rulebook import rule_set

    facts = facts_of(shunda(standing=[], previous={"as_of": "2026-09-30", "grade": before, "score": score_before}))
    found = verdict(Fraction(now), facts, rule_set(), "high", Fraction(60))
    assert (found.grade, found.near) == (grade, near)


def test_the_best_grade_needs_a_sample_and_no_penalty() -> None:
    from fractions import Fraction

    from fakes.credit import facts_of

    from suxin.courier.grade import verdict
    from suxin.courier.rulebook import rule_set

    clean, punished = facts_of(shunda(standing=[], previous=None) | {}), facts_of(shunda())
    grades = [
        verdict(Fraction(95), facts, rule_set(), confidence, Fraction(60)).grade
        for facts, confidence in ((clean, "high"), (clean, "middle"), (clean, "low"), (punished, "high"))
    ]
    assert grades == ["A", "A", "B", "B"]


def test_the_sentence_names_only_what_chance_does_not_explain() -> None:
    found = scored(shunda())
    reasons = reasons_of(found)
    assert [line.indicator.id for line in reasons.losses] == ["I11", "I5"]  # I3 lost more than I5, and may be chance
    assert [line.indicator.id for line in reasons.gains] == ["I1", "I2", "I9C"]
    assert [line.indicator.id for line in reasons.softened] == ["I7"]
    zh, en = sentence_zh(found, "顺达快递（示例）"), sentence_en(found, "Shunda (example)")
    for text in ("79.7", "76.1–83.3", "KD-2026.1"):
        assert text in zh
        assert text in en
    assert "72小时妥投率（87.0%，基准84.4%）" in zh
    assert "一般行政处罚1次" in zh
    assert "丢失" not in zh
    assert "非征信报告" in zh
    assert "not a credit report" in en
    assert "临界" in zh
    assert "near the line" in en


def test_a_publication_says_what_it_was_made_of_or_is_none() -> None:
    state = {"origin": "suxin.example/demo/1", "size": 7, "root": "A" * 43}
    with pytest.raises(CreditError, match="names the book"):
        publication_body(scored(shunda(book=state)))
    grey = publication_body(scored(newcomer() | {"book": state, "table": "A" * 43}))
    assert (grey["grade"], grey["colour"], grey["note"]) == ("none", "grey", "sample")
    assert not {"score_e1", "low_e1", "high_e1", "gains", "losses"} & set(grey)
    red = publication_body(scored(shunda(book=state, table="A" * 43, orders=[ORDER])))
    assert (red["colour"], red["note"], red["score_e1"]) == ("red", "decision", 797)


def test_a_gain_that_may_be_chance_is_not_named() -> None:
    """Forty checks of forty passed: well above the benchmark, and too few to say so."""
    par = {"I1": ("120000", "101280"), "I2": ("120000", "114000"), "I6": ("120000", "117600"), "I9C": ("3100", "13950", "65875")}
    found = scored(shunda(I10=("40", "40"), **par))
    assert found.line("I10").points > 4
    assert reasons_of(found).gains == ()

"""GB/T 41833: how much of a telephone number, an identity number, an address and a name is hidden; and what is left alone."""

from __future__ import annotations

import re

import pytest

from suxin.trace.masking import is_public, mask


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("打我电话13957912345。", "打我电话139******45。"),
        ("139-5791-2345", "139-****-**45"),
        ("+86 139 5791 2345", "+86 139 **** **45"),
        ("8613957912345", "86139******45"),
        ("身份证11010519491231002X", "身份证110***********002X"),
        ("送到38号2单元501室", "送到38号*单元***室"),
        ("我住1203室", "我住****室"),
        ("收件人：王小明收到了", "收件人：王***到了"),
        ("联系人李四", "联系人李*"),
    ],
)
def test_what_is_personal_is_hidden(text: str, hidden: str) -> None:
    assert mask(text) == hidden
    assert not is_public(text)
    assert mask(hidden) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "火腿太咸了，孩子哭了一夜。", "2026年11月22日下单，3天才到。", "订单号 91330782MA0000001700", "三室一厅", "3室2厅",
        "编号 123456789012345678", "It cost 13900000 minor units", "12345678901234567890", "",
    ],
)  # fmt: skip
def test_what_is_not_is_left_alone(text: str) -> None:
    assert is_public(text)
    assert mask(text) == text


def test_words_after_a_name_are_hidden_with_it() -> None:
    """Where a name ends nobody can tell without a dictionary of names: better one word too many."""
    assert mask("收件人不在家") == "收件人不**"


@pytest.mark.parametrize("number", ["13957912345", "+8613957912345", "0579-82312345", "010 82312345"])
def test_six_digits_of_a_telephone_number_are_hidden(number: str) -> None:
    assert len(re.findall(r"\*", mask(number))) >= 6


@pytest.mark.parametrize("text", ["电话１３９５７９１２３４５", "我住１２０３室", "①③⑨⑤⑦⑨①②③④⑤"])
def test_digits_in_another_dress_tell_as_much(text: str) -> None:
    assert not is_public(text)

"""Invented firms and goods: their numbers check, and none can be anybody's."""

from __future__ import annotations

import pytest
from stdnum import ean
from stdnum.cn import uscc

from suxin.client.demo_firms import FIRMS, organisation_check
from suxin.client.demo_goods import OWN_NUMBERS, stock


@pytest.mark.parametrize("code", ["M000100Y4", "600037341"])
def test_check_character_of_organisation_codes(code: str) -> None:
    # The example of GB 32100-2015, and the one of python-stdnum's page of the unified code.
    assert organisation_check(code[:8]) == code[8]


def test_firms_have_codes_that_check_and_that_nobody_can_have() -> None:
    companies = [firm for firm in FIRMS if firm.actor.startswith("uscc:")]
    assert len(companies) > 12
    for firm in companies:
        assert uscc.is_valid(firm.uscc), firm
        assert organisation_check(firm.uscc[8:16]) != firm.uscc[16], firm
    assert len({firm.actor for firm in FIRMS}) == len({firm.zh for firm in FIRMS}) == len(FIRMS)


def test_goods_have_numbers_that_check_out_of_the_range_for_examples() -> None:
    goods = stock()
    assert len({row.key for row in goods}) == len(goods) > 30
    for row in goods:
        if row.maker == OWN_NUMBERS:
            assert row.key.startswith("/s/")
            assert uscc.is_valid(row.key[3:21])
        else:
            assert row.key.startswith("/01/0952")  # GS1 prefix 952: demonstrations and examples
            assert ean.is_valid(row.key[4:])

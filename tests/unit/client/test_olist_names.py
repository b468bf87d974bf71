from __future__ import annotations

from collections import Counter

from stdnum.cn import uscc

from suxin.client.olist_names import CARRIERS, CARRIERS_OF_STATE, carrier_of, derive, item_of, key_of, uscc_of, waybill_of

_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_names_stay_as_they_are() -> None:
    # A change here would make a second run over an old book say something else: it needs a new published key.
    assert derive("label", "a", "b").hex() == "8eb22ee00b023849bcf41094646ff4bcdac9ebfd503781ebba540ddc9c0add1e"
    assert uscc_of("seller", "e38db885400cd35c71dfd162f2c1dbcf") == "91990000HH8RYYTC6Y"
    assert carrier_of("SP", "a4591c265e18cb1dcee52889e2d8acc3") == 3


def test_the_parts_of_a_name_do_not_run_into_each_other() -> None:
    assert derive("a", "bc") != derive("ab", "c") != derive("a", "b", "c")


def test_invented_codes_have_both_check_characters_and_a_region_that_does_not_exist() -> None:
    for number in range(500):
        code = uscc_of("seller", str(number))
        assert uscc.is_valid(code)
        assert code.startswith("91990000")
        weights = (3, 7, 9, 10, 5, 8, 4, 2)
        rest = (11 - sum(_VALUES.index(c) * w for c, w in zip(code[8:16], weights, strict=True)) % 11) % 11
        assert code[16] == ("X" if rest == 10 else str(rest))


def test_gb_11714_example() -> None:
    # The organisation code of the example in python-stdnum's documentation, 91110000600037341L: 60003734-1.
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    assert (11 - sum(_VALUES.index(c) * w for c, w in zip("60003734", weights, strict=True)) % 11) % 11 == 1


def test_a_state_is_served_by_three_carriers_about_equally() -> None:
    counted = Counter(carrier_of("SP", str(order)) for order in range(3_000))
    assert len(counted) == CARRIERS_OF_STATE
    assert min(counted.values()) > 850
    assert {carrier_of(state, str(order)) for state in ("SP", "PR", "MG", "RJ", "SC", "RS") for order in range(50)} == set(
        range(CARRIERS)
    )


def test_keys_serials_and_waybills_are_of_their_own() -> None:
    assert key_of("seller", "a").public != key_of("carrier", "a").public != key_of("order", "a").public
    assert len({item_of("s", "p", "o", position) for position in range(100)}) == 100
    assert len(item_of("s", "p" * 32, "o", 1)) == 3 + 18 + 1 + 32 + 4 + 16
    assert len(waybill_of(0, "o")) == 18 + 1 + 22

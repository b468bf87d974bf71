"""Facts files: what is refused, and with which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.credit import PENALTY, facts_of, shunda

from suxin.courier.errors import CreditError
from suxin.courier.factfile import COUNTED, facts_value, parse_facts

ORDER = {"trigger": "suspension", "authority": "auth:postal:330700", "decision": "D-1", "from": "2026-10-01"}
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"company": "91330782MA00000018"}, "/company", "fit"),
    ({"as_of": "2026-11-31"}, "/as_of", "does not exist"),
    ({"parcels": "1000"}, "/measures/I1/n", "more parcels than there are"),
    ({"I1": ("100", "101")}, "/measures/I1/x", "more went well"),
    ({"I1": ("100", "99", "5")}, "/measures/I1/squares", "squares"),
    ({"I9C": ("100", "450")}, "/measures/I9C/squares", "squares"),
    ({"I9C": ("100", "501", "2600")}, "/measures/I9C", "one to five stars"),
    ({"I9C": ("100", "450", "2024")}, "/measures/I9C", "one to five stars"),
    ({"I9C": ("100", "450", "2201")}, "/measures/I9C", "one to five stars"),
    ({"I3": ("-1", "0")}, "/measures/", "matching"),
    ({"parcels": 120000.0}, "", "no integer"),
    ({"parcels": 120000}, "/parcels", "str"),
    ({"standing": [PENALTY | {"until": "2026-05-31"}]}, "/standing/0/until", "ends before"),
    ({"standing": [PENALTY | {"indicator": "I1"}]}, "/standing/0/indicator", "I1"),
    ({"standing": [{k: v for k, v in PENALTY.items() if k != "decision"}]}, "/standing/0", "decision"),
    ({"orders": [ORDER | {"authority": "uscc:1"}]}, "/orders/0/authority", "matching"),
    ({"orders": [ORDER | {"authority": "auth:operator:000000"}]}, "/orders/0/authority", "matching"),
    ({"orders": [ORDER | {"until": "2026-09-01"}]}, "/orders/0/until", "ends before"),
    ({"orders": [ORDER | {"trigger": "low_score"}]}, "/orders/0/trigger", "low_score"),
    ({"previous": {"as_of": "2026-10-31", "grade": "B", "score": "80"}}, "/previous/as_of", "not before"),
    ({"previous": {"as_of": "2026-09-30", "grade": "B", "score": "100.1"}}, "/previous/score", "at most 100"),
    ({"phone": "1"}, "", "phone"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "pointer", "words"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_fault_is_named_with_its_place(change: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(CreditError) as raised:
        facts_of(shunda(**change))
    assert raised.value.pointer.startswith(pointer)
    assert words in raised.value.cause


@pytest.mark.parametrize("name", COUNTED)
def test_a_measure_cannot_be_left_out(name: str) -> None:
    """Without it the benchmark would stand in for what went badly."""
    value = shunda()
    del value["measures"][name]
    with pytest.raises(CreditError, match=f"{name} missing"):
        facts_of(value)


def test_an_invented_measure_is_refused() -> None:
    value = shunda()
    value["measures"]["I99"] = {"n": "1", "x": "1"}
    with pytest.raises(CreditError, match="no such measure"):
        facts_of(value)


def test_facts_read_back_as_they_were() -> None:
    facts = facts_of(shunda(orders=[ORDER]))
    assert parse_facts(json.dumps(facts_value(facts)).encode()) == facts

"""Rule files: what comes with the program is whole, and every fault in a file is named with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import pytest
from fakes.credit import facts_of, shunda

from suxin.courier.errors import CreditError
from suxin.courier.number import read_json
from suxin.courier.rulebook import packaged, rule_set
from suxin.courier.rulefile import RuleFile
from suxin.courier.ruleset import parse_ruleset
from suxin.courier.score import score

FILES = {"rules": "KD-2026.1", "benchmarks": "CN-2026.1", "days": "HALF-180"}


def parsed(**edits: Callable[[Any], object]) -> Any:
    raws = []
    for name, file in FILES.items():
        value = json.loads(packaged(file))
        if name in edits:
            edits[name](value)
        raws.append(json.dumps(value).encode())
    return parse_ruleset(*raws)


def put(*path: Any, to: Any) -> Callable[[Any], None]:
    def edit(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        if to is None:
            del value[path[-1]]
        else:
            value[path[-1]] = to

    return edit


def twice(value: Any) -> None:
    value["indicators"][1] = value["indicators"][0] | {"weight": "10"}


FIGURE = {"value": "1", "unit": "stars", "date": "2026-01-01", "source": "s"}
FAULTS: list[tuple[str, Callable[[Any], object], str, str]] = [
    ("rules", put("indicators", 0, "weight", to="14"), "/indicators", "sum to 99, not to 100"),
    ("rules", put("indicators", 0, "weight", to="15.000001"), "/indicators", "not to 100"),
    ("rules", put("indicators", 0, "floor", to="84.4"), "/indicators/0/floor", "do not follow one another"),
    ("rules", put("indicators", 0, "target", to="84"), "/indicators/0/floor", "do not follow one another"),
    ("rules", put("indicators", 2, "target", to="31"), "/indicators/2/floor", "do not follow one another"),
    ("benchmarks", put("figures", "I3", "value", to="300"), "/indicators/2/floor", "do not follow one another"),
    ("rules", put("indicators", 0, "id", to="I99"), "/indicators/0/id", "no such indicator"),
    ("rules", put("indicators", 0, "kind", to="rare"), "/indicators/0/kind", "is a rate in percent"),
    ("rules", twice, "/indicators", "I1 stands twice"),
    ("rules", lambda v: v["indicators"].pop(), "/indicators", "I13 missing"),
    ("rules", put("indicators", 3, "source", to=None), "/indicators/3", "source"),
    ("rules", put("indicators", 3, "source", to=" "), "/indicators/3/source", "where the figures come from"),
    ("rules", put("population", "source", to=None), "/population", "source"),
    ("benchmarks", put("figures", "I1", "source", to=None), "/figures/…", "source"),
    ("benchmarks", put("figures", "I1", to=None), "/indicators/0/id", "has no figure"),
    ("benchmarks", put("figures", "I1", "unit", to="stars"), "/figures/I1/unit", "is in percent"),
    ("benchmarks", put("figures", "I11", to=FIGURE), "/figures/I11", "I11"),
    ("benchmarks", put("version", to="CN-2027.1"), "/benchmarks", "names CN-2026.1"),
    ("rules", put("date", to="2026-02-30"), "/date", "does not exist"),
    ("rules", put("indicators", 0, "weight", to=15.0), "", "no integer"),
    ("rules", put("indicators", 0, "prior", to="0"), "/indicators/0/prior", "one case would decide"),
    ("rules", put("indicators", 0, "prior", to=None), "/indicators/0/prior", "has a prior"),
    ("rules", put("indicators", 0, "light", to="1"), "/indicators/0/floor", "no deductions"),
    ("rules", put("indicators", 11, "general", to=None), "/indicators/11/light", "cost"),
    ("rules", put("indicators", 11, "general", to="6"), "/indicators/11/light", "do not follow one another"),
    ("rules", put("cases", "order", to=["I7", "I3", "I5"]), "/cases/order", "exactly"),
    ("rules", put("grades", "lines", 1, "from", to="95"), "/grades/lines", "lower score"),
    ("rules", put("sample", "middle", to="10"), "/sample", "do not follow"),
    ("rules", put("own_data", "besides", to=["I11"]), "/own_data/besides", "not estimated"),
    ("rules", put("lanes", to={"3307-3101": "1.1"}), "/lanes", "no factor"),
    ("rules", put("extra", to=1), "", "extra"),
    ("rules", put("v", to=2), "/v", "2"),
    ("days", put("weights_e6", 0, to=999_999), "/weights_e6", "366 weights"),
    ("days", lambda v: v["weights_e6"].pop(), "/weights_e6", "366 weights"),
    ("days", put("weights_e6", 5, to=1_000_000), "/weights_e6", "never rise"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "edit", "pointer", "words"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_is_named_with_its_place(file: str, edit: Callable[[Any], object], pointer: str, words: str) -> None:
    with pytest.raises(CreditError) as raised:
        parsed(**{file: edit})
    assert words in raised.value.cause
    assert raised.value.pointer.startswith(pointer.rstrip("…").rstrip("/"))


def test_what_comes_with_the_program_is_whole() -> None:
    rules = rule_set("KD-2026.1")
    assert sum(row.weight for row in rules.indicators) == 100
    assert sum(row.weight for row in rules.estimated) == 92
    assert rules.indicator("I13").prior == 2
    assert rules.indicator("I13").prior_exposure == 100


def test_day_weights_halve_in_180_days() -> None:
    getcontext().prec = 50
    want = [round(Decimal(10**6) * Decimal(2) ** (Decimal(-day) / 180)) for day in range(366)]
    assert list(rule_set("KD-2026.1").day_weights) == want
    assert want[180] == 500_000


def test_every_figure_is_in_the_digest_and_blanks_are_not() -> None:
    whole = rule_set("KD-2026.1").digest
    assert parsed().digest == whole  # written anew with other blanks
    moved = [
        parsed(rules=put("indicators", 0, "prior", to="201")),
        parsed(benchmarks=put("figures", "I1", "value", to="84.5")),
        parsed(days=put("weights_e6", 365, to=0)),
    ]
    assert len({whole, *(found.digest for found in moved)}) == 4


def test_a_new_version_leaves_old_scores_as_they_were() -> None:
    facts = facts_of(shunda())
    before = score(facts, rule_set())
    changed = score(facts, parsed(benchmarks=put("figures", "I1", "value", to="90")))
    assert changed.exact_points < before.exact_points
    assert score(facts, rule_set()).exact_points == before.exact_points


@pytest.mark.parametrize("name", ["KD-1999.1", "../../pyproject", "HALF-180/..", ""])
def test_an_unknown_version_is_refused(name: str) -> None:
    with pytest.raises(CreditError):
        rule_set(name)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"null", b'{"v": 1, "v": 1}', b'{"v": NaN}', b"[" * 100_000, b'{"v": 1e3}', b" " * 5_000_000]
)
def test_bytes_that_are_no_rule_file_are_refused_in_words(raw: bytes) -> None:
    with pytest.raises(CreditError, match="rule file"):
        read_json(raw, RuleFile, "rule file")


def test_no_rule_file_is_kept_beside_the_packaged_ones_without_a_test(root: Path) -> None:
    found = {path.stem for path in (root / "courier" / "rules").glob("*.json")}
    assert found == {"KD-2026.1", "CN-2026.1", "HALF-180", "BR-TEST", "BR-2018.8", "WARN-2026.1"}

"""Print score.json: facts, and the score they make under KD-2026.1, or the place of their fault. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.credit import ORDER, PENALTY, facts_of, newcomer, scored, shunda

from suxin.courier.errors import CreditError
from suxin.courier.score import score_value

RULES = "KD-2026.1"
RATES = ("I1", "I2", "I5", "I6")
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("worked example", shunda()),
    ("worked example without a last grade", shunda(previous=None)),
    ("sixty parcels", newcomer(60)),
    ("a hundred parcels", newcomer(100)),
    ("a large one with ten valid appeals", shunda(parcels="1200000", I7=("1200000", "10"))),
    ("nothing but zeros", shunda(**dict.fromkeys(RATES, ("120000", "0")), I9C=("3", "3", "3"), previous=None)),
    ("decimals of day weights", shunda(I1=("119999.123456", "104400.000001"), I13=("719.5", "20.25"))),
    ("suspended", shunda(orders=[ORDER])),
    ("two breaches and a light penalty", shunda(standing=[
        PENALTY | {"degree": "light"}, PENALTY | {"indicator": "I12", "decision": "B-1"},
        PENALTY | {"indicator": "I12", "degree": "serious", "decision": "B-2"},
    ])),
]  # fmt: skip
BAD: list[tuple[str, dict[str, Any]]] = [
    ("more good than there were", shunda(I1=("100", "101"))),
    ("stars that nobody can give", shunda(I9C=("100", "600", "3600"))),
    ("a float", shunda(parcels=120000.5)),
    ("a day that does not exist", shunda(as_of="2026-11-31")),
    ("a term that ends before it begins", shunda(standing=[PENALTY | {"until": "2026-05-31"}])),
]


def make() -> dict[str, Any]:
    cases: list[dict[str, Any]] = [
        {"name": name, "valid": True, "facts": facts, "score": score_value(scored(facts, RULES))} for name, facts in GOOD
    ]
    for name, facts in BAD:
        try:
            facts_of(facts)
        except CreditError as error:
            cases.append({"name": name, "valid": False, "facts": facts, "pointer": error.pointer})
    assert len(cases) == len(GOOD) + len(BAD)
    return {"format": "docs/formats/score.md", "rules": RULES, "cases": cases}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), ensure_ascii=False, indent=1) + "\n")

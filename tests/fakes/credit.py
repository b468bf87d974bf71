"""Facts for the rating: the worked example of the credit rule, and how to change one thing in it."""

from __future__ import annotations

import json
from typing import Any

from fakes.world import company

from suxin.courier.factfile import Facts, parse_facts
from suxin.courier.rulebook import rule_set
from suxin.courier.score import Score, score

PENALTY = {
    "indicator": "I11", "degree": "general", "from": "2026-06-01", "until": "2027-05-31", "decision": "JH-POST-2026-17",
}  # fmt: skip
ORDER = {
    "trigger": "suspension", "authority": "auth:postal:330700", "decision": "JH-2026-3", "from": "2026-10-01",
    "until": "2026-12-31",
}  # fmt: skip
MEASURES = {
    "I1": ("120000", "104400"), "I2": ("120000", "115200"), "I3": ("120000", "6"), "I4": ("120000", "5"),
    "I5": ("120000", "117360"), "I6": ("120000", "118200"), "I7": ("120000", "1"), "I8": ("240", "233"),
    "I9C": ("3100", "14322", "69267.64"), "I9M": ("80", "344", "1559.2"), "I10": ("40", "37"), "I13": ("720", "20"),
}  # fmt: skip


def measure(n: str, x: str, squares: str = "") -> dict[str, str]:
    return {"n": n, "x": x} | ({"squares": squares} if squares else {})


def shunda(**changes: Any) -> dict[str, Any]:
    """The worked example; keywords replace members, those named as a measure replace its n and x (and squares)."""
    counts = MEASURES | {name: changes.pop(name) for name in list(changes) if name in MEASURES}
    found: dict[str, Any] = {
        "v": 1, "company": company(1), "as_of": "2026-10-31", "parcels": "120000",
        "measures": {name: measure(*row) for name, row in counts.items()}, "standing": [PENALTY],
        "previous": {"as_of": "2026-09-30", "grade": "B", "score": "80.4"},
    } | changes  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def newcomer(parcels: int = 60) -> dict[str, Any]:
    """A company that did everything right with a few parcels."""
    n = str(parcels)
    rates = dict.fromkeys(("I1", "I2", "I5", "I6"), (n, n)) | {"I3": (n, "0"), "I4": (n, "0"), "I7": (n, "0")}
    nothing = {"I8": ("0", "0"), "I9C": ("0", "0", "0"), "I9M": ("0", "0", "0"), "I10": ("0", "0"), "I13": ("0", "0")}
    found = shunda(parcels=n, standing=[], **(rates | nothing))
    del found["previous"]
    return found


def facts_of(value: dict[str, Any]) -> Facts:
    return parse_facts(json.dumps(value).encode())


def scored(value: dict[str, Any], rules: str = "KD-2026.1") -> Score:
    return score(facts_of(value), rule_set(rules))

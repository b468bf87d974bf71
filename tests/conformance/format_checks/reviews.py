"""docs/formats/reviews.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from suxin.trace.reviews import average, rules


def example(text: str, _: Mapping[str, str]) -> None:
    for case in json.loads(text):
        assert asdict(average(case["ratings"], rules())) == case["average"]


CHECKS = {"reviews.example": example}

"""docs/formats/facts.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.courier.factfile import facts_value, parse_facts


def example(text: str, _: Mapping[str, str]) -> None:
    facts = parse_facts(text.encode())
    assert parse_facts(json.dumps(facts_value(facts)).encode()) == facts
    assert facts.parcels == "120000"


CHECKS = {"facts.example": example}

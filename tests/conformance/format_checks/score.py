"""docs/formats/score.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from suxin.courier.factfile import parse_facts
from suxin.courier.rulebook import rule_set
from suxin.courier.score import score, score_value

FACTS = Path(__file__).parents[3] / "docs" / "formats" / "facts.md"


def example(text: str, _: Mapping[str, str]) -> None:
    block = re.search(r"^```json facts.example\n(.*?)^```$", FACTS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    found = score(parse_facts(block[1].encode()), rule_set("KD-2026.1"))
    assert score_value(found) == json.loads(text)


CHECKS = {"score.example": example}

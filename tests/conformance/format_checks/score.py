"""docs/formats/score.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from suxin.courier.factfile import parse_facts
from suxin.courier.publication import publication_body
from suxin.courier.rulebook import rule_set
from suxin.courier.score import Score, score, score_value
from suxin.ledger.canonical import dump, parse

FACTS = Path(__file__).parents[3] / "docs" / "formats" / "facts.md"


def scored(**more: object) -> Score:
    block = re.search(r"^```json facts.example\n(.*?)^```$", FACTS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    return score(parse_facts(json.dumps(json.loads(block[1]) | more).encode()), rule_set("KD-2026.1"))


def example(text: str, _: Mapping[str, str]) -> None:
    assert score_value(scored()) == json.loads(text)


def publication(text: str, shown: Mapping[str, str]) -> None:
    body, whole = json.loads(text), json.loads(shown["score.example"])
    assert publication_body(scored(book=body["book"], table=body["table"])) == body
    assert parse(dump(body)) == body
    printed = [Decimal(whole["score"]), *map(Decimal, whole["interval"]), Decimal(whole["own"]["points"])]
    assert [body[name] for name in ("score_e1", "low_e1", "high_e1", "own_e1")] == [10 * number for number in printed]


CHECKS = {"score.example": example, "score.publication": publication}

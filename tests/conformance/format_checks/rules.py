"""docs/formats/rules.md."""

from __future__ import annotations

from collections.abc import Mapping

from suxin.courier.grounds import parse_terms, warning_terms
from suxin.courier.rulebook import packaged, rule_set
from suxin.courier.ruleset import parse_ruleset


def example(text: str, shown: Mapping[str, str]) -> None:
    assert text.encode() == packaged("KD-2026.1")
    parsed = parse_ruleset(text.encode(), shown["rules.benchmarks"].encode(), packaged("HALF-180"))
    assert parsed == rule_set("KD-2026.1")


def benchmarks(text: str, _: Mapping[str, str]) -> None:
    assert text.encode() == packaged("CN-2026.1")


def warnings(text: str, _: Mapping[str, str]) -> None:
    assert text.encode() == packaged("WARN-2026.1")
    assert parse_terms(text.encode()) == warning_terms()


CHECKS = {"rules.example": example, "rules.benchmarks": benchmarks, "rules.warnings": warnings}

"""The rating in the browser, in a real Chromium: the vectors of scores and of fact tables, digit for digit."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from fakes.credit import MEASURES, facts_of, shunda
from playwright.sync_api import Browser
from rig.static_files import served

from suxin.courier.rulebook import named_by, packaged, rule_set
from suxin.courier.score import score, score_value

VECTORS = Path(__file__).parents[1] / "vectors"
SCORES = [case for case in json.loads((VECTORS / "score.json").read_bytes())["cases"] if case["valid"]]
TABLES = json.loads((VECTORS / "table.json").read_bytes())["cases"]
SCORE = """async ([files, all]) => {
  const { ruleSet, score } = await import("/static/courier-score.js");
  const rules = ruleSet(files);
  return all.map((facts) => score(facts, rules));
}"""
TABLE = """async ([files, cases]) => {
  const { ruleSet, score } = await import("/static/courier-score.js");
  const { factsOf, rowsOf, sectionsOf } = await import("/static/courier-table.js");
  return cases.map((one) => {
    try {
      const { head, sections } = sectionsOf(one.index, one.root);
      const rows = sections.flatMap((section) => rowsOf(one.sections[section.section], section));
      const rules = ruleSet(files[one.rules]);
      const facts = factsOf(head, rows, rules, one.root);
      return { facts, score: score(facts, rules) };
    } catch (error) {
      return { refused: String(error.message ?? error) };
    }
  });
}"""


def files_of(version: str) -> dict[str, Any]:
    raw = packaged(version)
    benchmarks, days = named_by(raw)
    return {
        "rules": json.loads(raw),
        "benchmarks": json.loads(packaged(benchmarks)),
        "day_weights": json.loads(packaged(days)),
    }


def drawn(count: int) -> list[dict[str, Any]]:
    """Facts nobody thought of: every count drawn anew, with six decimals, now and then none at all."""
    draw = random.Random(20_261_122)
    found = []
    for _ in range(count):
        changes: dict[str, Any] = {}
        parcels = draw.choice((150, 3_000, 900_000)) * draw.random()
        for name in MEASURES:
            most = parcels if name in ("I1", "I2", "I3", "I4", "I5", "I6", "I7") else draw.choice((0, 20, 500))
            n = most * draw.random()
            if name in ("I9C", "I9M"):
                whole = draw.randrange(60)
                stars = [draw.randrange(100, 501) for _ in range(whole)]
                squares = sum(star * star for star in stars)
                changes[name] = (str(whole), f"{sum(stars) / 100:.2f}", f"{squares // 10_000}.{squares % 10_000:04d}")
            elif name in ("I3", "I4", "I7", "I13"):
                changes[name] = (f"{n:.6f}", f"{draw.choice((0, 0, 1, 7)) * draw.random():.6f}")
            else:
                changes[name] = (f"{n:.6f}", f"{n * draw.random() ** 0.1:.6f}"[:-1] + "0" if n > 0.1 else "0")
                if n <= 0.1:
                    changes[name] = ("0", "0")
        found.append(shunda(parcels=f"{parcels + 1:.6f}", **changes))
    return found


def test_the_browser_scores_as_python_does(browser: Browser) -> None:
    facts = [case["facts"] for case in SCORES]
    more = drawn(60)
    rules = rule_set()
    due = [case["score"] for case in SCORES] + [json.loads(json.dumps(score_value(score(facts_of(one), rules)))) for one in more]
    with served() as url:
        page = browser.new_page()
        page.goto(url)
        found = page.evaluate(SCORE, [files_of("KD-2026.1"), facts + more])
        tables = page.evaluate(TABLE, [{name: files_of(name) for name in ("KD-2026.1", "BR-TEST")}, TABLES])
        page.close()
    assert found == due
    assert {one["grade"] for one in found} >= {"B", "C", "D", "none"}
    for case, one in zip(TABLES, tables, strict=True):
        if case["valid"]:
            assert (one["facts"], one["score"]) == (case["facts"], case["score"]), case["name"]
        else:
            assert "refused" in one, case["name"]


@pytest.mark.parametrize("version", ["KD-2026.1", "BR-TEST"])
def test_files_of_rules_are_their_own_canonical_value(version: str) -> None:
    """The browser hashes the files as they are; an absent member that stood there with its default would hash otherwise."""
    from suxin.courier.ruleset import RULES_TAG
    from suxin.ledger.canonical import dump
    from suxin.ledger.encoding import b64u
    from suxin.ledger.hashing import digest

    assert b64u(digest(RULES_TAG, dump(files_of(version)))) == rule_set(version).digest

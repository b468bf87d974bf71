"""`suxin courier` as a program: scores, explains, and says what is wrong with a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fakes.command import suxin
from fakes.credit import newcomer, scored, shunda

from suxin.courier.score import score_value


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(shunda()), encoding="utf-8")
    return file


def test_a_facts_file_is_scored_without_a_book(facts: Path) -> None:
    run = suxin("courier", "score", str(facts), "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout) == score_value(scored(shunda()))


def test_the_table_prints_every_indicator_with_what_it_is_made_of(facts: Path) -> None:
    out = suxin("courier", "score", str(facts)).stdout
    rows = [line.split() for line in out.splitlines()]
    assert rows[4][:10] == ["I3", "6", "120000", "66666.67", "50.000", "42.857", "21.311", "70.411", "8.87", "12"]
    assert "exactly 79.66275 (76.055 to 83.295)" in out
    assert "grade B, blue, near the line; confidence high" in out


def test_the_sentence_is_printed_in_both_languages(facts: Path) -> None:
    zh, en = suxin("courier", "score", str(facts), "--explain", "--name", "顺达快递（示例）").stdout.splitlines()
    assert zh.startswith("「顺达快递（示例）」截至2026-10-31服务评价分79.7（区间76.1–83.3，置信度高），等级B，临界。")
    assert "service rating 79.7 (interval 76.1–83.3" in en
    both = json.loads(suxin("courier", "score", str(facts), "--explain", "--json").stdout)["sentence"]
    assert set(both) == {"zh", "en"}


def test_sixty_parcels_are_grey_and_no_failure(facts: Path) -> None:
    facts.write_text(json.dumps(newcomer(60)), encoding="utf-8")
    run = suxin("courier", "score", str(facts))
    assert run.returncode == 0
    assert "grade none, grey (sample)" in run.stdout
    assert "score" not in run.stdout


def test_a_rule_file_of_ones_own_is_used_with_what_lies_beside_it(facts: Path, root: Path) -> None:
    for file in (root / "courier" / "rules").glob("*.json"):
        shutil.copy(file, facts.parent)
    own = facts.with_name("KD-2026.1.json")
    benchmarks = facts.with_name("CN-2026.1.json")
    benchmarks.write_text(benchmarks.read_text(encoding="utf-8").replace('"84.4"', '"90"'), encoding="utf-8")
    found = json.loads(suxin("courier", "score", str(facts), "--rules", str(own), "--json").stdout)
    assert found["lines"][0]["benchmark"] == "90"
    assert found["rules"]["digest"] != score_value(scored(shunda()))["rules"]["digest"]
    benchmarks.unlink()  # then the one that comes with the program
    again = json.loads(suxin("courier", "score", str(facts), "--rules", str(own), "--json").stdout)
    assert again == score_value(scored(shunda()))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["facts.json", "--rules", "KD-1999.1"], "no file KD-1999.1 comes with this program"),
        (["facts.json", "--rules", "gone.json"], "there is no file gone.json"),
        (["facts.json", "--rules", "facts.json"], "rule file: names no benchmarks"),
        (["bad.json"], "facts file at /measures/I1/x: more went well than there were"),
        (["no.json"], "no JSON"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(facts: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str) -> None:
    facts.with_name("bad.json").write_text(json.dumps(shunda(I1=("1", "2"))), encoding="utf-8")
    facts.with_name("no.json").write_text("{", encoding="utf-8")
    monkeypatch.chdir(facts.parent)
    run = suxin("courier", "score", *words)
    assert run.returncode == 1
    assert says in run.stderr
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""

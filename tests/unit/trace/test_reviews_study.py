"""The study of late parcels and the scores of products: that it prints both figures, and whichever is better."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

STUDY = Path(__file__).parents[3] / "bench" / "reviews.py"


@pytest.fixture(scope="module")
def study() -> ModuleType:
    spec = spec_from_file_location("reviews_study", STUDY)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["reviews_study"] = module
    spec.loader.exec_module(module)
    module.ROUNDS = 50  # type: ignore[attr-defined]
    return module


def invented(study: ModuleType, *, spoilt: bool) -> list[Any]:
    """Products of different worth; of each some orders come late, and are blamed for it or deserve it."""
    dice, found = random.Random(3), []
    for at in range(4_000):
        product = dice.randrange(20)
        worth = 2 + product % 4
        late = dice.random() < (0.4 if spoilt else 0.05 * (5 - worth) ** 2)
        stars = max(1, min(5, worth + dice.choice((-1, 0, 0, 1)))) if not (late and spoilt) else 1
        found.append(study.Score(f"p{product}", "s", at, stars, late))
    return found


def test_it_finds_that_late_parcels_spoil_scores_where_they_do(study: ModuleType) -> None:
    told = study.compare(invented(study, spoilt=True), "product", 0.5)
    assert told["better"] == "without late"
    assert told["rmse_with_late"] > told["rmse_without_late"]
    assert told["interval_90"][0] > 0


def test_it_says_so_where_they_do_not(study: ModuleType) -> None:
    told = study.compare(invented(study, spoilt=False), "product", 0.5)
    assert told["rmse_with_late"] <= told["rmse_without_late"]
    assert told["better"] == "with late"


def test_only_punctual_orders_of_what_was_reviewed_before_are_asked_for(study: ModuleType) -> None:
    scores = [study.Score(f"p{at // 2 % 3}", "s", at, 4, at % 2 == 1) for at in range(12)]
    scores.append(study.Score("new", "s", 12, 1, False))
    told = study.compare(scores, "product", 0.5)
    assert (told["train"], told["late_in_train"], told["test"]) == (6, 3, 3)


def test_on_the_real_orders_both_figures_are_printed(shared: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(STUDY), "--data", str(shared / "data" / "olist")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["case"] for line in lines] == ["by product", "by seller"]
    for line in lines:
        assert line["test"] > 400
        assert 1 < line["rmse_without_late"] < 1.4
        assert 1 < line["rmse_with_late"] < 1.4
        assert line["better"] in ("with late", "without late")

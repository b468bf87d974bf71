"""Figures for Prometheus: each is what happened, and each name stands in the operations guide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.village import PHONE, Village, village
from prometheus_client.parser import text_string_to_metric_families

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def v(tmp_path: Path) -> Iterator[Village]:
    with village(tmp_path) as found:
        yield found


def figures(v: Village) -> dict[tuple[str, str], float]:
    """Every sample by its name and the value of its one label, "" without."""
    text = v.site.http.get("/metrics").text
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_groups_and_refusals_are_counted(v: Village) -> None:
    before = figures(v)
    v.site.post_lines(v.good(), v.good(), v.good()).raise_for_status()
    strange = v.other.line(v.scan())  # another carrier's parcel, another key than the one it names
    assert v.site.post_event(strange).status_code == 403
    assert v.site.post_lines(strange, b"{", v.good()).json()["refused"] == 2
    after = figures(v)

    def grown(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0.0)

    assert grown("suxin_group_rows_sum") == 3 + 1 + 2
    assert grown("suxin_group_rows_count") == grown("suxin_epoch_seconds_count") == 3
    assert grown("suxin_commit_seconds_count") == 2  # nothing was written of the refused one
    assert 0 < grown("suxin_commit_seconds_sum") < grown("suxin_epoch_seconds_sum") < 30
    assert grown("suxin_refusals_total", "signature-invalid") == 2
    assert grown("suxin_refusals_total", "not-json") == 1
    assert grown("suxin_log_size") == 3 + 1 + 1 + 1
    assert after["suxin_cache_entries", "tails"] > before["suxin_cache_entries", "tails"]
    assert after["suxin_writer_trouble", ""] == after["suxin_writer_failed", ""] == 0
    assert after["process_resident_memory_bytes", ""] > 2**20


def test_every_figure_stands_in_the_operations_guide_and_holds_no_persons(v: Village) -> None:
    v.site.post_lines(v.good(), PHONE.encode())
    text, guide = v.site.http.get("/metrics").text, OPERATIONS.read_text()
    names = {name.removesuffix("_total") for name in re.findall(r"^# TYPE (suxin_\w+) ", text, re.MULTILINE)}
    names = {name.removesuffix("_created") for name in names}
    assert len(names) >= 14
    assert {name for name in names if f"`{name}" not in guide} == set()
    assert PHONE not in text

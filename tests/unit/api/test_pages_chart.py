"""Geometry of the charts: heights in proportion, nothing outside the frame, small parts still seen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from fakes.courier_pages import courier_page
from hypothesis import given
from hypothesis import strategies as st

from suxin.api.chart import histogram, parts
from suxin.courier.counts import Bin, DeliveryTimes

SIZES = [(334, 210), (480, 240)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_bars_are_in_proportion_and_inside(width: int, height: int) -> None:
    times = courier_page().times
    chart = histogram(times, width, height)
    unit = (chart.bottom - chart.top) / chart.up[-1].label
    by_x: dict[float, float] = {}
    for box in chart.boxes:
        assert chart.left <= box.x
        assert box.x + box.width <= chart.right
        assert chart.top - 0.2 <= box.y
        assert box.y + box.height <= chart.bottom + 0.2
        by_x[box.x] = by_x.get(box.x, 0) + box.height
    assert [round(h / unit) for h in by_x.values()] == pytest.approx([b.on_time + b.late for b in times.bins], rel=0.01, abs=200)
    assert chart.median_x is not None
    assert chart.left < chart.median_x < chart.right


def test_median_stands_in_its_bin() -> None:
    times = DeliveryTimes((Bin(0, 12, 1, 0), Bin(12, 24, 5, 0), Bin(24, None, 1, 1)), median_min=18 * 60)
    chart = histogram(times, 334, 210)
    slot = (chart.right - chart.left) / 3
    assert chart.median_x == pytest.approx(chart.left + 1.5 * slot, abs=0.1)
    late = histogram(DeliveryTimes(times.bins, median_min=99 * 60), 334, 210)
    assert late.median_x == pytest.approx(chart.left + 2.5 * slot, abs=0.1)
    assert histogram(DeliveryTimes(times.bins), 334, 210).median_x is None


def test_axis_steps_are_round_and_few() -> None:
    for most in (0, 1, 4, 7, 12, 99, 100, 101, 30_100, 5_000_001):
        ticks = [tick.label for tick in histogram(DeliveryTimes((Bin(0, None, most, 0),)), 334, 210).up]
        assert ticks[0] == 0
        assert ticks[-1] >= most
        assert 2 <= len(ticks) <= 6
        assert str(ticks[1]).rstrip("0") in {"1", "2", "5"}


@given(st.lists(st.integers(0, 10**7), max_size=8), st.sampled_from([330, 1040]))
def test_parts_fill_the_bar_and_every_part_is_seen(counts: list[int], width: int) -> None:
    boxes = parts([(f"k{i}", "", count) for i, count in enumerate(counts)], width, 22)
    assert [box.kind for box in boxes] == [f"k{i}" for i, count in enumerate(counts) if count]
    assert all(box.width >= 3 for box in boxes)
    if boxes:
        assert boxes[-1].x + boxes[-1].width == pytest.approx(width, abs=0.2)
        assert all(a.x + a.width <= b.x + 0.1 for a, b in pairwise(boxes))

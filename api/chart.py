"""Geometry of the charts: numbers in, boxes and lines in view box units out. The templates draw them as SVG.

No chart library and no script: the SVG takes its colours from the style sheet, prints, and has a data table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..courier.counts import DeliveryTimes


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; `kind` is its CSS class."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a position along an axis; `at` is x on the horizontal axis, y on the vertical one."""

    at: float
    label: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars with a baseline at `bottom` between `left` and `right`, and the place of the median or None."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    boxes: tuple[Box, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    median_x: float | None


def histogram(times: DeliveryTimes, width: int, height: int) -> Histogram:
    """Lay out delivery times: parcels on time below, late ones stacked above them.

    Args:
        times: Equal bins, the last one open.
        width: View box width in units; one unit is about one CSS pixel at the size it is shown.
        height: View box height.
    """
    left, right, top, bottom = 44.0, width - 8.0, 26.0, height - 26.0
    most = max((bar.on_time + bar.late for bar in times.bins), default=0)
    step = nice_step(most)
    ceiling = max(step, -(-most // step) * step)
    slot = (right - left) / max(1, len(times.bins))
    scale = (bottom - top) / ceiling
    boxes = []
    for i, bar in enumerate(times.bins):
        x = round(left + i * slot + 0.8, 1)
        low = bottom - bar.on_time * scale
        boxes.append(Box("bar", x, round(low, 1), round(slot - 1.6, 1), round(bar.on_time * scale, 1)))
        boxes.append(Box("zy", x, round(low - bar.late * scale, 1), round(slot - 1.6, 1), round(bar.late * scale, 1)))
    return Histogram(
        width=width,
        height=height,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        boxes=tuple(box for box in boxes if box.height > 0),
        across=_hours(times, left, slot),
        up=tuple(Tick(round(bottom - n * scale, 1), n) for n in range(0, ceiling + 1, step)),
        median_x=_position(times, left, slot),
    )


def parts(rows: Sequence[tuple[str, str, int]], width: int, height: int) -> tuple[Box, ...]:
    """One bar cut into parts in proportion; a part that is not 0 is at least 3 units wide, so that it can be seen.

    Args:
        rows: (CSS class, label, count) from left to right; the label is for the table beside the bar.
        width: View box width in units.
        height: View box height.
    """
    shown = [(kind, count) for kind, _, count in rows if count > 0]
    total = sum(count for _, count in shown)
    gap, least = 2.0, 3.0
    room = width - gap * (len(shown) - 1)
    widths = [max(least, room * count / total) for _, count in shown]
    excess = sum(widths) - room
    if widths:
        widths[widths.index(max(widths))] -= excess  # the widest part gives what the smallest ones were lent
    boxes, x = [], 0.0
    for (kind, _), part in zip(shown, widths, strict=True):
        boxes.append(Box(kind, round(x, 1), 0, round(part, 1), height))
        x += part + gap
    return tuple(boxes)


def _hours(times: DeliveryTimes, left: float, slot: float) -> tuple[Tick, ...]:
    every = max(1, -(-len(times.bins) // 6))  # at most seven labels, or they run into each other on a phone
    ticks = [Tick(round(left + i * slot, 1), bar.from_h) for i, bar in enumerate(times.bins) if i % every == 0]
    return tuple(ticks)


def _position(times: DeliveryTimes, left: float, slot: float) -> float | None:
    if times.median_min is None or not times.bins:
        return None
    hours = times.median_min / 60
    for i, bar in enumerate(times.bins):
        if bar.until_h is None:
            return round(left + (i + 0.5) * slot, 1)
        if hours < bar.until_h:
            return round(left + (i + (hours - bar.from_h) / (bar.until_h - bar.from_h)) * slot, 1)
    return None


def nice_step(most: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that divides the axis into at most five."""
    magnitude = 1
    while True:
        for factor in (1, 2, 5):
            if factor * magnitude * 5 >= most:
                return factor * magnitude
        magnitude *= 10

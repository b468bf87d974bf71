"""Holes in the counters of keys: numbers below the highest that never arrived. Shown, not a fault; a `void` closes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from .audit_port import BookSource
from .audit_report import Holes
from .encoding import b64u

RANGES_MAX = 20  # runs of one key that are written out


def list_holes(
    source: BookSource, holes: Mapping[int, Sequence[tuple[int, int]]], voided: AbstractSet[tuple[str, int]]
) -> tuple[tuple[Holes, ...], int]:
    """Holes by key id, without what was voided, and how many numbers are missing in all.

    Args:
        source: The book, whose dictionary of keys has been compared by now.
        holes: Runs of missing numbers by key number.
        voided: Key id and number of every `void`.
    """
    if not holes:
        return (), 0
    listed: list[Holes] = []
    for number, raw in chain.from_iterable(source.signers()):
        if number in holes and isinstance(raw, bytes):
            key = b64u(raw)
            closed = {n for voided_key, n in voided if voided_key == key}
            runs = [run for first, last in holes[number] for run in without(first, last, closed)]
            if runs:
                listed.append(Holes(key, sum(last - first + 1 for first, last in runs), tuple(runs[:RANGES_MAX])))
    return tuple(listed), sum(key.missing for key in listed)


def without(first: int, last: int, closed: AbstractSet[int]) -> list[tuple[int, int]]:
    """The run from first to last, both included, without some of its numbers."""
    runs = []
    for number in sorted(n for n in closed if first <= n <= last):
        if first < number:
            runs.append((first, number - 1))
        first = number + 1
    return [*runs, (first, last)] if first <= last else runs

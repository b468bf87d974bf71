"""What is called new is new: `Recent` beside a plain set, whatever the order values come in."""

from __future__ import annotations

import random

import pytest

from suxin.ledger.store import recent
from suxin.ledger.store.recent import BUSY, Recent


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_is_held_is_called_new(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "VALUES_MAX", 150)
    monkeypatch.setattr(recent, "OWNERS_MAX", 3)
    order = random.Random(seed)
    held: dict[str, set[int]] = {name: set() for name in "abcde"}
    found = Recent(lambda owner: max(held[owner], default=0))
    clock, called_new = 0, 0
    for _ in range(120):
        found.trim()
        clock += 40
        group: list[tuple[str, int]] = []
        for owner in held:
            count = order.choice((0, 3, BUSY, 60))
            group += [(owner, max(1, clock + order.randrange(-120, 60))) for _ in range(count)]
        order.shuffle(group)
        doubtful = set(found.doubtful(group))
        for owner, value in group:
            if (owner, value) not in doubtful:
                assert value not in held[owner]
                called_new += 1
        # An admitted value goes in once; some are refused for other reasons and never do.
        for owner, value in group:
            if order.random() < 0.9:
                held[owner].add(value)
                found.add(owner, value)
    assert called_new > 1_000, "it must spare look-ups, or it is for nothing"


def test_an_owner_who_is_not_busy_is_looked_up() -> None:
    found: Recent[int] = Recent(lambda _: pytest.fail("no mark for so few"))
    assert found.doubtful([("a", n) for n in range(BUSY - 1)]) == [("a", n) for n in range(BUSY - 1)]


def test_what_stands_above_the_mark_is_known() -> None:
    found = Recent(lambda _: 100)
    assert found.doubtful([("a", 101 + n) for n in range(BUSY)]) == []
    found.add("a", 105)
    assert found.doubtful([("a", 100), ("a", 104), ("a", 105)]) == [("a", 100), ("a", 105)]

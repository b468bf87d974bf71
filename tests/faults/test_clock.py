"""A clock that jumps while the book is written."""

from __future__ import annotations

from pathlib import Path

from fakes.house import CARRIER, House, expect_recorded

from suxin.ledger.leaf import decode_entry


def test_times_never_fall_when_the_clock_jumps(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        carrier = house.firm(CARRIER, "courier")
        start, places = house.clock.now, []
        for number, jump in enumerate((0, -3_600_000, 1_000, 7_200_000, -86_400_000)):
            signed = carrier.scan(number)  # signed by a clock that is right
            house.clock.now = start + jump
            places += [outcome.index for outcome in expect_recorded(house.post([signed]))]
            house.clock.now = start
        received = [decode_entry(house.service.book.leaf(index)).received for index in places]
        assert received == [start, start, start + 1_000, start + 7_200_000, start + 7_200_000]
        assert house.service.sequencer.published is not None
        assert house.service.sequencer.published.at_ms == start + 7_200_000

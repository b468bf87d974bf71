"""One actor cannot make one bucket of the map grow without end, and nobody else is shut out of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest
from fakes.house import CARRIER, OTHER, Firm, House, codes, expect_recorded

from suxin.api import service
from suxin.ledger import limits
from suxin.ledger.limits import BUCKET_CROWDED_MIN, BUCKET_STREAMS_MAX
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key, slot_of
from suxin.ledger.store import crowd

DEPTH, SLOT = 8, 77


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(service, "MAP_DEPTH_DEFAULT", DEPTH)
    with House(tmp_path) as found:
        yield found


def fit(firm: Firm) -> Iterator[int]:
    """Numbers of the firm's parcels whose streams fall into one bucket."""
    return (n for n in count() if slot_of(map_key(f"w:{firm.actor[5:]}/{n:022d}"), DEPTH) == SLOT)


@pytest.mark.parametrize("at_once", [True, False], ids=["in one group", "in two"])
def test_who_chooses_serials_is_stopped_and_nobody_else(house: House, at_once: bool) -> None:
    carrier, other = house.firm(CARRIER, "courier"), house.firm(OTHER, "courier", seed=2)
    chosen = list(islice(fit(carrier), BUCKET_CROWDED_MIN + BUCKET_STREAMS_MAX + 20))
    size = house.service.sequencer.map.count_in(SLOT)
    free, rest = chosen[: BUCKET_CROWDED_MIN - size], chosen[BUCKET_CROWDED_MIN - size :]
    if at_once:
        said = codes(house.post([carrier.scan(n) for n in chosen]))[len(free) :]
    else:
        expect_recorded(house.post([carrier.scan(n) for n in free]))
        said = codes(house.post([carrier.scan(n) for n in rest]))
    assert said[:BUCKET_STREAMS_MAX] == ["recorded"] * BUCKET_STREAMS_MAX
    assert set(said[BUCKET_STREAMS_MAX:]) == {"bucket-crowded"}
    assert house.service.sequencer.map.count_in(SLOT) == BUCKET_CROWDED_MIN + BUCKET_STREAMS_MAX
    # Its streams there go on, its streams elsewhere are opened, and another's lie where they fall.
    elsewhere = next(n for n in count() if n not in chosen)
    assert codes(house.post([carrier.scan(rest[0], "HUB_IN"), carrier.scan(elsewhere)])) == ["recorded", "recorded"]
    assert codes(house.post([other.scan(n) for n in islice(fit(other), 3)])) == ["recorded"] * 3


def test_a_stream_that_many_rows_of_one_group_open_is_opened_once(house: House) -> None:
    carrier = house.firm(CARRIER, "courier")
    rows = [carrier.scan(1) for _ in range(2 * (BUCKET_CROWDED_MIN + BUCKET_STREAMS_MAX))]
    assert codes(house.post(rows)) == ["recorded"] * len(rows)


def test_what_is_crowded_grows_with_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many streams in every bucket none of them is crowded."""
    monkeypatch.setattr(crowd, "BUCKET_STREAMS_MAX", 0)
    even = Map.from_records(1, ((map_key(str(n)), 1, bytes(32)) for n in range(4 * limits.BUCKET_CROWDED_MIN)))
    crowd.Crowd(even).admit("actor", [str(n) for n in range(1_000, 1_100)])

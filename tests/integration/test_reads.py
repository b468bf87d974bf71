"""Reading beside writing: a reader blocks no append, and what is kept of an answer never outlives the state it was made for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from fakes.house import CARRIER, House, expect_recorded
from fakes.place import Place
from fakes.village import ITEM, Village, village

from suxin.api.bundles import bundle_of
from suxin.api.kept import BUNDLES, Kept
from suxin.ledger.store import bundle_source
from suxin.ledger.store.schema import migrate

WAYBILL = f"w:{CARRIER[5:]}/{1:022d}"


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    database = None
    if request.param == "postgres":
        role: Callable[[str, str], str] = request.getfixturevalue("postgres_role")
        url: str = request.getfixturevalue("postgres_url")
        migrate(url)
        database = Place.postgres(url, role).app
    with House(tmp_path, database=database) as found:
        yield found


def test_a_reader_that_takes_its_time_holds_up_no_append(house: House) -> None:
    carrier = house.firm(CARRIER, "courier")
    expect_recorded(house.post([carrier.scan(1)]))
    sequencer, book = house.service.sequencer, house.service.book
    with book.snapshot() as reads:
        size, before = reads.head().size, list(reads.leaves(0))
        for number in range(2, 12):
            expect_recorded(house.post([carrier.scan(number)]))
        assert sequencer.published is not None
        assert sequencer.published.size == size + 20
        assert list(reads.leaves(0)) == before  # and sees none of it


def test_who_makes_a_bundle_waits_for_the_map_and_not_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that is stuck between two reads of the database does not keep the sequencer from the map."""
    carrier = house.firm(CARRIER, "courier")
    expect_recorded(house.post([carrier.scan(1)]))
    inside, go_on, source = threading.Event(), threading.Event(), bundle_source.EpochSource.leaf

    def slow(self: bundle_source.EpochSource, index: int) -> bytes:
        inside.set()
        assert go_on.wait(60)
        return source(self, index)

    monkeypatch.setattr(bundle_source.EpochSource, "leaf", slow)
    made: list[bytes] = []
    reader = threading.Thread(target=lambda: made.append(bundle_of(house.service, WAYBILL)))
    reader.start()
    assert inside.wait(20)
    for number in range(2, 7):
        expect_recorded(house.post([carrier.scan(number)]))
    assert reader.is_alive()
    assert made == []
    go_on.set()
    reader.join(20)
    assert len(orjson.loads(made[0])["entries"]) >= 2  # the scan, and who the carrier is


def test_an_answer_is_kept_for_its_state_and_no_longer(tmp_path: Path) -> None:
    with village(tmp_path) as v:
        path = f"/v1/products{ITEM}/bundle"
        plain = {"accept-encoding": "identity"}
        first = v.site.http.get(path, headers=plain).content
        kept = BUNDLES.count()
        assert v.site.http.get(path, headers=plain).content == first
        assert v.site.http.get(path, headers={"accept-encoding": "gzip"}).content == first
        assert BUNDLES.count() == kept
        _speak(v)
        again = v.site.http.get(path, headers=plain).json()
        assert again["checkpoint"] != orjson.loads(first)["checkpoint"]
        assert len(again["entries"]) == len(orjson.loads(first)["entries"]) + 1


def _speak(v: Village) -> None:
    body = {"reason": "damaged"}
    v.site.post_event(v.buyer.line(v.buyer.raw("return", {"item": ITEM}, body))).raise_for_status()


def test_what_is_kept_is_bounded_in_bytes() -> None:
    kept = Kept(bytes_max=100)
    for number in range(20):
        kept.put("state", str(number), bytes(30))
    assert kept.count() == 3
    assert kept.get("state", "19") == bytes(30)
    assert kept.get("state", "0") is None
    kept.put("state", "19", bytes(10))
    kept.put("state", "20", bytes(30))
    assert kept.count() == 4
    assert kept.get("other", "19") is None
    kept.put("other", "1", b"x")
    assert kept.get("state", "19") is None
    assert kept.count() == 1
    kept.put("other", "2", bytes(101))  # larger than all there is room for
    assert kept.count() == 0

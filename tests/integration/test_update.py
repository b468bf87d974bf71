"""Updates of real books: between any two epochs of a told world, over HTTP beside the public tiles, and at their bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.house import CARRIER, House, expect_recorded
from fakes.served import Served, served
from fakes.story import tell
from fakes.tile_client import TileClient
from fakes.world import Signer, World, company
from sqlalchemy import create_engine, text

from suxin.api import updates
from suxin.ledger import update_make
from suxin.ledger.checkpoint import Checkpoint, open_checkpoint
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.errors import StoreError, VerificationError
from suxin.ledger.map_hash import map_key
from suxin.ledger.map_history import MapHistory
from suxin.ledger.store import update_source
from suxin.ledger.store.update_source import KeptMap, Span, update_at
from suxin.ledger.update import parse_update
from suxin.ledger.update_verify import Step, verify_update


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


def opened(world: World, note: str) -> Checkpoint:
    return open_checkpoint(note, world.genesis().origin, world.log_key.public)


def update(world: World, older: int, newer: int) -> bytes:
    begin, end = world.book.checkpoint_of(older), world.book.checkpoint_of(newer)
    assert begin
    assert end
    return update_at(world.book, world.sequencer, Span(begin[1] - 1, newer, end[1], end[2]))


def step_of(world: World, older: int, newer: int) -> Step:
    held = world.book.checkpoint_of(older)
    assert held
    found = parse_update(update(world, older, newer))
    return verify_update(found, opened(world, held[2]), opened(world, found.note))


def test_every_step_and_every_span_to_the_end_holds(told: World) -> None:
    published = told.sequencer.published
    assert published
    last = published.epoch
    assert last > 60
    tails = {map_key(name): (count, head) for name, count, head in told.book.all_stream_tails()}
    grown: dict[bytes, tuple[int, bytes]] = {}
    for number in range(1, last):
        step = step_of(told, number, number + 1)
        assert (step.before.number, step.after.number) == (number, number + 1)
        for row in step.grown:
            assert row.before == grown.get(row.key)
            grown[row.key] = (row.count, row.head)
    assert grown == tails
    for number in (1, last // 3, last // 2, last - 5):
        whole = step_of(told, number, last)
        assert {row.key: (row.count, row.head) for row in whole.grown}.items() <= tails.items()
        assert len(whole.epochs) == last - number
    assert step_of(told, 1, last).batches > 0


def test_a_kept_map_reads_in_pieces_what_the_history_says(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_source, "PIECE", 7)
    slots, places = range(1 << told.sequencer.map.depth), range(1, 2 << told.sequencer.map.depth)
    for epoch in (told.sequencer.history.oldest, 20, told.sequencer.history.epoch):
        kept, view = KeptMap(told.sequencer, epoch), told.sequencer.history.at(epoch)
        assert kept.nodes(list(places)[:500]) == view.nodes(list(places)[:500])
        assert kept.buckets(list(slots)[:500]) == view.buckets(list(slots)[:500])


def test_what_was_copied_stays_while_the_book_goes_on(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        firm = house.firm(CARRIER, "courier")
        expect_recorded(house.post([firm.scan(number) for number in range(20)]))
        sequencer = house.service.sequencer
        epoch = sequencer.history.epoch
        slots = list(range(1 << sequencer.map.depth))
        with sequencer.lock:
            before = sequencer.history.copy(epoch, places=[1], slots=slots)
        root, records = before.root, before.buckets(slots)
        expect_recorded(house.post([firm.scan(number) for number in range(10, 40)]))
        assert sequencer.map.root != root
        assert (before.root, before.buckets(slots)) == (root, records)
        assert sequencer.history.at(epoch).buckets(slots) == records


def test_a_book_whose_chains_and_map_part_gives_no_update(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.register(Signer.new(f"uscc:{company(1)}"), "merchant")  # two epochs, the second one grows streams of the first
        update(world, 2, 3)
        with create_engine(world.url).connect() as connection:
            connection.execute(text("DROP TRIGGER stream_row_no_update"))
            connection.execute(text("UPDATE stream_row SET head = zeroblob(32)"))
            connection.commit()
        with pytest.raises(StoreError, match="does not lead to its record"):
            update(world, 2, 3)


# -- over HTTP ---------------------------------------------------------------------------------------------------------

GROUPS = (1, 2, 250, 1, 290)  # rows of an epoch each


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("site")) as found:
        firm = found.house.firm(CARRIER, "courier")
        parcels = iter(range(1_000))
        for group in GROUPS:
            expect_recorded(found.house.post([firm.scan(next(parcels)) for _ in range(group)]))
        yield found


def ask(site: Served, **query: Any) -> httpx.Response:
    return site.http.get("/v1/map/update", params=query)


def checkpoints(site: Served) -> dict[int, Checkpoint]:
    service = site.house.service
    return {
        number: open_checkpoint(note, service.genesis.origin, service.log_public)
        for number, _, note in service.book.checkpoints()
    }


def refused(answer: httpx.Response, code: str, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{code}"
    return found


def test_whoever_holds_an_old_map_root_and_the_tiles_checks_the_newest_state(site: Served) -> None:
    states = checkpoints(site)
    held = decode_epoch(site.http.get("/v1/epochs/2").json()["leaf"].encode())  # all that was kept: held.map_root
    answer = ask(site, **{"from": 2})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache"), answer.text
    found = parse_update(answer.content)
    newer = open_checkpoint(found.note, states[2].origin, site.house.service.log_public)
    assert newer.size == max(states[number].size for number in states)
    step = verify_update(found, held.map_root, newer)
    tiles = TileClient(site.http, newer.size)
    assert tiles.root() == newer.root
    assert list(found.hashes) == [tiles.tile(0, index // 256)[index % 256] for index in step.entries]
    assert len(step.entries) >= sum(GROUPS) - 2


def test_since_a_checkpoint_is_from_its_epoch(site: Served) -> None:
    states = checkpoints(site)
    for older, newer in ((1, 2), (2, 5), (1, len(states))):
        answer = ask(site, since=states[older].size, to=newer)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == updates.KEPT_BY
        assert answer.content == ask(site, **{"from": older, "to": newer}).content
        verify_update(parse_update(answer.content), states[older], states[newer])
        with pytest.raises(VerificationError):
            verify_update(parse_update(answer.content), states[newer - 1 if newer - older > 1 else 3], states[newer])


def test_questions_without_an_answer_are_refused(site: Served) -> None:
    states = checkpoints(site)
    last = len(states)
    refused(ask(site), "request-invalid", 422)
    refused(ask(site, **{"from": 1, "since": 2}), "request-invalid", 422)
    refused(ask(site, **{"from": 0}), "request-invalid", 422)
    refused(ask(site, **{"from": "two"}), "request-invalid", 422)
    refused(ask(site, **{"from": 2, "to": 2}), "request-invalid", 422)
    refused(ask(site, **{"from": 3, "to": 2}), "request-invalid", 422)
    refused(ask(site, **{"from": 1, "to": last + 1_000}), "not-found", 404)
    refused(ask(site, **{"from": last + 1_000}), "not-found", 404)
    refused(ask(site, since=states[last].size + 100_000), "not-found", 404)
    refused(ask(site, since=states[4].size - 1), "request-invalid", 422)
    refused(ask(site, since=1), "request-invalid", 422)


def test_bounds_are_named_with_what_to_do(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    states = checkpoints(site)
    last = len(states)
    monkeypatch.setattr(updates, "UPDATE_ENTRIES_MAX", 300)
    found = refused(ask(site, **{"from": 1}), "update-too-large", 413)
    assert found["detail"].startswith(f"{site.house.service.book.count_entries(0, states[last].size - 1)} entries stand")
    nearer = found["to"]
    assert states[nearer].size - states[1].size <= 300 < states[nearer + 1].size - states[1].size
    assert f"`to` {nearer}" in found["detail"]
    held = states[1]
    for _ in range(5):  # in steps, as it is told
        answer = ask(site, since=held.size)
        if answer.status_code == 413:
            answer = ask(site, since=held.size, to=answer.json()["to"])
        update = parse_update(answer.content)
        newer = open_checkpoint(update.note, held.origin, site.house.service.log_public)
        verify_update(update, held, newer)
        held = newer
        if held.size == states[last].size:
            break
    assert held == states[last]
    monkeypatch.setattr(updates, "UPDATE_LEAVES_MAX", 301)
    found = refused(ask(site, **{"from": 1}), "update-too-large", 413)
    assert found["detail"].startswith(f"{states[last].size - states[1].size} leaves stand")
    assert found["to"] == nearer
    monkeypatch.setattr(updates, "UPDATE_ENTRIES_MAX", 200)
    whole = next(number for number in states if number > 1 and states[number].size - states[number - 1].size > 200)
    found = refused(ask(site, **{"from": whole - 1}), "update-too-large", 413)
    assert "to" not in found


def test_streams_and_bytes_are_bounded_too(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_make, "UPDATE_STREAMS_MAX", 100)
    assert "at most 100" in refused(ask(site, **{"from": 1}), "update-too-large", 413)["detail"]
    monkeypatch.undo()
    monkeypatch.setattr(update_make, "UPDATE_BYTES_MAX", 1_000)
    assert "bytes, at most 1000" in refused(ask(site, **{"from": 1}), "update-too-large", 413)["detail"]


def test_an_epoch_that_is_not_kept_is_refused_and_an_older_beginning_is_not(site: Served) -> None:
    service = site.house.service
    states, sequencer = checkpoints(site), service.sequencer
    kept = sequencer.history
    with sequencer.lock:
        sequencer.edge.history = MapHistory(sequencer.map, kept.epoch)  # as after a restart
    try:
        found = refused(ask(site, **{"from": 1, "to": 3}), "update-not-kept", 410)
        assert (found["oldest"], found["newest"]) == (kept.epoch, kept.epoch)
        answer = ask(site, **{"from": 1, "to": kept.epoch})
        verify_update(parse_update(answer.content), states[1], states[kept.epoch])
    finally:
        sequencer.edge.history = kept


def test_one_large_update_is_made_at_a_time_and_small_ones_beside_it(site: Served) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with updates._large:
            entered.set()
            leave.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(20)
    try:
        answer = ask(site, **{"from": 1})
        refused(answer, "update-busy", 503)
        assert answer.headers["retry-after"]
        assert ask(site, **{"from": 1, "to": 3}).status_code == 200
    finally:
        leave.set()
        holder.join()
    assert ask(site, **{"from": 1}).status_code == 200

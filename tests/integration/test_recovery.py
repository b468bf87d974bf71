"""Opening a book that is not, or not all of, what was signed: refused with words; a crash half-way is healed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from fakes.house import CARRIER, Clock, House, codes, expect_recorded

from suxin.api.erasing import Eraser
from suxin.ledger.errors import Fenced, StoreError


def filled(folder: Path, rows: int = 6) -> Clock:
    """A book with some scans, closed again."""
    with House(folder) as house:
        carrier = house.firm(CARRIER, "courier")
        for i in range(rows):
            expect_recorded(house.post([carrier.scan(i)]))
            house.clock.now += 1_000
        return house.clock


def raw(folder: Path) -> sqlite3.Connection:
    """The database as its file's owner sees it: guards taken off for one change, then put back as they were."""
    return sqlite3.connect(folder / "data" / "book.db", isolation_level=None)


def without_guards(folder: Path, *statements: str) -> None:
    with raw(folder) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        for _, sql in guards:
            connection.execute(sql)
    connection.close()


def size_of(folder: Path) -> int:
    connection = raw(folder)
    size = int(connection.execute("SELECT size FROM head").fetchone()[0])
    connection.close()
    return size


def test_a_book_opens_again_where_it_stopped(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    size = size_of(tmp_path)
    with House(tmp_path, clock) as house:
        assert house.service.sequencer.published is not None
        assert house.service.sequencer.published.size == size


def test_deleting_the_last_ten_entries_stops_the_server(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    size = size_of(tmp_path)
    cut = size - 10
    without_guards(
        tmp_path,
        *(f"DELETE FROM {table} WHERE idx >= {cut}" for table in ("leaf", "entry", "statement_tag", "stream_row")),
        f"DELETE FROM checkpoint WHERE size > {cut}",
        f"UPDATE head SET size = {cut}, epoch = (SELECT max(epoch) FROM checkpoint)",
    )
    with pytest.raises(Fenced, match=f"ends at {cut} leaves, but {size} were signed"):
        House(tmp_path, clock)
    assert size_of(tmp_path) == cut


def test_yesterdays_database_stops_the_server(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    yesterday = tmp_path / "yesterday.db"
    shutil.copy(tmp_path / "data" / "book.db", yesterday)
    with House(tmp_path, clock) as house:
        other = house.firm("uscc:91350100M000100Y43", "courier", seed=9)
        expect_recorded(house.post([other.scan(1)]))
    for leftover in (tmp_path / "data").glob("book.db*"):
        leftover.unlink()
    shutil.copy(yesterday, tmp_path / "data" / "book.db")
    with pytest.raises(Fenced, match="old copy"):
        House(tmp_path, clock)


def test_yesterdays_whole_data_folder_stops_the_server(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with House(tmp_path, clock) as house:
        other = house.firm("uscc:91350100M000100Y43", "courier", seed=9)
        expect_recorded(house.post([other.scan(1)]))
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    with pytest.raises(Fenced, match="Signing on would fork it"):
        House(tmp_path, clock)


def test_a_missing_mark_needs_the_operators_word(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    size = size_of(tmp_path)
    shutil.rmtree(tmp_path / "marks")
    with pytest.raises(Fenced, match=f"--accept-size {size}"):
        House(tmp_path, clock)
    with pytest.raises(Fenced, match="is missing"):
        House(tmp_path, clock, accept_size=size - 1)
    with House(tmp_path, clock, accept_size=size):
        pass
    with House(tmp_path, clock):  # the mark stands again
        pass


def test_an_epoch_without_its_checkpoint_is_signed_at_the_next_start(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    size = size_of(tmp_path)
    connection = raw(tmp_path)
    note = connection.execute("SELECT note FROM checkpoint ORDER BY epoch DESC LIMIT 1").fetchone()[0]
    connection.close()
    without_guards(tmp_path, "DELETE FROM checkpoint WHERE epoch = (SELECT max(epoch) FROM checkpoint)")
    with House(tmp_path, clock) as house:
        assert house.service.sequencer.published is not None
        assert house.service.sequencer.published.note == note  # the same state gives the same bytes: no fork
        assert house.service.book.latest_checkpoint() == (house.service.sequencer.published.epoch, size, note)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE leaf SET body = CAST(replace(body, '330702', '330703') AS BLOB) WHERE idx = 12", "root at size"),
        ("UPDATE leaf SET body = CAST(body AS TEXT) WHERE idx = 8", "leaf 8 is not bytes"),
        ("UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 8", "leaf hashes are not those of the leaves"),
        (
            "UPDATE stream_row SET head = zeroblob(32) WHERE (stream_no, position) IN "
            "(SELECT stream_no, max(position) FROM stream_row GROUP BY stream_no LIMIT 1)",
            "map root of the last epoch",
        ),
        ("UPDATE checkpoint SET note = replace(note, 'suxin', 'Suxin') WHERE epoch = 3", "does not hold"),
    ],
)
def test_what_was_changed_stops_the_server(tmp_path: Path, change: str, words: str) -> None:
    clock = filled(tmp_path)
    without_guards(tmp_path, change)
    with pytest.raises(Fenced, match=words):
        House(tmp_path, clock)


def test_a_clock_before_the_last_epoch_stops_the_server(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    clock.now -= 3_600_000
    with pytest.raises(Fenced, match="set the clock"):
        House(tmp_path, clock)


def test_another_log_key_stops_the_server(tmp_path: Path) -> None:
    clock = filled(tmp_path)
    key = tmp_path / "data" / "keys" / "log.key"
    key.unlink()
    shutil.copy(tmp_path / "data" / "keys" / "root.key", key)
    with pytest.raises(Fenced, match="log key"):
        House(tmp_path, clock)


def test_a_second_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        with pytest.raises(StoreError):
            House(tmp_path, house.clock)
        carrier = house.firm(CARRIER, "courier")
        assert codes(house.post([carrier.scan(1)])) == ["recorded"]


def test_a_writer_that_was_taken_over_is_fenced(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        carrier = house.firm(CARRIER, "courier")
        without_guards(tmp_path, "UPDATE head SET term = term + 1")
        with pytest.raises(Fenced):
            house.post([carrier.scan(1)])
        assert house.service.sequencer.failure is not None


def test_a_close_that_fails_on_the_way_lets_go_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Eraser.stop

    def fails(eraser: Eraser) -> None:
        stop(eraser)
        raise StoreError("the disk is gone")

    monkeypatch.setattr(Eraser, "stop", fails)
    house = House(tmp_path)
    with pytest.raises(StoreError, match="the disk is gone"):
        house.service.close()
    monkeypatch.undo()
    with House(tmp_path, house.clock) as again:
        assert again.service.sequencer.failure is None

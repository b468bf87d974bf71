"""`suxin verify`: exit codes, what it prints, a reader's policy, both databases, and checking in processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.auditing import audit, copy_book, unguarded
from fakes.place import Place
from fakes.story import tell
from fakes.world import ORIGIN, World, seed

from suxin.api.cli_verify import run, verify
from suxin.ledger.checkpoint import log_key
from suxin.ledger.cosignature import cosign, witness_key
from suxin.ledger.errors import StoreError
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_signature_lines, format_vkey, parse_note
from suxin.ledger.reasons import REASONS
from suxin.ledger.store.audit_pool import ProcessPool, open_pool
from suxin.ledger.store.audit_source import open_source
from suxin.ledger.store.schema import migrate


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture(scope="module")
def sale(told: World) -> int:
    """Index of the first sale."""
    with closing(sqlite3.connect(told.folder / "book.db")) as connection:
        found = connection.execute('SELECT min(idx) FROM leaf WHERE CAST(body AS TEXT) LIKE \'%"type":"sale"%\'').fetchone()
        return int(found[0])


@pytest.fixture
def broken(told: World, sale: int, tmp_path: Path) -> Path:
    """A data folder whose first sale was changed."""
    path = copy_book(told.folder / "book.db", tmp_path / "book.db")
    with closing(unguarded(path)) as connection:
        connection.execute(
            "UPDATE leaf SET body = replace(CAST(body AS TEXT), '2026-11-22', '2026-11-21') WHERE idx = ?", (sale,)
        )
        connection.execute("UPDATE leaf SET body = CAST(body AS BLOB) WHERE idx = ?", (sale,))
    return tmp_path


def policy(folder: Path, world: World, origin: str = ORIGIN, more: str = "") -> Path:
    path = folder / "policy"
    path.write_text(f"log {format_vkey(log_key(origin, world.log_key.public))}\n{more}quorum {'w' if more else 'none'}\n")
    return path


def test_a_book_that_holds(told: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(told.folder, None, None, False, workers="threads") == 0
    out = capsys.readouterr().out
    assert "holds: every leaf" in out
    assert "1 numbers missing (" in out
    assert "no policy was given" in out


def test_a_book_that_does_not(broken: Path, sale: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(broken, None, None, False, workers="threads") == 1
    out = capsys.readouterr().out
    assert f"does not hold: first signature-invalid at index {sale}\n" in out
    assert REASONS["root-differs"][0] in out
    assert "guards are missing" in out


def test_json(broken: Path, sale: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(broken, None, None, True, workers="threads") == 1
    out, err = capsys.readouterr()
    assert not err, "no progress bar beside JSON"
    report = json.loads(out)
    assert report["holds"] is False
    assert (report["first"]["code"], report["first"]["index"]) == ("signature-invalid", sale)


def test_what_is_not_there_could_not_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, None, None, True) == 2
    out, err = capsys.readouterr()
    assert "there is no book" in json.loads(out)["error"]
    assert "could not be checked" in err
    assert not list(tmp_path.iterdir()), "nothing is made by looking"


def test_a_database_without_tables_could_not_be_checked(tmp_path: Path) -> None:
    with closing(unguarded(tmp_path / "book.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE other (a)")
    assert verify(tmp_path, None, None, False) == 2


def test_a_policy_must_know_the_log(told: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(told.folder, None, policy(tmp_path, told), False, workers="threads") == 0
    assert "no policy" not in capsys.readouterr().out
    assert verify(told.folder, None, policy(tmp_path, told, "suxin.example/other/1"), False, workers="threads") == 2
    assert "does not know the log" in capsys.readouterr().err
    (tmp_path / "policy").write_text("nonsense\n")
    assert verify(told.folder, None, tmp_path / "policy", False, workers="threads") == 2


def test_how_far_a_quorum_has_cosigned_is_said(told: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = SigningKey(seed("witness"))
    path = policy(tmp_path, told, more=f"witness w {format_vkey(witness_key('w.example', key.public))}\n")
    assert verify(told.folder, None, path, False, workers="threads") == 0
    assert "witnesses up to size 0" in capsys.readouterr().out
    size, note = told.book.checkpoints()[20][1:]
    copy_book(told.folder / "book.db", tmp_path / "book.db")
    with closing(unguarded(tmp_path / "book.db")) as connection:
        text = parse_note(note).text
        signed = note + format_signature_lines([cosign(text, "w.example", key, 1_795_400_000)])
        connection.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (signed, size))
    assert verify(tmp_path, None, path, False, workers="threads") == 0
    assert f"witnesses up to size {size}" in capsys.readouterr().out


def test_processes_find_what_threads_find(told: World, broken: Path) -> None:
    for url in (told.url, f"sqlite:///{broken / 'book.db'}"):
        with open_source(url) as source:
            by_processes = run(source, "processes", quiet=True, cores=3)
        with open_source(url) as source:
            by_threads = run(source, "threads", quiet=True)
        assert by_processes.first == by_threads.first
        assert by_processes.findings_total == by_threads.findings_total


def test_a_process_that_dies_is_no_verdict(told: World) -> None:
    with closing(ProcessPool(1)) as pool:
        os.kill(pool.pids[0], signal.SIGKILL)
        with pytest.raises(StoreError, match="has ended"):
            pool.submit([(bytes(32), bytes(100))])()


def test_a_pool_names_the_bad_ones_in_order() -> None:
    with open_pool("processes", 2) as pool:
        verdicts = [pool.submit([(bytes([1]) * 32, bytes(100))] * count) for count in (1, 2, 3, 4, 5, 6)]
        assert [list(verdict()) for verdict in verdicts] == [list(range(count)) for count in (1, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize("live_max", [1, 7])
def test_little_memory_gives_the_same_report(told: World, broken: Path, live_max: int) -> None:
    for url in (told.url, f"sqlite:///{broken / 'book.db'}"):
        assert audit(url, live_max) == audit(url)


def test_postgres(postgres_url: str, postgres_role: Callable[[str, str], str], tmp_path: Path) -> None:
    migrate(postgres_url)
    place = Place.postgres(postgres_url, postgres_role)
    with World(tmp_path, url=place.app) as world:
        tell(world)
        assert verify(None, place.read, None, False, workers="threads") == 0
        assert verify(None, place.read, None, False, hashes_only=True) == 0
        assert audit(place.read).holds
    place.force("UPDATE stream_row SET idx = idx + 1 WHERE stream_no = 3 AND position = 0")
    first = audit(place.read).first
    assert first is not None
    assert (first.code, first.table, first.key) == ("derived-differs", "stream_row", "3/0")

"""A book and its witnesses: cosigned beside the replies, through kills and restarts; a fork is refused, an old copy stops."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.house import CARRIER, Clock, Firm, House, expect_recorded, settings
from fakes.served import Served, served
from rig.witness import WitnessProcess

from suxin.api import asking
from suxin.api.cosigned import CHECKPOINTS_MAX, Cosignatures
from suxin.api.export import export_tree, kept_cosignatures
from suxin.api.service import Service
from suxin.api.settings import WitnessAt, parse_witness
from suxin.ledger.checkpoint import Checkpoint, log_key, open_cosigned, sign_checkpoint
from suxin.ledger.cosignature import cosign, witness_key
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Fenced, VerificationError
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_vkey, parse_note, parse_vkey
from suxin.ledger.store.book import Book
from suxin.ledger.tlogproof import parse_tlog_proof
from suxin.ledger.witness import format_ask

LOG_SEED = bytes([42]) * 32  # the log's key is laid down first, so that witnesses can be told of it
ORIGIN = "suxin.example/test/1"
VKEY = format_vkey(log_key(ORIGIN, SigningKey(LOG_SEED).public))


def until(holds: Callable[[], bool], what: str = "") -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def lay_key(folder: Path) -> None:
    keys = folder / "data" / "keys"
    keys.mkdir(parents=True)
    (keys / "log.key").write_text(b64u(LOG_SEED) + "\n")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WitnessProcess, WitnessProcess]]:
    """Two witnesses of the log."""
    folder = tmp_path_factory.mktemp("witnesses")
    with (
        WitnessProcess(folder / "a", "--name", "a.example/w", "--log", VKEY) as first,
        WitnessProcess(folder / "b", "--name", "b.example/w", "--log", VKEY) as second,
    ):
        yield first, second


@pytest.fixture(scope="module")
def site(pair: tuple[WitnessProcess, WitnessProcess], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("book")
    lay_key(folder)
    at = tuple(parse_witness(f"{witness.url}/={witness.vkey}") for witness in pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "PAUSE_MAX_S", 0.2)
        with served(folder, witnesses=at, entries_public=True) as found:
            yield found


@pytest.fixture(scope="module")
def firm(site: Served) -> Firm:
    return site.house.firm(CARRIER, "courier")


def keys(*witnesses: WitnessProcess) -> list[Any]:
    return [parse_vkey(witness.vkey) for witness in witnesses]


def cosigned_by(site: Served, *witnesses: WitnessProcess) -> list[str]:
    """Names on /checkpoint, every signature checked."""
    note = site.http.get("/checkpoint").text
    opened = open_cosigned(note, ORIGIN, [parse_vkey(VKEY)], keys(*witnesses))
    return [one.witness.name for one in opened.cosignatures]


def test_every_checkpoint_is_cosigned_and_shown(site: Served, firm: Firm, pair: tuple[WitnessProcess, WitnessProcess]) -> None:
    expect_recorded(site.house.post([firm.scan(1)]))
    until(lambda: cosigned_by(site, *pair) == ["a.example/w", "b.example/w"])
    size = site.house.service.book.head().size
    shown = site.http.get("/.well-known/suxin.json").json()
    assert shown["witnesses"] == [{"vkey": one.vkey, "url": one.url, "kind": "plain", "size": size} for one in pair]
    assert shown["cosigned"] == {"plain": 2, "full": 0}
    proof = parse_tlog_proof(site.http.get("/v1/entries/0/tlog-proof").text)
    assert proof.note == site.http.get("/checkpoint").text
    assert len(open_cosigned(proof.note, ORIGIN, [parse_vkey(VKEY)], keys(*pair)).cosignatures) == 2


def test_a_page_counts_them(site: Served, firm: Firm, pair: tuple[WitnessProcess, WitnessProcess]) -> None:
    page = f"/en/w/{CARRIER[5:]}/{2:022d}"
    pair[1].kill()
    try:
        expect_recorded(site.house.post([firm.scan(2)]))
        until(lambda: cosigned_by(site, *pair) == ["a.example/w"])
        assert "<dt>Witnesses, according to this server</dt><dd>1</dd>" in site.http.get(page).text.replace("\n", "")
    finally:
        pair[1].start()
    # The page of that epoch was kept; a cosignature that comes later shows on it all the same.
    until(lambda: len(cosigned_by(site, *pair)) == 2)
    assert "<dt>Witnesses, according to this server</dt><dd>2</dd>" in site.http.get(page).text.replace("\n", "")
    assert "Witnesses, according to this server: 2 plain, 0 full" in site.http.get(f"/en/couriers/{CARRIER[5:]}").text


def test_a_killed_witness_stops_nothing_and_a_restarted_one_catches_up(
    site: Served, firm: Firm, pair: tuple[WitnessProcess, WitnessProcess]
) -> None:
    second = pair[1]
    until(lambda: len(cosigned_by(site, *pair)) == 2)
    second.kill()
    began = time.monotonic()
    for parcel in range(10, 25):
        expect_recorded(site.house.post([firm.scan(parcel)]))
    assert time.monotonic() - began < 10  # no reply waited for the dead one
    until(lambda: cosigned_by(site, *pair) == ["a.example/w"])
    until(lambda: site.house.service.askers[1].trouble is not None)
    assert lag(site, "a.example/w") == 0
    assert lag(site, "b.example/w") == 2 * 15  # fifteen rows, each with its epoch
    second.start()
    until(lambda: cosigned_by(site, *pair) == ["a.example/w", "b.example/w"])
    assert site.house.service.askers[1].trouble is None
    assert site.log.getvalue().count("witness does not cosign") >= 1
    assert "witness cosigns again" in site.log.getvalue()
    assert "Traceback" not in site.log.getvalue()


def lag(site: Served, witness: str) -> float:
    """Leaves that a witness has not cosigned, as the server's figures have it."""
    metrics = site.http.get("/metrics").text
    return float(metrics.split(f'suxin_witness_lag_leaves{{witness="{witness}"}} ')[1].split("\n")[0])


def test_a_witness_that_hangs_delays_no_reply(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # accepts, and never says a word
        key = witness_key("deaf.example/w", SigningKey(bytes([3]) * 32).public)
        at = WitnessAt(f"http://127.0.0.1:{deaf.getsockname()[1]}", key)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "TIMEOUT_S", 3.0)
            with House(tmp_path, witnesses=(at,)) as house:
                began = time.monotonic()
                firm = house.firm(CARRIER, "courier")
                for parcel in range(5):
                    expect_recorded(house.post([firm.scan(parcel)]))
                assert time.monotonic() - began < 12  # six replies; waiting for it would take 18
                assert house.service.cosignatures.latest(key) is None


def test_what_came_in_is_there_after_a_restart(tmp_path: Path) -> None:
    lay_key(tmp_path)
    with WitnessProcess(tmp_path / "w", "--log", VKEY) as witness:
        at = parse_witness(f"{witness.url}={witness.vkey}")
        with House(tmp_path, witnesses=(at,)) as house:
            until(lambda: house.service.cosignatures.kinds(house.service.checkpoint_note()) == (1, 0))
            note = house.service.checkpoint_note()
        witness.stop()
        with Book.open(f"sqlite:///{tmp_path}/data/book.db") as book:
            export_tree(
                book, tmp_path / "out", entries=False, cosigned=kept_cosignatures(tmp_path / "data" / "cosignatures.json")
            )
        assert (tmp_path / "out" / "checkpoint").read_text() == note
        with House(tmp_path, witnesses=(at,)) as house:
            assert house.service.checkpoint_note() == note
        # A file that somebody changed is no evidence, and no obstacle.
        file = tmp_path / "data" / "cosignatures.json"
        kept = orjson.loads(file.read_bytes())
        for spoiled in (
            orjson.dumps({"checkpoints": [[kept["checkpoints"][0][0].replace(ORIGIN, "x"), kept["checkpoints"][0][1]]]}),
            b"{",
            b"[]",
            b'{"checkpoints":[1]}',
            b'{"checkpoints":[["a","b"]]}',
        ):
            file.write_bytes(spoiled)
            with House(tmp_path, witnesses=(at,)) as house:
                assert "w" not in [line.name for line in parse_note(house.service.checkpoint_note()).signatures]
                assert house.service.cosignatures.latest(at.key) is None


# A log that lies


def test_a_fork_is_refused_with_the_reason_and_the_forking_server_stops(tmp_path: Path) -> None:
    """Two copies of one book with one key grow apart; the witness has seen the first one."""
    lay_key(tmp_path)
    with WitnessProcess(tmp_path / "w", "--log", VKEY) as witness:
        at = parse_witness(f"{witness.url}={witness.vkey}")
        with House(tmp_path) as house:
            house.firm(CARRIER, "courier")
        shutil.copytree(tmp_path / "data", tmp_path / "twin" / "data")
        shutil.copytree(tmp_path / "marks", tmp_path / "twin" / "marks")
        with House(tmp_path, witnesses=(at,)) as house:
            house.firm("uscc:91350100M000100Y43", "courier", seed=2)
            until(lambda: house.service.cosignatures.kinds(house.service.checkpoint_note()) == (1, 0))
            size = house.service.book.head().size
        with House(tmp_path / "twin") as twin:
            twin.firm("uscc:91110000600037341L", "merchant", seed=3)
            tree = twin.service.sequencer.tree
            note = twin.service.checkpoint_note()
            assert tree.size == size
            answer = witness.ask(format_ask(size, [], note))
            assert answer.status_code == 422
            assert f"at {size} leaves this witness has cosigned the root" in answer.text
        with pytest.raises(Fenced, match=r"another root at .* one of the two is a fork"):
            House(tmp_path / "twin", witnesses=(at,))
        witness.stop()  # not there when the twin starts: it is found out later
        with House(tmp_path / "twin", witnesses=(at,)) as twin:
            assert twin.service.sequencer.failure is None
            witness.start()
            until(lambda: twin.service.sequencer.failure is not None, "the twin goes on writing")
            with pytest.raises(Fenced, match="fork"):
                twin.firm("uscc:91330782MA28A0001M", "courier", seed=4)


def test_an_old_copy_whose_mark_is_gone_is_told_by_a_witness(tmp_path: Path) -> None:
    lay_key(tmp_path)
    with WitnessProcess(tmp_path / "w", "--log", VKEY) as witness:
        at = parse_witness(f"{witness.url}={witness.vkey}")
        with House(tmp_path) as house:
            house.firm(CARRIER, "courier")
            old = house.service.book.head().size
        shutil.copytree(tmp_path / "data", tmp_path / "backup" / "data")
        with House(tmp_path, witnesses=(at,)) as house:
            house.firm("uscc:91350100M000100Y43", "courier", seed=2)
            until(lambda: house.service.cosignatures.kinds(house.service.checkpoint_note()) == (1, 0))
        with pytest.raises(Fenced, match="an old copy"):  # even if the operator vouches for it
            House(tmp_path / "backup", witnesses=(at,), accept_size=old)
        witness.stop()
        with House(tmp_path / "backup", witnesses=(at,), accept_size=old) as house:
            assert house.service.sequencer.failure is None
            witness.start()
            until(lambda: house.service.sequencer.failure is not None, "an old copy goes on writing")
            assert "old copy" in str(house.service.sequencer.failure)


def test_a_witness_stands_in_for_a_mark_that_is_gone(tmp_path: Path) -> None:
    lay_key(tmp_path)
    with WitnessProcess(tmp_path / "w", "--log", VKEY) as witness:
        at = parse_witness(f"{witness.url}={witness.vkey}")
        with House(tmp_path, witnesses=(at,)) as house:
            house.firm(CARRIER, "courier")
            until(lambda: house.service.cosignatures.kinds(house.service.checkpoint_note()) == (1, 0))
        shutil.rmtree(tmp_path / "marks")
        with pytest.raises(Fenced, match=r"mark of .* is missing"):
            House(tmp_path)
        with House(tmp_path, witnesses=(at,)) as house:
            house.firm("uscc:91350100M000100Y43", "courier", seed=2)
        shutil.rmtree(tmp_path / "marks")
        witness.stop()
        with pytest.raises(Fenced, match=r"mark of .* is missing"):
            House(tmp_path, witnesses=(at,))


class Liar:
    """A witness' address that answers what it is told to, to a POST and to a GET; no log's key is in its hands."""

    def __init__(self, posted: bytes, shown: bytes) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._posted, self._shown = posted, shown
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65_536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0)
                while len(body) < length:
                    body += connection.recv(65_536)
                connection.sendall(self._posted if data.startswith(b"POST") else self._shown)

    def close(self) -> None:
        self._server.close()


def http(status: int, body: bytes, kind: str = "text/plain") -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        status,
        kind.encode(),
        len(body),
        body,
    )


STRANGER = SigningKey(bytes([9]) * 32)
OTHER_NOTE = sign_checkpoint(Checkpoint(ORIGIN, 10**6, bytes(32)), STRANGER).encode()


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        ([http(200, b"")], "note-malformed"),
        ([http(200, b"\xff")], "note-malformed"),
        ([http(200, "— somebody.example AAAAAAAAAAAA\n".encode())], "other keys"),
        ([http(200, b"x" * 100_000)], "larger"),
        ([http(409, b"x", "text/x.tlog.size")], "without a size"),
        ([http(409, b"07\n", "text/x.tlog.size")], "without a size"),
        ([http(409, b"0\n", "text/x.tlog.size")], "another size each time"),
        # It says that it has seen more, and cannot show our signature under it: its word does not stop the book.
        ([http(409, b"1000000\n", "text/x.tlog.size"), http(200, OTHER_NOTE)], "note-unsigned"),
        ([http(409, b"1000000\n", "text/x.tlog.size"), http(404, b"")], "more than"),
        ([http(422, b"a fork!"), http(200, OTHER_NOTE)], "note-unsigned"),
        ([http(422, b"a fork!"), http(404, b"")], "answered 422: a fork!"),
        ([http(500, b""), http(200, b"x" * 100_000)], "answered 500"),
        ([http(500, b""), http(200, b"\xff\n\n")], "answered 500"),
        ([http(500, b""), b"no HTTP at all"], "answered 500"),
        ([http(301, b"")], "answered 301"),
    ],
)
def test_a_lying_witness_harms_nothing_but_itself(tmp_path: Path, answers: list[bytes], trouble: str) -> None:
    key = witness_key("liar.example/w", SigningKey(bytes([8]) * 32).public)
    with (
        closing(Liar(*answers, http(404, b"")) if len(answers) == 1 else Liar(*answers)) as liar,
        House(tmp_path, witnesses=(WitnessAt(liar.url, key),)) as house,
    ):
        until(lambda: house.service.askers[0].trouble is not None)
        assert trouble in str(house.service.askers[0].trouble)
        house.firm(CARRIER, "courier")
        assert house.service.sequencer.failure is None
        assert house.service.cosignatures.latest(key) is None


@pytest.mark.parametrize(
    ("status", "after", "due"), [(503, b"5", 5), (503, b"99999", 60), (503, b"soon", None), (422, b"5", None)]
)
def test_a_witness_that_is_behind_is_asked_again_when_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, after: bytes, due: float | None
) -> None:
    monkeypatch.setattr(asking, "PAUSE_MAX_S", 60.0)  # whatever the site of other tests in this file has made of it
    key = witness_key("slow.example/w", SigningKey(bytes([8]) * 32).public)
    slow = http(status, b"not yet").replace(b"\r\n\r\n", b"\r\nretry-after: " + after + b"\r\n\r\n", 1)
    with closing(Liar(slow, http(404, b""))) as liar, House(tmp_path) as house:
        service = house.service
        published = service.sequencer.published
        assert published is not None
        log = asking.Log(parse_vkey(service.vkey), service.sequencer.tree, lambda: service.sequencer.published, lambda _why: None)
        with pytest.raises(asking.Unanswered, match="not yet") as told:
            asking.Asker(WitnessAt(liar.url, key), log, service.cosignatures).ask(published)
    assert told.value.after_s == due


def test_a_false_cosignature_is_not_kept(tmp_path: Path) -> None:
    public = SigningKey(bytes([8]) * 32)
    key = witness_key("w.example/w", public.public)
    kept = Cosignatures(tmp_path / "c.json", ORIGIN, [key])
    text = parse_note(sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), STRANGER)).text
    line = cosign(text, "w.example/w", public, 1_000)
    with pytest.raises(VerificationError, match="cosignature-invalid"):
        kept.add(text, [replace(line, blob=line.blob[:-1] + b"\x00")])
    other = parse_note(sign_checkpoint(Checkpoint("x", 3, bytes(32)), STRANGER)).text
    with pytest.raises(VerificationError, match="origin-mismatch"):
        kept.add(other, [cosign(other, "w.example/w", public, 1_000)])
    assert kept.latest(key) is None
    assert [one.time_s for one in kept.add(text, [line, cosign(text, "w.example/w", public, 2_000)])] == [2_000]
    assert kept.latest(key) == 3


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    public = SigningKey(bytes([8]) * 32)
    key = witness_key("w.example/w", public.public)
    kept = Cosignatures(tmp_path / "c.json", ORIGIN, [key])
    notes = [sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), STRANGER) for size in range(1, CHECKPOINTS_MAX + 5)]
    for note in notes:
        text = parse_note(note).text
        kept.add(text, [cosign(text, "w.example/w", public, 1_000)])
    assert [sum(kept.kinds(note)) for note in notes] == [0] * 4 + [1] * CHECKPOINTS_MAX
    kept.close()
    again = Cosignatures(tmp_path / "c.json", ORIGIN, [key])
    assert [sum(again.kinds(note)) for note in notes] == [0] * 4 + [1] * CHECKPOINTS_MAX
    assert Cosignatures(tmp_path / "c.json", ORIGIN, []).kinds(notes[-1]) == (0, 0)


@pytest.mark.parametrize("text", ["", "http://x", VKEY, f"http://x={VKEY}", f"x={VKEY}", "http://x=a+b+c", "ftp://x=w"])
def test_a_witness_is_given_as_address_and_key(text: str) -> None:
    with pytest.raises(VerificationError, match="vkey"):
        parse_witness(text)


def test_the_service_runs_without_witnesses(tmp_path: Path) -> None:
    with closing(Service(settings(tmp_path), Clock())) as service:
        published = service.sequencer.published
        assert published is not None
        assert service.checkpoint_note() == published.note
    assert not (tmp_path / "data" / "cosignatures.json").exists()


def test_both_kinds_are_counted_apart_and_a_later_checkpoint_counts(tmp_path: Path) -> None:
    plain, full, stranger = (SigningKey(bytes([number]) * 32) for number in (8, 9, 10))
    keys = [witness_key(name, key.public) for name, key in (("p.example/w", plain), ("f.example/w", full))]
    kept = Cosignatures(tmp_path / "c.json", ORIGIN, keys, {keys[1]})
    notes = [sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), STRANGER) for size in (3, 5)]
    for note, name, key in (
        (notes[0], "p.example/w", plain), (notes[1], "f.example/w", full), (notes[1], "s.example/w", stranger),
    ):  # fmt: skip
        text = parse_note(note).text
        kept.add(text, [cosign(text, name, key, 1_000)])
    assert [kept.kinds(note) for note in notes] == [(1, 0), (0, 1)]
    assert [kept.covering(size) for size in (1, 3, 4, 5, 6)] == [(1, 1), (1, 1), (0, 1), (0, 1), (0, 0)]

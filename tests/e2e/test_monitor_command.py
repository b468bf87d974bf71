"""`suxin monitor` as typed, beside a real book and a real witness: killed, interrupted, cut off from the net, and lied to."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from fakes.forger import Forger
from fakes.liar import Face, lying, until
from fakes.story import Story
from fakes.world import World
from rig.server import SUXIN, Server
from rig.witness import WitnessProcess

from suxin.api.cli_monitor import Wanted, monitor
from suxin.client.post import Session
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.contradiction import Weight, parse_contradiction, weigh
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, nodes_of
from suxin.ledger.moment import moment_text
from suxin.ledger.note import parse_vkey
from suxin.ledger.witness import format_ask

BOOK = "suxin.example/monitored"
CARRIER = "uscc:91512081MA62K0260E"


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SUXIN, *words], capture_output=True, text=True, timeout=120)


@contextmanager
def watching(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A monitor in a process of its own."""
    with log.open("ab") as file:
        process = subprocess.Popen([*SUXIN, "monitor", *words], stdout=file, stderr=file)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


class Carrier:
    """Writes to the book."""

    def __init__(self, url: str) -> None:
        self._session = Session(url)
        key = SigningKey(bytes([3]) * 32)
        self._signer = Signer(key, CARRIER, BOOK, MemoryCounter(), lambda: time.time_ns() // 1_000_000)
        self._post("actor", {"party": CARRIER}, event="register", role="courier", key=key.public_text)
        self._parcels = 0

    def scan(self, count: int) -> None:
        drafts = []
        for _ in range(count):
            self._parcels += 1
            subjects = {"waybill": f"{CARRIER[5:]}/{self._parcels:022d}"}
            drafts.append(self._draft("scan", subjects, code="PICKED_UP", place={"district": "330702"}))
        self._session.post_rows([self._signer.sign(draft) for draft in drafts])

    def _post(self, type_name: str, subjects: dict[str, str], **body: object) -> None:
        self._session.post(self._signer.sign(self._draft(type_name, subjects, **body)))

    def _draft(self, type_name: str, subjects: dict[str, str], **body: object) -> Draft:
        return Draft(type_name, moment_text(time.time_ns() // 1_000_000), subjects, body)  # type: ignore[arg-type]

    def close(self) -> None:
        self._session.close()


def test_it_survives_kills(tmp_path: Path, soak: bool) -> None:
    data, log = tmp_path / "m", tmp_path / "m.log"
    words = ("--data", str(data), "--interval", "0.3")
    with Server(tmp_path / "book", "--sandbox", "--origin", BOOK, "--entries", "public") as server:
        carrier = Carrier(server.url)
        carrier.scan(300)
        dice = random.Random(7)
        for _ in range(5 if soak else 1):  # killed at any moment, also while it fetches for the first time
            with watching(log, "--url", server.url, *words) as process:
                carrier.scan(60)
                time.sleep(dice.uniform(0.7, 1.8))
                process.send_signal(signal.SIGKILL)
        told = log.read_text().count(f"{BOOK}/1: ")
        with watching(log, "--url", server.url, *words) as process:
            carrier.scan(10)
            until(lambda: log.read_text().count(f"{BOOK}/1: ") > told)  # a turn is done; before that nothing was checked
            until(lambda: size_of(data / "checkpoint") >= 370)
            until(lambda: size_of(data / "checkpoint") == size_of_text(httpx.get(f"{server.url}/checkpoint").text))
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        carrier.close()
        assert "Traceback" not in log.read_text()
        again = command("monitor", "--url", server.url, "--data", str(data), "--once", "--json")
        assert again.returncode == 0, again.stderr
        value = json.loads(again.stdout)
        assert (value["entries"] >= 372, value["findings"], value["evidence"]) == (True, [], [])
        assert not list(data.rglob("*.new")), "nothing half written is left over"


def size_of(path: Path) -> int:
    return size_of_text(path.read_text()) if path.exists() else 0


def size_of_text(note: str) -> int:
    return int(note.split("\n")[1])


@dataclass
class Histories:
    """The true one, and one that leaves it.

    Attributes:
        true: What a witness has seen.
        false: Another one of the same key, longer than what the witness has seen.
    """

    true: Face
    false: Face


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Histories]:
    with World(tmp_path_factory.mktemp("world")) as world:
        Story(world).people()
        leaves, notes = Forger(world, world.folder / "book.db").made()
        forger = Forger(world, world.folder / "book.db")
        del forger.leaves[forger.find("mandate")]
        other, other_notes = forger.made()
        seen = sorted(notes)[-2]
        true = Face(leaves, notes[seen], seen, world.log_key)
        yield Histories(true, Face(other, other_notes[max(other_notes)], max(other_notes), world.log_key))


def test_a_fork_that_a_witness_did_not_see(histories: Histories, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    true, policy = histories.true, tmp_path / "policy"
    with (
        lying(true=true, false=histories.false) as liar,
        WitnessProcess(tmp_path / "w", "--name", "w.example/w", "--log", true.vkey) as witness,
    ):
        path = consistency_path(0, true.size, nodes_of([leaf_hash(raw) for raw in true.leaves]))
        assert witness.ask(format_ask(0, path, true.note)).status_code == 200
        policy.write_text(f"log {true.vkey}\nwitness w {witness.vkey} {witness.url}\nquorum w\n")
        for name, code, state in (("true", 0, "same"), ("false", 1, "forked")):
            wanted = Wanted(
                f"{liar.url}/{name}", tmp_path / name, policy, max_age_s=1e9, once=True, as_json=True, workers="threads"
            )
            assert monitor(wanted) == code
            value = json.loads(capsys.readouterr().out)
            assert value["witnesses"]["asked"][0]["state"] == state
            assert value["witnesses"]["cosigned"] == (["w"] if state == "same" else [])
        assert value["first"]["code"] == "consistency-invalid"
        kept = parse_contradiction(Path(value["evidence"][0]).read_bytes())
        assert weigh(kept, parse_vkey(true.vkey)) is Weight.CONVICTS


def test_the_net_fails_and_comes_back_and_a_webhook_is_told_once(histories: Histories, tmp_path: Path) -> None:
    log = tmp_path / "m.log"
    words = ("--data", str(tmp_path / "m"), "--max-age", "1000000000", "--interval", "0.2")
    with (
        lying(a=replace(histories.true)) as liar,
        watching(log, "--url", f"{liar.url}/a", *words, "--webhook", f"{liar.url}/hook") as process,
    ):
        until(lambda: f"{histories.true.size} leaves" in log.read_text())
        liar.faces["a"].down = True
        until(lambda: "503; trying again" in log.read_text())
        liar.faces["a"].down = False
        until(lambda: "the book answers again" in log.read_text())
        assert not liar.posted
        liar.faces["a"] = histories.false
        until(lambda: bool(liar.posted))
        time.sleep(0.5)
        assert process.poll() is None, "it goes on"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 1
        (told,) = liar.posted
        assert weigh(parse_contradiction(told), parse_vkey(histories.true.vkey)) is Weight.CONVICTS
    assert "Traceback" not in log.read_text()

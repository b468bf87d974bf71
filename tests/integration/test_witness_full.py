"""`suxin witness --full` in a process of its own: what it refuses, says and keeps, and that a plain one cannot notice it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.forger import Forger
from fakes.liar import Face, lying
from fakes.story import tell
from fakes.world import ORIGIN, Signer, World, company, seed
from rig.witness import WitnessProcess
from typer.testing import CliRunner

from suxin.api.cli import app
from suxin.api.settings import parse_witness
from suxin.api.watch import Watch
from suxin.api.witness import Witness, addresses, identity, known_logs
from suxin.api.witness_show import show
from suxin.ledger.checkpoint import Checkpoint, log_key, open_checkpoint, sign_checkpoint
from suxin.ledger.errors import StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, nodes_of, root_of
from suxin.ledger.note import format_vkey, parse_note
from suxin.ledger.store.witness_book import WitnessBook
from suxin.ledger.witness import Cosigned, Why, format_ask

ROOT = Signer("auth:operator:000000", SigningKey(seed("root")))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@dataclass
class History:
    """A log as its operator publishes it."""

    leaves: list[bytes]
    notes: dict[int, str]
    log: SigningKey

    @property
    def sizes(self) -> list[int]:
        return sorted(self.notes)

    @property
    def vkey(self) -> str:
        return format_vkey(log_key(ORIGIN, self.log.public))

    def face(self, size: int) -> Face:
        return Face(self.leaves, self.notes[size], size, self.log)

    def ask(self, old: int, new: int) -> bytes:
        node = nodes_of([leaf_hash(raw) for raw in self.leaves])
        return format_ask(old, consistency_path(old, new, node) if old else [], self.notes[new])


def history(world: World, lie: Callable[[Forger], None] = lambda _forger: None) -> History:
    forger = Forger(world, world.folder / "book.db")
    lie(forger)
    leaves, notes = forger.made()
    return History(leaves, notes, world.log_key)


def shown(witness: WitnessProcess) -> dict[str, Any]:
    """What it remembers, read while it runs."""
    found: dict[str, Any] = show(witness.folder)
    return found


def full(folder: Path, log: History, url: str, *options: str) -> WitnessProcess:
    return WitnessProcess(folder, "--full", "--log", log.vkey, "--url", url, *options)


def until_cosigned(witness: WitnessProcess, raw: bytes) -> httpx.Response:
    """Ask as a server does: again as long as the witness says that it will have it soon."""
    end = time.monotonic() + 60
    while (answer := witness.ask(raw)).status_code == 503:
        assert time.monotonic() < end, answer.text
        assert answer.headers["retry-after"] == "5"
        time.sleep(0.1)
    return answer


def test_what_holds_is_cosigned_lies_on_the_way_are_not_and_a_start_needs_no_network(told: World, tmp_path: Path) -> None:
    log = history(told)
    first, second, *_, last = log.sizes[5:]
    token = tmp_path / "token"
    token.write_text("of-an-auditor\n")
    face = log.face(first)
    face.token = "of-another"
    with lying(a=face) as liar, full(tmp_path / "w", log, f"{liar.url}/a", "--credential", str(token)) as witness:
        answer = witness.ask(log.ask(0, first))
        assert (answer.status_code, "auditors only" in answer.text) == (503, True)
        face.token = "of-an-auditor"
        # Lied to on the way: it refuses and says why, and what was never signed leaves no trace.
        face.spoil = lambda path, body: body.replace(b"suxin.example", b"sunix.example") if "entries" in path else body
        answer = witness.ask(log.ask(0, first))
        assert (answer.status_code, "root-differs" in answer.text) == (503, True)
        face.spoil = lambda _path, body: body
        assert until_cosigned(witness, log.ask(0, first)).status_code == 200
        face.note, face.size = log.notes[second], second
        assert until_cosigned(witness, log.ask(first, second)).status_code == 200
        witness.kill()
        face.down = True
        face.asked.clear()
        witness.start()
        assert until_cosigned(witness, log.ask(second, second)).status_code == 200
        assert {path for path, _ in face.asked} <= {"/checkpoint"}
        face.note, face.size = log.notes[last], last
        behind = witness.ask(log.ask(second, last))
        assert (behind.status_code, behind.headers["retry-after"]) == (503, "5")
        assert "answers 503" in behind.text
        face.down = False
        assert until_cosigned(witness, log.ask(second, last)).status_code == 200
        assert [one["faults"] for one in shown(witness)["logs"]] == [[]]
        assert "Traceback" not in witness.log()


def one_map_root_wrong(forger: Forger) -> None:
    """Wrong for one epoch, then right again."""
    forger.epochs[20] = lambda epoch: replace(epoch, map_root=bytes(32))


def hidden_from_its_item(forger: Forger) -> None:
    """An entry that stands in the log, but not in a stream that it names."""
    forger.hides = lambda statement, stream: statement["type"] == "complaint" and stream.startswith("p:")


def said_without_authority(forger: Forger) -> None:
    """An entry that the rules do not allow, rightly signed."""
    place = {"method": "locker", "place": {"district": "330702"}}
    forger.add(ROOT, "delivery", {"waybill": f"{company(5)}/{'piece2'.ljust(22, '0')}"}, place)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (one_map_root_wrong, "map-root-differs"),
        (hidden_from_its_item, "map-root-differs"),
        (said_without_authority, "rules-refused"),
    ],
)
def test_what_a_plain_witness_cannot_notice(told: World, tmp_path: Path, lie: Callable[[Forger], None], code: str) -> None:
    log = history(told, lie)
    last = log.sizes[-1]
    with WitnessBook(tmp_path / "plain.db") as book:
        plain = Witness("w.example/plain", SigningKey(bytes([7]) * 32), known_logs([log.vkey], None), book, lambda: 1)
        assert isinstance(plain.add_checkpoint(log.ask(0, last)), Cosigned)
    with lying(a=log.face(last)) as liar, full(tmp_path / "full", log, f"{liar.url}/a") as witness:
        refused = until_cosigned(witness, log.ask(0, last))
        assert refused.status_code == 422
        assert refused.text.startswith(f"{code} at index ")
        index = int(refused.text.split(" at index ")[1].split(":")[0])
        right = max(size for size in log.sizes if size <= index)
        assert until_cosigned(witness, log.ask(0, right)).status_code == 200  # up to there it was right
        for size in (next(size for size in log.sizes if size > index), last):  # and never again
            assert witness.ask(log.ask(right, size)).text.startswith(f"{code} at index {index}:")
        if lie is one_map_root_wrong:
            assert right == log.sizes[18]
            witness.kill()
            liar.faces["a"].down = True
            witness.start()
            assert until_cosigned(witness, log.ask(right, last)).text == refused.text
        (memory,) = shown(witness)["logs"]
        (fault,) = memory["faults"]
        assert (fault["code"], fault["index"], memory["size"]) == (code, index, right)
        assert open_checkpoint(fault["note"], ORIGIN, log.log.public).size == last  # convicts without the witness
        assert shown(witness)["kind"] == "full"
        assert "Traceback" not in witness.log()


def drop_an_inspection(forger: Forger) -> None:
    del forger.leaves[forger.find("inspection")]


def test_two_histories_are_kept_side_by_side(told: World, tmp_path: Path) -> None:
    """The book shows one, and has another cosigned: a plain witness that saw nothing before would cosign it."""
    log, fork = history(told), history(told, drop_an_inspection)
    with lying(a=log.face(log.sizes[-1])) as liar, full(tmp_path / "w", log, f"{liar.url}/a") as witness:
        assert until_cosigned(witness, log.ask(0, log.sizes[0])).status_code == 200
        refused = until_cosigned(witness, fork.ask(log.sizes[0], fork.sizes[-2]))
        assert refused.status_code == 422
        assert refused.text.startswith("consistency-invalid: ")
        witness.kill()
        witness.start()
        assert witness.ask(log.ask(log.sizes[0], log.sizes[-1])).status_code == 422  # whatever is shown today
        (memory,) = shown(witness)["logs"]
        (fault,) = memory["faults"]
        assert (fault["note"], fault["other"]) == (fork.notes[fork.sizes[-2]], log.notes[log.sizes[-1]])


def test_a_checkpoint_in_the_middle_of_an_epoch_is_refused(told: World, tmp_path: Path) -> None:
    log = history(told)
    size = max(set(range(len(log.leaves))) - log.notes.keys())
    checkpoint = Checkpoint(ORIGIN, size, root_of([leaf_hash(raw) for raw in log.leaves[:size]]))
    log.notes[size] = sign_checkpoint(checkpoint, log.log)
    with lying(a=log.face(size)) as liar:
        watch = Watch(f"{liar.url}/a", tmp_path / "w", ORIGIN, [log_key(ORIGIN, log.log.public)], None)
        watch.start()
        watch.reach(parse_note(log.notes[size]), size)
        declined = watch.judge(checkpoint)
        watch.stop()
    assert declined is not None
    assert (declined.why, declined.words.split(":")[0]) == (Why.WRONG, f"epoch-missing at index {size}")


def test_a_key_never_serves_both_kinds(told: World, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    identity(tmp_path / "a", None)
    identity(tmp_path / "b", None, full=True)
    for folder, kind in (("a", True), ("b", False)):
        with pytest.raises(StoreError, match="both kinds"):
            identity(tmp_path / folder, None, full=kind)
    (tmp_path / "b" / "witness.vkey").rename(tmp_path / "vkey")  # cut off between the two files at its first start
    with pytest.raises(StoreError, match="both kinds"):
        identity(tmp_path / "b", None)
    (tmp_path / "vkey").rename(tmp_path / "b" / "witness.vkey")
    log = history(told)
    with pytest.raises(StoreError, match="where are the entries"):
        addresses({ORIGIN: []}, None, None)
    with pytest.raises(StoreError, match="no address"):
        addresses({ORIGIN: []}, "book.example", None)
    policy = tmp_path / "policy"
    policy.write_text(f"log {log.vkey} https://book.example/\nquorum none\n")
    assert addresses({ORIGIN: []}, None, policy) == {ORIGIN: "https://book.example/"}
    assert parse_witness("http://w.example=" + (tmp_path / "b/witness.vkey").read_text().strip(), full=True).kind == "full"


def test_what_is_typed_wrongly_is_said(tmp_path: Path) -> None:
    runner = CliRunner()
    answer = runner.invoke(app, ["witness", "--data", str(tmp_path), "--url", "https://book.example"])
    assert (answer.exit_code, "for --full" in answer.output) == (2, True)
    answer = runner.invoke(app, ["witness", "--data", str(tmp_path), "--show"])
    assert "there is no witness" in str(answer.exception)
    identity(tmp_path, "w.example/w")
    WitnessBook(tmp_path / "witness.db").close()
    answer = runner.invoke(app, ["witness", "--data", str(tmp_path), "--show"])
    assert answer.exit_code == 0
    assert answer.stdout.startswith('{"vkey":"w.example/w+')
    assert answer.stdout.endswith('"kind":"plain","logs":[]}\n')

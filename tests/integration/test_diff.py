"""`suxin diff`: from a kept checkpoint to now, by tiles and update proofs of a real book; and what a lie comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.forger import Forger
from fakes.house import CARRIER, Firm, expect_recorded
from fakes.liar import Face, lying
from fakes.served import Served, served
from fakes.story import tell
from fakes.world import World

from suxin.api import difference
from suxin.api.cli_diff import diff
from suxin.ledger.contradiction import Weight, encode_contradiction, parse_contradiction, weigh
from suxin.ledger.note import parse_vkey


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "PAUSE_S", 0.0)


class Told:
    """What the command says of one kept note."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = file
        self._capsys = capsys

    def json(self, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        code, out = self.words(url, as_json=True, **more)
        assert out.count("\n") == 1
        value: dict[str, Any] = json.loads(out)
        assert code == {"holds": 0, "fails": 1, "open": 2}[value["verdict"]]
        return code, value

    def words(self, url: str, policy: Path | None = None, hashes: bool = False, as_json: bool = False) -> tuple[int, str]:
        self._capsys.readouterr()
        code = diff(url, self.file, policy, hashes, as_json)
        return code, self._capsys.readouterr().out


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(tmp_path / "old.note", capsys)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("book")) as found:
        yield found


def grow(site: Served, firm: Firm, rows: int) -> None:
    size = site.house.service.book.head().size
    expect_recorded(site.house.post([firm.scan(1_000_000 + size + at) for at in range(rows)]))


def test_what_came_is_counted_and_the_map_follows(site: Served, say: Told) -> None:
    firm = site.house.firm(CARRIER, "courier")
    grow(site, firm, 40)
    say.file.write_text(site.http.get("/checkpoint").text)
    code, value = say.json(site.url)
    assert (code, value["added"]["leaves"]) == (0, 0)
    for rows in (300, 10):
        grow(site, firm, rows)
    code, value = say.json(site.url)
    assert (code, value["checked"]) == (0, ["checkpoint", "consistency", "epoch_leaves", "map"])
    added = value["added"]
    assert (added["entries"], added["batches"]) == (310, 0)
    assert added["leaves"] == added["entries"] + added["epochs"]
    assert added["streams"] == 310, "a waybill each"
    assert added["grown"] == 311, "and the carrier's"
    assert value["not_proved"]
    code, out = say.words(site.url)
    assert code == 0
    assert "nothing was removed, rewritten or put in between" in out
    assert "this does not prove" in out
    code, value = say.json(site.url, hashes=True)
    assert (code, value["checked"]) == (0, ["checkpoint", "consistency", "epoch_leaves"])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


def test_lies(told: World, say: Told) -> None:
    leaves, notes = Forger(told, told.folder / "book.db").made()
    sizes = sorted(notes)
    forger = Forger(told, told.folder / "book.db")
    del forger.leaves[forger.find("inspection")]
    other, other_notes = forger.made()
    true = Face(leaves, notes[sizes[-1]], sizes[-1], told.log_key)
    fork = Face(other, other_notes[max(other_notes)], max(other_notes), told.log_key)
    say.file.write_text(notes[sizes[-8]])
    tile = replace(true, spoil=lambda path, body: bytes(32) + body[32:] if "/tile/" in path else body)
    leaf = replace(true, spoil=lambda path, body: body.replace(b'"epoch":', b'"epoch":1') if "/v1/" in path else body)
    cut = replace(true, note=notes[sizes[3]], size=sizes[3])
    unsigned = replace(true, note=true.note.replace("\n— ", "\n— x"))
    with lying(true=true, fork=fork, tile=tile, leaf=leaf, cut=cut, unsigned=unsigned) as liar:
        code, value = say.json(f"{liar.url}/true", hashes=True)
        assert (code, value["added"]["epochs"]) == (0, 7)
        code, value = say.json(f"{liar.url}/true")
        assert (code, list(value["not_checked"]), value["first"]["code"]) == (2, ["map"], "not-shown")
        for name, expected, weight in (
            ("fork", "consistency-invalid", Weight.CONVICTS),
            ("cut", "log-truncated", Weight.CLAIMS),
            ("tile", "root-differs", Weight.CLAIMS),
            ("leaf", "inclusion-invalid", Weight.CLAIMS),
            ("unsigned", "note-unsigned", Weight.CLAIMS),
        ):
            code, value = say.json(f"{liar.url}/{name}")
            assert code == 1, name
            assert (value["first"]["code"], value["added"]) == (expected, {}), name
            found = parse_contradiction(json.dumps(value["contradiction"], ensure_ascii=False, separators=(",", ":")).encode())
            assert encode_contradiction(found)
            assert weigh(found, parse_vkey(true.vkey)) is weight, name
            code, out = say.words(f"{liar.url}/{name}")
            assert out.splitlines()[-1].startswith(f"does not hold: {expected}")
            assert "nothing was removed" not in out


def test_what_is_no_checkpoint_of_this_log_cannot_be_compared(told: World, say: Told, tmp_path: Path) -> None:
    leaves, notes = Forger(told, told.folder / "book.db").made()
    face = Face(leaves, notes[max(notes)], max(notes), told.log_key)
    with lying(a=face) as liar:
        assert say.json(f"{liar.url}/a")[0] == 2, "no such file"
        for raw, code in (
            (b"hello", "note-malformed"),
            (b"\xff", ""),
            (face.note.encode()[:-9] + b"AAAAAAA=\n", "note-signature-invalid"),
        ):
            say.file.write_bytes(raw)
            exit_code, value = say.json(f"{liar.url}/a")
            assert (exit_code, value["first"]["code"]) == (2, code)
        say.file.write_text(face.note)
        (tmp_path / "policy").write_text("quorum none\n")
        exit_code, value = say.json(f"{liar.url}/a", policy=tmp_path / "policy")
        assert (exit_code, value["first"]["code"]) == (2, "log-unknown")
        face.down = True
        exit_code, value = say.json(f"{liar.url}/a")
        assert (exit_code, value["first"]["code"]) == (2, "unanswered")

"""`suxin verify --url`: what it says of a book it may read, of one it may not, and of one that lies. No database is opened."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.forger import Forger
from fakes.liar import Face, change_last_entry, lying
from fakes.story import tell
from fakes.world import ORIGIN, World

from suxin.api import address, credentials
from suxin.api.cli_url import verify_url
from suxin.ledger.checkpoint import log_key
from suxin.ledger.cosignature import cosign, witness_key
from suxin.ledger.keys import SigningKey
from suxin.ledger.note import format_signature_lines, format_vkey, parse_note

GUIDE = "docs/guide/outside.md"
WITNESS = SigningKey(bytes([5]) * 32)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture(scope="module")
def face(told: World) -> Face:
    return made(Forger(told, told.folder / "book.db"), told)


def made(forger: Forger, world: World) -> Face:
    leaves, notes = forger.made()
    return Face(leaves, notes[max(notes)], max(notes), world.log_key)


class Told:
    """What the command says."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def json(self, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        code, out = self.words(url, as_json=True, **more)
        assert out.count("\n") == 1
        value: dict[str, Any] = json.loads(out)
        assert code == {"holds": 0, "fails": 1, "open": 2}[value["verdict"]]
        return code, value

    def words(
        self, url: str, policy: Path | None = None, credential: Path | None = None, hashes: bool = False, as_json: bool = False
    ) -> tuple[int, str]:
        self._capsys.readouterr()
        code = verify_url(url, policy, credential, hashes, as_json)
        return code, self._capsys.readouterr().out


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def policy(folder: Path, face: Face, witness: SigningKey | None = None) -> Path:
    path = folder / "policy"
    lines = [f"log {face.vkey}"]
    if witness is not None:
        lines += [f"witness w {format_vkey(witness_key('w.example', witness.public))}", "full w"]
    path.write_text("\n".join([*lines, f"quorum {'none' if witness is None else 'w'}", ""]))
    return path


def test_a_public_book(face: Face, say: Told) -> None:
    with lying(a=face) as liar:
        code, value = say.json(f"{liar.url}/a")
        assert (code, value["size"], value["entries"] > 50, value["first"]) == (0, face.size, True, None)
        assert value["checked"] == ["checkpoint", "hashes", "entries", "newest_epoch"]
        assert value["current"]["code"] == "state-old", "an old state holds, as of its time"
        assert any("the book itself names" in notice for notice in value["notices"])
        code, out = say.words(f"{liar.url}/a/")
        assert code == 0
        assert "holds, as of 2026-" in out
        assert "1 numbers missing (" in out
        assert "what tables the server keeps" in out


def test_what_is_not_shown_is_never_called_checked(face: Face, say: Told, tmp_path: Path) -> None:
    shut = replace(face, token="of-an-auditor", asked=[])
    with lying(a=shut) as liar:
        code, value = say.json(f"{liar.url}/a")
        assert (code, value["checked"]) == (2, ["checkpoint", "hashes", "newest_epoch"])
        assert list(value["not_checked"]) == ["entries"]
        code, out = say.words(f"{liar.url}/a")
        assert code == 2
        assert "not checked: entries: the book shows them to auditors only" in out
        assert out.splitlines()[-1] == "could not be checked: not-shown"
        code, value = say.json(f"{liar.url}/a", hashes=True)
        assert (code, value["checked"]) == (0, ["checkpoint", "hashes", "newest_epoch"])
        (tmp_path / "token").write_text("of-an-auditor")
        assert say.json(f"{liar.url}/a", credential=tmp_path / "token")[0] == 0
        for text in ("", "two words", "é", "x" * 600):
            (tmp_path / "token").write_text(text)
            code, value = say.json(f"{liar.url}/a", credential=tmp_path / "token")
            assert (code, "holds no credential" in value["error"]) == (2, True)
        assert say.json(f"{liar.url}/a", credential=tmp_path / "none")[0] == 2
    assert address.TOKEN_CHARS_MAX == credentials.TOKEN_CHARS_MAX


def test_lies(told: World, face: Face, say: Told) -> None:
    forger = Forger(told, told.folder / "book.db")
    index = forger.find("sale")
    forger.resay(index, sign=False, at="2026-11-22T07:59:59+08:00")
    unsigned = made(forger, told)
    cut = replace(face, spoil=lambda path, body: body[:-1] if "/entries/" in path else body)
    byte = replace(face, spoil=change_last_entry)
    tile = replace(face, spoil=lambda path, body: bytes(32) + body[32:] if "/tile/0/" in path else body)
    epoch = replace(face, token="x", spoil=lambda path, body: body.replace(b'"epoch":', b'"epoch":1') if "/v1/" in path else body)
    half = face.leaves[: Forger(told, told.folder / "book.db").find("recall") + 1]
    mid = replace(face, leaves=half, size=len(half), note=told_note(told, half))
    with lying(unsigned=unsigned, cut=cut, byte=byte, tile=tile, epoch=epoch, mid=mid) as liar:
        for name, code in {
            "unsigned": "signature-invalid",
            "cut": "entries-malformed",
            "byte": "leaf-hash",
            "tile": "leaf-hash",
            "epoch": "leaf-hash",
            "mid": "epoch-missing",
        }.items():
            exit_code, value = say.json(f"{liar.url}/{name}")
            assert exit_code == 1, name
            assert value["first"]["code"] == code, name
            assert value["contradictions"][0]["code"] == code
        assert say.json(f"{liar.url}/unsigned")[1]["first"]["index"] == index
        code, out = say.words(f"{liar.url}/unsigned")
        assert (code, out.splitlines()[-1]) == (1, f"does not hold: signature-invalid at index {index}")


def told_note(world: World, leaves: list[bytes]) -> str:
    from suxin.ledger.checkpoint import Checkpoint, sign_checkpoint
    from suxin.ledger.hashing import leaf_hash
    from suxin.ledger.merkle import root_of

    return sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root_of([leaf_hash(raw) for raw in leaves])), world.log_key)


def test_a_policy_and_its_witnesses(told: World, face: Face, say: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: (told.now + 60_000) * 1_000_000)
    with lying(a=face) as liar:
        code, value = say.json(f"{liar.url}/a", policy=policy(tmp_path, face))
        assert (code, value["notices"], value["current"]["state"]) == (0, [], "holds")
        code, value = say.json(f"{liar.url}/a", policy=policy(tmp_path, face, WITNESS))
        assert (code, value["first"]["code"]) == (2, "witness-quorum")
        line = cosign(parse_note(face.note).text, "w.example", WITNESS, told.now // 1000)
        liar.faces["a"] = replace(face, note=face.note + format_signature_lines([line]))
        code, value = say.json(f"{liar.url}/a", policy=policy(tmp_path, face, WITNESS))
        assert (code, value["witnesses"]["cosigned"], value["witnesses"]["full"]) == (0, ["w"], ["w"])
        false = cosign("other\n", "w.example", WITNESS, told.now // 1000)
        liar.faces["a"] = replace(face, note=face.note + format_signature_lines([false]))
        code, value = say.json(f"{liar.url}/a", policy=policy(tmp_path, face, WITNESS))
        assert (code, value["first"]["code"]) == (1, "cosignature-invalid")


def test_the_guide_shows_members_that_there_are(root: Path, face: Face, say: Told) -> None:
    shown = [
        json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", (root / GUIDE).read_text(), re.MULTILINE | re.DOTALL)
    ]
    assert len(shown) == 3
    with lying(a=face) as liar:
        _, value = say.json(f"{liar.url}/a")
    assert list(shown[0]) == list(value)
    assert shown[0]["checked"] == value["checked"]
    assert set(value) - {"not_proved"} | {"turns", "added", "evidence"} == set(shown[1])


def test_no_database_is_needed() -> None:
    names = "cli_monitor, suxin.api.cli_url, suxin.api.cli_diff"
    program = f"import sys, suxin.api.{names}; print({{'sqlalchemy', 'psycopg', 'alembic'}} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_forgers_own_book_holds_until_a_policy_is_asked(told: World, say: Told, tmp_path: Path, face: Face) -> None:
    forger = Forger(told, told.folder / "book.db")
    forger.log_key = SigningKey(bytes([7]) * 32)
    forger.remark(0, log=forger.log_key.public_text)
    leaves, notes = forger.made()
    forged = Face(leaves, notes[max(notes)], max(notes), forger.log_key)
    with lying(a=forged) as liar:
        code, value = say.json(f"{liar.url}/a")
        assert (code, len(value["notices"])) == (0, 1)
        code, value = say.json(f"{liar.url}/a", policy=policy(tmp_path, face))
        assert (code, value["first"]["code"]) == (1, "note-unsigned")
        other = replace(face, log=SigningKey(bytes([7]) * 32))
        (tmp_path / "policy").write_text(f"log {format_vkey(log_key('suxin.example/b/1', other.log.public))}\nquorum none\n")
        code, value = say.json(f"{liar.url}/a", policy=tmp_path / "policy")
        assert (code, value["first"]["code"]) == (2, "log-unknown")

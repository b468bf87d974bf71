"""`suxin diff` against operators who lie about the map, over real HTTP: what an update shows, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.liar import Answer, Face, lying
from fakes.paper_update import ITEM, Ledger, Tale

from suxin.api.cli_diff import diff
from suxin.ledger.map_hash import map_key
from suxin.ledger.note import format_vkey


@dataclass
class MapFace(Face):
    """A face that also gives one update, the best that its operator can make."""

    ledger: Ledger | None = None

    def _answer(self, path: str, authorization: str) -> Answer:
        assert self.ledger
        paper = self.ledger.paper
        if path == "/v1/map/update":
            return 200, "application/json", self.ledger.update(1, 2)
        status, kind, body = super()._answer(path, authorization)
        if path == "/.well-known/suxin.json":
            site = json.loads(body) | {
                "book": paper.genesis.book,
                "origin": paper.genesis.origin,
                "vkey": format_vkey(paper.vkey),
            }
            body = json.dumps(site).encode()
        return status, kind, body


def told(lie: Callable[[Tale], object]) -> Ledger:
    """A book of two epochs; between them something happens, and the operator lies."""
    tale = Tale().items()
    lie(tale)
    tale.inspect(2)
    tale.make(3)
    tale.shop()
    tale.ledger.publish()
    return tale.ledger


def rewrite(tale: Tale) -> None:
    tale.book.overrides[map_key("p:" + ITEM.format(2))] = (1, bytes(32))


def remove(tale: Tale) -> None:
    del tale.book.rows["p:" + ITEM.format(2)]


def insert(tale: Tale) -> None:
    tale.book.overrides[map_key("p:" + ITEM.format(9))] = (1, bytes(32))


def hide(letters: str) -> Callable[[Tale], object]:
    def lie(tale: Tale) -> None:
        tale.book.hides = lambda statement, stream: statement.type == "actor" and stream.startswith(letters)

    return lie


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (lambda _tale: None, ""),
        (rewrite, "update-before"),
        (remove, "epoch-streams"),
        (insert, "epoch-streams"),
        (hide(""), "update-unlisted"),
        (hide("k:"), ""),  # not seen: for that an entry's body is needed
    ],
    ids=["nothing", "record rewritten", "record removed", "record inserted", "in no stream", "left out of one stream"],
)
def test_a_lie_about_the_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: Callable[[Tale], object], expected: str
) -> None:
    ledger = told(lie)
    kept, now = ledger.states
    note = tmp_path / "kept.note"
    note.write_text(kept.note, encoding="utf-8")
    face = MapFace(ledger.paper.leaves, now.note, now.size, ledger.paper.log_key, ledger=ledger)
    with lying(a=face) as liar:
        code = diff(f"{liar.url}/a", note, None, hashes_only=False, as_json=True)
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        tiles_only = diff(f"{liar.url}/a", note, None, hashes_only=True, as_json=True)
    assert (code, found["first"]["code"] if expected else "") == (1 if expected else 0, expected)
    assert ("map" in found["checked"]) == (not expected)
    assert tiles_only == 0, "the log alone shows none of these"
    assert "that each stands in every stream it names: a full witness, or the submitter's own receipt" in found["not_proved"]

"""The Python of docs/guide/client.md, run as written against a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from rig.server import Server


def test_the_guide_works_as_written(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "docs/guide/client.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with Server(tmp_path / "book", "--sandbox") as server:
        for block in blocks:
            exec(compile(block.replace("http://127.0.0.1:8000", server.url), "docs/guide/client.md", "exec"), names)
        for opened in (names["session"], names["table"], names["signer"]._counter):
            opened.close()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("recorded at index ")
    assert [line.split()[0] for line in said[1:5]] == ["recorded"] * 4
    assert said[5:] == ["4 rows stand in every stream they name", "1 to upload", "1 kept"]

"""The code of others that is committed: it is what NOTICE says, unchanged, with its licence, and nothing else lies there."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from suxin.api.render import VENDORED, static_bytes

FOLDER = "api/static/vendor"


def test_each_file_is_the_one_that_notice_names(root: Path, files: list[Path]) -> None:
    listed = {path: digest for digest, path in re.findall(r"^  ([0-9a-f]{64})  (\S+)$", (root / "NOTICE").read_text(), re.M)}
    there = {str(name) for name in files if str(name).startswith(FOLDER) and name.name != "LICENSE"}
    assert listed.keys() == there
    assert {name: sha256((root / name).read_bytes()).hexdigest() for name in there} == listed
    assert {f"api/static/{name}" for name in VENDORED} == there
    assert {name: sha256(static_bytes(name)).hexdigest() for name in VENDORED} == {
        name: listed[f"api/static/{name}"] for name in VENDORED
    }


def test_each_library_has_its_licence_and_its_version(root: Path) -> None:
    notice = (root / "NOTICE").read_text()
    for folder in (root / FOLDER).iterdir():
        licence = (folder / "LICENSE").read_text()
        library, version = re.fullmatch(r"noble-(\w+)-([\d.]+)", folder.name).groups()  # type: ignore[union-attr]
        assert "MIT License" in licence
        assert re.search(rf"^@noble/{library} {version}, MIT, (.+)$", notice, re.M)[1] in licence  # type: ignore[index]

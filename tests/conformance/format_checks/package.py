"""Checks of docs/formats/package.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from suxin.api.package import Manifest
from suxin.ledger import canonical


def manifest(text: str, _shown: Mapping[str, str]) -> None:
    raw = text.rstrip("\n").encode()
    canonical.check(raw)
    found = msgspec.json.decode(raw, type=Manifest)
    assert [file.path for file in found.files] == sorted(file.path for file in found.files)
    assert canonical.dump(msgspec.to_builtins(found)) == raw


CHECKS: dict[str, Callable[[str, Mapping[str, str]], None]] = {"package.manifest": manifest}

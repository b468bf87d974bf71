"""The committed files, read once."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

PRODUCT = ("ledger", "trace", "courier", "api", "client", "migrations")


def listed(root: Path) -> list[Path]:
    """Files that git knows; in an unpacked archive, all but hidden folders."""
    known = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if known.returncode == 0 and known.stdout:
        names = [Path(name) for name in known.stdout.split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
        names = [name for name in names if name.parts[0] == ".ci" or not any(part[0] in "._" for part in name.parent.parts)]
    return sorted(name for name in names if (root / name).is_file())


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every committed file, relative to the root."""
    return listed(root)


@pytest.fixture(scope="session")
def product(files: list[Path]) -> list[Path]:
    """Python files of the package `suxin`."""
    return [name for name in files if name.suffix == ".py" and (len(name.parts) == 1 or name.parts[0] in PRODUCT)]


@pytest.fixture(scope="session")
def project(root: Path) -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))

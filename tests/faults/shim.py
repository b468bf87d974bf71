"""Builds `disk.c` once a session, and hands processes their disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("disk.c")


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim as a shared library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.uname().sysname != "Linux":
        pytest.skip("compiler: the disk that fails is a library for Linux, made by a C compiler")
    made = tmp_path_factory.mktemp("shim") / "disk.so"
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", str(SOURCE), "-o", str(made)]
    subprocess.run([*command, "-ldl", "-lpthread"], check=True, capture_output=True)
    return made


def environment(shim: Path, root: Path, journal: Path | None = None) -> dict[str, str]:
    """Variables that put a process onto the recorded disk below `root`."""
    found = {"LD_PRELOAD": str(shim), "SUXIN_DISK_ROOT": str(root)}
    return found if journal is None else found | {"SUXIN_DISK_JOURNAL": str(journal)}

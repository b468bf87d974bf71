"""`scripts/venv.sh` with a python3 that fails where it is told to: what it tries, what it says, and how it heals."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Stands in for python3: makes a "virtual environment" that is a copy of itself, logs what pip is asked for, and fails
# at the word in FAIL. All else is the real interpreter.
PYTHON = f"""#!/bin/sh
case "$*" in
  *"ensurepip"*) [ "$FAIL" != no-venv ]; exit ;;
  *"-m venv "*)
    echo venv >>"$LOG"
    for place; do :; done
    mkdir -p "$place/bin"; cp "$0" "$place/bin/python"
    [ "$FAIL" != halfway ]; exit ;;
  *"-m virtualenv"*) exit 1 ;;
  *"-m pip --version"*) exit 0 ;;
  *"-m pip install"*) echo "pip $*" >>"$LOG"; case "$*" in *"$FAIL"*) exit 1 ;; esac; exit 0 ;;
esac
exec {sys.executable} "$@"
"""


class Checkout:
    """A folder with the set-up script alone, and a PATH on which every tool is ours."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.root = folder / "any name, really"
        self.log = folder / "log"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("pyproject.toml", "requirements", "scripts"):
            source = root / name
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        self.program("python3", PYTHON)
        for name in ("uv", "virtualenv", "apt-get"):
            self.program(name, f'#!/bin/sh\necho {name} >>"$LOG"\nexit 1\n')
        self.program("id", "#!/bin/sh\necho 1000\n")

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, level: str = "run", fail: str = "nothing") -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            ["sh", "-euc", 'ROOT=$1; . "$ROOT/scripts/venv.sh"; suxin_venv "$2"', "sh", self.root, level],
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "LOG": str(self.log), "FAIL": fail, "PYTHONPATH": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """What was called, in order; of pip only what tells the calls apart."""
        words = {"run.txt": "run", "dev.txt": "dev", " -e ": "suxin"}
        lines = self.log.read_text().splitlines()
        return [next((word for text, word in words.items() if text in line), line) if "pip" in line else line for line in lines]


@pytest.fixture
def checkout(tmp_path: Path, root: Path) -> Checkout:
    return Checkout(tmp_path, root)


def test_whole_environment_is_made_once(checkout: Checkout) -> None:
    assert checkout.run().returncode == 0
    assert checkout.calls() == ["venv", "run", "suxin"]
    assert checkout.run().returncode == 0
    assert checkout.calls() == []


def test_tests_add_to_what_the_demo_made_and_the_demo_takes_what_the_tests_made(checkout: Checkout) -> None:
    checkout.run("run")
    assert checkout.run("dev").returncode == 0
    assert checkout.calls() == ["dev", "suxin"]
    assert checkout.run("run").returncode == 0
    assert checkout.calls() == []


def test_packages_are_checked_against_their_hashes(checkout: Checkout) -> None:
    checkout.run()
    installs = [line for line in checkout.log.read_text().splitlines() if line.startswith("pip")]
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation -e" in installs[1]


@pytest.mark.parametrize("fail", ["run.txt", "-e"])
def test_interrupted_build_is_made_anew(checkout: Checkout, fail: str) -> None:
    assert checkout.run(fail=fail).returncode == 2
    assert checkout.run().returncode == 0
    assert checkout.calls() == ["venv", "run", "suxin"]


def test_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.run()
    with (checkout.root / "requirements/run.txt").open("a") as lock:
        lock.write("# another\n")
    assert checkout.run().returncode == 0
    assert checkout.calls() == ["run", "suxin"]


def test_moved_checkout_is_made_anew(checkout: Checkout) -> None:
    checkout.run()
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert checkout.run().returncode == 0
    assert checkout.calls() == ["venv", "run", "suxin"]


@pytest.mark.parametrize("fail", ["no-venv", "halfway"])
def test_user_without_any_way_is_told_the_line_to_type(checkout: Checkout, fail: str) -> None:
    result = checkout.run(fail=fail)
    assert result.returncode == 2
    assert "    sudo apt-get install -y python3-venv\n" in result.stderr
    assert not (checkout.root / ".venv").exists()
    assert "apt-get" not in checkout.calls()
    assert result.stdout == ""


def test_root_installs_the_system_package_and_says_so(checkout: Checkout) -> None:
    checkout.program("id", "#!/bin/sh\necho 0\n")
    # What apt-get brings here is a python3 that no longer fails.
    mended = checkout.bin / "mended"
    mended.write_text(PYTHON.replace("!= no-venv", "!= any"))
    checkout.program("apt-get", f'#!/bin/sh\necho "apt-get $*" >>"$LOG"\ncp {mended} {checkout.bin}/python3\n')
    result = checkout.run(fail="no-venv")
    assert result.returncode == 0, result.stderr
    assert "installing the system package python3-venv" in result.stderr
    assert [line for line in checkout.calls() if line.startswith("apt-get -q install")]


def test_uv_is_used_where_venv_fails(checkout: Checkout) -> None:
    copy = f'for place; do :; done\nmkdir -p "$place/bin"; cp {checkout.bin}/python3 "$place/bin/python"\n'
    checkout.program("uv", f'#!/bin/sh\necho uv >>"$LOG"\n{copy}')
    assert checkout.run(fail="no-venv").returncode == 0
    assert checkout.calls() == ["uv", "run", "suxin"]


def test_old_python_is_refused(checkout: Checkout) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
        checkout.program(name, "#!/bin/sh\nexit 1\n")
    result = checkout.run()
    assert result.returncode == 2
    assert "no Python 3.11 or newer found" in result.stderr

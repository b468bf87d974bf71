"""House rules of the repository: what is packaged, locked, linked and never committed."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = Path(__file__).name
# Hosts come from the reader's own client settings, and folders from her own machine.
FOREIGN = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + "hosted",
            "npm" + r"js\.(org|com)",
            "debian" + r"\.org",
            "/wo" + "rk/",
            "/tmp/" + "(venv|spec)",
        ]
    )
)
PAGES = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/adr/0001-layout-and-packaging.md",
]
SCRIPTS = ["demo", "test", "scripts/browser", ".ci/run"]


def test_packages_listed_are_the_packages_there(product: list[Path], project: dict[str, Any]) -> None:
    there = {".".join(("suxin", *name.parent.parts)) for name in product if name.name == "__init__.py"}
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(there)
    homes = {".".join(("suxin", *name.parent.parts)) for name in product}
    assert homes == there, "a folder of modules without __init__.py"
    assert [str(name) for name in product if len(name.parts) == 1] == ["__init__.py"], (
        "no other module in the root: it would be packaged"
    )


def test_data_files_of_packages_are_packaged(files: list[Path], product: list[Path], project: dict[str, Any]) -> None:
    packages = {name.parent.parts: ".".join(("suxin", *name.parent.parts)) for name in product if name.name == "__init__.py"}
    patterns = project["tool"]["setuptools"]["package-data"]
    left_out = []
    for name in files:
        # A .cfg is for the developer's tools (Babel's extraction), not for the running program.
        if name.suffix not in {".py", ".cfg"} and len(name.parts) > 1 and name.parts[:1] in packages:
            home = next(name.parts[:n] for n in range(len(name.parts) - 1, 0, -1) if name.parts[:n] in packages)
            inside = "/".join(name.parts[len(home) :])
            wanted = [p for p in patterns.get(packages[home], []) if p.count("/") == inside.count("/")]
            if not any(fnmatch(inside, pattern) for pattern in wanted):
                left_out.append(str(name))
    assert not left_out


def pins(path: Path) -> dict[str, set[str]]:
    """Locked name -> versions; a name may have one per Python version."""
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        pin = re.fullmatch(r"([a-z0-9-]+)(\[[a-z,]+\])?==(\S+)( ; [^#]*?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line)
        assert pin, f"{path.name}: {line[:80]}"
        found.setdefault(pin[1], set()).add(pin[3])
    return found


def test_lock_holds_every_dependency_with_hashes_and_nothing_else(root: Path, project: dict[str, Any]) -> None:
    run, dev = pins(root / "requirements/run.txt"), pins(root / "requirements/dev.txt")
    assert {name: dev.get(name) for name in run} == run, "dev.txt must hold run.txt's versions: one environment serves both"
    extras = project["project"]["optional-dependencies"]
    for wanted, lock in ((project["project"]["dependencies"], run), (extras["dev"], dev), (["setuptools"], run)):
        for requirement in map(Requirement, wanted):
            versions = lock.get(canonicalize_name(requirement.name))
            assert versions, requirement
            assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_no_host_and_no_folder_of_a_machine_is_committed(root: Path, files: list[Path]) -> None:
    found = []
    for name in files:
        data = (root / name).read_bytes()
        if name.name != OWN and b"\0" not in data:
            text = data.decode("utf-8", errors="replace")
            found += [f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}" for hit in FOREIGN.finditer(text)]
    assert not found


def test_texts_are_clean(root: Path, files: list[Path]) -> None:
    for name in files:
        if "vendor" in name.parts:
            continue  # as its authors wrote it
        if name.suffix in {".py", ".md", ".toml", ".sh", ".html", ".css", ".js", ".txt"} or str(name) in SCRIPTS:
            data = (root / name).read_bytes()
            assert b"\r" not in data, name
            assert not data or data.endswith(b"\n"), f"{name}: no newline at its end"
            assert not re.search(rb"[ \t]\n", data), f"{name}: blanks at the end of a line"


@pytest.mark.parametrize("name", ["LICENSE", *PAGES])
def test_pages_of_a_project_are_there(root: Path, name: str) -> None:
    assert (root / name).stat().st_size > 500


def test_links_between_pages_lead_somewhere(root: Path, files: list[Path]) -> None:
    dead = []
    for name in files:
        if name.suffix == ".md":
            text = re.sub(r"```.*?```", "", (root / name).read_text(encoding="utf-8"), flags=re.DOTALL)
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
                if "://" not in target and not (root / name.parent / target).exists():
                    dead.append(f"{name}: {target}")
    assert not dead


def test_changelog_names_this_version(root: Path, project: dict[str, Any]) -> None:
    headings = re.findall(
        r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert headings[0][0] == "Unreleased"
    released = [name for name, date in headings[1:] if date]
    assert project["project"]["version"] == (released[0] if released else "0.1.0"), "the newest release, or the first one to come"


def test_licence_is_the_one_named(root: Path, project: dict[str, Any]) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert project["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "9. Accepting Warranty or Additional Liability." in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_programs_that_parse(root: Path, name: str) -> None:
    script = root / name
    assert os.access(script, os.X_OK)
    shell = "bash" if "bash" in script.read_text(encoding="utf-8").splitlines()[0] else "sh"
    subprocess.run([shell, "-n", script], check=True)


def test_workflow_targets_exist(root: Path) -> None:
    listing = subprocess.run(["make", "-C", root, "--no-print-directory"], capture_output=True, text=True, check=False)
    if listing.returncode == 127:
        pytest.skip("make: not installed")
    assert {line.split("\t")[0] for line in listing.stdout.splitlines()} >= {
        "demo", "test", "check", "lint", "types", "bench", "soak"
    }  # fmt: skip


def test_python_versions_agree(project: dict[str, Any], root: Path) -> None:
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert "--python-version 3.11" in (root / "Makefile").read_text(encoding="utf-8")
    assert tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["strict"] is True

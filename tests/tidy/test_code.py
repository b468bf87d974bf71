"""House rules of the code: small modules, small functions, plain names, imports that stay inside."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
BANNED_FILES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
BANNED_CLASSES = re.compile(r"(Manager|Helpers?|Utils?|Base)$")
BANNED_WORDS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")


def test_modules_are_small(root: Path, files: list[Path]) -> None:
    sizes = {str(name): (root / name).read_text(encoding="utf-8").count("\n") for name in files if name.suffix == ".py"}
    assert not {name: size for name, size in sizes.items() if size > MODULE_LINES_MAX and not name.startswith("tests/")}


def test_functions_are_small(root: Path, files: list[Path]) -> None:
    long = {}
    for name in files:
        if name.suffix == ".py" and name.parts[0] != "tests":
            for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    size = (node.end_lineno or node.lineno) - node.lineno + 1
                    if size > FUNCTION_LINES_MAX:
                        long[f"{name}:{node.lineno} {node.name}"] = size
    assert not long


def test_names_say_what_a_thing_is(root: Path, product: list[Path]) -> None:
    assert not [str(name) for name in product if BANNED_FILES & {name.stem, *name.parent.parts}]
    classes = [
        f"{name}: {node.name}"
        for name in product
        for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and BANNED_CLASSES.search(node.name)
    ]
    assert not classes


def test_nothing_is_left_for_later_in_comments(root: Path, files: list[Path]) -> None:
    texts = [name for name in files if name.suffix in {".py", ".md", ".html", ".css", ".js", ".sh", ".toml"}]
    assert not [
        f"{name}:{number}"
        for name in texts
        for number, line in enumerate((root / name).read_text(encoding="utf-8").splitlines(), 1)
        if BANNED_WORDS.search(line)
    ]


def test_package_folders_hold_only_a_docstring(root: Path, product: list[Path], project: dict[str, Any]) -> None:
    for name in product:
        if name.name == "__init__.py":
            tree = ast.parse((root / name).read_text(encoding="utf-8"))
            assert ast.get_docstring(tree), name
            rest = [ast.unparse(node) for node in tree.body[1:]]
            assert rest == ([f"__version__ = {project['project']['version']!r}"] if len(name.parts) == 1 else []), name


def test_imports_inside_are_relative_and_short(root: Path, product: list[Path]) -> None:
    wrong = []
    for name in product:
        for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8"))):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [module]
            absolute = any(found.partition(".")[0] == "suxin" for found in names)
            # Alembic loads its environment by path, where a relative import has no parent.
            if (absolute and name.parts[0] != "migrations") or (isinstance(node, ast.ImportFrom) and node.level > 2):
                wrong.append(f"{name}:{getattr(node, 'lineno', 0)}")
    assert not wrong

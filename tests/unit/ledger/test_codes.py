"""Codes are for ever: each one that is raised has its row, and each row says what it must."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from suxin.ledger.problems import PROBLEMS
from suxin.ledger.reasons import REASONS

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def raised(root: Path, error: str) -> dict[str, str]:
    """Code -> one place in the pure core where it is raised as a literal."""
    found = {}
    for path in sorted((root / "ledger").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == error and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found[code.value] = f"{path.name}:{node.lineno}"
    return found


def test_each_reason_that_is_raised_is_said_in_both_languages(root: Path) -> None:
    used = raised(root, "VerificationError")
    assert len(used) > 20
    assert not {code: place for code, place in used.items() if code not in REASONS}, "append rows to ledger/reasons.py"
    for code, (english, chinese) in REASONS.items():
        assert CODE.fullmatch(code), code
        assert english.endswith("."), code
        assert english.isascii(), code
        assert chinese.endswith("。"), code


def test_each_problem_that_is_raised_has_a_title_and_a_cure(root: Path) -> None:
    used = raised(root, "Refused")
    assert len(used) > 10
    assert not {code: place for code, place in used.items() if code not in PROBLEMS}, "append rows to ledger/problems.py"
    for code, problem in PROBLEMS.items():
        assert CODE.fullmatch(code), code
        assert problem.title.endswith("."), code
        assert problem.cure.endswith("."), code

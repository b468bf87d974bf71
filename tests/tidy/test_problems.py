"""Codes of refusals and reasons: each that is raised has its row, each row is raised, and docs/problems.md lists them all.

The page is made by this file: `python tests/tidy/test_problems.py > docs/problems.md`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suxin.api.problems import STATUS, TRANSPORT, status_of
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.reasons import REASONS

FOLDERS = ("ledger", "trace", "courier", "api", "client")
TABLES = {"ledger/problems.py", "ledger/reasons.py", "api/problems.py"}
# Where a code is said: what is called, and which of its arguments is the code. A finding and a result are told, not raised.
SAID = {"Refused": 0, "VerificationError": 0, "findings.add": 0, "Result": 1}
KIND = {"Refused": "problem", "VerificationError": "reason", "findings.add": "reason", "Result": "reason"}
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

Used = dict[str, dict[str, str]]  # "problem" or "reason" -> code -> one place


def texts(node: ast.expr | None) -> Iterator[str]:
    """Text literals that an expression can be: itself, or either side of an `if`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def name_of(call: ast.Call) -> str:
    """What is called; of methods only the last name, but for `findings.add`."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        last = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        return "findings.add" if (last.strip("_"), call.func.attr) == ("findings", "add") else call.func.attr
    return ""


def said(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Kind and code wherever a code is said."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = SAID.get(name_of(node), len(node.args))
            if place < len(node.args):
                yield KIND[name_of(node)], node.args[place]


def handed_on(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Codes said through a variable `code`: set in the function, or handed to its parameter of that name."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]:
        kinds = {kind for kind, code in said(function) if isinstance(code, ast.Name) and code.id == "code"}
        names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
        for kind in kinds:
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "code" for to in node.targets):
                    yield from ((kind, text, node.lineno) for text in texts(node.value))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and "code" in names and name_of(node) == function.name:
                    given = dict(zip(names, node.args, strict=False)) | {word.arg or "": word.value for word in node.keywords}
                    yield from ((kind, text, node.lineno) for text in texts(given.get("code")))


@pytest.fixture(scope="module")
def trees(root: Path) -> dict[str, ast.Module]:
    """The product's files."""
    names = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))]
    return {str(path.relative_to(root)): ast.parse(path.read_text("utf-8")) for path in names}


@pytest.fixture(scope="module")
def used(trees: dict[str, ast.Module]) -> Used:
    """Every code that is said."""
    found: Used = {"problem": {}, "reason": {}}
    for name, tree in trees.items():
        for kind, code in said(tree):
            found[kind] |= {text: f"{name}:{code.lineno}" for text in texts(code) if text}
        for kind, text, line in handed_on(tree):
            found[kind][text] = f"{name}:{line}"
    return found


def test_every_problem_that_is_said_has_its_row(used: Used) -> None:
    assert len(used["problem"]) > 80
    known = PROBLEMS.keys() | TRANSPORT.keys()
    assert not {code: place for code, place in used["problem"].items() if code not in known}
    assert not PROBLEMS.keys() & TRANSPORT.keys()


def test_every_reason_that_is_said_has_its_row(used: Used) -> None:
    assert len(used["reason"]) > 50
    assert not {code: place for code, place in used["reason"].items() if code not in REASONS}


def test_no_problem_is_unused(used: Used) -> None:
    # Raised as a reason by the check of signatures, and told as a problem to whoever sent the row.
    assert not (PROBLEMS.keys() | TRANSPORT.keys()) - used["problem"].keys() - {"signature-invalid"}


def test_no_reason_is_unused(trees: dict[str, ast.Module]) -> None:
    """Reasons also lie in tables and variables before they are said, so any text of the product counts."""
    found = {
        node.value
        for name, tree in trees.items()
        if name not in TABLES
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not REASONS.keys() - found


def test_every_row_is_written_as_all_others() -> None:
    for code, row in (PROBLEMS | TRANSPORT).items():
        assert CODE.fullmatch(code), code
        for words in (row.title, row.cure):
            assert words.endswith("."), code
            assert words[0].isupper() or words[0] == "`", code
        assert 400 <= status_of(code) < 600, code
    assert set(STATUS) <= set(PROBLEMS) | set(TRANSPORT)


def page() -> str:
    """docs/problems.md as the tables give it."""
    problems = [
        f"| `{code}` | {status_of(code)} | {row.title} | {row.cure} |" for code, row in sorted((PROBLEMS | TRANSPORT).items())
    ]
    reasons = [f"| `{code}` | {english} | {chinese} |" for code, (english, chinese) in sorted(REASONS.items())]
    return HEAD + "\n".join(problems) + BETWEEN + "\n".join(reasons) + "\n"


HEAD = """\
# Problems and reasons

## Problems
What is refused is answered as an RFC 9457 problem, `application/problem+json`, or stands in a row's `problem`:

```json
{"type":"/problems/check-digit","title":"A number's check digit does not fit.","status":422,"pointer":"/subjects/waybill","detail":"the unified social credit code's last character does not fit the others","cure":"Compare the number with the original; one digit or letter is wrong."}
```

`type` is stable and never given a second meaning; `GET` of it gives its row of this table. `pointer` is a JSON pointer into the statement, the
header of a batch, or the row; it is left out where the whole is meant. `detail` is the cause of this one case: it never repeats a value that was
sent. `not-canonical` shows the bytes to sign in `canonical`; `counter-used` and `id-used` name the `index` of the other statement. A status of
503 comes with `Retry-After`: send the very same bytes again. Whatever was refused was not written; its number and id may be used again.

| code | status | what is wrong | what to do |
|---|---|---|---|
"""  # noqa: E501 - a line of the page
BETWEEN = """

## Reasons
Why evidence does not hold: what `suxin verify`, the client and the vectors name. The same codes in every verifier.

| code | in English | in Chinese |
|---|---|---|
"""


def test_the_page_lists_them_all(root: Path) -> None:
    assert (root / "docs/problems.md").read_text("utf-8") == page(), "python tests/tidy/test_problems.py > docs/problems.md"


if __name__ == "__main__":
    sys.stdout.write(page())

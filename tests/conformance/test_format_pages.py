"""Every page of docs/formats is true: what it shows is read from the page and fed through the code.

A fenced block whose info string is a language and a name, as ```` ```json chain.example ````, is checked by the function that
`format_checks/chain.py` has under `"chain.example"` in its dict `CHECKS`. The function takes the text of the block, with its
last line feed, and all named blocks of the page, and raises when the block is not true. Blocks without a name are grammar
and pseudo-code, and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "formats"
CHECKS = Path(__file__).parent / "format_checks"
NO_FORMATS = {"README", "uncovered"}  # an index, and a list

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"[a-z]+ ([a-z0-9-]+\.[a-z0-9.-]+)")


def pages() -> list[str]:
    return sorted(path.stem for path in PAGES.glob("*.md") if path.stem not in NO_FORMATS)


def read(page: str) -> str:
    return (PAGES / f"{page}.md").read_text(encoding="utf-8")


def blocks(page: str) -> dict[str, str]:
    """The named blocks of a page, in their order."""
    found = [(match[1], text) for info, text in FENCE.findall(read(page)) if (match := NAMED.fullmatch(info))]
    assert len(dict(found)) == len(found), f"{page}.md: a name twice"
    return dict(found)


def checks(page: str) -> Mapping[str, Callable[[str, Mapping[str, str]], None]]:
    found: Mapping[str, Callable[[str, Mapping[str, str]], None]] = import_module(f"conformance.format_checks.{page}").CHECKS
    return found


@pytest.mark.parametrize(("page", "name"), [(page, name) for page in pages() for name in blocks(page)])
def test_what_a_page_shows_is_true(page: str, name: str) -> None:
    shown = blocks(page)
    assert name in checks(page), f"format_checks/{page}.py does not check {name}"
    checks(page)[name](shown[name], shown)


@pytest.mark.parametrize("page", pages())
def test_a_page_begins_with_its_example_and_says_how_to_verify(page: str) -> None:
    text = read(page)
    fences = FENCE.findall(text)
    assert fences, "no example"
    assert f" {page}." in fences[0][0], "the first block is no example that is checked"
    assert set(checks(page)) == set(blocks(page)), "checks without a block"
    steps = re.search(r"^## Verify[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert steps, "no section `## Verify`"
    assert re.search(r"^1\. .*^2\. ", steps[1], re.MULTILINE | re.DOTALL), "no numbered steps"


def test_each_check_has_its_page() -> None:
    assert {path.stem for path in CHECKS.glob("*.py")} - {"__init__"} <= set(pages())
    assert len(pages()) >= 8

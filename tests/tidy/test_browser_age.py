"""Scripts and styles keep to what Chromium 84 has: phones that are never updated are the ones that need the page most.

No such browser can be had here, so what came later is looked for by name. A list of what somebody might use without thinking.
Vendored libraries are left out: noble's hashes want Chromium 85, and before that a page says that it cannot check.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCRIPT = {  # what, and the Chromium it came with
    r"\.at\(": 92,
    r"\.replaceAll\(": 85,
    r"\.replaceChildren\(": 86,
    r"\.findLast(?:Index)?\(": 97,
    r"\.(?:toSorted|toReversed|toSpliced|with)\(": 110,
    r"\bObject\.(?:hasOwn|groupBy)\(": 93,
    r"\bMap\.groupBy\b": 117,
    r"\bPromise\.(?:any|withResolvers|try)\b": 85,
    r"\bAbortSignal\.(?:timeout|any)\b": 103,
    r"\b(?:structuredClone|WeakRef|FinalizationRegistry)\(": 84,
    r"\bcrypto\.randomUUID\b": 92,
    r"\bscheduler\.": 94,
    r"(?:\?\?|\|\||&&)=": 85,
    r"\bstatic \{": 94,
    r"^await ": 89,  # at the margin, so outside every function
}
STYLE = {
    r":(?:is|where|has)\(": 88,
    r"[{;]\s*inset\b": 87,
    r"[{;]\s*aspect-ratio\b": 88,
    r"\b(?:light-dark|color-mix|oklch)\(": 111,
    r"@(?:layer|container|scope)\b": 99,
    r"\d(?:dvh|svh|lvh)\b": 108,
    r"&[ .:\[]": 112,  # nesting
}


def later(text: str, names: dict[str, int]) -> list[str]:
    """What of this a browser of that age does not know."""
    return [found[0].strip() for pattern in names for found in re.finditer(pattern, text, re.M)]


def _script(text: str) -> str:
    """A text without its comments."""
    return re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.M | re.S)


@pytest.mark.parametrize("kind", ["js", "css"])
def test_no_later_feature_is_used(root: Path, kind: str) -> None:
    files = sorted((root / "api" / "static").glob(f"*.{kind}"))
    assert len(files) > 3
    names = SCRIPT if kind == "js" else STYLE
    said = {path.name: later(_script(path.read_text("utf-8")), names) for path in files}
    assert {name: found for name, found in said.items() if found} == {}


def test_what_is_later_would_be_found() -> None:
    assert later("const a = b.at(-1);\na ??= 1;\n", SCRIPT) == [".at(", "??="]
    assert later(".a :is(b,c){inset:0}", STYLE) == [":is(", "{inset"]

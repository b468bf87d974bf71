"""The pictures of the pages are those of `bench/screens.py`'s list, in both languages, and small."""

from __future__ import annotations

import re
from pathlib import Path

BYTES_MAX = 3_500_000


def test_pages_of_every_state_are_kept(root: Path) -> None:
    listed = (root / "bench/screens.py").read_text("utf-8").partition("STATES = {")[2].partition("\n}")[0]
    states = re.findall(r'^    "([a-z-]+)": State\(', listed, re.M)
    assert len(states) > 15
    kept = sorted(path.name for path in (root / "docs/pages").iterdir())
    assert kept == sorted(f"{state}.{lang}.png" for state in states for lang in ("zh-CN", "en")), "run python bench/screens.py"
    assert sum(path.stat().st_size for path in (root / "docs/pages").iterdir()) < BYTES_MAX

"""The disk that fails, and how a long run says how far it has come."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from faults.shim import shim as shim


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str], soak: bool) -> Callable[[str], None]:
    """Write a line past pytest's capture; in the quick run nothing."""

    def say(words: str) -> None:
        if soak:
            with capfd.disabled():
                sys.stderr.write(f"soak: {words}\n")

    return say

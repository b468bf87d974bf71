"""A real Chromium under Playwright. The browser is the machine's own (`scripts/browser`); none is downloaded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

FLAGS = [
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FINDER = Path(__file__).parents[2] / "scripts" / "browser"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium to drive."""
    found = subprocess.run([FINDER, "--find"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("browser: no Chromium found; `scripts/browser` installs one or says how")
    return found.stdout.strip()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A started browser.

    One for each module, not for the session: while it runs, Playwright keeps an event loop running in this thread, and
    other modules' `asyncio.run` would be refused.
    """
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        except Error as error:
            pytest.skip(f"browser: {chromium} does not start: {error.message.splitlines()[0]}")
        yield started
        started.close()

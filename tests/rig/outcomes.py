"""What ran and what did not: the closing line, `SUXIN_REQUIRE`, and the marker `soak`.

A test that lacks something of the machine skips with the reason `need: why`, where `need` is one word: `postgres`,
`browser`, `shared`. A need that SUXIN_REQUIRE lists (comma between) may not be lacking: such a skip is a failure.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

SOAK_SECONDS_MAX = 4 * 3_600  # of one test: a hang ends the night, not the week

Report = pytest.TestReport | pytest.CollectReport


def required() -> frozenset[str]:
    """Needs that SUXIN_REQUIRE lists."""
    return frozenset(filter(None, os.environ.get("SUXIN_REQUIRE", "").replace(" ", "").split(",")))


def skip_reason(report: Report) -> str:
    """Text given to `pytest.skip`, without pytest's own prefix."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def fail_if_required(report: Report) -> None:
    """Turn a skip for a need that is required into a failure."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = skip_reason(report)
        if reason.partition(":")[0] in required():
            report.outcome = "failed"
            report.longrepr = f"SUXIN_REQUIRE forbids this skip: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the skips of a test and of its fixtures."""
    report = yield
    fail_if_required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the skips of whole modules."""
    report = yield
    fail_if_required(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave soak tests out unless asked for; in a long run every test has hours, whatever it says of itself."""
    long = bool(os.environ.get("SUXIN_SOAK"))
    for item in items:
        if long:
            item.add_marker(pytest.mark.timeout(SOAK_SECONDS_MAX), append=False)
        elif item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="soak: only with `make soak`"))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how many ran, how many did not, and why not."""
    stats = terminalreporter.stats
    ran = {report.nodeid for kind in ("passed", "failed", "error", "xfailed", "xpassed") for report in stats.get(kind, [])}
    skipped = Counter(skip_reason(report) for report in stats.get("skipped", []))
    line = f"ran {len(ran)}, did not run {skipped.total()}"
    if skipped:
        line += ": " + "; ".join(f"{reason} ({count})" for reason, count in sorted(skipped.items()))
    terminalreporter.write_line(line)

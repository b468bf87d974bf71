"""Which files run first: the longest ones, so that no worker is left alone with one of them at the end."""

from __future__ import annotations

import pytest

LONGEST = (
    "integration/client/test_olist_import.py",
    "e2e/test_who_notices.py",
    "e2e/test_page_edits.py",
    "e2e/test_pages_browser.py",
    "e2e/test_demo_command.py",
    "integration/test_asking.py",
    "integration/client/test_olist_plan.py",
    "integration/test_audit_mutations.py",
    "faults/test_every_change.py",
    "faults/test_processes.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; within a file, and among the others, the order stays."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((rank for rank, name in enumerate(LONGEST) if path.endswith(f"tests/{name}")), len(LONGEST))

    items.sort(key=place)

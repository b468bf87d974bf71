"""Progress of long commands: a bar on standard error for whoever looks at it, nothing in a file or for a program."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


def leaves_bar(doing: str, quiet: bool) -> Progress:
    """A bar that counts leaves and is gone at the end.

    Args:
        doing: What is being done, one word.
        quiet: Show nothing, as for `--json`.
    """
    return bar(TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("leaves"), TimeRemainingColumn(), quiet=quiet)


def bar(*columns: ProgressColumn, quiet: bool = False) -> Progress:
    """A bar that is gone at the end; without a terminal there is none, and no empty line either."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)

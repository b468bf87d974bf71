"""`suxin seal`: moves old bodies into segments. Prints, never decides: `ledger/store/sealing.py` does.

Exit code 0: done, also after Ctrl-C said what was done until then; 1: refused, with words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..ledger.errors import StoreError

if TYPE_CHECKING:
    from ..ledger.store.sealing import Sealed


def seal(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="PostgreSQL URL of the archive login. Default: SQLite in the data folder.")
    ] = None,
    before: Annotated[int | None, typer.Option("--before", min=0, help="Seal no leaf from this index on.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, say what would be sealed, change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Move old entries into compressed segments; the book may be served meanwhile.

    A body goes only when its segment was recorded, read again and found equal. Stopped at any moment, nothing is half done:
    the next run goes on. Leaves that no checkpoint covers yet stay as they are, and so do up to 256 before its end.
    """
    import orjson

    from ..ledger.store.engine import file_of
    from ..ledger.store.sealing import Sealed, open_sealing
    from .settings import from_environment

    url = from_environment(os.environ, data=data, database=database).url
    file = file_of(url)
    if file is not None and not file.exists():
        raise StoreError(f"there is no book at {file}; --data names the data folder, --database a database")
    with open_sealing(url) as sealing:
        limit = sealing.limit(before)
        due = sealing.unsealed(limit)
        done = Sealed(0, 0, 0)
        stopped = False
        if not dry_run:
            with _bar(due, as_json) as advance:
                try:
                    for step in sealing.run(limit):
                        done = Sealed(*(a + b for a, b in zip(done, step, strict=True)))
                        advance(done.leaves)
                except KeyboardInterrupt:
                    stopped = True
    if as_json:
        value = {"limit": limit, "due": due, "dry_run": dry_run, "stopped": stopped, **done._asdict()}
        typer.echo(orjson.dumps(value).decode())
    elif dry_run:
        typer.echo(f"{due} leaves below {limit} would be sealed.")
    else:
        _say(done, due, limit, stopped)
    if stopped:
        raise typer.Exit(130)


def _say(done: Sealed, due: int, limit: int, stopped: bool) -> None:
    """What was done, for a person."""
    if not done.leaves:
        typer.echo("Stopped before anything was sealed." if stopped else f"Nothing to seal: every leaf below {limit} is.")
        return
    typer.echo(
        f"{done.leaves} leaves sealed: {done.body_bytes / done.leaves:.0f} bytes each before, "
        f"{done.segment_bytes / done.leaves:.0f} after. The database keeps the room for what comes next."
    )
    if stopped:
        typer.echo(f"Stopped; {due - done.leaves} leaves below {limit} are left for the next run.")


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("sealing"), BarColumn(), MofNCompleteColumn(), TextColumn("leaves"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=total)
        yield lambda leaves: progress.update(task, completed=leaves)

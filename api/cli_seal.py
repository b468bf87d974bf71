"""`suxin seal`: moves old bodies into segments. Prints, never decides: `ledger/store/sealing.py` does.

Exit code 0: done, also after Ctrl-C said what was done until then; 1: refused, with words.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ..ledger.errors import StoreError

if TYPE_CHECKING:
    from ..ledger.store.sealing import Sealing


def seal(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="PostgreSQL URL of the archive login. Default: SQLite in the data folder.")
    ] = None,
    before: Annotated[int | None, typer.Option("--before", min=0, help="Seal no leaf from this index on.")] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Then give the room back to the disk: SQLite only, and nobody may serve the book.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, say what would be sealed, change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Move old entries into compressed segments; the book may be served meanwhile.

    A body goes only when its segment was recorded, read again and found equal. Stopped at any moment, nothing is half done:
    the next run goes on. Leaves that no checkpoint covers yet stay as they are, and so do up to 256 before its end.
    """
    from ..ledger.store.engine import file_of
    from ..ledger.store.folder_lock import FolderLock
    from ..ledger.store.sealing import compact as write_anew
    from ..ledger.store.sealing import open_sealing
    from .settings import from_environment

    url = from_environment(os.environ, data=data, database=database).url
    file = file_of(url)
    if file is not None and not file.exists():
        raise StoreError(f"there is no book at {file}; --data names the data folder, --database a database")
    if compact and (dry_run or file is None):
        raise typer.BadParameter("--compact is for SQLite, and not for a --dry-run")
    with FolderLock(file.parent) if compact and file else nullcontext():
        with open_sealing(url) as sealing:
            said = _seal(sealing, before, dry_run, as_json)
        sizes = write_anew(url) if compact and not said.stopped else None
    _print(said, sizes, as_json)
    if said.stopped:
        raise typer.Exit(130)


class _Said(NamedTuple):
    """What one run did."""

    limit: int
    due: int
    dry_run: bool
    stopped: bool
    leaves: int
    body_bytes: int
    segment_bytes: int


def _seal(sealing: Sealing, before: int | None, dry_run: bool, quiet: bool) -> _Said:
    """Seal until done or told to stop."""
    limit = sealing.limit(before)
    due = sealing.unsealed(limit)
    done, stopped = (0, 0, 0), False
    if not dry_run:
        with _bar(due, quiet) as advance:
            try:
                for leaves, bodies, segments in sealing.run(limit):
                    done = (done[0] + leaves, done[1] + bodies, done[2] + segments)
                    advance(done[0])
            except KeyboardInterrupt:
                stopped = True
    return _Said(limit, due, dry_run, stopped, *done)


def _print(said: _Said, sizes: tuple[int, int] | None, as_json: bool) -> None:
    """What was done, for a program or a person."""
    if as_json:
        file = {} if sizes is None else {"file_before": sizes[0], "file_after": sizes[1]}
        typer.echo(json.dumps(said._asdict() | file))
        return
    if said.dry_run:
        typer.echo(f"{said.due} leaves below {said.limit} would be sealed.")
        return
    if said.leaves:
        room = "" if sizes else " The database keeps the room for what comes next."
        each = f"{said.body_bytes / said.leaves:.0f} bytes each before, {said.segment_bytes / said.leaves:.0f} after"
        typer.echo(f"{said.leaves} leaves sealed: {each}.{room}")
    elif not said.stopped:
        why = f"every leaf below {said.limit} is sealed" if said.limit else "segments are of 256 leaves, and none is whole yet"
        typer.echo(f"Nothing to seal: {why}.")
    if said.stopped:
        typer.echo(f"Stopped; {said.due - said.leaves} leaves below {said.limit} are left for the next run.")
    if sizes:
        typer.echo(f"The file had {sizes[0]} bytes and has {sizes[1]}.")


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error."""
    from .progress import leaves_bar

    with leaves_bar("sealing", quiet) as progress:
        task = progress.add_task("", total=total)
        yield lambda leaves: progress.update(task, completed=leaves)

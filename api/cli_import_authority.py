"""`suxin import authority`: what authorities found, from a CSV file. Prints; `api/authority_import.py` decides.

Exit code 0: every row stands in the book, or would; 1: some rows are queued; 2: the book did not answer, or the file is none.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer


def import_authority(
    file: Annotated[Path, typer.Argument(help="CSV file (docs/formats/authority-file.md).", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say row by row what is wrong; sign and send nothing.")] = False,
    queue: Annotated[
        Path | None, typer.Option("--queue", help="Where rows go that are not entered. Default: FILE.queue.csv beside it.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Key file. Default: the root key of the data folder.")] = None,
    actor: Annotated[str, typer.Option("--actor", help="Whose key that is: who imports, not who found.")] = "",
    url: Annotated[str, typer.Option("--url", help="Address of the running server.")] = "http://127.0.0.1:8000",
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Enter what authorities found about courier companies; a second run adds nothing, and no row is lost."""
    import msgspec

    from ..ledger.identifier import ROOT_ACTOR
    from .authority_import import import_file, write_queue
    from .keyring import load_key
    from .settings import from_environment

    if (key is None) != (not actor):
        raise typer.BadParameter("--key and --actor belong together; without both the operator's root key signs")
    settings = from_environment(os.environ, data=data, database=database)
    signing = load_key(key or settings.data / "keys" / "root.key")
    now_ms = time.time_ns() // 1_000_000
    done, header, rows = import_file(
        file.read_bytes(), settings.url, signing, actor or ROOT_ACTOR, now_ms, "" if dry_run else url
    )
    if done.queued and not dry_run:
        write_queue(queue or file.with_suffix(".queue.csv"), header, rows, done.queued)
    counts = {
        "rows": done.rows, "recorded": done.recorded, "ready": done.ready, "already": done.already,
        "faults": len(done.faults), "unmatched": len(done.unmatched), "untried": len(done.untried),
    }  # fmt: skip
    if as_json:
        typer.echo(msgspec.json.encode(counts | {"queued": done.queued}).decode())
    else:
        for fault in done.queued:
            sys.stderr.write(f"row {fault.row}, {fault.column or 'whole row'}: {fault.why}. {fault.cure}\n")
        typer.echo(", ".join(f"{name} {count}" for name, count in counts.items() if count or name == "rows"))
    raise typer.Exit(2 if done.untried else 1 if done.queued else 0)

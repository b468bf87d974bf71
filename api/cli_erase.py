"""`suxin erase`: words for `erase.py`. Imports what it needs inside, so that help is quick."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def erase(
    what: Annotated[
        str | None, typer.Argument(help="Index of an entry, or hash of its statement; after -- where that begins with a dash.")
    ] = None,
    ground: Annotated[str, typer.Option(help="law, request or term.")] = "request",
    basis: Annotated[str | None, typer.Option(help="The rule it rests on, a short code, for example PIPL-47.")] = None,
    until: Annotated[str | None, typer.Option(help="Seal instead, and erase on this day: YYYY-MM-DD.")] = None,
    withhold: Annotated[bool, typer.Option("--withhold", help="Leave the entry itself out of bundles, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    out: Annotated[Path | None, typer.Option(help="File for the certificate; must not exist.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Address of the running server of this book.")] = None,
    check: Annotated[Path | None, typer.Option(help="Check a certificate instead; needs no book and no network.")] = None,
    policy: Annotated[Path | None, typer.Option(help="With --check: policy file with the log's key.")] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Erase what is due by the table of terms, as a server does each hour.")
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Write the vault's table anew, so that no file keeps an erased row.")
    ] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Erase the personal values beside an entry: key, salt and value go, the entry and every proof stay.

    Inside a legal term it seals, names the day, and a server erases then. No server may run meanwhile, or --url names it.
    Exit 0 done, 1 refused or a certificate that does not hold, 2 could not be tried.
    """
    from . import erase as work
    from .settings import from_environment

    if sum((what is not None, check is not None, due, sweep)) != 1:
        raise typer.BadParameter("one of an entry, --check, --due and --sweep")
    if check is not None:
        raise typer.Exit(work.check_file(check, policy, as_json))
    if ground not in ("law", "request", "term"):
        raise typer.BadParameter("--ground is law, request or term")
    settings = from_environment(os.environ, data=data, database=database)
    if sweep:
        raise typer.Exit(work.run_sweep(settings, as_json))
    if due:
        raise typer.Exit(work.run_due(settings, as_json))
    assert what is not None
    asked = work.Asked(what, ground, basis, until, withhold)
    if dry_run:
        raise typer.Exit(work.run_dry(settings, asked, as_json))
    raise typer.Exit(work.run_erase(settings, asked, url, out, as_json))

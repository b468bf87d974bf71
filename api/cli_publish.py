"""`suxin courier publish`: computes ratings from a book and posts them as publications. Prints; `api/publishing.py` decides.

Exit code 0: everything asked for stands in the book, or would; 1: the book refused one, or a D waits for a named person;
2: the book did not answer.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def publish(
    companies: Annotated[
        list[str] | None, typer.Argument(help="Social credit codes; by default every registered courier company.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; by default the last one that had ended in China.")
    ] = None,
    rules: Annotated[str, typer.Option("--rules", help="Rule file, or the version of one that comes with it.")] = "KD-2026.1",
    reviewer: Annotated[
        str, typer.Option("--reviewer", help="Name of the person who answers for a D; the book has only its commitment.")
    ] = "",
    warn: Annotated[
        bool, typer.Option("--warn", help="Give notice of a service warning where the published terms find grounds.")
    ] = False,
    key: Annotated[Path | None, typer.Option("--key", help="Key file. Default: the root key of the data folder.")] = None,
    actor: Annotated[str, typer.Option("--actor", help="Whose key that is: the operator's, or an authority's.")] = "",
    url: Annotated[str, typer.Option("--url", help="Address of the running server.")] = "http://127.0.0.1:8000",
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be published; sign and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value a company.")] = False,
) -> None:
    """Publish the ratings of courier companies, signed by the operator or an authority."""
    import orjson

    from ..ledger.identifier import ROOT_ACTOR
    from .cli_courier import load_rules
    from .keyring import load_key
    from .publishing import Publisher, couriers_of
    from .settings import from_environment

    if (key is None) != (not actor):
        raise typer.BadParameter("--key and --actor belong together; without both the operator's root key signs")
    settings = from_environment(os.environ, data=data, database=database)
    signing = load_key(key or settings.data / "keys" / "root.key")
    publisher = Publisher(settings.url, signing, actor or ROOT_ACTOR, load_rules(rules), reviewer, warn)
    now_ms = time.time_ns() // 1_000_000
    found = publisher.publish(companies or couriers_of(settings.url), as_of, now_ms, "" if dry_run else url)
    for rated in found:
        if as_json:
            value = {"company": rated.uscc, "state": rated.state, "body": rated.body, "words": rated.words, "index": rated.index}
            typer.echo(orjson.dumps(value | {"grounds": [asdict(ground) for ground in rated.grounds]}).decode())
            continue
        grade, score = rated.body["grade"], rated.body.get("score_e1")
        figure = "no grade" if score is None else f"{score // 10}.{score % 10}, grade {grade}"
        where = "" if rated.index is None else f" at index {rated.index}"
        typer.echo(f"{rated.uscc}  {rated.body['as_of']}  {figure}, {rated.body['colour']}: {rated.state}{where}")
        for ground in rated.grounds:
            figures = f", {ground.found} above {ground.limit}" if ground.found else ""
            told = "notice given" if warn and rated.state != "planned" else "--warn gives notice"
            typer.echo(f"{rated.uscc}  ground for a warning: {ground.name}{figures}; {told}")
        if rated.words:
            sys.stderr.write(f"suxin: {rated.uscc}: {rated.words}\n")
    states = {rated.state for rated in found}
    raise typer.Exit(2 if "untried" in states else 1 if states & {"refused", "person"} else 0)

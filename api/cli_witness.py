"""`suxin witness`: parses words and calls. Imports what it needs inside, so that help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def witness(
    data: Annotated[Path, typer.Option("--data", help="Folder of the witness: its key, and what it has cosigned.")] = Path(
        "suxin-witness"
    ),
    name: Annotated[str | None, typer.Option(help="Name of its key, at the first start; else a random one.")] = None,
    log: Annotated[list[str] | None, typer.Option(help="Verifier key of a log to watch; may be given again.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file whose logs are watched.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Cosign only what was worked through, entry by entry.")] = False,
    url: Annotated[str | None, typer.Option(help="With --full: address of the book; else the one in the policy.")] = None,
    credential: Annotated[
        Path | None, typer.Option(help="With --full: file with your auditor's token; else SUXIN_CREDENTIAL holds it.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8100,
    show: Annotated[bool, typer.Option("--show", help="Print what it cosigned, refused and found wrong, as JSON.")] = False,
) -> None:
    """Cosign checkpoints of logs that only grow (C2SP tlog-witness); with --full, only of books that hold."""
    from .address import read_token
    from .witness import addresses, known_logs, run_witness

    if show:
        import orjson

        from .witness_show import show as show_witness

        typer.echo(orjson.dumps(show_witness(data)).decode())
        return
    if not full and (url is not None or credential is not None):
        raise typer.BadParameter("--url and --credential are for --full")
    logs = known_logs(log or [], policy)
    if full:
        run_witness(data, name, logs, host, port, addresses(logs, url, policy), read_token(credential))
    else:
        run_witness(data, name, logs, host, port)

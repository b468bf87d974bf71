"""Commands of somebody outside, as they are typed: `monitor` and `diff`.

Imports what a command needs inside it, so that help is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

UrlOption = Annotated[str, typer.Option("--url", help="Address of the book.")]
PolicyOption = Annotated[Path | None, typer.Option("--policy", help="Policy file: which log and witness keys you trust.")]
CredentialOption = Annotated[
    Path | None, typer.Option("--credential", help="File with your auditor's token; else SUXIN_CREDENTIAL holds it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def monitor(
    url: UrlOption,
    data: Annotated[Path, typer.Option("--data", help="Folder of the mirror and the evidence.")] = Path("suxin-monitor"),
    policy: PolicyOption = None,
    credential: CredentialOption = None,
    peer: Annotated[
        list[str] | None, typer.Option(help="Another mirror to compare checkpoints with; may be given again.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="Post each contradiction there, and go on watching.")] = None,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two turns.")] = 60.0,
    max_age: Annotated[float, typer.Option(min=1.0, help="Seconds after which the newest state is too old.")] = 180.0,
    hashes: Annotated[bool, typer.Option("--hashes", help="Ask for no entries; checkpoint and tiles only.")] = False,
    once: Annotated[bool, typer.Option("--once", help="One turn, and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Follow a book for good: mirror it, check what is new, compare what others are shown; exit 1 at the first contradiction.

    Exit 0: ended as asked, or --once found that it holds; 1: a contradiction, kept in DATA/evidence; 2: not (all) checked.
    """
    import sys

    import structlog

    from .cli_monitor import Wanted
    from .cli_monitor import monitor as run

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is for the answer
    typed = Wanted(
        url,
        data,
        policy,
        credential,
        tuple(peer or ()),
        webhook,
        interval,
        max_age,
        hashes_only=hashes,
        once=once,
        as_json=as_json,
    )
    raise typer.Exit(run(typed))


def diff(
    since: Annotated[Path, typer.Option("--since", help="File of a checkpoint that you kept.")],
    url: UrlOption,
    policy: PolicyOption = None,
    hashes: Annotated[bool, typer.Option("--hashes", help="Ask for no update proofs of the map; tiles only.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Prove from a checkpoint you kept to what is shown now: nothing was removed or rewritten.

    Exit 0: so it is; 1: a contradiction; 2: not (all) checked.
    """
    from .cli_diff import diff as run

    raise typer.Exit(run(url, since, policy, hashes, as_json))

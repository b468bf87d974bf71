"""`suxin verifier`: writes the verifier as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def verifier(
    policy: Annotated[Path, typer.Option(help="Policy file to put inside: whose log and witness keys the reader trusts.")],
    out: Annotated[Path, typer.Option(help="HTML file to write; replaced when it is there.")] = Path("verify.html"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Write the browser's verifier as one file that works from the disk without a network, and print its SHA-256."""
    from .verifier import write_verifier

    try:
        code = write_verifier(policy, out, as_json)
    except OSError as error:
        sys.exit(f"suxin: {error}")
    raise typer.Exit(code)

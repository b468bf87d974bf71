"""`suxin verifier`: writes the verifier as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def verifier(
    policy: Annotated[
        Path | None, typer.Option(help="Policy file to put inside: whose log and witness keys the reader trusts.")
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write; replaced when it is there.")] = Path("verify.html"),
    page: Annotated[
        str | None, typer.Option(help="Write the script of a product's page in this language instead: zh-CN or en.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Write the browser's verifier as one file that works from the disk without a network, and print its SHA-256."""
    from .verifier import write_page_script, write_verifier

    if (policy is None) == (page is None):
        raise typer.BadParameter("give either --policy or --page")
    try:
        code = write_page_script(page, out, as_json) if policy is None else write_verifier(policy, out, as_json)
    except OSError as error:
        sys.exit(f"suxin: {error}")
    raise typer.Exit(code)

"""`suxin courier partner`: to whom a served book pushes repairs and warnings. Prints; `partners.py` decides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

partner_app = typer.Typer(
    no_args_is_help=True, help="Addresses to which repairs and warnings are pushed: of partners, and of the companies themselves."
)

Company = Annotated[str, typer.Argument(help="The company's unified social credit code.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")]


@partner_app.command("add")
def partner_add(
    company: Company, url: Annotated[str, typer.Argument(help="Gets each push by POST.")], data: DataOption = None
) -> None:
    """Push to an address, or to another one than before."""
    from .partners import Partner, read_partners, with_partner, write_partners

    folder = _folder(data)
    write_partners(folder, with_partner(read_partners(folder), Partner(f"uscc:{company}", url)))
    typer.echo(f"{company} is told at {url}")


@partner_app.command("remove")
def partner_remove(company: Company, data: DataOption = None) -> None:
    """Push no more to a company."""
    from .partners import read_partners, without_partner, write_partners

    folder = _folder(data)
    write_partners(folder, without_partner(read_partners(folder), f"uscc:{company}"))
    typer.echo(f"{company} is told no more")


@partner_app.command("list")
def partner_list(
    data: DataOption = None, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value a partner.")] = False
) -> None:
    """Who is told, and where."""
    import msgspec
    import orjson

    from .partners import read_partners

    for one in read_partners(_folder(data)):
        typer.echo(
            orjson.dumps(msgspec.to_builtins(one)).decode() if as_json else f"{one.actor.removeprefix('uscc:')}  {one.url}"
        )


def _folder(data: Path | None) -> Path:
    from ..ledger.errors import StoreError
    from .settings import from_environment

    folder = from_environment(os.environ, data=data).data
    if not folder.is_dir():
        raise StoreError(f"there is no data folder {folder}; --data names it")
    return folder

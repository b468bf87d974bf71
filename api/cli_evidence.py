"""`suxin evidence`: packs what a book holds about a product, a courier company or a span of days, and checks such a package."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from .package_make import Query

DAY_MS: Final = 24 * 3600 * 1000


def evidence(
    product: Annotated[str | None, typer.Option(help="Key of an item: /01/…/21/… or /s/…/21/….")] = None,
    waybill: Annotated[str | None, typer.Option(help="Key of a waybill: {carrier}/{reference}.")] = None,
    courier: Annotated[str | None, typer.Option(help="Unified social credit code of a courier company.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, as 2026-11-01, by China's clock.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, itself included.")] = None,
    out: Annotated[Path, typer.Option(help="Zip file to write; must not exist.")] = Path("evidence.zip"),
    texts: Annotated[bool, typer.Option("--texts", help="Put in texts that lie in the vault: they are personal.")] = False,
    check: Annotated[Path | None, typer.Option(help="Check a package instead.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file: put into a package, or trusted when checking one.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Pack what is recorded, with its proofs, into one zip: the same question at the same checkpoint gives the same bytes.

    One of --product, --waybill, --courier, or --from with --to. --check reads a package: exit 0 holds, 1 does not, 2 could not
    be checked.
    """
    import orjson
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from ..ledger.encoding import b64u
    from .package_run import check_file, run_pack
    from .progress import bar
    from .settings import from_environment

    if check is not None:
        if policy is None:
            raise typer.BadParameter("--check asks for --policy: whom you trust is not for the package to say")
        raise typer.Exit(check_file(check, policy, as_json))
    query = _query(product, waybill, courier, first, last)
    settings = from_environment(os.environ, data=data, database=database)
    with bar(SpinnerColumn(), TextColumn("packing"), TimeElapsedColumn(), quiet=as_json) as progress:
        progress.add_task("")
        digest, count = run_pack(settings, query, out, policy, texts=texts)
    told = {"entries": count, "file": str(out), "manifest": b64u(digest)}
    words = f"{out}: {count} entries; SHA-256 of its manifest {digest.hex()}"
    typer.echo(orjson.dumps(told).decode() if as_json else words)


def _query(product: str | None, waybill: str | None, courier: str | None, first: str | None, last: str | None) -> Query:
    from ..ledger.errors import Refused
    from ..ledger.identifier import ITEM, WAYBILL, check_class, check_uscc, class_of
    from ..ledger.moment import moment_ms
    from .package_make import Query

    span = first is not None or last is not None
    if [product is not None, waybill is not None, courier is not None, span].count(True) != 1:
        raise typer.BadParameter("one of --product, --waybill, --courier, or --from with --to")
    if waybill is not None:
        if not re.fullmatch(WAYBILL, waybill):
            raise Refused("subject-malformed", "a waybill is an 18-character company code, a slash and 22 characters")
        check_uscc(waybill[:18], "")
        return Query(waybill=waybill, words={"waybill": waybill})
    if product is not None:
        key = product if product.startswith("/") else f"/{product}"
        if not re.fullmatch(ITEM, key):
            raise Refused("subject-malformed", "an item is /01/{gtin14}/21/{serial} or /s/{uscc}/{number}/21/{serial}")
        check_class(class_of(key), "")
        return Query(product=key, words={"product": key})
    if courier is not None:
        check_uscc(courier, "")
        return Query(courier=courier, words={"courier": courier})
    if first is None or last is None:
        raise typer.BadParameter("--from and --to stand together")
    begin, end = (moment_ms(f"{day}T00:00:00+08:00", f"--{name}") for name, day in (("from", first), ("to", last)))
    if end < begin:
        raise typer.BadParameter("--to is before --from")
    return Query(span=(begin, end + DAY_MS - 1), words={"from": first, "to": last})

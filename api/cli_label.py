"""`suxin label`: codes for items, each with a tear-off code of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def label(
    out: Annotated[Path, typer.Option(help="File to write: .svg or .png for one code, .html or .pdf for sheets.")],
    url: Annotated[str, typer.Option("--url", help="Address that the codes lead to; its server says origin and key.")],
    item: Annotated[str | None, typer.Option(help="Key of one item.")] = None,
    product: Annotated[
        str | None, typer.Option("--class", help="Class of new items: /01/{gtin14} or /s/{uscc}/{number}.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Number of new items.")] = 16,
    items: Annotated[Path | None, typer.Option(help="CSV file with columns item and lot.")] = None,
    lot: Annotated[str, typer.Option(help="Lot of the items of --item or --class.")] = "",
    vkey: Annotated[str | None, typer.Option(help="The log's verifier key, instead of asking the server.")] = None,
    tear_off: Annotated[bool, typer.Option("--tear-off/--no-tear-off", help="A secret code for the buyer, on sheets.")] = True,
    listed: Annotated[Path | None, typer.Option("--list", help="CSV file of what was made: items and public keys.")] = None,
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Make labels. Tear-off codes are in the printed file only: keep no copy of it, or a review by its code proves nothing."""
    import os

    from ..client.post import Session
    from ..ledger.note import parse_vkey
    from ..trace.label import make_label, new_item
    from .label_files import read_items, write_labels, write_list
    from .render import LANGUAGES

    if [item is not None, product is not None, items is not None].count(True) != 1:
        raise typer.BadParameter("one of --item, --class or --items")
    if lang not in LANGUAGES:
        raise typer.BadParameter("--lang is zh-CN or en")
    if listed is not None and listed.resolve() == out.resolve():
        raise typer.BadParameter("--list and --out are one file; the list would replace the labels")
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("--url begins with http:// or https://")
    asked = read_items(items) if items is not None else [(item, lot)] if item is not None else []
    if product is not None:
        asked = [(new_item(product, os.urandom), lot) for _ in range(count)]
    random = os.urandom if tear_off and out.suffix.lower() not in (".svg", ".png") else None
    labels = [make_label(key, url, random, of) for key, of in asked]
    if vkey is None:
        with Session(url) as session:
            key = session.log()
    else:
        key = parse_vkey(vkey)
    write_labels(labels, out, key, lang)
    if listed is not None:
        write_list(labels, listed)
    typer.echo(f"{out}: {len(labels)} label{'' if len(labels) == 1 else 's'} of {key.name}")

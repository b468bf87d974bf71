"""`suxin link`: reads and writes GS1 Digital Links; a file of no book is touched."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from ..ledger.errors import Refused
from ..ledger.identifier import ITEM
from ..trace.link import CANONICAL, Link, build_link, canonical, format_elements, format_link, parse_elements, parse_link

link_app = typer.Typer(no_args_is_help=True, help="GS1 Digital Links: what a code on a product says.")
_JSON = typer.Option("--json", help="Print one JSON value.")
REFUSED = 1


@link_app.command()
def parse(
    uri: Annotated[str, typer.Argument(help="The address, in quotes.")],
    as_json: Annotated[bool, _JSON] = False,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Take old labels: /gtin/, /ser/, a GTIN of 8, 12 or 13 digits.")
    ] = False,
) -> None:
    """Read a Digital Link. Exit 0: valid. 1: refused, with the reason."""
    try:
        link = parse_link(uri, lenient=lenient)
    except Refused as refusal:
        _say({"valid": False, "reason": refusal.cause}, f"refused: {refusal.cause}", as_json)
        raise typer.Exit(REFUSED) from refusal
    told = _told(link)
    lines = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for name, value in told.items()
    ]
    _say(told, "\n".join(lines), as_json)


@link_app.command()
def build(
    elements: Annotated[str, typer.Argument(help="Codes and values, in quotes: '(01)09506000134352(21)ABC'.")],
    root: Annotated[str, typer.Option(help="Scheme and host of the link.")] = CANONICAL,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Write a Digital Link. Exit 0: printed. 1: refused, with the reason."""
    try:
        link = build_link(parse_elements(elements), root)
        parse_link(format_link(link))
    except Refused as refusal:
        _say({"valid": False, "reason": refusal.cause}, f"refused: {refusal.cause}", as_json)
        raise typer.Exit(REFUSED) from refusal
    _say(_told(link) | {"uri": format_link(link)}, format_link(link), as_json)


def _told(link: Link) -> dict[str, Any]:
    """What a link says, as JSON; `item` is the key of the book where the link names one."""
    told: dict[str, Any] = {
        "valid": True,
        "key": list(link.key),
        "qualifiers": [list(element) for element in link.qualifiers],
        "attributes": [list(element) for element in link.attributes],
        "canonical": canonical(link),
        "elements": format_elements(link),
    }
    serial = dict(link.qualifiers).get("21")
    item = f"/01/{link.key[1]}/21/{serial}"
    if link.key[0] == "01" and serial is not None and re.fullmatch(ITEM, item):
        told["item"] = item
    return told


def _say(told: dict[str, Any], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, separators=(",", ":")) if as_json else words)

"""`suxin courier bulletin`: makes the signed bulletin of a month, or checks one. Prints; `courier/` decides.

Exit code 0: it was made, or it holds; 1: it does not hold; 2: it could not be checked to the end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..courier.bulletin_check import CheckedBulletin


def bulletin(
    month: Annotated[str, typer.Option("--month", help="The month, YYYY-MM; it must be over in the state it is bound to.")] = "",
    at: Annotated[int | None, typer.Option("--at", help="Size of a published state of the book; the newest by default.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="New file to write it to; by default it is printed.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Key file. Default: the root key of the data folder.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    check: Annotated[Path | None, typer.Option("--check", help="Check this bulletin instead; needs no book.")] = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="Trust policy, for --check.")] = None,
    signer: Annotated[str, typer.Option("--signer", help="Public key asked for, 44 characters; else the book's root key.")] = "",
    note: Annotated[Path | None, typer.Option("--note", help="The same checkpoint with cosignatures, for --check.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Make the signed bulletin of a month (docs/formats/bulletin.md), or check one offline."""
    if (check is None) == (not month):
        raise typer.BadParameter("either --month to make a bulletin or --check to check one")
    if check is not None:
        _check(check, policy, signer, note, as_json)
    if policy is not None or signer or note is not None:
        raise typer.BadParameter("--policy, --signer and --note go with --check")
    _make(month, at, out, key, data, database, as_json)


def _make(
    month: str, at: int | None, out: Path | None, key: Path | None, data: Path | None, database: str | None, as_json: bool
) -> None:
    import orjson

    from ..courier.errors import CreditError
    from .bulletin import bulletin_of
    from .keyring import load_key
    from .settings import from_environment

    settings = from_environment(os.environ, data=data, database=database)
    raw = bulletin_of(settings.url, month, load_key(key or settings.data / "keys" / "root.key"), at)
    if out is None:
        typer.echo(raw.decode())
        return
    try:
        with out.open("xb") as opened:
            opened.write(raw)
    except OSError as error:
        raise CreditError(f"cannot be written: {error.strerror}", "", out.name) from error
    said = orjson.loads(raw)["bulletin"]
    lines = {name: len(said[name]) for name in ("ratings", "warnings", "lists", "penalties")}
    if as_json:
        typer.echo(orjson.dumps({"file": out.name, "month": month, "counts": said["counts"], **lines}).decode())
        return
    typer.echo(f"{out.name}: {month}, {', '.join(f'{count} {name}' for name, count in lines.items())}")


def _check(file: Path, policy: Path | None, signer: str, note: Path | None, as_json: bool) -> None:
    from ..courier.bulletin import BULLETIN_BYTES_MAX
    from ..courier.bulletin_check import check_bulletin
    from ..courier.errors import CreditError
    from ..ledger.errors import LedgerError
    from ..ledger.keys import parse_public
    from ..ledger.limits import NOTE_BYTES_MAX
    from .cli_bundle import NOBODY
    from .outcome import fail, no_document
    from .trust import read_policy

    def read(path: Path, most: int) -> bytes:
        try:
            with path.open("rb") as opened:
                return opened.read(most + 1)
        except OSError as error:
            raise CreditError(f"cannot be read: {error.strerror}", "", path.name) from error

    try:
        asked = parse_public(signer) if signer else None
        cosigned = None if note is None else read(note, NOTE_BYTES_MAX).decode(errors="replace")
        raw, trusted = read(file, BULLETIN_BYTES_MAX), read_policy(policy) or NOBODY
    except LedgerError as error:  # nothing was held against the bulletin yet
        raise typer.Exit(fail(error, as_json)) from error
    try:
        found = check_bulletin(raw, trusted, asked, cosigned)
    except CreditError as error:
        raise typer.Exit(no_document(error, as_json)) from error
    _print(found, as_json)
    raise typer.Exit({"holds": 0, "fails": 1, "open": 2}[found.verdict])


def _print(found: CheckedBulletin, as_json: bool) -> None:
    import orjson

    at, said = found.checkpoint, found.value
    if as_json:
        rows = {name: said[name] for name in ("counts", "ratings", "warnings", "lists", "penalties")}
        value = {"verdict": found.verdict, "month": found.month, "origin": at.origin, "size": at.size} | rows
        typer.echo(orjson.dumps(value | ({"fault": found.fault} if found.fault else {})).decode())
        return
    typer.echo(f"bulletin of {found.month}, from {at.origin} of {at.size} leaves")
    if found.verdict != "fails":
        for row in said["ratings"]:
            score, low, high = (f"{row.get(name, 0) / 10:.1f}" for name in ("score_e1", "low_e1", "high_e1"))
            figure = f"{score} ({low} to {high}), grade {row['grade']}" if "score_e1" in row else "no grade"
            typer.echo(f"{row['company']}  {row['as_of']}  {figure}, {row['colour']}{_disputed(row)}")
        for row in (*said["lists"], *said["penalties"]):
            what = row.get("list") or f"{row['type']}, {row['kind']}"
            until = f"{row['first']} to {row['last']}"
            typer.echo(f"{row['company']}  {what.replace('_', ' ')}, {row['number']}, {until}{_disputed(row)}")
        for row in said["warnings"]:
            typer.echo(f"{row['company']}  warning, {', '.join(row['grounds'])}, until {row['last']}{_disputed(row)}")
        counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(said["counts"].items()))
        typer.echo(f"{counts}; that nothing was left out shows only to who makes it again from the book")
    if found.fault:
        typer.echo(found.fault)
    typer.echo({"holds": "holds", "fails": "does not hold", "open": "could not be checked"}[found.verdict])


def _disputed(row: dict[str, Any]) -> str:
    return ", an objection is being handled (异议处理中)" if row["told"]["in_dispute"] else ""

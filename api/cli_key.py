"""`suxin key`: keys made, shown, rotated and revoked. Imports what a command needs inside it, so that help is quick."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

key_app = typer.Typer(no_args_is_help=True, help="Keys that sign: made, shown, rotated, revoked.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
KeyOption = Annotated[Path | None, typer.Option("--key", help="Key file that signs the change.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Whose key that is.")]
NOption = Annotated[int | None, typer.Option("--n", min=1, help="Next number of that key; a new key beside takes two.")]
PartyOption = Annotated[
    str | None, typer.Option("--party", help="Whose key changes: a device's, for its company. Default: ACTOR.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Address of a running server.")]
LogOption = Annotated[bool, typer.Option("--log", help="The log's own key; beside its data, while no server runs.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="With --log: data folder. Default ./suxin-data, or SUXIN_DATA.")]
DatabaseOption = Annotated[str | None, typer.Option("--database", help="With --log: PostgreSQL URL of the book.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="routine, lost, stolen or left.")]


@key_app.command("new")
def key_new(file: Annotated[Path, typer.Argument(help="File to write; must not exist.")]) -> None:
    """Make a key and print its public half."""
    from .keyring import make_key

    typer.echo(make_key(file).public_text)


@key_app.command("show")
def key_show(file: Annotated[Path, typer.Argument(help="Key file.")], as_json: JsonOption = False) -> None:
    """Print the public half of a key and its id."""
    import orjson

    from ..ledger.encoding import b64u
    from .keyring import load_key

    key = load_key(file)
    if as_json:
        typer.echo(orjson.dumps({"key": key.public_text, "id": b64u(key.key_id)}).decode())
    else:
        typer.echo(f"public key  {key.public_text}\nkey id      {b64u(key.key_id)}")


@key_app.command("rotate")
def key_rotate(
    new: Annotated[Path | None, typer.Argument(help="File of the new key; made when it is not there.")] = None,
    old: Annotated[str | None, typer.Option("--old", help="Public key that goes. Default: the one that signs.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    n: NOption = None,
    party: PartyOption = None,
    reason: ReasonOption = "routine",
    url: UrlOption = "http://127.0.0.1:8000",
    log: LogOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a new key in and the old one out, which signs for 30 days more. With --log: the key of the log itself."""
    if log:
        _alone_with_log(new, key, actor, n, party)
        _log("rotate", old, reason, None, data, database, as_json)
    if new is None or key is None or actor is None or n is None:
        raise typer.BadParameter("give the file of the NEW key, --key, --actor and --n; or --log")
    from .key_care import Care, change_key

    raise typer.Exit(change_key("rotate", Care(url, key, actor, n, party, old, new, reason), as_json))


@key_app.command("revoke")
def key_revoke(
    old: Annotated[
        str | None, typer.Argument(help="Public key that goes. Default: the one that signs, or leads the log.")
    ] = None,
    new: Annotated[Path | None, typer.Option("--new", help="File of a key that takes its place in the same request.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="When it came into other hands: 2026-11-22T08:00:00+08:00.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    n: NOption = None,
    party: PartyOption = None,
    reason: ReasonOption = "stolen",
    url: UrlOption = "http://127.0.0.1:8000",
    log: LogOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a key at once; what it signed since a theft is marked, what it signed before holds. With --log: the log's own."""
    if log:
        _alone_with_log(new, key, actor, n, party)
        _log("revoke", old, reason, since, data, database, as_json)
    if key is None or actor is None or n is None:
        raise typer.BadParameter("give --key, --actor and --n; or --log")
    from .key_care import Care, change_key

    raise typer.Exit(change_key("revoke", Care(url, key, actor, n, party, old, new, reason, since), as_json))


def _alone_with_log(new: Path | None, *others: object) -> None:
    if new is not None:
        raise typer.BadParameter("--log makes the file of the new key by itself")
    if any(other is not None for other in others):
        raise typer.BadParameter("--log signs with the root key of the data folder: no --key, --actor, --n, --party")


def _log(
    event: Literal["rotate", "revoke"], old: str | None, reason: str | None, since: str | None,
    data: Path | None, database: str | None, as_json: bool,
) -> None:  # fmt: skip
    import orjson

    from ..ledger.moment import moment_text
    from .log_change import change_log_key
    from .settings import from_environment

    done = change_log_key(from_environment(os.environ, data=data, database=database), event, old, reason, since)
    until = None if done.until_ms is None else moment_text(done.until_ms)
    if as_json:
        file = None if done.file is None else str(done.file)
        value = {"origin": done.origin, "size": done.size, "old": done.old, "file": file, "vkeys": done.vkeys, "until": until}
        typer.echo(orjson.dumps(value).decode())
        raise typer.Exit
    lead = done.vkeys[0]
    typer.echo(f"{done.origin} is signed by {lead} from {done.size} leaves on")
    if done.file is not None:
        typer.echo(f"its file: {done.file}; put a copy where the others lie")
    if until is not None:
        typer.echo(f"the old key {done.old} signs beside it until {until}: keep its file until then, then destroy it")
        typer.echo(f"tell witnesses (--log) and readers (policy) before that day; both keys may stand there:\n  log {lead}")
    else:
        typer.echo(f"the old key {done.old} is revoked: destroy its file")
        typer.echo(f"tell witnesses (--log) and readers (policy) now; its line goes, and this one comes:\n  log {lead}")
    raise typer.Exit

"""The command `suxin`: parses words, calls, prints. Imports what a command needs inside it, so that help is quick."""

from __future__ import annotations

import json
import os
import re
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from .. import __version__
from ..client.errors import ClientError
from ..ledger.errors import LedgerError, Refused
from .cli_courier import courier_app
from .cli_erase import erase
from .cli_evidence import evidence
from .cli_import_authority import import_authority
from .cli_key import key_app
from .cli_label import label
from .cli_link import link_app
from .cli_outside import CredentialOption, diff, monitor
from .cli_seal import seal
from .cli_verifier import verifier
from .cli_witness import witness

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Suxin 溯信: a public book of products and couriers.",
)
UNTRIED: Final = 2  # as every command that checks or posts ends when it could not
import_app = typer.Typer(no_args_is_help=True, help="Fill a book from other records.")

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="PostgreSQL URL of the book. Default: SQLite in the data folder.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Address of a running server.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def main() -> None:
    """Entry point: refusals and store errors become one line and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese is shown the rest
    try:
        app()
    except Refused as error:
        where = f" at {error.pointer}" if error.pointer else ""
        _end(f"{error.code}{where}: {error.cause}", error.code)
    except ClientError as error:
        _end(str(error), "", UNTRIED)
    except LedgerError as error:
        _end(str(error), getattr(error, "code", ""))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("SUXIN_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is not None:
            _end(f"{error.filename}: {error.strerror}")
        _end(f"a defect of this program ({type(error).__name__}: {error}); SUXIN_DEBUG=1 shows where", "internal")


def _end(words: str, code: str = "", number: int = 1) -> NoReturn:
    """End with words; with --json they are on standard output too, as every command's error is."""
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": words} | ({"code": code} if code else {}), ensure_ascii=False) + "\n")
    sys.stderr.write(f"suxin: {words}\n")
    sys.exit(number)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Suxin 溯信."""
    if version:
        typer.echo(f"suxin {__version__}")
        raise typer.Exit


@app.command()
def serve(
    data: DataOption = None,
    database: DatabaseOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8000,
    origin: Annotated[str | None, typer.Option(help="Origin of a new book, for example suxin.example/jinhua.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="A new book is a sandbox.")] = False,
    entries: Annotated[str, typer.Option(help="Who may read entry bodies: private or public.")] = "private",
    workers: Annotated[str, typer.Option(help="Signature checks in threads or processes.")] = "threads",
    accept_size: Annotated[
        int | None, typer.Option(min=1, help="Size you vouch for when the high-water mark is missing.")
    ] = None,
    public_url: Annotated[str | None, typer.Option(help="Address that QR codes carry.")] = None,
    witness: Annotated[list[str] | None, typer.Option(help="URL=vkey of a witness to ask; may be given again.")] = None,
    full_witness: Annotated[list[str] | None, typer.Option(help="The same, of a witness that checks every entry.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish couriers' ratings once a day, and enter clocks that ran out.")
    ] = False,
) -> None:
    """Serve a book; an empty folder gets keys and a genesis leaf."""
    from ..ledger.statement import ORIGIN
    from .serving import run
    from .settings import from_environment, parse_witness

    if entries not in ("private", "public") or workers not in ("threads", "processes"):
        raise typer.BadParameter("--entries is private or public, --workers is threads or processes")
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        raise typer.BadParameter("--public-url begins with http:// or https://")
    if origin is not None and not re.fullmatch(ORIGIN, origin):
        raise typer.BadParameter("--origin is 3 to 80 of a-z 0-9 . / -, a letter or digit first: suxin.example/jinhua")
    settings = from_environment(
        os.environ,
        data=data,
        database=database,
        origin=origin,
        sandbox=sandbox,
        entries_public=entries == "public",
        workers=workers,
        accept_size=accept_size,
        public_url=public_url,
        publish=publish,
        witnesses=tuple(parse_witness(text) for text in witness or [])
        + tuple(parse_witness(text, full=True) for text in full_witness or []),
    )
    run(settings, host, port)


@app.command()
def demo(
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on; 0.0.0.0 for a phone nearby.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65_535, help="Port to listen on.")] = 8000,
    keep: Annotated[Path | None, typer.Option(help="New folder to keep the book in; else it is removed at the end.")] = None,
    scale: Annotated[float, typer.Option(hidden=True, min=0.0, max=100.0)] = 1.0,
) -> None:
    """Show an invented world in a throw-away book: pages to open, and a QR code."""
    from .demo import run_demo

    run_demo(host, port, keep, scale)


@app.command()
def migrate(data: DataOption = None, database: DatabaseOption = None) -> None:
    """Create or update the tables; on PostgreSQL also the roles, where this login may.

    SUXIN_APP_PASSWORD, SUXIN_MIGRATE_PASSWORD, SUXIN_ARCHIVE_PASSWORD and SUXIN_READ_PASSWORD set the roles' passwords.
    """
    from ..ledger.store.files import make_folder
    from ..ledger.store.schema import migrate as run_migrations
    from .settings import from_environment

    settings = from_environment(os.environ, data=data, database=database)
    if settings.database is None:
        make_folder(settings.data)
    roles = ("app", "migrate", "archive", "read")
    run_migrations(settings.url, {r: word for r in roles if (word := os.environ.get(f"SUXIN_{r.upper()}_PASSWORD"))})
    typer.echo("The tables are up to date.")


@app.command()
def verify(
    data: DataOption = None,
    database: DatabaseOption = None,
    bundle: Annotated[Path | None, typer.Option(help="Check one product's bundle instead of a book.")] = None,
    contradiction: Annotated[Path | None, typer.Option(help="Weigh a file of evidence that a monitor kept.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Check a book as a running server shows it.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file: which log and witness keys you trust.")] = None,
    credential: CredentialOption = None,
    hashes: Annotated[
        bool,
        typer.Option("--hashes", help="Hashes alone: no signature and no rule; with --url checkpoint and tiles, no entries."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a whole book, stored or as a server shows it, or one bundle: exit 0 holds, 1 does not, 2 could not be checked."""
    from .cli_bundle import verify_bundle_file
    from .cli_verify import verify as run_verify

    if bundle is not None and contradiction is not None:
        raise typer.BadParameter("one of --bundle and --contradiction")
    if url is None and credential is not None:
        raise typer.BadParameter("--credential goes with --url")
    if hashes and (bundle is not None or contradiction is not None):
        raise typer.BadParameter("--hashes is for a whole book, stored or at an address")
    if bundle is not None:
        if data is not None or database is not None or url is not None:
            raise typer.BadParameter("--bundle stands by itself, without --data, --database or --url")
        raise typer.Exit(verify_bundle_file(bundle, policy, as_json))
    if contradiction is not None:
        if data is not None or database is not None or url is not None:
            raise typer.BadParameter("--contradiction stands by itself, without --data, --database or --url")
        from .cli_contradiction import verify_contradiction

        raise typer.Exit(verify_contradiction(contradiction, policy, as_json))
    if url is not None:
        from .cli_url import verify_url

        if data is not None or database is not None:
            raise typer.BadParameter("--url stands by itself, without --data or --database")
        raise typer.Exit(verify_url(url, policy, credential, hashes, as_json))
    raise typer.Exit(run_verify(data, database, policy, as_json, hashes_only=hashes))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; a later export adds to it.")],
    data: DataOption = None,
    database: DatabaseOption = None,
    entries: Annotated[
        bool, typer.Option("--entries", help="Write entry bodies too: whoever reads the folder sees all.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the book's checkpoint and tiles as static files, as /checkpoint and /tile show them."""
    from .export import run_export

    raise typer.Exit(run_export(folder, data, database, entries, as_json))


@app.command()
def post(
    file: Annotated[Path, typer.Argument(help="JSON file with a statement's type, actor, subjects and body; - for input.")],
    key: Annotated[Path, typer.Option(help="Key file that signs.")],
    n: Annotated[int, typer.Option(min=1, help="Counter of this key: 1 for its first statement, then 2, 3, …")],
    url: UrlOption = "http://127.0.0.1:8000",
    as_json: JsonOption = False,
) -> None:
    """Sign one statement and post it; what the file leaves out (v, book, id, key, n, at) is filled in.

    Exit 0: recorded, and the receipt holds; 1: refused, or the receipt does not hold; 2: it could not be tried.
    """
    from .posting import post_file

    raise typer.Exit(post_file(file, key, n, url, as_json))


import_app.command("authority")(import_authority)


@import_app.command("olist")
def import_olist(
    folder: Annotated[Path, typer.Argument(help="Folder with the Olist CSV files.")],
    url: Annotated[str | None, typer.Option("--url", help="Address of a running sandbox server.")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many orders.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Fill a sandbox book with real orders, simulated signatures; a second run adds nothing."""
    from .importing import run_olist

    raise typer.Exit(run_olist(folder, url, data, database, limit, as_json))


# Help lists commands in this order, after `serve` and its neighbours above: first what checks, then what writes and keeps.
for command in (monitor, diff, verifier, evidence, label, witness, seal, erase):
    app.command()(command)
for name, group in (("key", key_app), ("import", import_app), ("courier", courier_app), ("link", link_app)):
    app.add_typer(group, name=name)

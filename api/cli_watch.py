"""`suxin courier watch`: the operator's own watch list, a file beside the book. Prints; `courier/watchlist.py` decides.

Nothing else in the program reads the file.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from ..courier.watchlist import Watched

FILE: Final = "watch-list.json"
_OTHERS: Final = 0o077

watch_app = typer.Typer(
    no_args_is_help=True, help="The operator's own watch list (重点关注): a private file beside the book, shown to nobody."
)

Company = Annotated[str, typer.Argument(help="The company's unified social credit code.")]
Who = Annotated[str, typer.Option("--who", help="Name of the person who answers for it.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value an entry.")]


@watch_app.command("add")
def watch_add(
    company: Company,
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line.")],
    who: Who,
    until: Annotated[str, typer.Option("--until", help="Last day, YYYY-MM-DD; it ends by itself after it.")],
    since: Annotated[str, typer.Option("--since", help="First day; today in China by default.")] = "",
    data: DataOption = None,
) -> None:
    """Put a company on the list."""
    from ..courier.watchlist import Watched, add

    today = _today()
    new = Watched(company, reason, who, since or today, until)
    _change(data, lambda entries: add(entries, new, today))
    typer.echo(f"{company} is watched from {new.since} to {until}")


@watch_app.command("end")
def watch_end(company: Company, who: Who, data: DataOption = None) -> None:
    """End a company's entry before its time; the file keeps it as ended."""
    from ..courier.watchlist import end

    today = _today()
    _change(data, lambda entries: end(entries, company, who, today))
    typer.echo(f"{company} is watched no more, from {today}")


@watch_app.command("list")
def watch_list(
    every: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is watched, why, by whom and until when."""
    import msgspec
    import orjson

    today = _today()
    for one in _read(_path(data)):
        state = one.state(today)
        if state == "ended" and not every:
            continue
        if as_json:
            typer.echo(orjson.dumps(msgspec.to_builtins(one) | {"state": state}).decode())
        else:
            typer.echo(f"{one.company}  {one.since} to {one.until}  {state.replace('_', ' ')}  {one.who}: {one.reason}")


def _today() -> str:
    from ..courier.conduct import day_of

    return day_of(time.time_ns() // 1_000_000)


def _path(data: Path | None) -> Path:
    from ..ledger.errors import StoreError
    from .settings import from_environment

    folder = from_environment(os.environ, data=data).data
    if not folder.is_dir():
        raise StoreError(f"there is no data folder {folder}; --data names it")
    return folder / FILE


def _read(path: Path) -> tuple[Watched, ...]:
    from ..courier.watchlist import WATCH_BYTES_MAX, read_list
    from ..ledger.errors import StoreError

    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & _OTHERS:
                raise StoreError(f"{path.name} can be read by others than its owner: chmod 600 first")
            return read_list(opened.read(WATCH_BYTES_MAX + 1))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreError(f"{path.name} cannot be read: {error.strerror}") from error


def _change(data: Path | None, how: Callable[[tuple[Watched, ...]], tuple[Watched, ...]]) -> None:
    from ..courier.watchlist import write_list
    from ..ledger.errors import StoreError
    from ..ledger.store.files import replace_file

    path = _path(data)
    try:
        with _alone(path):
            replace_file(path, write_list(how(_read(path))))
    except OSError as error:
        raise StoreError(f"{path.name} cannot be written: {error.strerror}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time; the lock ends with the process, however it ends."""
    number = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)

"""`suxin demo`: an invented world in a sandbox book that is gone when the command ends, served with pages to open."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..client.demo_stage import DAY, Sight, Stage
from ..client.demo_world import build_world, sights, start_of
from ..ledger.errors import StoreError
from ..ledger.refs import Name
from ..trace.qr import draw_qr
from .demo_ratings import publish_ratings
from .demo_repair import open_often, repair_penalty
from .filling import Pulse, WorldClock, fill
from .listening import address_of, bind, log_to_stderr
from .papers import papers_folder
from .service import Service, wall_clock
from .serving import serve_on
from .settings import Settings
from .site import Example

ORIGIN: Final = "suxin.invalid/demo"  # no place has this name: what is signed here fits no other book
_OUTSIDE: Final = "192.0.2.1"  # for documentation (RFC 5737): nothing is ever sent there


def run_demo(host: str, port: int, keep: Path | None = None, scale: float = 1.0) -> None:
    """Fill a throw-away book, serve it, and remove it when a signal comes.

    Args:
        host: Address to listen on; 0.0.0.0 for phones on the same network.
        port: Port; 0 for any free one.
        keep: New folder that stays; None for a temporary one.
        scale: Share of the ordinary orders.

    Raises:
        StoreError: the port is taken, or the folder is not new.
    """
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    log_to_stderr()
    _end_on_signals()
    with bind(host, port) as listener, _folder(keep) as folder:
        now_ms = wall_clock()
        clock = WorldClock(start_of(now_ms))
        address = address_of(_reachable(host), listener)
        with closing(Service(_settings(folder), clock)) as service:
            stage = build_world(service.genesis.book, now_ms, scale=scale)
            _fill(service, clock, stage, now_ms)
            clock.let_go()
            lay_papers(service, stage)
            repair_penalty(service, stage)
            open_often(service, stage)
            publish_ratings(service, stage)
            found = sights(stage)
            service.examples = tuple(_example(sight) for sight in found.values())
            with Pulse(service, stage):
                _print_pages(address, found)
                _print_end(host, port, keep)
                serve_on(listener, service)


def _settings(folder: Path) -> Settings:
    return Settings(
        data=folder / "book", highwater=folder / "highwater", origin=ORIGIN, sandbox=True, entries_public=True, worker_count=2
    )


def _end_on_signals() -> None:
    """Let every way of ending the command but kill -9 run its clean-up; while it serves, the server has its own handlers."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    # A closed terminal: told to the server as a request to end, so that answers on their way are finished.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="suxin-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise StoreError(f"{keep} is not an empty folder; the demo makes a new book every time")
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield keep


def _fill(service: Service, clock: WorldClock, stage: Stage, now_ms: int) -> None:
    days = -(-(now_ms - stage.start_ms) // DAY)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("days"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("inventing a world", total=days)

        def show(at_ms: int, entries: int) -> None:
            day = datetime.fromtimestamp(at_ms / 1000, tz=UTC).date()
            done = min((at_ms - stage.start_ms) // DAY + 1, days)
            bar.update(task, completed=done, description=f"inventing a world: {day}, {entries} entries")

        asyncio.run(fill(service, clock, stage, now_ms, show))


def lay_papers(service: Service, stage: Stage) -> None:
    """Lay the files of the world's reports where the server hands them out."""
    folder = papers_folder(service)
    folder.mkdir(exist_ok=True)
    for name, raw in stage.papers.items():
        (folder / f"{name}.txt").write_bytes(raw)


def _example(sight: Sight) -> Example:
    title, note = (Name(zh, "zh-CN", en) for zh, en in (sight.title, sight.note))
    return Example(sight.path, title, note)


def _reachable(host: str) -> str:
    """The address that others use: of a wildcard, this machine's own on its way to the network."""
    try:
        if not ipaddress.ip_address(host).is_unspecified:
            return host
    except ValueError:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_OUTSIDE, 9))  # a datagram socket sends nothing by this; it only chooses its own address
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _print_pages(address: str, found: Mapping[str, Sight]) -> None:
    rows = [("", ("首页", "the start page"))]
    rows += [(sight.path, _line(sight)) for sight in found.values()]
    rows += [("/couriers", ("全部快递企业", "all courier companies")), ("/verify", ("如何自己核验", "how to check it yourself"))]
    print("\nEverything here is invented. Pages to open (/en/… is English, /zh-CN/… Chinese):\n以下全部为虚构，可打开：\n")  # noqa: T201
    for path, (zh, en) in rows:
        print(f"  {en[:1].upper()}{en[1:]} · {zh}\n    {address}{path}")  # noqa: T201
    good = address + found["good"].path
    print(f"\n{draw_qr(good).half_blocks()}\n{good}")  # noqa: T201


def _line(sight: Sight) -> tuple[str, str]:
    (title_zh, title_en), (zh, en) = sight.title, sight.note
    return f"{zh}（{title_zh}）", f"{en} ({title_en})"


def _print_end(host: str, port: int, keep: Path | None) -> None:
    if host.startswith("127.") or host == "localhost":
        again = "HOST=0.0.0.0 ./demo" if port == 8000 else f"HOST=0.0.0.0 PORT={port} ./demo"
        print(f"For a phone on the same network: {again}")  # noqa: T201
    if keep is not None:
        print(f"The book stays in {keep}; check all of it: suxin verify --data {keep / 'book'}")  # noqa: T201
    print("Ctrl-C ends it" + ("." if keep else " and removes the book."), flush=True)  # noqa: T201

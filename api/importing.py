"""`suxin import olist`: against a running server, or with one that it starts itself on the data folder."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import uvicorn
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from ..client.errors import ClientError, Unreachable
from ..client.olist_import import Imported, Step, import_olist
from ..client.olist_read import check_folder
from ..client.post import Patience, Session
from .app import create_app
from .listening import bind
from .outcome import untried, waiting
from .progress import bar
from .service import Service
from .settings import Settings, from_environment

_WORDS: dict[Step, str] = {"actors": "registering firms", "openings": "listing and making", "orders": "following orders"}


@contextmanager
def own_server(settings: Settings) -> Iterator[str]:
    """Serve a sandbox book on a free port of this machine for as long as the block runs; yields its address."""
    listener = bind("127.0.0.1", 0)
    with listener:
        service = Service(settings)
        server = uvicorn.Server(uvicorn.Config(create_app(service), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="suxin-import-server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            service.close()


def run_olist(folder: Path, url: str | None, data: Path | None, database: str | None, limit: int | None, as_json: bool) -> int:
    """Import the Olist orders; 0 when every planned statement stands in the book, 1 when some do not, 2 when cut off."""
    try:
        check_folder(folder)  # before a book is made for what is not there
    except ClientError as error:
        return untried(str(error), as_json)
    if url is not None:
        return _import(folder, url, limit, as_json)
    settings = from_environment(os.environ, data=data, database=database, sandbox=True)
    with own_server(settings) as address:
        return _import(folder, address, limit, as_json)


def _import(folder: Path, url: str, limit: int | None, as_json: bool) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Session(url, patience=Patience(told=waiting(url))) as session, bar(*columns, quiet=as_json) as progress:
            task = progress.add_task("planning", total=None)

            def show(step: Step, done: int, total: int) -> None:
                progress.update(task, description=_WORDS[step], completed=done, total=total)

            imported = import_olist(folder, session, limit=limit, progress=show)
    except Unreachable as error:
        return untried(f"{error}; run the same command again to go on from here", as_json)
    except ClientError as error:
        return untried(str(error), as_json)
    _report(imported, as_json)
    return 0 if imported.complete else 1


def _report(imported: Imported, as_json: bool) -> None:
    if as_json:
        found = {
            "planned": imported.planned,
            "recorded": dict(imported.recorded),
            "already": dict(imported.already),
            "refused": imported.refused,
            "left_out": imported.left_out,
            "size": imported.size,
        }
        sys.stdout.write(orjson.dumps(found).decode() + "\n")
        return
    sys.stdout.write(f"{'type':<12}{'planned':>9}{'recorded':>10}{'already':>9}\n")
    for name, planned in imported.planned.items():
        sys.stdout.write(f"{name:<12}{planned:>9}{imported.recorded[name]:>10}{imported.already[name]:>9}\n")
    for reason, count in imported.left_out.items():
        sys.stdout.write(f"left out: {count} {reason}\n")
    for name, problem in imported.problems:
        sys.stdout.write(f"refused: {name}: {problem.code}: {problem.detail}\n")
    sys.stdout.write(f"the book has {imported.size} leaves; every statement is simulated, and every page of it says so\n")

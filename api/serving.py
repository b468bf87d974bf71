"""Run one book behind HTTP until it is told to stop."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from contextlib import closing

import structlog
import uvicorn

from ..ledger.encoding import b64u
from ..ledger.keys import key_id
from ..ledger.store.sequencer import Clock
from .app import create_app
from .deadline import Deadline
from .listening import CONNECTIONS_MAX, KEEP_ALIVE_S, STOP_S, address_of, bind, log_to_stderr
from .publish_clock import PublishClock
from .render import make_page_scripts
from .service import Service, wall_clock
from .settings import Settings

GARBAGE_OBJECTS = 50_000  # new objects between collections; Python's own 700 are for programs with fewer


def run(settings: Settings, host: str, port: int, clock: Clock = wall_clock) -> None:
    """Open the book, serve it, and close it again when a signal comes.

    Args:
        settings: Where the book lies.
        host: Address to listen on.
        port: Port; 0 for any free one.
        clock: Unix milliseconds; only a sandbox may be handed another than the machine's.
    """
    log_to_stderr()
    _close_on_signals()
    with bind(host, port) as listener, closing(Service(settings, clock)) as service:
        print(  # noqa: T201 - the one line that a person who starts a server looks for
            f"Suxin serves {service.genesis.origin} (log key {b64u(key_id(service.log_public))[:8]}…) "
            f"on {address_of(host, listener)}",
            file=sys.stderr,
            flush=True,
        )
        _spare_the_collector()
        threading.Thread(target=make_page_scripts, name="suxin-scripts", daemon=True).start()
        for doubt in service.book.doubts():
            structlog.get_logger("suxin").warning("database", doubt=doubt)
        with closing(PublishClock(service)) as clock_of_ratings:
            if settings.publish:
                clock_of_ratings.start()
            serve_on(listener, service)


def _close_on_signals() -> None:
    """Have a request to end close the book; while it serves, the server takes it first, ends, and raises it again."""

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # a closed terminal; under nohup that is nothing
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _spare_the_collector() -> None:
    """Keep what the book opened with out of every collection, and make collections rarer.

    A group of thousands of rows is made of objects in no cycle, and by default is walked through again and again while it
    is built: a sixth of the writer's time. What does make cycles (requests, exceptions) makes few.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)


def serve_on(listener: socket.socket, service: Service) -> None:
    """Answer requests until a signal comes; the caller closes both."""
    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        http=Deadline,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    uvicorn.Server(config).run(sockets=[listener])

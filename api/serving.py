"""Run one book behind HTTP until it is told to stop."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import closing

import structlog
import uvicorn

from ..ledger.encoding import b64u
from ..ledger.errors import StoreError
from ..ledger.keys import key_id
from ..ledger.store.sequencer import Clock
from .app import create_app
from .service import Service, wall_clock
from .settings import Settings

CONNECTIONS_MAX = 2_000  # beyond it new ones are told 503 instead of eating memory
KEEP_ALIVE_S = 15
STOP_S = 10  # how long answers on their way may take when stopping


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything else is opened, so that a taken one costs nothing.

    Raises:
        StoreError: the port is taken or not allowed; the words say which.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Only a listening socket keeps the next one from binding; who connects early waits until the book is open.
        listener.listen()
    except OSError as error:
        listener.close()
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise StoreError(f"port {port} on {host} {why}; choose another with PORT={port + 1} or --port {port + 1}") from error
    return listener


def log_to_stderr() -> None:
    """Structured log lines as JSON on standard error; no request paths, no bodies, no addresses of clients."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def address_of(host: str, listener: socket.socket) -> str:
    """Web address of a listener that `bind` made for `host`."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def run(settings: Settings, host: str, port: int, clock: Clock = wall_clock) -> None:
    """Open the book, serve it, and close it again when a signal comes.

    Args:
        settings: Where the book lies.
        host: Address to listen on.
        port: Port; 0 for any free one.
        clock: Unix milliseconds; only a sandbox may be handed another than the machine's.
    """
    log_to_stderr()
    with bind(host, port) as listener, closing(Service(settings, clock)) as service:
        print(  # noqa: T201 - the one line that a person who starts a server looks for
            f"Suxin serves {service.genesis.origin} (log key {b64u(key_id(service.log_public))[:8]}…) "
            f"on {address_of(host, listener)}",
            file=sys.stderr,
            flush=True,
        )
        for doubt in service.book.doubts():
            structlog.get_logger("suxin").warning("database", doubt=doubt)
        serve_on(listener, service)


def serve_on(listener: socket.socket, service: Service) -> None:
    """Answer requests until a signal comes; the caller closes both."""
    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    uvicorn.Server(config).run(sockets=[listener])

"""What every server of ours does around its calls: take a port, name its address, write its log, bound its connections."""

from __future__ import annotations

import errno
import socket
import sys

import structlog

from ..ledger.errors import StoreError

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
        raise StoreError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine ({error.strerror}); --host 127.0.0.1 is for itself, 0.0.0.0 for all"
    other = port + 1 if 1024 <= port < 65_535 else 8001
    why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return f"port {port} on {host} {why}; choose another with --port {other}, or PORT={other} of ./demo"


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

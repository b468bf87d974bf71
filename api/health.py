"""Health, readiness and metrics: whether the process answers, whether writes would be recorded, and its figures."""

from __future__ import annotations

import threading
import time
from typing import Final
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ..ledger.errors import StoreError
from ..ledger.limits import DISK_FREE_BYTES_MIN
from .metrics import metrics_of
from .read import service_of
from .service import Service
from .write import answer

router = APIRouter(tags=["health"])
CHECKPOINT_AGE_MAX_MS = 180_000  # three missed heartbeats: a reader would call the book stale
LOOK_INTERVAL_S: Final = 1.0  # the database is asked no more often, however often we are
_LOOKS: WeakKeyDictionary[Service, tuple[float, str]] = WeakKeyDictionary()  # when the database was asked, and what is wrong
_LOCK = threading.Lock()


def doubts_of(service: Service) -> list[str]:
    """Why this server should not be sent writes right now; empty when it should."""
    found = []
    if service.sequencer.failure is not None:
        found.append("the writer has stopped")
    elif service.sequencer.waitline.is_refusing:
        found.append("the book is being taken up again")
    elif service.sequencer.trouble is not None:
        found.append("the database could not write the last group")
    if service.free_bytes() < DISK_FREE_BYTES_MIN:
        found.append("the disk is nearly full")
    published = service.sequencer.published
    if published is None or service.clock() - published.at_ms > CHECKPOINT_AGE_MAX_MS:
        found.append("the newest checkpoint is too old")
    wrong = _look(service)
    return [*found, wrong] if wrong else found


def _look(service: Service) -> str:
    """What is wrong with the database; "" for nothing."""
    with _LOCK:
        at, wrong = _LOOKS.get(service, (0.0, ""))
        if time.monotonic() - at < LOOK_INTERVAL_S:
            return wrong
        _LOOKS[service] = (time.monotonic(), wrong)  # who comes meanwhile is told what was found last
    try:
        service.book.look()
        wrong = ""
    except Exception as error:  # a pool without a free connection, too: whatever it is, the database cannot be read
        known = isinstance(error, StoreError) and "revision" in str(error)
        wrong = "the database has another schema" if known else "the database cannot be read"
    with _LOCK:
        _LOOKS[service] = (time.monotonic(), wrong)
    return wrong


@router.get("/healthz")
async def get_health() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def get_ready(request: Request) -> Response:
    """Whether writes would be recorded: the writer runs, the disk has room, the database can be read and has our schema."""
    doubts = doubts_of(service_of(request))
    return answer({"ready": not doubts, "doubts": doubts}, 503 if doubts else 200)


@router.get("/metrics")
def get_metrics(request: Request) -> Response:
    """Prometheus metrics of this book; docs/operations.md says what they mean."""
    return Response(metrics_of(service_of(request)).text(), media_type=CONTENT_TYPE_LATEST)

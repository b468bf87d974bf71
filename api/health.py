"""Health, readiness and metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from ..ledger.limits import DISK_FREE_BYTES_MIN
from .read import service_of
from .service import Service
from .write import answer

router = APIRouter(tags=["health"])
CHECKPOINT_AGE_MAX_MS = 180_000  # three missed heartbeats: a reader would call the book stale


def doubts_of(service: Service) -> list[str]:
    """Why this server should not be sent writes right now; empty when it should."""
    found = []
    if service.sequencer.failure is not None:
        found.append("the writer has stopped")
    if service.sequencer.trouble is not None:
        found.append("the database could not write the last group")
    if service.free_bytes() < DISK_FREE_BYTES_MIN:
        found.append("the disk is nearly full")
    published = service.sequencer.published
    if published is None or service.clock() - published.at_ms > CHECKPOINT_AGE_MAX_MS:
        found.append("the newest checkpoint is too old")
    return found


@router.get("/healthz")
async def get_health() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def get_ready(request: Request) -> Response:
    """Whether writes would be recorded."""
    doubts = doubts_of(service_of(request))
    return answer({"ready": not doubts, "doubts": doubts}, 503 if doubts else 200)


@router.get("/metrics")
def get_metrics(request: Request) -> Response:
    """Prometheus metrics of this book."""
    service = service_of(request)
    published = service.sequencer.published
    registry = CollectorRegistry()
    values = {
        "suxin_log_size": ("Leaves under the newest checkpoint", 0 if published is None else published.size),
        "suxin_epoch": ("Number of the newest epoch", 0 if published is None else published.epoch),
        "suxin_checkpoint_age_seconds": (
            "Age of the newest checkpoint",
            0 if published is None else max(0, service.clock() - published.at_ms) / 1000,
        ),
        "suxin_streams": ("Streams in the map", service.sequencer.map.streams),
        "suxin_queue_rows": ("Rows waiting for the sequencer", service.sequencer.waitline.rows),
        "suxin_writer_failed": ("1 when the writer has stopped", int(service.sequencer.failure is not None)),
        "suxin_disk_free_bytes": ("Free space of the data folder", service.free_bytes()),
    }
    for name, (words, value) in values.items():
        Gauge(name, words, registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

"""The web application: routers, errors and headers put together, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from .. import __version__
from ..ledger.errors import Refused, StoreError
from . import (
    bundles,
    erasures,
    health,
    pages,
    papers,
    products,
    rating_routes,
    read,
    reference,
    regulator,
    resolver,
    reviews,
    tiles,
    updates,
    voice,
    write,
)
from .contract import describe
from .defects import Defects
from .heads import Heads
from .metrics import metrics_of
from .pages import error_page, wants_page
from .problems import RETRY_AFTER_S, problem, refusal_of
from .service import Service

log = structlog.get_logger("suxin")


def create_app(service: Service) -> FastAPI:
    """The application over an open book; closing the application does not close the book."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics_of(service)  # count from the first request on
        yield

    app = FastAPI(title="Suxin 溯信", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = service
    for router in (
        write.router,
        read.router,
        tiles.router,
        bundles.router,
        erasures.router,
        updates.router,
        rating_routes.router,
        products.router,
        health.router,
        reference.router,
        pages.router,
        voice.router,
        papers.router,
        reviews.router,
        regulator.router,
        resolver.router,
    ):
        app.include_router(router)
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(Defects, answer=_on_defect)
    app.add_middleware(Heads)
    app.openapi = lru_cache(maxsize=1)(lambda: describe(app))  # type: ignore[method-assign]
    return app


def _answer(request: Request, refused: Refused, status: int | None = None) -> Response:
    found = problem(refused)
    metrics_of(request.app.state.service).count_refusal(refused.code)
    if status is not None:
        found["status"] = status
    headers = {"retry-after": str(refused.found.get("retry_after", RETRY_AFTER_S))} if found["status"] in (429, 503) else {}
    if wants_page(request, refused.code):
        return error_page(request, found["status"], refused, headers)
    return Response(orjson.dumps(found), found["status"], headers, media_type="application/problem+json")


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _answer(request, error)


async def _on_store_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    log.error("store", kind=type(error).__name__, words=str(error))
    return _answer(request, refusal_of(error))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = "/".join(str(part) for part in first.get("loc", ()))
    return _answer(request, Refused("request-invalid", f"{where}: {first.get('msg', 'not understood')}"))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    code = "not-found" if status == 404 else "method-not-allowed" if status == 405 else "request-invalid"
    answer = _answer(request, Refused(code, str(error.detail)), status)
    if status == 405:
        answer.headers["allow"] = _allowed(error)
    return answer


def _allowed(error: HTTPException) -> str:
    """What an address takes (RFC 9110, 15.5.6); HEAD goes with GET everywhere (`heads.py`)."""
    given = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",")} - {""}
    return ", ".join(sorted(given | ({"HEAD"} if "GET" in given else set())))


def _on_defect(request: Request) -> Response:
    return _answer(request, Refused("internal", "a defect of this server; nothing of yours was acknowledged"))

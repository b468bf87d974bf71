"""Routes that write: one event, many rows, and the canonical form as a help for those who sign by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..ledger import canonical
from ..ledger.encoding import b64u
from ..ledger.errors import Refused
from ..ledger.hashing import statement_hash
from ..ledger.limits import EVENT_BYTES_MAX, POST_BYTES_MAX
from ..ledger.store.job import Outcome
from .allowance import voices_of
from .body import read_body, require_type
from .metrics import metrics_of
from .receipts import batch_answer, receipt
from .service import Service
from .submission import TEXT_LENGTH_MAX, Submission, parse_event, parse_lines

router = APIRouter(prefix="/v1", tags=["write"])


def answer(value: Mapping[str, object], status: int = 200) -> Response:
    """JSON response without a second serialisation."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def body_schema(media: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What a route takes, for the description of the interface."""
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


_OPENING_SCHEMA = {
    "type": "object",
    "required": ["pointer", "salt", "value"],
    "additionalProperties": False,
    "properties": {
        "pointer": {"type": "string", "pattern": "^/body(/[a-z_]{1,30}){1,3}$"},
        "salt": {"type": "string", "minLength": 43, "maxLength": 43},
        "value": {"type": "string", "maxLength": TEXT_LENGTH_MAX},
    },
}
EVENT_SCHEMA = {
    "type": "object",
    "required": ["statement", "signature"],
    "additionalProperties": False,
    "properties": {
        "statement": {"$ref": "#/components/schemas/Statement"},
        "signature": {"type": "string", "minLength": 86, "maxLength": 86},
        "open": {"type": "array", "items": _OPENING_SCHEMA, "maxItems": 8},
    },
}


async def record(request: Request, submission: Submission) -> list[Outcome]:
    """Record rows, as far as the public's share of them is within its limits."""
    service: Service = request.app.state.service
    voices = voices_of(submission.raws, sandbox=service.genesis.sandbox)
    if not any(voices):
        return await service.write(submission)
    address = "" if request.client is None else request.client.host
    service.allowance.draw(voices, address)
    told = ["unknown"] * len(voices)
    try:
        outcomes = await service.write(submission)
        told = [_word(outcome) for outcome in outcomes]
    except Refused as refused:
        told = [refused.code] * len(voices)
        raise
    finally:
        service.allowance.settle(voices, address, told)
    return outcomes


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Refused):
        return outcome.code
    return "recorded" if outcome.fresh else "already"


@router.post("/events", status_code=201, openapi_extra=body_schema("application/json", EVENT_SCHEMA))
async def post_event(request: Request) -> Response:
    """Record one signed statement; the receipt is proved against a durable checkpoint."""
    service: Service = request.app.state.service
    require_type(request, "application/json")
    submission = parse_event(await read_body(request, EVENT_BYTES_MAX))
    outcome = (await record(request, submission))[0]
    if isinstance(outcome, Refused):
        raise outcome
    found = receipt(service.book, service.sequencer, statement_hash(submission.raws[0]), outcome)
    return answer(found | service.cosigned_since(found["size"]), 201 if outcome.fresh else 200)


@router.post("/batches", openapi_extra=body_schema("application/x-ndjson", {"type": "string"}))
async def post_batch(request: Request, on_error: str = Query("proceed", pattern="^(proceed|rollback)$")) -> Response:
    """Record many statements: NDJSON, signed one by one (5,000 rows or 8 MiB) or under one header (1,000 rows)."""
    service: Service = request.app.state.service
    require_type(request, "application/x-ndjson")
    submission = parse_lines(await read_body(request, POST_BYTES_MAX), rollback=on_error == "rollback")
    if submission.rollback and submission.broken:
        number, refused = next(iter(submission.broken.items()))
        raise Refused(refused.code, f"row {number}: {refused.cause}", refused.pointer)
    outcomes = await record(request, submission) if submission.raws else []
    found = batch_answer(service.book, service.sequencer, submission, outcomes)
    codes = Counter(row.code for row in (*submission.broken.values(), *outcomes) if isinstance(row, Refused))
    for code, count in codes.items():
        metrics_of(service).count_refusal(code, count)
    return answer(found | service.cosigned_since(found["size"]), 200)


@router.post("/canonical", openapi_extra=body_schema("application/json", {}))
async def post_canonical(request: Request) -> Response:
    """The canonical form and hash of a statement that is still to be signed; records nothing."""
    require_type(request, "application/json")
    body = await read_body(request, EVENT_BYTES_MAX)
    try:
        canonical.parse(body)
        text = body
    except Refused as refused:
        if "canonical" not in refused.found:
            raise
        text = str(refused.found["canonical"]).encode()
    return answer({"canonical": text.decode(), "hash": b64u(statement_hash(text))})

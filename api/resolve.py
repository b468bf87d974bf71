"""Finding a waybill by its number, for its parties only: the number itself stands in no entry, only a commitment to it."""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from msgspec import Raw, Struct

from ..ledger.errors import Refused
from ..ledger.request import WaybillRequest, check_request
from .body import read_body, require_type
from .read import service_of
from .service import Service
from .stories import stories_of
from .write import answer

router = APIRouter()

REQUEST_BYTES_MAX: Final = 4_096
NUMBERS_MAX: Final = 20_000  # openings looked at for one answer, about two seconds
NUMBER_POINTER: Final = "/body/number"
_OFFICES: Final = frozenset(("regulator", "operator"))


class Signed(Struct, frozen=True, forbid_unknown_fields=True):
    """A request and its signature."""

    request: Raw
    signature: str


_DECODER = msgspec.json.Decoder(Signed)
_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "required": ["request", "signature"]}}},
    }
}


@router.post("/waybills/resolve", openapi_extra=_SCHEMA)
async def post_resolve(request: Request) -> Response:
    """The waybill with a number, for its carrier, its shipper or an authority; see docs/formats/request.md."""
    service = service_of(request)
    require_type(request, "application/json")
    body = await read_body(request, REQUEST_BYTES_MAX)
    try:
        signed = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise Refused("request-invalid", "not an object of request and signature") from error
    directory = service.sequencer.admission.directory
    asked, actor = check_request(bytes(signed.request), signed.signature, service.genesis.book, directory, service.clock())
    found = await run_in_threadpool(resolve, service, asked, actor)
    if found is None:
        raise Refused("not-found", "no parcel of yours has this number on this day")
    return answer({"waybill": found, "path": f"/w/{found}"})


def resolve(service: Service, asked: WaybillRequest, actor: str) -> str | None:
    """Key of the waybill with that number among those that concern the actor, or None.

    Raises:
        Refused: `rows-too-many`.
    """
    directory = service.sequencer.admission.directory
    mine = frozenset((actor, directory.company(actor)))
    sees_all = f"uscc:{asked.carrier}" in mine or directory.role(actor) in _OFFICES
    looked = 0
    for waybill, consign in stories_of(service).consigned(asked.carrier, asked.day):
        if not sees_all and not mine & {consign.signature.actor, consign.signature.party}:
            continue
        looked += 1
        if looked > NUMBERS_MAX:
            raise Refused("rows-too-many", f"more than {NUMBERS_MAX} parcels of that day; ask as their shipper")
        opening = service.vault.get(service.book, consign.statement).get(NUMBER_POINTER)
        if opening is not None and opening.value == asked.number:
            service.vault.get(service.book, consign.statement, actor)  # for the access log: of all numbers only this one is told
            return waybill
    return None

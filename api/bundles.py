"""The route of the bundle: everything that is needed to check one product without this server.

It answers also for a product that the book does not have: then the bundle proves that there is no entry about it.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from ..ledger.errors import Refused, VerificationError
from ..ledger.store.bundle_source import Extras, bundle_at
from ..trace.masking import is_public
from .kept import BUNDLES
from .packing import coding_for, packed
from .products import item_key, waybill_key
from .read import service_of
from .service import Service

router = APIRouter(prefix="/v1", tags=["stories"])

TEXT_POINTER = "/body/text"  # of all values in the vault a page shows only texts


def make_bundle(service: Service, item_key: str) -> bytes:
    """The bundle of an item at the newest published epoch.

    Args:
        service: The book.
        item_key: `/01/{gtin14}/21/{serial}` or `/s/{uscc}/{sku}/21/{serial}`.

    Raises:
        Refused: `bundle-too-large`.
        StoreError: The book could not be read.
    """
    return bundle_of(service, f"p:{item_key}")


def bundle_of(service: Service, subject: str) -> bytes:
    """The bundle of a subject, `p:` of an item, `w:` of a waybill or `s:` of a company, at the newest published epoch.

    Raises:
        Refused: `bundle-too-large`.
        StoreError: The book could not be read.
    """

    def openings(statement: bytes) -> list[tuple[str, bytes, str]]:
        opened = service.vault.get(service.book, statement, "bundle").get(TEXT_POINTER)
        if opened is None or not is_public(opened.value):
            return []
        shown.append(statement)
        return [(opened.pointer, opened.salt, opened.value)]

    shown: list[bytes] = []
    note = service.checkpoint_note()  # with its cosignatures: they stand in the bundle
    kept = BUNDLES.get(note, subject)
    if kept is not None:
        return kept
    try:
        extras = Extras(service.vkey, openings, service.cosignatures.cosigned)
        made = bundle_at(service.book, service.sequencer, subject, extras)
    except VerificationError as error:
        raise Refused("bundle-too-large", error.detail) from error
    if not shown:  # a text that is erased must be gone at once, not at the next epoch
        BUNDLES.put(note, subject, made)
    return made


@router.get("/products/{key:path}/bundle", response_class=Response)
async def get_bundle(request: Request, key: str) -> Response:
    """Everything that is needed to check one product without this server; docs/formats/bundle.md says how."""
    item = item_key(key)
    return await _answer(request, f"p:{item}", item.rpartition("/")[2])


@router.get("/waybills/{carrier}/{ref}/bundle", response_class=Response)
async def get_parcel_bundle(request: Request, carrier: str, ref: str) -> Response:
    """Everything that is needed to check one parcel without this server; it does not say what is in it."""
    return await _answer(request, f"w:{waybill_key(carrier, ref)}", ref)


async def _answer(request: Request, subject: str, name: str) -> Response:
    """The bundle of a subject, as a file of that name. One that is kept and not to be packed needs no other thread."""
    service = service_of(request)
    disposition = f'inline; filename="{name}.suxin.json"'
    headers = {"cache-control": "no-cache", "content-type": "application/json", "content-disposition": disposition}
    kept = None if coding_for(request) else BUNDLES.get(service.checkpoint_note(), subject)
    if kept is not None:
        return packed(request, kept, headers)
    return await run_in_threadpool(lambda: packed(request, bundle_of(service, subject), headers))

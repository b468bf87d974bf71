"""Routes that read the log: entries, proofs, epochs, the checkpoint, and what this book is."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import Refused, VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import key_id
from ..ledger.note import format_vkey
from ..ledger.store.job import Recorded
from ..ledger.store.tables import KIND_ENTRY
from ..ledger.tlogproof import TlogProof, format_tlog_proof
from .credentials import require_entries
from .receipts import checkpoint_of, receipt
from .service import Service
from .write import answer

router = APIRouter(tags=["read"])
LONG_CACHE = "public, max-age=31536000, immutable"  # what is in the log never changes


def service_of(request: Request) -> Service:
    """The book behind a request."""
    service: Service = request.app.state.service
    return service


def published_size(service: Service) -> int:
    """Leaves under the newest checkpoint."""
    published = service.sequencer.published
    assert published is not None
    return published.size


def _within(service: Service, index: int) -> int:
    if not 0 <= index < published_size(service):
        raise Refused("not-found", f"the published book ends before index {index}")
    return index


@router.get("/checkpoint", response_class=PlainTextResponse)
async def get_checkpoint(request: Request) -> Response:
    """The newest checkpoint, a C2SP signed note, with the cosignatures that have come in."""
    return PlainTextResponse(service_of(request).checkpoint_note(), headers={"cache-control": "no-cache"})


@router.get("/.well-known/suxin.json")
async def get_well_known(request: Request) -> Response:
    """What this book is: origin, verifier key, witnesses."""
    service = service_of(request)
    genesis = service.genesis
    return answer(
        {
            "book": genesis.book,
            "origin": genesis.origin,
            "vkey": service.vkey,
            "vkeys": service.vkeys,
            "log_key_id": b64u(key_id(service.log_public)),
            "genesis": b64u(service.genesis_hash),
            "root": {"actor": ROOT_ACTOR, "key": genesis.root.key},
            "sandbox": genesis.sandbox,
            "entries": "public" if service.settings.entries_public else "private",
            "witnesses": [
                {
                    "vkey": format_vkey(asker.at.key),
                    "url": asker.at.url,
                    "kind": asker.at.kind,
                    "size": service.cosignatures.latest(asker.at.key),
                }
                for asker in service.askers
            ],
            "cosigned": service.cosignatures.kinds(service.checkpoint_note())._asdict(),
        }
    )


@router.get("/v1/events/{statement}")
def get_event(request: Request, statement: str) -> Response:
    """Receipt of a recorded statement, by its hash; who knows the hash knows the statement."""
    service = service_of(request)
    try:
        wanted = unb64u(statement, 32)
    except VerificationError as error:
        raise Refused("not-found", "a statement's hash is 43 characters of base64url") from error
    index = service.book.by_statement(wanted)
    if index is None or index >= published_size(service):
        raise Refused("not-found", "no such statement is recorded here")
    row = service.book.entry_row(index)
    leaf = service.book.leaf(index)
    recorded = Recorded(index, row.epoch, orjson.loads(leaf)["received"], fresh=False)
    found = receipt(service.book, service.sequencer, wanted, recorded)
    return answer(found | service.cosigned_since(found["size"]))


@router.get("/v1/entries/{index}")
def get_entry(request: Request, index: int) -> Response:
    """One leaf, byte for byte; entries only of books that declare them public, or to auditors."""
    service = service_of(request)
    _within(service, index)
    cache = LONG_CACHE
    if service.book.entry_row(index).kind == KIND_ENTRY:
        cache = LONG_CACHE.replace("public", require_entries(request, service))
    return Response(service.book.leaf(index), media_type="application/json", headers={"cache-control": cache})


@router.get("/v1/entries/{index}/proof")
def get_proof(request: Request, index: int, size: int | None = None) -> Response:
    """Inclusion proof of one leaf under the newest checkpoint, or, without its note, at an older size."""
    service = service_of(request)
    _within(service, index)
    published = service.sequencer.published
    assert published is not None
    at = published.size if size is None else size
    if not index < at <= published.size:
        raise Refused("not-found", f"a size is above the index and at most {published.size}")
    found: dict[str, Any] = {
        "index": index,
        "size": at,
        "leaf": b64u(service.book.entry_row(index).leaf_hash),
        "proof": [b64u(node) for node in service.sequencer.tree.inclusion(index, at)],
    }
    if at == published.size:
        found["checkpoint"] = published.note
    return answer(found)


@router.get("/v1/entries/{index}/tlog-proof", response_class=PlainTextResponse)
def get_tlog_proof(request: Request, index: int) -> Response:
    """Inclusion proof of one leaf under the newest checkpoint, as C2SP tlog-proof@v1 has it."""
    service = service_of(request)
    _within(service, index)
    published = service.sequencer.published
    assert published is not None
    path = service.sequencer.tree.inclusion(index, published.size)
    text = format_tlog_proof(TlogProof(index, tuple(path), service.cosignatures.cosigned(published.note)))
    return PlainTextResponse(text, headers={"cache-control": "no-cache"})


@router.get("/v1/epochs/{number}")
def get_epoch(request: Request, number: int) -> Response:
    """One epoch leaf with its proof under its own checkpoint."""
    service = service_of(request)
    published = service.sequencer.published
    assert published is not None
    if not 1 <= number <= published.epoch:
        raise Refused("not-found", f"epochs run from 1 to {published.epoch}")
    size, note = checkpoint_of(service.book, service.sequencer, number)
    leaf = service.book.leaf(size - 1)
    found = {
        "index": size - 1,
        "size": size,
        "leaf": leaf.decode(),
        "hash": b64u(leaf_hash(leaf)),
        "proof": [b64u(node) for node in service.sequencer.tree.inclusion(size - 1, size)],
        "checkpoint": note,
    }
    return answer(found)

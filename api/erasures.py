"""A consumer's own request to have her words or numbers erased, and the certificate of what was done.

The request is a statement of type `erasure`, signed by her key (docs/formats/erasure.md): it stands in the book, so that nobody
can say that she never asked. It may as well go to /v1/events; here the answer is the certificate.
"""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger.certificate import Certificate, certificate_text
from ..ledger.checkpoint import log_key
from ..ledger.encoding import b64u, unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import Refused, StoreError, VerificationError
from ..ledger.hashing import statement_hash
from ..ledger.limits import EVENT_BYTES_MAX
from ..ledger.moment import moment_text
from ..ledger.note import Note, format_note, sign_note
from ..ledger.tlogproof import TlogProof, format_tlog_proof
from ..trace.retention import day_of
from .body import read_body, require_type
from .erasing import named
from .read import service_of
from .service import Service
from .submission import parse_event
from .write import EVENT_SCHEMA, answer, body_schema, record

router = APIRouter(prefix="/v1", tags=["privacy"])


@router.post("/erasures", status_code=201, openapi_extra=body_schema("application/json", EVENT_SCHEMA))
async def post_erasure(request: Request) -> Response:
    """Record an erasure, carry it out, and certify it. The same again answers 200 with a certificate of now."""
    service = service_of(request)
    require_type(request, "application/json")
    submission = parse_event(await read_body(request, EVENT_BYTES_MAX))
    if b'"type":"erasure"' not in submission.raws[0]:
        raise Refused(
            "erasure-type", "only a statement of type erasure is posted here; others go to /v1/events", "/statement/type"
        )
    outcome = (await record(request, submission))[0]
    if isinstance(outcome, Refused):
        raise outcome
    return answer(certificate_of(service, statement_hash(submission.raws[0])), 201 if outcome.fresh else 200)


@router.get("/erasures/{statement}")
def get_certificate(request: Request, statement: str) -> Response:
    """A certificate, as of now, of what an `erasure` (named by its hash) has led to."""
    try:
        name = unb64u(statement, 32)
    except VerificationError as error:
        raise Refused("not-found", "a statement is named by its hash, 43 characters") from error
    return answer(certificate_of(service_of(request), name))


def certificate_of(service: Service, erasure: bytes) -> dict[str, object]:
    """Certify what became of the values that an erasure speaks of.

    Args:
        service: The book.
        erasure: Hash of the `erasure` statement.

    Raises:
        Refused: `not-found`.
        StoreError: It is not carried out yet.
    """
    index = service.book.by_statement(erasure)
    published = service.sequencer.published
    if index is None or published is None or index >= published.size:
        raise Refused("not-found", "no such statement stands in the published book")
    leaf = service.book.leaf(index)
    said = read_entry(index, leaf)
    if said.statement.type != "erasure" or said.statement.ref is None:
        raise Refused("not-found", "this statement is no erasure")
    of = unb64u(said.statement.ref, 32)
    text = certificate_text(_certificate(service, said, of))
    origin = service.genesis.origin
    signer = next(key for key in service.signing if key.public == service.log_public)
    note = format_note(Note(text, (sign_note(text, log_key(origin, signer.public).name, signer),)))
    path = service.sequencer.tree.inclusion(index, published.size)
    proof = format_tlog_proof(TlogProof(index, tuple(path), service.cosignatures.cosigned(published.note)))
    return {"certificate": note, "leaf": orjson.loads(leaf), "proof": proof, "v": 1}


def _certificate(service: Service, said: Entry, of: bytes) -> Certificate:
    at = service.book.by_statement(of)
    if at is None:
        raise StoreError("an erasure refers to a statement that the book does not have")
    referred = read_entry(at, service.book.leaf(at)).statement
    until = service.vault.keys.sealed_until(of)
    if not until and service.vault.keys.values(of):
        raise StoreError("this erasure is recorded and not carried out yet")
    return Certificate(
        book=service.genesis.book,
        kind=referred.type,
        of=b64u(of),
        values=tuple(named(referred)),
        until=day_of(until) if until else "",
        by=said.name,
        at=moment_text(service.clock(), 0),
    )

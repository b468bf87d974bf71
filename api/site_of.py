"""The book as pages name it, as of the published epoch."""

from __future__ import annotations

import re
import threading
from typing import Final
from weakref import WeakKeyDictionary

from fastapi import Request

from ..ledger.encoding import b64u
from ..ledger.keys import key_id, parse_public
from ..ledger.store.sequencer import Published
from .read import service_of
from .service import Service
from .site import Site

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?\Z")
_SIMULATED: Final = b'"mode":"simulated"'
LOOKED_THROUGH: Final = 20_000  # leaves an epoch, so that a large book is looked through little by little


class Looked:
    """Whether entries with source `simulated` stand in a book, as far as its leaves were looked through."""

    def __init__(self) -> None:
        self._next = 1
        self._found = False
        self._lock = threading.Lock()

    def simulated(self, service: Service, published: Published) -> bool:
        """Look through the next leaves, unless one was found already: what is in the book stays in it."""
        with self._lock:
            last = min(published.size, self._next + LOOKED_THROUGH) - 1
            if not self._found and last >= self._next:
                self._found = any(_SIMULATED in body for _, body in service.book.leaves(self._next, last))
                self._next = last + 1
            return self._found


_LOOKED: WeakKeyDictionary[Service, Looked] = WeakKeyDictionary()


def base_url(request: Request) -> str:
    """What addresses start with: the configured one, else that of the request, whose host is checked for its form."""
    configured = service_of(request).settings.public_url
    if configured:
        return configured.rstrip("/")
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _HOST.match(host) else 'localhost'}"


def site_of(request: Request) -> Site:
    """The book of a request, for the frame of every page."""
    service = service_of(request)
    published = service.sequencer.published
    assert published is not None
    genesis = service.genesis
    cosigned = service.cosignatures.kinds(published.note)
    simulated = _LOOKED.setdefault(service, Looked()).simulated(service, published)
    return Site(
        base_url=base_url(request),
        origin=genesis.origin,
        key_id=b64u(key_id(parse_public(genesis.log))),
        vkey=service.vkey,
        older=service.vkeys[1:],
        size=published.size,
        epoch=published.epoch,
        epoch_ms=published.at_ms,
        sandbox=genesis.sandbox,
        simulated=simulated,
        witnesses=sum(cosigned),
        full_witnesses=cosigned.full,
        dataset="olist" if simulated and _is_olist(service) else "",
    )


def _is_olist(service: Service) -> bool:
    """Whether the importer of the Olist orders registered its sellers here; their names say so (client/olist_plan.py)."""
    actors = list(service.sequencer.admission.directory.actors.values())
    return any(actor.name.get("en", "").startswith("Olist seller ") for actor in actors)

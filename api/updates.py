"""The route of updates: what came between two epochs, and that nothing else moved.

Worked out when it is asked for, never stored, beside the sequencer and not in its way: a large one at a time.
Source: DESIGN 3.3; docs/formats/update.md, docs/adr/0004.
"""

from __future__ import annotations

import threading
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..ledger.errors import Refused, VerificationError
from ..ledger.limits import UPDATE_ENTRIES_MAX, UPDATE_LEAVES_MAX
from ..ledger.store.sequencer import Published
from ..ledger.store.tables import KIND_EPOCH
from ..ledger.store.update_source import Span, update_at
from .read import service_of
from .receipts import checkpoint_of
from .service import Service

router = APIRouter(tags=["read"])

SMALL: Final = 500  # leaves of a range that is worked out in some ten milliseconds, however many ask at once
KEPT_BY: Final = "public, max-age=3600"  # between two named epochs the answer stays, but for cosignatures that come in

Number = Annotated[int | None, Query(ge=1, le=2**53 - 1)]
_large = threading.Lock()  # held while a large update is made; it guards the server's cores, not data


@router.get("/v1/map/update", response_class=Response)
def get_update(
    request: Request, from_: Annotated[int | None, Query(alias="from", ge=1, le=2**53 - 1)] = None, since: Number = None,
    to: Number = None,
) -> Response:  # fmt: skip
    """What came after the epoch `from`, or after the checkpoint of `since` leaves, up to the epoch `to` or the newest one.

    Whoever holds that older state checks with it that nothing was removed or rewritten and nothing else moved;
    docs/formats/update.md says how, and what it does not show.
    """
    service = service_of(request)
    published = service.sequencer.published
    assert published is not None
    if (from_ is None) == (since is None):
        raise Refused("request-invalid", "name one of `from`, an epoch, and `since`, the leaves under a checkpoint")
    older = _epoch_of(service, published, since) if from_ is None else from_
    newer = published.epoch if to is None else to
    if max(older, newer) > published.epoch:
        raise Refused("not-found", f"epochs run from 1 to {published.epoch}")
    if older >= newer:
        raise Refused("request-invalid", f"an update leads to a later epoch, not from {older} to {newer}")
    raw = _make(service, older, newer)
    headers = {"cache-control": "no-cache" if to is None else KEPT_BY}
    return Response(raw, media_type="application/json", headers=headers)


def _epoch_of(service: Service, published: Published, size: int | None) -> int:
    """Number of the epoch whose checkpoint has so many leaves."""
    assert size is not None
    if size > published.size:
        raise Refused("not-found", f"the published book has {published.size} leaves")
    row = service.book.entry_row(size - 1)
    if row.kind != KIND_EPOCH:
        raise Refused("request-invalid", f"no checkpoint of this book has {size} leaves")
    return row.epoch


def _make(service: Service, older: int, newer: int) -> bytes:
    (begin, _), (end, note) = (checkpoint_of(service.book, service.sequencer, number) for number in (older, newer))
    leaves = end - begin
    history = service.sequencer.history
    if leaves > UPDATE_LEAVES_MAX:
        raise _too_large(service, older, begin, f"{leaves} leaves stand between the two, at most {UPDATE_LEAVES_MAX}")
    if leaves > UPDATE_ENTRIES_MAX:
        entries = service.book.count_entries(begin, end - 1)
        if entries > UPDATE_ENTRIES_MAX:
            raise _too_large(service, older, begin, f"{entries} entries stand between the two, at most {UPDATE_ENTRIES_MAX}")
    free = leaves <= SMALL
    if not free and not _large.acquire(blocking=False):
        raise Refused("update-busy", "another large update is being made")
    try:
        return update_at(service.book, service.sequencer, Span(begin - 1, newer, end, service.cosignatures.cosigned(note)))
    except LookupError as error:
        kept = {"oldest": history.oldest, "newest": history.epoch}
        raise Refused("update-not-kept", f"the map of epoch {newer} is not kept any more", "", **kept) from error
    except VerificationError as error:
        raise Refused("update-too-large", error.detail) from error
    finally:
        if not free:
            _large.release()


def _too_large(service: Service, older: int, begin: int, detail: str) -> Refused:
    """The refusal of a long range, with an epoch that can be reached first, if one is kept."""
    row = service.book.entry_row(begin - 1 + UPDATE_ENTRIES_MAX)  # so many leaves can hold no more entries
    nearer = row.epoch if row.kind == KIND_EPOCH else row.epoch - 1
    if nearer <= older or nearer < service.sequencer.history.oldest:
        return Refused("update-too-large", f"{detail}; no kept epoch is near enough to epoch {older}")
    return Refused("update-too-large", f"{detail}; ask for `to` {nearer} first", to=nearer)

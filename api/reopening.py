"""What witnesses know, asked once before a book is opened for writing: a restored backup is a fork that looks healthy.

A witness that cannot be reached says nothing and holds nothing up; it is asked again beside the replies (`asking.py`).
Only what a key of the log has signed counts, and none that was revoked. Source: DESIGN 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import httpx
import structlog

from ..ledger.checkpoint import Checkpoint, log_key, open_cosigned
from ..ledger.errors import Fenced, VerificationError
from ..ledger.leaf import Genesis
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.merkle import Frontier
from ..ledger.store.book import Book
from ..ledger.store.memory import log_keys_of
from ..ledger.store.sequencer import Writer
from ..ledger.store.witness_book import origin_hash
from .settings import WitnessAt

log = structlog.get_logger("suxin")

TIMEOUT_S: Final = 3.0  # of one witness; a start does not wait longer for who is not there
_STEP: Final = 65_536  # leaf hashes of one read


def shown_by(at: WitnessAt, origin: str, publics: Sequence[bytes]) -> Checkpoint | None:
    """The checkpoint that a witness has cosigned last, if a key of the log has signed it; None when it cannot be had."""
    try:
        with httpx.stream("GET", f"{at.url}/{origin_hash(origin)}/checkpoint", timeout=TIMEOUT_S) as answer:
            if answer.status_code != 200:
                return None
            data = b""
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > NOTE_BYTES_MAX:
                    return None
        return open_cosigned(data, origin, [log_key(origin, public) for public in publics]).checkpoint
    except (httpx.HTTPError, VerificationError) as error:
        log.warning("witness not asked at the start", witness=at.key.name, kind=type(error).__name__)
        return None


def confirm(book: Book, genesis: Genesis, writer: Writer, witnesses: Sequence[WitnessAt]) -> Writer:
    """Hold a book against its witnesses.

    Args:
        book: Not written to yet.
        genesis: Its first leaf.
        writer: Its key and marks.
        witnesses: To be asked, one after another.

    Returns:
        The writer; where the high-water mark is missing and a witness confirms the very size of the book, with that size
        accepted.

    Raises:
        Fenced: A witness shows a newer or another state that this log's key has signed.
    """
    size, origin = book.head().size, genesis.origin
    publics = log_keys_of(book, genesis).trusted()  # what a revoked key signs may be its thief's
    for at in witnesses:
        shown = shown_by(at, origin, publics)
        if shown is None:
            continue
        if shown.size > size:
            raise Fenced(
                f"this book ends at {size} leaves, but the witness {at.key.name} shows {shown.size}, signed by this log's key: "
                "it is an old copy. Signing on would fork it. Bring back the newer database"
            )
        if _root(book, shown.size) != shown.root:
            raise Fenced(
                f"the witness {at.key.name} shows another root at {shown.size} leaves, signed by this log's key: one of the "
                "two is a fork. Keep both notes and find out who signs with this key"
            )
        if shown.size == size and writer.accept_size is None and writer.highwater.read(origin, *publics) is None:
            log.warning("the high-water mark is missing; a witness confirms the size", witness=at.key.name, size=size)
            writer = replace(writer, accept_size=size)
    return writer


def _root(book: Book, size: int) -> bytes:
    frontier = Frontier()
    for first in range(0, size, _STEP):
        frontier.extend(book.leaf_hashes(first, min(first + _STEP, size) - 1))
    return frontier.root()

"""The monthly bulletin of a stored book: reads, never writes. `courier/bulletin.py` decides what it says."""

from __future__ import annotations

from functools import cache

from ..courier.bulletin import make_bulletin, month_of, tell
from ..courier.errors import CreditError
from ..ledger.directory import Directory
from ..ledger.entry import read_entry
from ..ledger.epoch import decode_epoch
from ..ledger.keys import SigningKey
from ..ledger.leaf import decode_genesis
from ..ledger.store.book import Book
from ..ledger.store.logtree import LogTree
from .recompute import state_at


def bulletin_of(url: str, month: str, key: SigningKey, at: int | None = None) -> bytes:
    """The bulletin of a month, bound to a published state of the book. The same month, state and key give the same bytes.

    Args:
        url: Database of the book.
        month: YYYY-MM.
        key: The publisher's.
        at: Size of a published state; the newest by default.

    Raises:
        CreditError: No month, no state of that size, or one of a time before the month was over.
        StoreError: The book is not there.
    """
    named = month_of(month)
    with Book.open(url) as book, book.snapshot() as reads:
        genesis = decode_genesis(reads.leaf(0))
        checkpoint = state_at(reads, genesis, at)
        size = checkpoint.size
        note = next(text for _, of, text in reads.checkpoints() if of == size)
        now_ms = decode_epoch(reads.leaf(size - 1)).time
        if now_ms < named.end_ms:
            raise CreditError(f"the state of size {size} is of a time before {month} was over in China", "", "--month")
        directory = Directory.of(genesis)
        for index, leaf in reads.directory_leaves():
            entry = read_entry(index, leaf)
            if index < size and entry.received_ms < named.end_ms:
                directory.fold(entry.statement, index, entry.received_ms)
        known = [one.actor for one in directory.actors.values() if one.role == "courier" and one.approved]
        files = {
            actor.removeprefix("uscc:"): [
                read_entry(index, leaf) for _, index, leaf in reads.stream_leaves(f"s:{actor}") if index < size
            ]
            for actor in known
        }
        told, tree = tell(files, named, now_ms), LogTree(reads)
        return make_bulletin(told, named, note, cache(reads.leaf), lambda index: tree.inclusion(index, size), size, key)

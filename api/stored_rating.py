"""The published ratings of a company in a stored book: reads, never writes, and scores nothing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..courier.dossier import dossier_of
from ..courier.errors import CreditError
from ..courier.published import Published, publications
from ..ledger.entry import read_entry
from ..ledger.epoch import decode_epoch
from ..ledger.errors import StoreError
from ..ledger.leaf import decode_genesis
from ..ledger.store.book import Book
from ..ledger.store.engine import file_of
from ..ledger.store.memory import open_directory


class Stored(NamedTuple):
    """Ratings of a company in a book.

    Attributes:
        publications: One a day, the newest last.
        disputed: Hashes of statements that are objected to, and not decided on yet.
    """

    publications: tuple[Published, ...]
    disputed: frozenset[str]


def stored_ratings(url: str, uscc: str) -> Stored:
    """Publications that stand in a book as of its newest checkpoint.

    Args:
        url: Database of the book.
        uscc: The company's code.

    Raises:
        CreditError: No publication of this company stands there.
        StoreError: The book is not there, or holds no checkpoint yet.
    """
    missing = file_of(url)
    if missing is not None and not Path(missing).exists():
        raise StoreError(f"there is no book at {missing}; --data names the data folder, --database a database")
    with Book.open(url) as book, book.snapshot() as reads:
        states = reads.checkpoints()
        if not states:
            raise StoreError("the book has no checkpoint yet")
        size = states[-1][1]
        now_ms = decode_epoch(reads.leaf(size - 1)).time
        directory = open_directory(reads, decode_genesis(reads.leaf(0)), size)
        entries = [read_entry(index, leaf) for _, index, leaf in reads.stream_leaves(f"s:uscc:{uscc}") if index < size]
    dossier = dossier_of(entries, now_ms)
    found = publications(dossier.publications, directory)
    if not found:
        raise CreditError("no publication of this company stands in the book; --recompute scores it from its entries", "", uscc)
    return Stored(found, frozenset(one.about for one in dossier.objections if one.outcome == "open"))

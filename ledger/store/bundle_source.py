"""A stored book as a source of bundles: one snapshot of the database, and the map and the tree at the published epoch.

The database may already be ahead of what is published; everything is cut at the published size. Source: DESIGN 3.3, 3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ..bundle_make import BatchLeaf, PublishedState, make_bundle
from ..encoding import unb64u
from ..errors import StoreError
from ..hashing import HASH_SIZE
from ..leaf import decode_batch
from ..map_proof import prove
from ..map_verify import MapProof
from .book import Book
from .sequencer import Published, Sequencer
from .streams import Reads
from .tables import KIND_BATCH

TRIES: Final = 2  # the map keeps its last epochs for minutes; who is slower than that starts again from a newer one

Openings = Callable[[bytes], Sequence[tuple[str, bytes, str]]]  # of a statement: pointer, salt, value


class EpochSource:
    """The book as of one published epoch, through one snapshot. For one thread.

    Args:
        reads: A snapshot taken after that epoch was published.
        published: The epoch.
        sequencer: Its tree and its map; asked for proofs only.
        vkey: The log's verifier key, given as a hint.
        openings: Values that may be shown.
    """

    def __init__(self, reads: Reads, published: Published, sequencer: Sequencer[Any], vkey: str, openings: Openings) -> None:
        self.state = PublishedState(published.note, published.size, vkey)
        self.openings = openings
        self._reads = reads
        self._epoch = published.epoch
        self._sequencer = sequencer

    def streams(self, names: Sequence[str]) -> Mapping[str, Sequence[tuple[int, bytes]]]:
        """Index and leaf of every entry of these streams.

        Raises:
            StoreError: A stream has a hole.
        """
        rows = {name: [(at, idx) for at, idx, _ in self._reads.stream_rows(name) if idx < self.state.size] for name in names}
        leaves = self._reads.leaves_at({idx for found in rows.values() for _, idx in found})
        for name, found in rows.items():
            if any(at != place or idx not in leaves for place, (at, idx) in enumerate(found)):
                raise StoreError(f"the stream {name[:2]} of this story has a hole")
        return {name: [(idx, leaves[idx]) for _, idx in found] for name, found in rows.items()}

    def leaf(self, index: int) -> bytes:
        """One leaf."""
        return self._reads.leaf(index)

    def inclusion(self, index: int) -> Sequence[bytes]:
        """Inclusion path of a leaf under the checkpoint."""
        return self._sequencer.tree.inclusion(index, self.state.size)

    def prove(self, keys: Iterable[bytes]) -> MapProof:
        """Map proof at the epoch.

        Raises:
            LookupError: The epoch is no longer kept.
        """
        wanted = list(keys)
        with self._sequencer.lock:
            return prove(self._sequencer.history.at(self._epoch), wanted)

    def batch_of(self, index: int, position: int, leaf: bytes) -> BatchLeaf:
        """The batch with this leaf hash: its entries follow its leaf at once, in order of their positions.

        Raises:
            StoreError: It does not stand where it must.
        """
        before = self._reads.entries(max(index - 1 - position, 0), index - 1)
        own = next((row.idx for row in before if row.kind == KIND_BATCH and row.leaf_hash == leaf), None)
        if own is None:
            raise StoreError(f"the batch of the entry at {index} is not before it")
        raw = self._reads.leaf(own)
        batch = decode_batch(raw)
        absent = {place: unb64u(name, HASH_SIZE) for place, name in batch.absent}
        present = (row.statement for row in self._reads.entries(own + 1, own + batch.header.size - len(absent)))
        statements = [absent[place] if place in absent else next(present, None) for place in range(batch.header.size)]
        found = [name for name in statements if name is not None]
        if len(found) != len(statements):
            raise StoreError(f"the batch at {own} has a hole")
        return BatchLeaf(raw, found)


def bundle_at(book: Book, sequencer: Sequencer[Any], subject: str, vkey: str, openings: Openings) -> bytes:
    """The bundle of an item or a waybill at the published epoch, from one snapshot.

    Args:
        book: The stored book.
        sequencer: Its writer.
        subject: `p:` of an item or `w:` of a waybill, whether the book has it or not.
        vkey: The log's verifier key.
        openings: Values that may be shown with a statement.

    Raises:
        VerificationError: `closure-too-large`, `bundle-too-large`.
        StoreError: The book has a hole, or the epochs pass faster than it can be read.
    """
    for _ in range(TRIES):
        published = sequencer.published
        assert published is not None
        with book.snapshot() as reads:
            try:
                return make_bundle(subject, EpochSource(reads, published, sequencer, vkey, openings))
            except LookupError:
                continue
    raise StoreError("epochs pass faster than this story can be read")

"""A stored book as a source of updates: the leaves of a range from one snapshot, and what is needed of one kept map.

The sequencer is asked for its map in small pieces, and waits for none of the work. Source: DESIGN 3.3; docs/adr/0004.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import StoreError
from ..merkle import frontier_of
from ..update_make import make_update
from .book import Book
from .sequencer import Sequencer
from .streams import Reads

PIECE: Final = 256  # nodes or buckets copied under the sequencer's lock at a time: about a millisecond


@dataclass(frozen=True, slots=True)
class Span:
    """From which epoch to which.

    Attributes:
        first: Index of the older epoch's leaf.
        epoch: Number of the newer epoch.
        size: Leaves under its checkpoint.
        note: Its checkpoint, with the cosignatures to be shown.
    """

    first: int
    epoch: int
    size: int
    note: str


class KeptMap:
    """The map at an epoch that the sequencer still keeps; reads like a `Map`.

    Args:
        sequencer: The book's writer.
        epoch: Number of the epoch.
    """

    def __init__(self, sequencer: Sequencer[Any], epoch: int) -> None:
        self.depth = sequencer.map.depth
        self._sequencer = sequencer
        self._epoch = epoch

    def nodes(self, places: Sequence[int]) -> list[bytes]:
        """As `Map.nodes`.

        Raises:
            LookupError: The epoch is no longer kept.
        """
        found: list[bytes] = []
        for piece in _pieces(places):
            with self._sequencer.lock:
                copied = self._sequencer.history.copy(self._epoch, places=piece)
            found += copied.nodes(piece)
        return found

    def buckets(self, slots: Sequence[int]) -> list[bytes]:
        """As `Map.buckets`.

        Raises:
            LookupError: The epoch is no longer kept.
        """
        found: list[bytes] = []
        for piece in _pieces(slots):
            with self._sequencer.lock:
                copied = self._sequencer.history.copy(self._epoch, slots=piece)
            found += copied.buckets(piece)
        return found


class StoredSpan:
    """A stored book between two of its epochs. For one thread.

    Args:
        reads: A snapshot taken after the newer epoch was published.
        sequencer: Tree and maps.
        span: The two epochs.
    """

    def __init__(self, reads: Reads, sequencer: Sequencer[Any], span: Span) -> None:
        self.note, self.first, self.size = span.note, span.first, span.size
        self.newer = KeptMap(sequencer, span.epoch)
        self._reads = reads
        self._tree = sequencer.tree

    def leaf(self, index: int) -> bytes:
        """One leaf."""
        return self._reads.leaf(index)

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        """Every leaf of the range."""
        return self._reads.leaves(self.first, self.size - 1)

    def path(self) -> Sequence[bytes]:
        """Complete subtrees before the range."""
        return frontier_of(self.first, self._tree.node).hashes

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        """Heads of streams after so many entries."""
        return self._reads.heads_at(wanted)


def update_at(book: Book, sequencer: Sequencer[Any], span: Span) -> bytes:
    """The update between two published epochs.

    Raises:
        LookupError: The map of the newer epoch is not kept, or no longer.
        VerificationError: `update-too-large`.
        StoreError: The book contradicts itself, or could not be read.
    """
    with sequencer.lock:
        sequencer.history.copy(span.epoch)  # before anything is read that would be for nothing
    with book.snapshot() as reads:
        try:
            return make_update(StoredSpan(reads, sequencer, span))
        except ValueError as error:
            raise StoreError(f"no update up to epoch {span.epoch}: {error}") from error


def _pieces(wanted: Sequence[int]) -> Iterable[Sequence[int]]:
    return (wanted[first : first + PIECE] for first in range(0, len(wanted), PIECE))

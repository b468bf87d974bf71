"""A stored book as a source of bundles: one snapshot of the database, and the map and the tree at the published epoch.

The database may already be ahead of what is published; everything is cut at the published size. Source: DESIGN 3.3, 3.4.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ..bundle_make import BatchLeaf, PublishedState, make_bundle
from ..encoding import unb64u
from ..errors import StoreError, VerificationError
from ..hashing import HASH_SIZE, leaf_hash
from ..leaf import decode_batch
from ..limits import BUNDLE_LISTED_MAX
from ..map_history import MapHistory
from ..map_proof import prove
from ..map_verify import MapProof
from ..merkle import inclusion_path, nodes_of, root_of
from .book import Book
from .logtree import TILE_LEVELS, TILE_WIDTH, LogTree
from .sequencer import Published, Sequencer
from .streams import Reads

TRIES: Final = 2  # the map keeps its last epochs for minutes; who is slower than that starts again from a newer one

PATHS_KEPT: Final = 16  # of genesis and epoch leaves, a few hundred bytes each
BATCHES_KEPT: Final = 64  # with their trees, about 130 KB each at 1,000 rows


class Proofs(Protocol):
    """What proves things of a published epoch: a sequencer, or a `stored_epoch.StoredEpoch`."""

    @property
    def tree(self) -> LogTree:
        """The log's tree."""
        ...

    @property
    def history(self) -> MapHistory:
        """The map, at this epoch among others."""
        ...

    @property
    def lock(self) -> AbstractContextManager[Any, Any]:
        """Held while the map is read."""
        ...


Openings = Callable[[bytes], Sequence[tuple[str, bytes, str]]]


@dataclass(frozen=True, slots=True)
class Extras:
    """What a bundle holds besides what the log holds.

    Attributes:
        vkey: The log's verifier key, given as a hint.
        openings: For a statement the values that may be shown with it: pointer, salt, value.
        cosigned: A checkpoint's note with the cosignatures that have come in.
    """

    vkey: str
    openings: Openings
    cosigned: Callable[[str], str] = str


class KeptBatches:
    """The batches that were asked for last, by leaf hash: many parcels are scanned under one, and none ever changes."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._batches: OrderedDict[bytes, BatchLeaf] = OrderedDict()
        self._lock = threading.Lock()  # guards the batches: requests are served by many threads

    def get(self, leaf: bytes) -> BatchLeaf | None:
        """A batch, if it is kept."""
        with self._lock:
            if leaf in self._batches:
                self._batches.move_to_end(leaf)
            return self._batches.get(leaf)

    def put(self, leaf: bytes, batch: BatchLeaf) -> None:
        """Keep a batch, in the place of the one that was not asked for longest."""
        with self._lock:
            self._batches[leaf] = batch
            while len(self._batches) > self._bound:
                self._batches.popitem(last=False)

    def count(self) -> int:
        """How many are kept."""
        return len(self._batches)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._batches.clear()


KEPT: Final = KeptBatches(BATCHES_KEPT)


class KeptPaths:
    """Inclusion paths under the newest roots. A path is what a root says of a leaf, so it never changes."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._paths: OrderedDict[tuple[bytes, int], Sequence[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, root: bytes, index: int, make: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
        """The path of a leaf under a root; may be made twice where two threads ask at once."""
        with self._lock:
            found = self._paths.get((root, index))
        if found is None:
            found = make()
            with self._lock:
                self._paths[root, index] = found
                while len(self._paths) > self._bound:
                    self._paths.popitem(last=False)
        return found


PATHS: Final = KeptPaths(PATHS_KEPT)


class EpochSource:
    """The book as of one published epoch, through one snapshot. For one thread.

    Args:
        reads: A snapshot taken after that epoch was published.
        published: The epoch.
        proofs: Its tree and its map.
        extras: What the book itself does not hold.
    """

    def __init__(self, reads: Reads, published: Published, proofs: Proofs, extras: Extras) -> None:
        self.state = PublishedState(extras.cosigned(published.note), published.size, extras.vkey)
        self.openings = extras.openings
        self._reads = reads
        self._epoch = published.epoch
        self._root = published.root
        self._proofs = proofs
        self._listed = 0  # entries, one that stands in several streams as often
        self._edge: list[bytes] = []  # leaf hashes of the last tile, where it is not full

    def streams(self, names: Sequence[str]) -> Mapping[str, Sequence[tuple[int, bytes]]]:
        """Index and leaf of every entry of these streams.

        Raises:
            StoreError: A stream has a hole.
            VerificationError: `bundle-too-large`, before any of them is read.
        """
        tails = self._reads.find_streams(names)
        self._listed += sum(tail.count for tail in tails.values())
        if self._listed > BUNDLE_LISTED_MAX:
            raise VerificationError("bundle-too-large", f"the streams of this story list {self._listed} entries")
        rows = {name: [row for row in whole if row[1] < self.state.size] for name, whole in self._reads.rows_of(tails).items()}
        leaves = self._reads.leaves_at({idx for found in rows.values() for _, idx in found})
        for name, found in rows.items():
            if any(at != place or idx not in leaves for place, (at, idx) in enumerate(found)):
                raise StoreError(f"the stream {name[:2]} of this story has a hole")
        return {name: [(idx, leaves[idx]) for _, idx in found] for name, found in rows.items()}

    def leaf(self, index: int) -> bytes:
        """One leaf."""
        return self._reads.leaf(index)

    def inclusion(self, index: int) -> Sequence[bytes]:
        """Inclusion path of a leaf under the checkpoint; the same two are asked for by every bundle of an epoch."""
        return PATHS.get(self._root, index, lambda: inclusion_path(index, self.state.size, self._node))

    def prove(self, keys: Iterable[bytes]) -> MapProof:
        """Map proof at the epoch.

        Raises:
            LookupError: The epoch is no longer kept.
        """
        wanted = list(keys)
        with self._proofs.lock:
            return prove(self._proofs.history.at(self._epoch), wanted)

    def batch_of(self, index: int, position: int, leaf: bytes) -> BatchLeaf:
        """The batch with this leaf hash: its entries follow its leaf at once, in order of their positions.

        Raises:
            StoreError: It does not stand where it must.
        """
        kept = KEPT.get(leaf)
        if kept is None:
            kept = self._read_batch(index, position, leaf)
            KEPT.put(leaf, kept)
        return kept

    def _read_batch(self, index: int, position: int, leaf: bytes) -> BatchLeaf:
        own = self._reads.last_batch(max(index - 1 - position, 0), index - 1)
        raw = b"" if own is None else self._reads.leaf(own)
        if own is None or leaf_hash(raw) != leaf:
            raise StoreError(f"the batch of the entry at {index} is not before it")
        batch = decode_batch(raw)
        absent = {place: unb64u(name, HASH_SIZE) for place, name in batch.absent}
        present = self._reads.statement_hashes(own + 1, own + batch.header.size - len(absent))
        if len(present) + len(absent) != batch.header.size:
            raise StoreError(f"the batch at {own} has a hole")
        rest, size = iter(present), batch.header.size
        return BatchLeaf(raw, size, nodes_of([absent[place] if place in absent else next(rest) for place in range(size)]))

    def _node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree; where its tile still grows, from the snapshot, which is read once."""
        tile = (index << level) // TILE_WIDTH
        if level >= TILE_LEVELS or (tile + 1) * TILE_WIDTH <= self.state.size:
            return self._proofs.tree.node(level, index)
        first = tile * TILE_WIDTH
        if not self._edge:
            self._edge = self._reads.leaf_hashes(first, self.state.size - 1)
        return root_of(self._edge[(index << level) - first : ((index + 1) << level) - first])


def bundle_at(book: Book, sequencer: Sequencer[Any], subject: str, extras: Extras) -> bytes:
    """The bundle of an item or a waybill at the published epoch, from one snapshot.

    Args:
        book: The stored book.
        sequencer: Its writer.
        subject: `p:` of an item or `w:` of a waybill, whether the book has it or not.
        extras: What the book itself does not hold.

    Raises:
        VerificationError: `closure-too-large`, `bundle-too-large`.
        StoreError: The book has a hole, or the epochs pass faster than it can be read.
    """
    for _ in range(TRIES):
        published = sequencer.published
        assert published is not None
        with book.snapshot() as reads:
            try:
                return make_bundle(subject, EpochSource(reads, published, sequencer, extras))
            except LookupError:
                continue
    raise StoreError("epochs pass faster than this story can be read")

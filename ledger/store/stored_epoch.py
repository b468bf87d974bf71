"""A stored book as of its newest checkpoint, for who proves from it without writing to it: the tree and the map, made anew.

Nothing is taken from the database on trust: the root and the map root that come out must be those that were signed.
"""

from __future__ import annotations

import threading
from typing import Final

from ..epoch import decode_epoch
from ..errors import StoreError, VerificationError
from ..leaf import decode_genesis
from ..log_keys import open_signed
from ..map import Map
from ..map_hash import map_key
from ..map_history import MapHistory
from .logtree import LogTree
from .memory import log_keys_of
from .sequencer import Published
from .streams import Reads

_AGAIN: Final = "the newest epoch of the book is not signed yet; try again in a moment"


class StoredEpoch:
    """What `bundle_source.EpochSource` asks proofs of.

    Attributes:
        reads: The snapshot that everything is read from; usable as long as the caller keeps it open.
        genesis: Leaf 0.
        published: The newest checkpoint.
        epoch: Its epoch leaf.
        log_keys: Keys of the log in force there, 32 bytes each, the leading one first.
        tree: The log's tree.
        history: The map, of this epoch only.
        lock: Guards nothing here; a writer's does.
    """

    def __init__(self, reads: Reads) -> None:
        """Read every leaf hash and the tail of every stream.

        Raises:
            StoreError: There is no checkpoint yet, the newest epoch is not signed yet, or the book is not what was signed.
        """
        self.reads = reads
        self.genesis = decode_genesis(reads.leaf(0))
        latest = reads.latest_checkpoint()
        if latest is None:
            raise StoreError("the book has no checkpoint yet; start `suxin serve` once")
        number, size, note = latest
        if reads.head().size != size:
            raise StoreError(_AGAIN)
        try:
            keys = log_keys_of(reads, self.genesis)
            checkpoint = open_signed(note, self.genesis.origin, keys)
            self.epoch = decode_epoch(reads.leaf(size - 1))
            self.log_keys = keys.signing(size, self.epoch.time)
        except VerificationError as error:
            raise StoreError(f"the newest checkpoint does not hold: {error}; run `suxin verify`") from error
        self.tree = LogTree(reads)
        records = ((map_key(name), count, head) for name, count, head in reads.all_stream_tails())
        self.history = MapHistory(Map.from_records(self.genesis.depth, records), number)
        self.lock = threading.Lock()
        if (checkpoint.size, checkpoint.root) != (size, self.tree.frontier.root()):
            raise StoreError("the leaves do not give the root that was signed; run `suxin verify`")
        if self.epoch.map_root != self.history.at(number).root:
            raise StoreError("the streams do not give the map root that was signed; run `suxin verify`")
        self.published = Published(number, size, checkpoint.root, note, self.epoch.time)

"""The buckets of the map: sorted records and the RFC 6962 tree over each bucket's record hashes, in three flat arrays.

A bucket of n records owns n rows of `rows` and, in `trees`, all levels of its tree from the record hashes up to the
root: n, ⌈n/2⌉, ⌈n/4⌉ … 1 hashes, an odd last one standing again on the level above. So a changed record costs one hash
a level, and a bucket that grows or shrinks moves to a region of its new size; the old one is kept for the next bucket
of that size. Not safe for threads: the owner's lock guards every call. Source: DESIGN 3.3; docs/formats/map.md.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .hashing import EMPTY_ROOT, HASH_SIZE, MAP_BUCKET_TAG

Digests: TypeAlias = npt.NDArray[np.void]  # 32 bytes each
Rows: TypeAlias = npt.NDArray[np.uint64]  # (m, 9) big-endian words: 4 of key, 1 of count, 4 of head
Numbers: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]

DIGEST = np.dtype("V32")
WORD = np.dtype(">u8")
ROW_WORDS = 9  # 72 bytes: key ‖ u64 count ‖ head, the bytes that are hashed
COUNT = 4  # column of the count


class Changed(NamedTuple):
    """What `Buckets.apply` did."""

    slots: Numbers  # buckets that were touched, ascending
    hashes: Digests  # their new bucket hashes
    before: Rows  # for each change the row that stood there; count 0 where none did


def hash_each(tag: bytes, raw: bytes, size: int) -> Digests:
    """SHA-256(tag ‖ part) for every `size` bytes of `raw`. Copying a begun hash is the fastest way hashlib has."""
    copy = sha256(tag).copy
    digests = []
    for part in np.frombuffer(raw, f"V{size}").tolist():
        state = copy()
        state.update(part)
        digests.append(state.digest())
    return np.frombuffer(b"".join(digests), DIGEST)


def spread(starts: Numbers, sizes: Numbers) -> Numbers:
    """The numbers start, start + 1 … start + size − 1 of each region, one region after another."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)


def tree_sizes(sizes: Numbers) -> Numbers:
    """Hashes in the tree of a bucket with so many records, all levels together."""
    total, width = sizes.copy(), sizes
    while (width > 1).any():
        width = np.where(width > 1, (width + 1) >> 1, 0)
        total += width
    return total


class Buckets:
    """All buckets of one map.

    Args:
        depth: Bits of a key that name its bucket, 1 to 32; 2**depth buckets take 24 bytes each even when empty.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sizes: Numbers = np.zeros(1 << depth, np.int64)
        self._starts: Numbers = np.zeros(1 << depth, np.int64)
        self._roots: Numbers = np.zeros(1 << depth, np.int64)  # first hash of each tree
        self._rows: Rows = np.empty((0, ROW_WORDS), WORD)
        self._trees: Digests = np.empty(0, DIGEST)
        self._rows_used = 0
        self._trees_used = 0
        self._free: dict[int, list[tuple[int, int]]] = {}  # by size, regions that a bucket has left

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays, free regions included."""
        return self._rows.nbytes + self._trees.nbytes + 3 * self.sizes.nbytes

    def slots(self, rows: Rows) -> Numbers:
        """Bucket number of each row."""
        return (rows[:, 0].astype(np.uint64) >> np.uint64(64 - self.depth)).astype(np.int64)

    def records(self, slot: int) -> bytes:
        """Records of a bucket in key order, 72 bytes each: key ‖ u64be count ‖ head."""
        start = int(self._starts[slot])
        return self._rows[start : start + int(self.sizes[slot])].tobytes()

    def apply(self, changes: Rows) -> Changed:
        """Set records; a count of 0 takes the record out.

        Args:
            changes: Rows in strictly ascending key order, at least one.
        """
        owner_slots = self.slots(changes)
        first = np.append(True, owner_slots[1:] != owner_slots[:-1])
        slots, owner = owner_slots[first], np.cumsum(first) - 1
        sizes = self.sizes[slots]
        rows = spread(self._starts[slots], sizes)
        places, found = self._find(rows, changes)

        before = np.zeros_like(changes)
        before[:, :COUNT] = changes[:, :COUNT]
        before[found] = self._rows[rows[places[found]]]
        kept = changes[:, COUNT] != 0
        leaves = np.zeros(len(changes), DIGEST)
        leaves[kept] = hash_each(b"\x00", changes[kept].tobytes(), changes.itemsize * ROW_WORDS)

        update = found & kept
        self._rows[rows[places[update]]] = changes[update]
        local = places - (np.cumsum(sizes) - sizes)[owner]
        self._trees[self._roots[owner_slots[update]] + local[update]] = leaves[update]

        moving = np.zeros(len(slots), np.bool_)
        moving[owner[found != kept]] = True
        if moving.any():
            self._move(slots, moving, owner, places, found, kept, changes, leaves)
        still = update & ~moving[owner]
        moved = slots[moving]
        bases = np.append(self._roots[owner_slots[still]], np.repeat(self._roots[moved], self.sizes[moved]))
        inner = np.append(local[still], spread(np.zeros(len(moved), np.int64), self.sizes[moved]))
        self._rehash(bases, inner, np.append(self.sizes[owner_slots[still]], np.repeat(self.sizes[moved], self.sizes[moved])))
        return Changed(slots, self._hashes(slots), before)

    def _find(self, rows: Numbers, changes: Rows) -> tuple[Numbers, Marks]:
        """For each change its place among `rows` (which are in key order), and whether its key already stands there."""
        heads = self._rows[rows, 0].astype(np.uint64)
        wanted = changes[:, 0].astype(np.uint64)
        places = np.searchsorted(heads, wanted).astype(np.int64)
        found = np.zeros(len(changes), np.bool_)
        near = np.flatnonzero(places < len(rows))
        near = near[heads[places[near]] == wanted[near]]
        found[near] = (self._rows[rows[places[near]], :COUNT] == changes[near, :COUNT]).all(axis=1)
        for number in near[~found[near]]:  # another key with the same first 64 bits: somebody worked for that
            key, place = changes[number, :COUNT].tobytes(), int(places[number])
            while place < len(rows) and self._rows[rows[place], :COUNT].tobytes() < key:
                place += 1
            places[number] = place
            found[number] = place < len(rows) and self._rows[rows[place], :COUNT].tobytes() == key
        return places, found

    def _move(
        self,
        slots: Numbers,
        moving: Marks,
        owner: Numbers,
        places: Numbers,
        found: Marks,
        kept: Marks,
        changes: Rows,
        leaves: Digests,
    ) -> None:
        """Give every bucket that gains or loses records a region of its new size, and write its rows and record hashes."""
        insert, delete = kept & ~found, found & ~kept
        sizes = self.sizes[slots]
        stay = np.repeat(moving, sizes)  # per old row of the touched buckets, first whether its bucket moves at all
        stay[places[delete]] = False
        old = np.flatnonzero(stay)
        # Old row i sorts as 2i + 1, a record inserted before it as 2i; equal numbers are already in key order.
        order = np.argsort(np.append(2 * old + 1, 2 * places[insert]), kind="stable")
        rows = np.append(self._rows[spread(self._starts[slots], sizes)[old]], changes[insert], axis=0)[order]
        hashes = np.append(self._trees[spread(self._roots[slots], sizes)[old]], leaves[insert])[order]

        gain = np.bincount(owner[insert], minlength=len(slots)) - np.bincount(owner[delete], minlength=len(slots))
        moved, grown = slots[moving], (sizes + gain)[moving]
        self._allocate(moved, grown)
        self._rows[spread(self._starts[moved], grown)] = rows
        self._trees[spread(self._roots[moved], grown)] = hashes

    def _allocate(self, slots: Numbers, sizes: Numbers) -> None:
        """Free the regions of these buckets and give them others; what stood in the old ones has been copied."""
        regions = zip(self.sizes[slots].tolist(), self._starts[slots].tolist(), self._roots[slots].tolist(), strict=True)
        for size, start, root in regions:
            if size:
                self._free.setdefault(size, []).append((start, root))
        starts, roots = [], []
        for size, tree in zip(sizes.tolist(), tree_sizes(sizes).tolist(), strict=True):
            spare = self._free.get(size)
            if spare:
                start, root = spare.pop()
            else:
                start, root = self._rows_used, self._trees_used
                self._rows_used, self._trees_used = start + size, root + tree
            starts.append(start)
            roots.append(root)
        self.sizes[slots], self._starts[slots], self._roots[slots] = sizes, starts, roots
        # A sixteenth of slack: fewer reallocations, and the operating system moves pages instead of copying them.
        if self._rows_used > len(self._rows):
            self._rows.resize((self._rows_used + self._rows_used // 16, ROW_WORDS), refcheck=False)
        if self._trees_used > len(self._trees):
            self._trees.resize(self._trees_used + self._trees_used // 16, refcheck=False)

    def _rehash(self, bases: Numbers, places: Numbers, widths: Numbers) -> None:
        """Make the tree levels above changed record hashes anew, all buckets side by side.

        Args:
            bases: For each changed hash the start of its level in `trees`.
            places: Its place in that level; ascending within one bucket.
            widths: The number of hashes on that level.
        """
        while True:
            live = widths > 1
            bases, places, widths = bases[live], places[live] >> 1, widths[live]
            if not len(bases):
                return
            fresh = np.append(True, (bases[1:] != bases[:-1]) | (places[1:] != places[:-1]))
            bases, places, widths = bases[fresh], places[fresh], widths[fresh]
            left = bases + 2 * places
            joined = self._trees[left]  # an odd last hash rises as it is
            twin = 2 * places + 1 < widths
            pairs = np.stack((left[twin], left[twin] + 1), axis=1)
            joined[twin] = hash_each(b"\x01", self._trees.take(pairs).tobytes(), 2 * HASH_SIZE)
            bases = bases + widths
            self._trees[bases + places] = joined
            widths = (widths + 1) >> 1

    def _hashes(self, slots: Numbers) -> Digests:
        sizes = self.sizes[slots]
        roots = np.full(len(slots), np.frombuffer(EMPTY_ROOT, DIGEST))
        full = sizes > 0
        roots[full] = self._trees[(self._roots[slots] + tree_sizes(sizes) - 1)[full]]
        parts = np.empty((len(slots), 4 + HASH_SIZE), np.uint8)
        parts[:, :4] = sizes.astype(">u4").view(np.uint8).reshape(-1, 4)
        parts[:, 4:] = roots.view(np.uint8).reshape(-1, HASH_SIZE)
        return hash_each(MAP_BUCKET_TAG, parts.tobytes(), 4 + HASH_SIZE)

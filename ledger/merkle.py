"""RFC 6962 tree, the writer's side: roots and the paths of inclusion, consistency and range proofs.

Paths are drawn from a getter `node(level, index)`: the hash of the complete subtree over the leaves index·2^level up to
(index+1)·2^level, wherever it is stored. What checks the paths is `proof.py`, which shares no code with this module but
the node hash. Source: RFC 6962 section 2.1, docs/formats/log.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from .hashing import EMPTY_ROOT, HASH_SIZE, node_hash

NodeGetter: TypeAlias = Callable[[int, int], bytes]


class Frontier:
    """A growing tree, as the roots of its maximal complete subtrees from left to right: at most 64 hashes.

    Args:
        size: Number of leaves so far.
        hashes: One hash for each bit that is set in `size`, highest bit first.
    """

    __slots__ = ("_size", "_stack")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self._size = size
        self._stack = list(hashes)
        if size < 0 or size.bit_count() != len(self._stack) or any(len(part) != HASH_SIZE for part in self._stack):
            raise ValueError(f"{len(self._stack)} subtrees cannot hold {size} leaves")

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """What `Frontier(size, hashes)` needs to go on from here."""
        return tuple(self._stack)

    def copy(self) -> Frontier:
        """The same tree, to be grown on its own."""
        return Frontier(self._size, self._stack)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        stack, merges = self._stack, self._size
        while merges & 1:  # every trailing one bit is a complete subtree that now gets its right brother
            leaf = sha256(b"\x01" + stack.pop() + leaf).digest()
            merges >>= 1
        stack.append(leaf)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Root over all leaves so far; SHA-256 of nothing for the empty tree."""
        return _fold(self._stack) if self._stack else EMPTY_ROOT


def frontier_of(size: int, node: NodeGetter) -> Frontier:
    """The frontier of the first `size` leaves of a stored tree."""
    return Frontier(size, _complete(0, size, node))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; SHA-256 of nothing for none."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        if len(row) & 1:
            paired.append(row[-1])  # an odd last node rises as it is: the same tree as RFC 6962's split
        row = paired
    return row[0]


def nodes_of(leaves: Sequence[bytes]) -> NodeGetter:
    """All complete subtrees of a small tree held in memory: a batch, the contents of a parcel, a bucket."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)])
    return lambda level, index: rows[level][index]


def inclusion_path(index: int, size: int, node: NodeGetter) -> list[bytes]:
    """Path of the leaf at `index` in the tree of `size` leaves: its sibling first, the root's child last.

    Raises:
        ValueError: When there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(first, middle, node))
            first = middle
    path.reverse()
    return path


def consistency_path(old: int, new: int, node: NodeGetter) -> list[bytes]:
    """Proof that the tree of `new` leaves begins with the tree of `old` leaves; empty when old is 0 or new.

    Raises:
        ValueError: When old is not within 0 and new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {old} leaves in one of {new}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    first, end = 0, new
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(first, middle, node))
            first = middle
    if first:  # the verifier holds the old root; it needs this subtree only when that is not the whole old tree
        path.append(_subtree(first, end, node))
    path.reverse()
    return path


def range_path(first: int, last: int, size: int, node: NodeGetter) -> list[bytes]:
    """Hashes of the largest subtrees that hold no leaf of `first` to `last`, from left to right.

    Those on the left are the complete subtrees of the first `first` leaves; those on the right are RFC 6962's own
    subtrees, the last of which may be incomplete. At most 2·log2(size) hashes.

    Args:
        first: Index of the first leaf of the range.
        last: Index of its last leaf, itself in the range.
        size: Number of leaves of the tree.
        node: Getter of complete subtrees.

    Raises:
        ValueError: When there is no such range.
    """
    if not 0 <= first <= last < size:
        raise ValueError(f"no leaves {first} to {last} in a tree of {size}")
    right: list[bytes] = []
    begin, end = 0, size
    while end - 1 > last:  # down towards the leaf at `last`; what is cut off on its right is outside
        middle = begin + _split(end - begin)
        if last < middle:
            right.append(_subtree(middle, end, node))
            end = middle
        else:
            begin = middle
    return _complete(0, first, node) + right[::-1]


def _split(width: int) -> int:
    """Largest power of two below `width`: where RFC 6962 parts a tree."""
    return 1 << (width - 1).bit_length() - 1


def _complete(first: int, end: int, node: NodeGetter) -> list[bytes]:
    """Complete subtrees of the leaves from `first` to before `end`, the widest first.

    `first` is a multiple of every width that comes out, since it is 0 or a split of a tree that reaches to `end`.
    """
    parts: list[bytes] = []
    while first < end:
        level = (end - first).bit_length() - 1
        parts.append(node(level, first >> level))
        first += 1 << level
    return parts


def _subtree(first: int, end: int, node: NodeGetter) -> bytes:
    return _fold(_complete(first, end, node))


def _fold(parts: Sequence[bytes]) -> bytes:
    """Root of a tree from its complete subtrees: the narrow ones on the right are joined first."""
    root = parts[-1]
    for part in reversed(parts[:-1]):
        root = node_hash(part, root)
    return root

"""Verification of RFC 6962 proofs, and nothing else. This file is meant to be audited on its own.

Indices count from 0; sizes are numbers of leaves and come from a signed checkpoint only: no proof binds the size by
itself. Every hash must have 32 bytes, since a node hash of parts of other lengths could be read in two ways.
Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2; docs/formats/log.md for ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .errors import VerificationError
from .hashing import EMPTY_ROOT, HASH_SIZE, node_hash
from .limits import TREE_HEIGHT_MAX


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is at `index` in the tree of `size` leaves.

    Args:
        leaf: Leaf hash, 32 bytes.
        index: Position from 0; must be below size.
        size: Number of leaves, from a checkpoint.
        path: Hashes from the leaf's sibling up to the root's child; the exact number is checked.
        root: Root hash, from the same checkpoint.

    Raises:
        VerificationError: `inclusion-invalid`.
    """
    code = "inclusion-invalid"
    _need(0 <= index < size, code, f"index {index} in a tree of {size}")
    _need_hashes((leaf, root, *path), code)
    place, last, result = index, size - 1, leaf
    for sibling in path:
        _need(last > 0, code, "more hashes than levels")
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            while place and not place & 1:  # on the right edge a node rises alone past levels without a left sibling
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        place, last = place >> 1, last >> 1
    _need(last == 0, code, "fewer hashes than levels")
    _need(result == root, code, "the path does not lead to the root")


def verify_consistency(old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the newer tree begins with all leaves of the older one.

    Args:
        old_size: Number of leaves of the older tree, from its checkpoint.
        new_size: Number of leaves of the newer tree, from its checkpoint; not below old_size.
        path: RFC 6962 consistency proof; empty when the sizes are equal, or the older is 0: all trees extend the empty one.
        old_root: Root hash of the older tree.
        new_root: Root hash of the newer tree.

    Raises:
        VerificationError: `consistency-invalid`.
    """
    code = "consistency-invalid"
    _need(0 <= old_size <= new_size, code, f"from {old_size} to {new_size} leaves")
    _need(old_size > 0 or old_root == EMPTY_ROOT, code, "the empty tree has another root")
    if old_size in (0, new_size):
        _need(not path, code, "a path where none is due")
        _need(old_size < new_size or old_root == new_root, code, "two roots of one size")
        _need(old_size == new_size or len(new_root) == HASH_SIZE, code, "a newer root that is no hash")
        return
    _need_hashes((old_root, new_root, *path), code)
    _need(len(path) > 0, code, "no path")
    # A complete older tree is itself the lowest subtree; its root is then left out of the path.
    start, *rest = path if old_size & (old_size - 1) else (old_root, *path)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = start
    for sibling in rest:
        _need(last > 0, code, "more hashes than levels")
        if place & 1 or place == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        place, last = place >> 1, last >> 1
    _need(last == 0, code, "fewer hashes than levels")
    _need(older == old_root, code, "the path does not lead to the older root")
    _need(newer == new_root, code, "the path does not lead to the newer root")


def root_from_range(first: int, leaves: Sequence[bytes], size: int, path: Sequence[bytes]) -> bytes:
    """Root of the tree of `size` leaves in which `leaves` stand from `first` on, one after another.

    Time and memory are bounded by the lengths of `leaves` and `path`, whatever `size` says.

    Args:
        first: Index of the first leaf of the range.
        leaves: Leaf hashes of the whole range, at least one.
        size: Number of leaves of the tree, from a checkpoint.
        path: Hashes of the largest subtrees without a leaf of the range, from left to right.

    Returns:
        The root; to be compared with the checkpoint's, as `verify_range` does.

    Raises:
        VerificationError: `range-invalid` when range or number of hashes cannot be right.
    """
    code = "range-invalid"
    end = first + len(leaves)
    _need(len(leaves) > 0 and first >= 0 and end <= size, code, f"leaves {first} to before {end} in a tree of {size}")
    _need(size < 1 << TREE_HEIGHT_MAX, code, "a size beyond every log")
    _need_hashes((*leaves, *path), code)
    outside = iter(path)
    root = _build(0, size, first, leaves, outside)
    _need(next(outside, None) is None, code, "more hashes than subtrees outside the range")
    return root


def verify_range(first: int, leaves: Sequence[bytes], size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that `leaves` are all the leaves from `first` on, as far as they reach, of the tree with this root.

    Raises:
        VerificationError: `range-invalid`.
    """
    _need(root_from_range(first, leaves, size, path) == root, "range-invalid", "the range does not lead to the root")


def _build(begin: int, end: int, first: int, leaves: Sequence[bytes], outside: Iterator[bytes]) -> bytes:
    """Hash of the subtree over the leaves from `begin` to before `end`; goes at most log2(size) deep."""
    if end <= first or begin >= first + len(leaves):
        subtree = next(outside, None)
        if subtree is None:
            raise VerificationError("range-invalid", "fewer hashes than subtrees outside the range")
        return subtree
    if end - begin == 1:
        return leaves[begin - first]
    middle = begin + (1 << (end - begin - 1).bit_length() - 1)
    left = _build(begin, middle, first, leaves, outside)
    return node_hash(left, _build(middle, end, first, leaves, outside))


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)


def _need_hashes(hashes: Sequence[bytes], code: str) -> None:
    _need(all(len(part) == HASH_SIZE for part in hashes), code, f"a hash that has not {HASH_SIZE} bytes")

"""Trees of every size up to 130, against RFC 6962's own recursive definitions, and proofs that were tampered with."""

from __future__ import annotations

import functools
import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import (
    Frontier,
    consistency_path,
    frontier_of,
    inclusion_path,
    nodes_of,
    range_path,
    root_of,
)
from suxin.ledger.proof import root_from_range, verify_consistency, verify_inclusion, verify_range

SIZE_MAX = 130
ENTRIES = [str(i).encode() for i in range(SIZE_MAX)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = nodes_of(LEAVES)


def split(width: int) -> int:
    return max(1 << i for i in range(8) if 1 << i < width)


@functools.cache
def tree_head(first: int, end: int) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if first == end:
        return hashlib.sha256(b"").digest()
    if end - first == 1:
        return hashlib.sha256(b"\x00" + ENTRIES[first]).digest()
    k = split(end - first)
    return hashlib.sha256(b"\x01" + tree_head(first, first + k) + tree_head(first + k, end)).digest()


def path(m: int, first: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if end - first == 1:
        return []
    k = split(end - first)
    if m < k:
        return [*path(m, first, first + k), tree_head(first + k, end)]
    return [*path(m - k, first + k, end), tree_head(first, first + k)]


def subproof(m: int, first: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if m == end - first:
        return [] if whole else [tree_head(first, end)]
    k = split(end - first)
    if m <= k:
        return [*subproof(m, first, first + k, whole), tree_head(first + k, end)]
    return [*subproof(m - k, first + k, end, False), tree_head(first, first + k)]


def outside(first: int, last: int, begin: int, end: int) -> list[bytes]:
    """Largest subtrees of MTH's own split that hold no leaf of the range."""
    if end <= first or begin > last:
        return [tree_head(begin, end)]
    if end - begin == 1:
        return []
    k = split(end - begin)
    return [*outside(first, last, begin, begin + k), *outside(first, last, begin + k, end)]


@pytest.mark.parametrize("size", range(SIZE_MAX + 1))
def test_roots_and_inclusion_at_every_size(size: int) -> None:
    root = tree_head(0, size)
    frontier = Frontier()
    frontier.extend(LEAVES[:size])
    assert frontier.size == size
    assert frontier.root() == root == root_of(LEAVES[:size])
    assert frontier_of(size, NODES).hashes == frontier.hashes
    assert Frontier(size, frontier.hashes).root() == root
    for index in range(size):
        proof = inclusion_path(index, size, NODES)
        assert proof == path(index, 0, size)
        verify_inclusion(LEAVES[index], index, size, proof, root)


@pytest.mark.parametrize("new", range(SIZE_MAX + 1))
def test_consistency_at_every_pair_of_sizes(new: int) -> None:
    for old in range(new + 1):
        proof = consistency_path(old, new, NODES)
        assert proof == (subproof(old, 0, new, True) if old else [])
        verify_consistency(old, new, proof, tree_head(0, old), tree_head(0, new))


def check_ranges(size: int, bounds: list[tuple[int, int]]) -> None:
    for first, last in bounds:
        proof = range_path(first, last, size, NODES)
        assert proof == outside(first, last, 0, size)
        assert root_from_range(first, LEAVES[first : last + 1], size, proof) == tree_head(0, size)
        verify_range(first, LEAVES[first : last + 1], size, proof, tree_head(0, size))


@pytest.mark.parametrize("size", range(1, 41))
def test_every_range_at_every_size(size: int) -> None:
    check_ranges(size, [(first, last) for first in range(size) for last in range(first, size)])


@pytest.mark.parametrize("size", [63, 64, 65, 127, 128, 129, 130])
def test_ranges_of_larger_trees(size: int) -> None:
    edges = sorted({0, 1, 2, 31, 32, 33, 62, 63, 64, 65, 100, size - 2, size - 1} & set(range(size)))
    check_ranges(size, [(first, last) for first in edges for last in edges if first <= last])


def test_a_frontier_goes_on_where_it_stopped_and_copies_do_not_share() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES):
        other = frontier.copy()
        other.append(bytes(32))
        assert frontier.root() == tree_head(0, size)
        frontier.append(leaf)


@pytest.mark.parametrize(("size", "hashes"), [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (1, [bytes(31)]), (-1, [bytes(32)])])
def test_a_frontier_needs_the_subtrees_of_its_size(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Frontier(size, hashes)


def test_paths_that_do_not_exist() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(index, size, NODES)
    for old, new in ((4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no tree"):
            consistency_path(old, new, NODES)
    for first, last, size in ((0, 3, 3), (2, 1, 3), (-1, 0, 3), (0, 0, 0)):
        with pytest.raises(ValueError, match="no leaves"):
            range_path(first, last, size, NODES)


sizes = st.integers(2, SIZE_MAX)


def tamper(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """The proof with one change: a bit, a hash too many or too few, two in another order, a border moved."""
    kind = data.draw(st.sampled_from(["bit", "drop", "add", "swap", "border"]))
    place = data.draw(st.integers(0, len(proof)))
    at = min(place, len(proof) - 1)
    if kind == "add" or not proof:
        return [*proof[:place], data.draw(st.binary(min_size=32, max_size=32)), *proof[place:]]
    if kind == "bit":
        flipped = int.from_bytes(proof[at], "big") ^ 1 << data.draw(st.integers(0, 255))
        return [*proof[:at], flipped.to_bytes(32, "big"), *proof[at + 1 :]]
    if kind == "swap" and len(proof) > 1:
        other = (at + 1) % len(proof)
        swapped = list(proof)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        return swapped
    if kind == "border":
        return [*proof[:at], proof[at][:31], *proof[at + 1 :]]
    return proof[:at] + proof[at + 1 :]


@given(sizes, st.data())
def test_no_tampered_inclusion_proof_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_path(index, size, NODES)
    with pytest.raises(VerificationError, match="inclusion-invalid"):
        verify_inclusion(LEAVES[index], index, size, tamper(proof, data), tree_head(0, size))
    other = data.draw(st.integers(-1, size + 1).filter(lambda other: other != index))
    with pytest.raises(VerificationError, match="inclusion-invalid"):
        verify_inclusion(LEAVES[index], other, size, proof, tree_head(0, size))


@given(sizes, st.data())
def test_no_tampered_consistency_proof_holds(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = consistency_path(old, new, NODES)
    with pytest.raises(VerificationError, match="consistency-invalid"):
        verify_consistency(old, new, tamper(proof, data), tree_head(0, old), tree_head(0, new))
    with pytest.raises(VerificationError, match="consistency-invalid"):
        verify_consistency(old, new, proof, leaf_hash(tree_head(0, old)), tree_head(0, new))
    if old not in (0, new):
        with pytest.raises(VerificationError, match="consistency-invalid"):
            verify_consistency(old, new, proof, tree_head(0, old), leaf_hash(tree_head(0, new)))


@given(sizes, st.data())
def test_no_tampered_range_proof_holds(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size - 1))
    proof, leaves, root = range_path(first, last, size, NODES), LEAVES[first : last + 1], tree_head(0, size)
    with pytest.raises(VerificationError, match="range-invalid"):
        verify_range(first, leaves, size, tamper(proof, data), root)
    with pytest.raises(VerificationError, match="range-invalid"):
        verify_range(first, tamper(leaves, data), size, proof, root)
    for moved in (first - 1, first + 1):
        with pytest.raises(VerificationError, match="range-invalid"):
            verify_range(moved, leaves, size, proof, root)


@given(st.integers(0, 2**70), st.integers(1, 20), st.integers(0, 2**70), st.integers(0, 140), st.integers())
def test_hostile_numbers_take_no_time(first: int, count: int, size: int, length: int, seed: int) -> None:
    picks = random.Random(seed)
    leaves, proof = ([picks.randbytes(32) for _ in range(n)] for n in (count, length))
    with pytest.raises(VerificationError, match="range-invalid"):
        verify_range(first, leaves, size, proof, bytes(32))
    with pytest.raises(VerificationError, match="inclusion-invalid"):
        verify_inclusion(leaves[0], first, size, proof, bytes(32))

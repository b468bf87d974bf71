"""The log's tree, grown in groups of any size, is the tree of all its leaves."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import cast

from suxin.ledger.merkle import Frontier, root_of
from suxin.ledger.proof import verify_inclusion
from suxin.ledger.store.group import Head
from suxin.ledger.store.logtree import LogTree
from suxin.ledger.store.reads import LogReads


class Empty:
    """A book without a leaf."""

    def head(self) -> Head:
        return Head(1, 0, 0)


def test_groups_of_any_size_make_one_tree() -> None:
    tree, plain = LogTree(cast("LogReads", Empty())), Frontier()
    order = random.Random(1)
    for _ in range(60):
        hashes = [sha256(order.randbytes(8)).digest() for _ in range(order.choice((1, 2, 5, 255, 256, 257, 700, 1024)))]
        tree.extend(hashes)
        plain.extend(hashes)
        assert tree.size == plain.size
        assert tree.frontier.hashes == plain.hashes
        assert tree.frontier.root() == plain.root()


def test_proofs_of_the_newest_leaves_need_no_book() -> None:
    """`Empty` has no leaf hashes to read: what is proved here comes from memory, at any size a checkpoint may have had."""
    tree, leaves, order = LogTree(cast("LogReads", Empty())), list[bytes](), random.Random(2)
    for _ in range(12):
        grown = [sha256(order.randbytes(8)).digest() for _ in range(order.choice((3, 256, 300, 511)))]
        tree.extend(grown)
        leaves += grown
        size = len(leaves) - order.randrange(len(grown))
        index = order.randrange(size)
        verify_inclusion(leaves[index], index, size, tree.inclusion(index, size), root_of(leaves[:size]))

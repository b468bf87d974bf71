"""The log's tree, grown in groups of any size, is the tree of all its leaves."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import cast

from suxin.ledger.merkle import Frontier
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

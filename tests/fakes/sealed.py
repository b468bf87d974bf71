"""Books with leaves enough for segments, and what a read of them gives."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from fakes.house import CARRIER, House, expect_recorded

from suxin.ledger.store.sealing import Sealed, open_sealing
from suxin.ledger.store.streams import Reads

ROWS = 540
SEGMENTS = (0, 256)  # first leaves of those that may be sealed


def fill(house: House, rows: int = ROWS) -> None:
    """Scans of one carrier in a few epochs, and a reader's words in between."""
    firm = house.firm(CARRIER, "courier")
    for first in range(0, rows, 100):
        expect_recorded(house.post([firm.scan(parcel) for parcel in range(first, min(first + 100, rows))]))


def filled(folder: Path, rows: int = ROWS) -> Path:
    """A closed book; its database."""
    with House(folder) as house:
        fill(house, rows)
    return folder / "data/book.db"


def seal(url: str, before: int | None = None) -> list[Sealed]:
    """Seal all that may be, or all below an index."""
    with open_sealing(url) as sealing:
        return list(sealing.run(sealing.limit(before)))


def everything(reads: Reads, seed: int = 1) -> dict[str, Any]:
    """What every read of leaves gives, ranges and places drawn by lot."""
    dice = random.Random(seed)
    size = reads.head().size
    ranges = [sorted(dice.sample(range(size), 2)) for _ in range(6)]
    some = dice.sample(range(size), 40)
    names = [name for name, _, _ in reads.all_stream_tails()]
    return {
        "all": list(reads.leaves()),
        "ranges": [list(reads.leaves(first, last, chunk=dice.choice((1, 7, 300, 2_000)))) for first, last in ranges],
        "beyond": list(reads.leaves(size - 3, size + 600)),
        "one": [reads.leaf(index) for index in some],
        "some": reads.leaves_at([*some, *some[:3], size + 9]),
        "streams": {name: reads.stream_leaves(name) for name in dice.sample(names, 5)}
        | {"a": reads.stream_leaves(f"a:{CARRIER}")},
        "directory": list(reads.directory_leaves()),
        "hashes": reads.leaf_hashes(),
    }

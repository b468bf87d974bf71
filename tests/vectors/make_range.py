"""Print range.json: runs of leaves and the hashes around them. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from typing import Any

from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import nodes_of, range_path, root_of

LEAVES = [leaf_hash(f"leaf {index}".encode()) for index in range(100)]
NODES = nodes_of(LEAVES)

RANGES = [
    (1, 0, 0),
    (2, 0, 0),
    (2, 1, 1),
    (2, 0, 1),
    (3, 1, 1),
    (5, 4, 4),
    (7, 2, 5),
    (8, 0, 7),
    (8, 3, 4),
    (13, 5, 11),
    (13, 12, 12),
    (64, 31, 32),
    (65, 64, 64),
    (65, 0, 63),
    (100, 0, 0),
    (100, 99, 99),
    (100, 37, 68),
    (100, 1, 98),
]


def make() -> dict[str, Any]:
    """The whole file."""
    cases = [_case(f"{first} to {last} of {size}", size, first, last) for size, first, last in RANGES]
    good = _case("", 13, 5, 8)
    path, leaves = good["path_hex"], good["leaves_hex"]
    for name, change in (
        ("another size and so another shape", {"size": 40}),
        ("a smaller size", {"size": 8}),
        ("one place further", {"first": 6}),
        ("one place back", {"first": 4}),
        ("before the first", {"first": -1}),
        ("a hash too few", {"path_hex": path[:-1]}),
        ("a hash too many", {"path_hex": [*path, path[-1]]}),
        ("two hashes exchanged", {"path_hex": [path[1], path[0], *path[2:]]}),
        ("one bit of a hash", {"path_hex": [f"{int(path[0], 16) ^ 1:064x}", *path[1:]]}),
        ("a hash of 31 bytes", {"path_hex": [path[0][:62], *path[1:]]}),
        ("a leaf left out", {"leaves_hex": leaves[:-1]}),
        ("a leaf put in", {"leaves_hex": [*leaves, leaves[0]]}),
        ("two leaves exchanged", {"leaves_hex": [leaves[1], leaves[0], *leaves[2:]]}),
        ("no leaf", {"leaves_hex": []}),
        ("two leaves as their node", {"leaves_hex": [NODES(1, 3).hex()], "first": 6}),
        ("another root", {"root_hex": root_of(LEAVES[:12]).hex()}),
        ("no path, root of the range alone", {"path_hex": [], "root_hex": root_of(LEAVES[5:9]).hex()}),
    ):
        cases.append({**good, **change, "name": name, "valid": False, "reason": "range-invalid"})
    return {"page": "log.md", "leaf_input": "leaf <index>", "cases": cases}


def _case(name: str, size: int, first: int, last: int) -> dict[str, Any]:
    return {
        "name": name,
        "size": size,
        "first": first,
        "leaves_hex": [leaf.hex() for leaf in LEAVES[first : last + 1]],
        "path_hex": [part.hex() for part in range_path(first, last, size, NODES)],
        "root_hex": root_of(LEAVES[:size]).hex(),
        "valid": True,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")

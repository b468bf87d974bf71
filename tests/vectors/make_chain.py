"""Print chain.json: heads of streams. Deterministic; see README.md."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from suxin.ledger.chain import extend, head_of

LINKS = [(index, hashlib.sha256(f"leaf {index}".encode()).digest()) for index in (1, 2, 5, 300, 70_000, 2**40)]
HEAD = head_of(LINKS)


def make() -> dict[str, Any]:
    """The whole file."""
    steps, head = [], bytes(32)
    for index, leaf in LINKS:
        head = extend(head, index, leaf)
        steps.append({"index": index, "leaf_hex": leaf.hex(), "head_hex": head.hex()})
    moved = [LINKS[0], (LINKS[1][0] + 1, LINKS[1][1]), *LINKS[2:]]
    swapped = [(LINKS[0][0], LINKS[1][1]), (LINKS[1][0], LINKS[0][1]), *LINKS[2:]]
    cases = [
        ("no entry", [], bytes(32), True),
        ("one entry", LINKS[:1], head_of(LINKS[:1]), True),
        ("six entries", LINKS, HEAD, True),
        ("first left out", LINKS[1:], HEAD, False),
        ("last left out", LINKS[:-1], HEAD, False),
        ("middle left out", LINKS[:2] + LINKS[3:], HEAD, False),
        ("one put in", [*LINKS, (2**40 + 1, LINKS[0][1])], HEAD, False),
        ("one twice", [LINKS[0], *LINKS], HEAD, False),
        ("indices that fall, with the head they would give", LINKS[::-1], _unchecked(LINKS[::-1]), False),
        ("an index twice, with the head it would give", LINKS[:1] * 2, _unchecked(LINKS[:1] * 2), False),
        ("two leaves exchanged", swapped, HEAD, False),
        ("an index moved", moved, HEAD, False),
        ("another head", LINKS, hashlib.sha256(HEAD).digest(), False),
        ("no entry, but a head", [], HEAD, False),
    ]
    return {
        "page": "chain.md",
        "steps": steps,
        "cases": [
            {
                "name": name,
                "links": [[index, leaf.hex()] for index, leaf in links],
                "head_hex": due.hex(),
                "valid": valid,
            }
            | ({} if valid else {"reason": "chain-broken"})
            for name, links, due, valid in cases
        ],
    }


def _unchecked(links: list[tuple[int, bytes]]) -> bytes:
    head = bytes(32)
    for index, leaf in links:
        head = extend(head, index, leaf)
    return head


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")

"""Print epoch.json: epoch leaves, and whether each rightly follows the one before. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from hashlib import sha256
from typing import Any

from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import Epoch, encode_epoch

GENESIS = sha256(b"\x00genesis").digest()
MAPS = [sha256(b"map %d" % number).digest() for number in range(3)]
NEW = Epoch(1, 1, 0, 0, GENESIS, MAPS[0], 0, 1_795_334_000_000)  # of a new book, at index 1
FIRST = Epoch(1, 1, 3, 0, GENESIS, MAPS[1], 2, 1_795_334_000_000)  # at index 4
SECOND = Epoch(2, 5, 6, 4, GENESIS, MAPS[2], 3, 1_795_334_060_000)  # at index 7
IDLE = replace(SECOND, number=3, first=8, last=7, previous=7)  # at index 8


def make() -> dict[str, Any]:
    """The whole file."""
    good = [
        ("of a new book, before any entry", None, NEW, 1, 0),
        ("the first, with three leaves", None, FIRST, 4, FIRST.time),
        ("the second", FIRST, SECOND, 7, SECOND.time - 1),
        ("at the same time as the one before", FIRST, replace(SECOND, time=FIRST.time), 7, FIRST.time),
        ("without entries", SECOND, IDLE, 8, 0),
    ]
    bad = [
        ("a number left out", "epoch-number", FIRST, replace(SECOND, number=3), 7, 0),
        ("a number twice", "epoch-number", FIRST, replace(SECOND, number=1), 7, 0),
        ("the first that is not 1", "epoch-number", None, replace(FIRST, number=2), 4, 0),
        ("another epoch before", "epoch-previous", FIRST, replace(SECOND, previous=3), 7, 0),
        ("the first with one before", "epoch-previous", None, replace(FIRST, previous=1), 4, 0),
        ("a leaf left out at the beginning", "epoch-first", FIRST, replace(SECOND, first=6), 7, 0),
        ("a leaf of the epoch before", "epoch-first", FIRST, replace(SECOND, first=4), 7, 0),
        ("a leaf left out at the end", "epoch-last", FIRST, replace(SECOND, last=5), 7, 0),
        ("a leaf too many at the end", "epoch-last", FIRST, replace(SECOND, last=7), 7, 0),
        ("moved to another place", "epoch-last", FIRST, SECOND, 8, 0),
        ("another genesis leaf", "epoch-genesis", FIRST, replace(SECOND, genesis=MAPS[0]), 7, 0),
        ("earlier than the one before", "epoch-time", FIRST, replace(SECOND, time=FIRST.time - 1), 7, 0),
        ("earlier than an entry in it", "epoch-time", FIRST, SECOND, 7, SECOND.time + 1),
        ("streams that vanished", "epoch-streams", FIRST, replace(SECOND, streams=1), 7, 0),
        ("another map without an entry", "epoch-streams", SECOND, replace(IDLE, map_root=MAPS[0]), 8, 0),
        ("another stream without an entry", "epoch-streams", SECOND, replace(IDLE, streams=4), 8, 0),
    ]
    leaf = encode_epoch(SECOND).decode()
    malformed = [
        ("a number from 0", leaf.replace('"epoch":2', '"epoch":0')),
        ("a number too large", leaf.replace('"epoch":2', '"epoch":9007199254740992')),
        ("a number as text", leaf.replace('"epoch":2', '"epoch":"2"')),
        ("a decimal point", leaf.replace('"epoch":2', '"epoch":2.0')),
        ("a blank", leaf.replace('"epoch":2', '"epoch": 2')),
        ("a member missing", leaf.replace('"epoch":2,', "")),
        ("a member twice", leaf.replace('"epoch":2,', '"epoch":2,"epoch":2,')),
        ("an unknown member", leaf.replace('"time"', '"thing":1,"time"')),
        ("members out of order", '{"time":' + str(SECOND.time) + "," + leaf[1:].replace(f',"time":{SECOND.time}', "")),
        ("another kind of leaf", leaf.replace('"leaf":"epoch"', '"leaf":"entry"')),
        ("a hash cut short", leaf.replace(b64u(GENESIS), b64u(GENESIS)[:-1])),
        ("loose bits in a hash", leaf.replace(b64u(GENESIS), b64u(GENESIS)[:-1] + "9")),
        ("a line feed at the end", leaf + "\n"),
    ]
    return {
        "page": "epoch.md",
        "genesis": b64u(GENESIS),
        "cases": [case(name, *parts) | {"valid": True} for name, *parts in good]
        + [case(name, *parts) | {"valid": False, "reason": reason} for name, reason, *parts in bad]
        + [
            case(name, FIRST, SECOND, 7, 0) | {"leaf": text, "valid": False, "reason": "epoch-malformed"}
            for name, text in malformed
        ],
    }


def case(name: str, previous: Any, epoch: Any, index: Any, latest: Any) -> dict[str, Any]:
    """`previous`: the leaf before, or null, and its index; `latest_received`: of the entries in between, in ms, or 0."""
    return {
        "name": name,
        "previous": encode_epoch(previous).decode() if previous else None,
        "previous_index": previous.last + 1 if previous else 0,
        "leaf": encode_epoch(epoch).decode(),
        "index": index,
        "latest_received": latest,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")

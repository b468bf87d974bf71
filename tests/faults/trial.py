"""Programs that meet a fault: `python -m faults.trial FOLDER KIND ERRNO NAME:NTH…`, under the disk of `disk.c`.

In each folder FOLDER/NAME lies a book. Its NTH change from now on fails; the book is opened, written to and closed. One line
of JSON a book says what was acknowledged, what was said instead, and how many changes were made.
"""

from __future__ import annotations

import ctypes
import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import NamedTuple

from faults.aftermath import Author, settings, write

from suxin.api.listening import log_to_stderr
from suxin.api.service import Service
from suxin.client.statement import Opening, Signed
from suxin.ledger.errors import StoreError

STATEMENTS = 4
DEFECT = "not an error of the store"  # how words begin that no operator should have to read


class Said(NamedTuple):
    """What came of one trial."""

    name: str
    acknowledged: list[Signed]
    words: list[str]
    changes: int


def read(line: str) -> Said:
    """A line that `main` printed."""
    name, acknowledged, words, changes = json.loads(line)
    return Said(name, [_signed(*parts) for parts in acknowledged], words, changes)


def _signed(raw: str, name: str, signature: str, openings: list[tuple[str, str, str]]) -> Signed:
    opened = tuple(Opening(pointer, b64decode(salt), value) for pointer, salt, value in openings)
    return Signed("complaint", b64decode(raw), b64decode(name), b64decode(signature), opened)


def _parts(signed: Signed) -> list[object]:
    fields = [b64encode(part).decode() for part in (signed.raw, signed.hash, signed.signature)]
    return [*fields, [(opening.pointer, b64encode(opening.salt).decode(), opening.value) for opening in signed.openings]]


def attempt(disk: Path, seed: int) -> tuple[list[Signed], list[str]]:
    """Open the book, write some statements, close it; whatever fails is said, and what can still be tried is tried."""
    acknowledged: list[Signed] = []
    words: list[str] = []
    try:
        service = Service(settings(disk))
    except StoreError as error:
        return [], [str(error)]
    except Exception as error:
        return [], [f"{DEFECT} at the start: {error!r}"]
    service.sequencer.waitline.interval_s = 0
    author = Author(seed)
    for _ in range(STATEMENTS):
        signed = author.next()
        try:
            if write(service, signed):
                acknowledged.append(signed)
        except StoreError as error:
            words.append(str(error))
        except Exception as error:
            words.append(f"{DEFECT}: {error!r}")
    service.close()
    return acknowledged, words


def main() -> None:
    log_to_stderr()  # standard output is for what was said
    shim = ctypes.CDLL(None)
    folder, kind, number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for seed, task in enumerate(sys.argv[4:], 100):
        name, _, nth = task.partition(":")
        shim.suxin_fault(ctypes.c_long(int(nth)), kind, number)
        acknowledged, words = attempt(folder / name, seed)
        changes = shim.suxin_changes()
        shim.suxin_fault(ctypes.c_long(0), 0, 0)
        sys.stdout.write(json.dumps([name, [_parts(signed) for signed in acknowledged], words, changes]) + "\n")


if __name__ == "__main__":
    main()

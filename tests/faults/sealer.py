"""Programs that seal a book on the disk of `disk.c`.

`python -m faults.sealer fault FOLDER ERRNO NAME:NTH:KIND…`: in each FOLDER/NAME.db lies a book; its NTH change from now on
fails while it is sealed. One line of JSON a book: how many leaves were sealed, what was said instead, how many changes were made.

`python -m faults.sealer record SOURCE TARGET JOURNAL`: a book is laid on the disk, safely, and sealed; the journal shows both.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

from faults.power import acknowledge
from faults.trial import DEFECT

from suxin.ledger.errors import StoreError
from suxin.ledger.store import sealing
from suxin.ledger.store.files import make_folder, replace_file

LAID = b"the book is there"


def seal(book: Path) -> tuple[int, str]:
    """Seal one segment at a time; leaves that were said to be sealed, and what was said instead of the rest."""
    sealing.STEP = 1  # type: ignore[misc]
    done = 0
    try:
        with sealing.open_sealing(f"sqlite:///{book}") as opened:
            for step in opened.run(opened.limit()):
                done += step.leaves
    except StoreError as error:
        return done, str(error)
    except Exception as error:
        return done, f"{DEFECT}: {error!r}"
    return done, ""


def fault(folder: Path, number: int, tasks: list[str]) -> None:
    shim = ctypes.CDLL(None)
    for task in tasks:
        name, nth, kind = task.split(":")
        shim.suxin_fault(ctypes.c_long(int(nth)), int(kind), number)
        done, words = seal(folder / f"{name}.db")
        changes = shim.suxin_changes()
        shim.suxin_fault(ctypes.c_long(0), 0, 0)
        sys.stdout.write(json.dumps([name, done, words, changes]) + "\n")


def record(source: Path, target: Path, journal: Path) -> None:
    make_folder(target.parent)
    replace_file(target, source.read_bytes())
    acknowledge(journal, LAID)
    done, words = seal(target)
    assert done
    assert not words, words


if __name__ == "__main__":
    if sys.argv[1] == "fault":
        fault(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        record(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

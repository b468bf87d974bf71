"""`suxin witness --show`: what a witness remembers, also while it runs: cosigned last, refused, and found wrong."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..ledger.errors import StoreError
from ..ledger.reasons import REASONS
from ..ledger.store.witness_book import Fault, WitnessBook
from .witness import BOOK, is_full


def show(folder: Path) -> dict[str, object]:
    """The memory of the witness in a folder, as a JSON value. The notes are whole, so that they convict without the witness.

    Raises:
        StoreError: There is no witness in the folder.
    """
    vkey = folder / "witness.vkey"
    if not vkey.exists() or not (folder / BOOK).exists():
        raise StoreError(f"there is no witness in {folder}")
    with closing(WitnessBook(folder / BOOK)) as book:
        logs = [
            {
                "origin": origin,
                "size": book.seen(origin).size,
                "note": book.seen(origin).note,
                "refused": [{"why": why, "note": note, "cosigned": kept} for why, note, kept in book.refused(origin)],
                "faults": [_fault(fault) for fault in book.faults(origin)],
            }
            for origin in book.origins()
        ]
    return {"vkey": vkey.read_text("utf-8").strip(), "kind": "full" if is_full(folder) else "plain", "logs": logs}


def _fault(fault: Fault) -> dict[str, object]:
    found = fault.finding
    return {
        "code": found.code,
        "reason": REASONS[found.code][0],
        "detail": found.detail,
        "index": found.index,
        "time": fault.time_s,
        "note": fault.note,
        **({"other": fault.other} if fault.other else {}),
    }

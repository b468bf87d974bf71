"""Bytes a statement on disk, before and after sealing, and what a sealed leaf costs to read.

Imports the Olist orders into a throw-away book (or copies the one in --data), seals a copy of it, and weighs both after
VACUUM, table by table with their indexes. Prints one JSON line a case:

- `bytes a statement, sealed`: segments alone, median over all of them, against the gate of issue 4;
- `bytes a statement, whole database`: everything on the disk, before and after, and what each table takes of it;
- `read …`: sealed against unsealed, rounds interleaved, median; every leaf read is compared.

    python bench/storage.py [--orders N] [--data FOLDER] [--rounds N]

Olist is read from `../shared/data/olist`, or below SUXIN_SHARED.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from suxin.api.importing import run_olist
from suxin.ledger.store.book import Book
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sealing import open_sealing

GATE, AIM = 320, 200  # issue 4
SHARED = Path(os.environ.get("SUXIN_SHARED", Path(__file__).parents[1] / "../shared"))


def copied(source: Path, target: Path) -> Path:
    """A copy of a book with all that still stands in its write-ahead log."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return target


def imported(folder: Path, orders: int) -> Path:
    """The database of a fresh import."""
    os.environ["SUXIN_HIGHWATER"] = str(folder / "marks")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        ended = run_olist(SHARED / "data/olist", None, folder / "data", None, orders or None, True)
    if ended:
        sys.exit(f"the import ended with {ended}")
    return folder / "data/book.db"


def weigh(book: Path) -> tuple[dict[str, int], int]:
    """Bytes of each table with its indexes in a packed copy, and the number of statements."""
    packed = book.with_suffix(".packed")
    with closing(sqlite3.connect(book)) as connection:
        connection.execute("VACUUM INTO ?", (str(packed),))
        statements = connection.execute("SELECT count(*) FROM entry WHERE kind = 1").fetchone()[0]
    tables: dict[str, int] = {}
    with closing(sqlite3.connect(packed)) as connection:
        owner = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master"))
        try:
            rows = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
        except sqlite3.OperationalError:  # a SQLite without dbstat
            rows = []
    for name, size in rows:
        table = owner.get(name, name)
        tables[table] = tables.get(table, 0) + size
    whole = packed.stat().st_size
    packed.unlink()
    return tables | {"whole": whole}, statements


def seal(book: Path) -> tuple[list[float], float]:
    """Bytes a leaf of each segment, and microseconds a leaf that sealing took."""
    start, leaves = time.perf_counter(), 0
    with open_sealing(f"sqlite:///{book}") as sealing:
        for step in sealing.run(sealing.limit()):
            leaves += step.leaves
    took = time.perf_counter() - start
    with closing(sqlite3.connect(book)) as connection:
        sizes = [size / 256 for (size,) in connection.execute("SELECT length(body) FROM segment")]
    if not sizes:
        sys.exit("the book has no whole segment: import more orders")
    return sizes, took / leaves * 1e6


def compare(plain: Path, sealed: Path, rounds: int) -> None:
    """What reads cost: leaves one by one from all over the log, those of one product, and all in order."""
    dice = random.Random(4)
    with closing(sqlite3.connect(plain)) as connection:
        size = connection.execute("SELECT size FROM head").fetchone()[0]
        items = connection.execute("SELECT name FROM stream WHERE name GLOB 'p:*/21/*'").fetchall()
    some = [dice.randrange(size - 256) for _ in range(300)]
    products = [name for (name,) in dice.sample(items, min(100, len(items)))]
    cases: dict[str, tuple[int, Callable[[Book], object]]] = {
        "read a leaf anywhere": (len(some), lambda book: [book.leaf(index) for index in some]),
        "read a product's stream": (len(products), lambda book: [book.stream_leaves(name) for name in products]),
        "read all in order": (size, lambda book: sum(len(body) for _, body in book.leaves())),
    }
    for case, (count, read) in cases.items():
        times: dict[Path, list[float]] = {plain: [], sealed: []}
        said = []
        for _ in range(rounds):
            for path, kept in times.items():
                with Book.open(f"sqlite:///{path}") as book:
                    book.head()
                    start = time.process_time()
                    said.append(read(book))
                    kept.append((time.process_time() - start) / count * 1e6)
        assert all(one == said[0] for one in said), "a sealed book reads differently"
        before, after = (statistics.median(kept) for kept in times.values())
        show(
            case,
            round(after, 1),
            unit="us of processor time",
            unsealed=round(before, 1),
            ratio=round(after / before, 2),
            rounds=rounds,
        )


def show(case: str, value: float, **more: object) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({"bench": "segments", "case": case, "value": value, **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_500, help="orders to import; 0 for all")
    parser.add_argument("--data", type=Path, help="data folder of a book to copy instead of importing one")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suxin-storage-") as name:
        folder = Path(name)
        plain = copied(options.data / "book.db" if options.data else imported(folder, options.orders), folder / "plain.db")
        migrate(f"sqlite:///{plain}")
        sealed = copied(plain, folder / "sealed.db")
        sizes, cost = seal(sealed)
        median = statistics.median(sizes)
        (before, statements), (after, _) = weigh(plain), weigh(sealed)
        verdict = "aim met" if median <= AIM else "met" if median <= GATE else "not met"
        show(
            "bytes a statement, sealed",
            round(median, 1),
            unit="bytes",
            gate=GATE,
            aim=AIM,
            verdict=verdict,
            min=round(min(sizes), 1),
            max=round(max(sizes), 1),
            segments=len(sizes),
            us_to_seal=round(cost, 1),
        )
        names = sorted(before | after)
        shares = {name: [round(part.get(name, 0) / statements, 1) for part in (before, after)] for name in names}
        whole = shares.pop("whole")
        tables = {name: share for name, share in shares.items() if max(share) >= 0.5}
        show("bytes a statement, whole database", whole[1], unit="bytes", before=whole[0], statements=statements, tables=tables)
        compare(plain, sealed, options.rounds)


if __name__ == "__main__":
    main()

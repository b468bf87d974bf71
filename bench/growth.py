"""Whether a book that has grown takes statements as fast as a small one: the rate at 5,000,000 entries against that at 100,000.

The same server all the while, through HTTP, durable, with every rule and index on. Both rates are taken against a bare loop
over signatures in the same minute, so that a slower minute of the machine does not count. Prints one JSON line a database
for batch-signed statements (where storage decides) and one for statements signed one by one, with the memory of the server.

    python bench/growth.py [--entries 5000000] [--base 100000] [--rows 20000] [--rounds 5] [--sqlite-only]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from multiprocessing.pool import Pool
from pathlib import Path

from append import CASES, ROWS_A_POST, Load, durable_postgres, floor_rate, serve
from hammer import memory_mib

GATES = {"PostgreSQL": (0.5, 0.8), "SQLite": (0.4, 0.8)}  # issue 4
CHUNK = 50 * ROWS_A_POST


def fill(load: Load, entries: int, done: int) -> int:
    """Write batch-signed statements up to a number of entries; that number."""
    load.bodies = load.batches
    while done < entries:
        count = min(CHUNK, entries - done)
        load.rate(load.scans(count))
        done += count
    return done


def rates(load: Load, pool: Pool, rows: int, rounds: int) -> dict[str, tuple[float, float]]:
    """For each way of signing the median rate, and its ratio to the bare loop."""
    found = {}
    for case, bodies in (("batch", load.batches), ("single", load.singles)):
        load.bodies = bodies
        measured, ratios = [], []
        for _ in range(rounds):
            scans = load.scans(rows)
            floor = floor_rate(scans, pool, os.cpu_count() or 1)
            measured.append(load.rate(scans))
            ratios.append(measured[-1] / floor)
        found[case] = (statistics.median(measured), statistics.median(ratios))
    return found


def measure(name: str, database: str | None, options: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="suxin-bench-"))
    process, url = serve(folder, database, "processes")
    pool = multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1)
    try:
        start, load, spent = time.monotonic(), Load(url, "batch", 6), 2 * options.rows * options.rounds
        done = fill(load, options.base, 0)
        small = rates(load, pool, options.rows, options.rounds)
        done = fill(load, options.entries, done + spent)
        large = rates(load, pool, options.rows, options.rounds)
        memory = memory_mib(process.pid)
        for case in ("batch", "single"):
            ratio, (gate, aim) = large[case][1] / small[case][1], GATES[name]
            line = {"bench": "growth", "case": f"{CASES[case]}, {name}", "ratio": round(ratio, 3), "gate": gate, "aim": aim}
            line |= {"verdict": "met" if ratio >= gate else "not met"}
            line |= {"small": round(small[case][0]), "large": round(large[case][0])}
            line |= {"unit": "statements/s", "base": options.base, "entries": done, "streams": load.parcels, "memory_mib": memory}
            line |= {"rounds": options.rounds, "seconds": round(time.monotonic() - start), "cores": os.cpu_count()}
            print(json.dumps(line), flush=True)
    finally:
        pool.terminate()
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--base", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=20_000, help="rows a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL from pip out")
    options = parser.parse_args()
    measure("SQLite", None, options)
    if not options.sqlite_only:
        with durable_postgres() as (url, _):
            measure("PostgreSQL", url, options)


if __name__ == "__main__":
    main()

"""Full verification of a book, beside a bare signature check on as many processes as cores; and its hashes alone, beside that.

The book is a city's parcels: an item is made, sold, consigned, dispatched, scanned four times and delivered, many orders
interleaved, each statement signed by itself, in epochs of up to 5,000. Prints one JSON line a case, with the peak memory of
the verifier and its processes together. Rounds of both are interleaved, so that a slower minute slows both; `cpu_ratio`
compares CPU time a signature with CPU time an entry, which a busy machine disturbs less.

    python bench/verify.py [--entries N] [--rounds N] [--folder KEEP]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

from city import City, build
from nacl.bindings import crypto_sign_open

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import STATEMENT_TAG
from suxin.ledger.leaf import decode_entry
from suxin.ledger.store.book import Book

FLOOR_ROWS = 20_000

# One verification in a process that has loaded what `suxin verify` loads and nothing else.
CHILD = """
import json, os, sys, time
from suxin.api.cli_verify import run, run_hashes
from suxin.ledger.store.audit_source import open_source
start, before = time.perf_counter(), os.times()
with open_source(f"sqlite:///{sys.argv[1]}") as source:
    report = run(source, quiet=True) if sys.argv[2] == "whole" else run_hashes(source, sys.argv[1], quiet=True)
taken, after = time.perf_counter() - start, os.times()
cpu = sum(after[:4]) - sum(before[:4])
if not report.holds:
    sys.exit(f"the book does not hold: {report.first}")
print(json.dumps({"seconds": taken, "cpu": cpu, "entries": report.entries, "streams": report.streams}))
"""


def verify_all(rows: list[tuple[bytes, bytes]]) -> float:
    """The bare loop; gives the CPU time it took."""
    start = time.process_time()
    for signed, public in rows:
        crypto_sign_open(signed, public)
    return time.process_time() - start


def floor_of(rows: list[tuple[bytes, bytes]], pool: Pool, cores: int) -> tuple[float, float]:
    """Signatures a second on all cores, and CPU seconds of one signature."""
    parts = [rows[i::cores] for i in range(cores)]
    start = time.perf_counter()
    cpu = sum(pool.map(verify_all, parts))
    return len(rows) / (time.perf_counter() - start), cpu / len(rows)


def family(pid: int) -> list[int]:
    """A process and its children, on Linux."""
    try:
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return []


def peak_kib(pid: int) -> int:
    """Most memory a process has had resident so far; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def verify_once(file: Path, what: str) -> tuple[dict[str, Any], int]:
    """One verification, `whole` or `hashes`; gives its result, and the peaks of all its processes added up, in KiB."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(file), what], stdout=subprocess.PIPE, text=True)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in family(process.pid):
            peaks[pid] = peak_kib(pid) or peaks.get(pid, 0)  # the newest: before its exec a child shows its parent's
        time.sleep(0.05)
    assert process.stdout is not None
    out = process.stdout.read()
    if process.returncode:
        raise SystemExit("the verifier failed")
    return json.loads(out), sum(peaks.values())


def sample(url: str) -> list[tuple[bytes, bytes]]:
    """Signatures from the middle of the book, as the bare loop takes them."""
    publics = {b64u(key.key_id): key.public for key in City().keys.values()}
    found = []
    with Book.open(url) as book:
        size = book.head().size
        first = max(1, (size - FLOOR_ROWS) // 2)
        for _, raw in book.leaves(first, min(first + FLOOR_ROWS, size) - 1):
            if raw.startswith(b'{"leaf":"entry"'):
                entry = decode_entry(raw)
                statement = bytes(entry.statement)
                signed = unb64u(str(entry.signature)) + STATEMENT_TAG + statement
                found.append((signed, publics[json.loads(statement)["key"]]))
    return found


def measure(folder: Path, options: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "book.db"
    if not file.exists():
        build(folder, options.entries)
    cores = os.cpu_count() or 1
    rows = sample(f"sqlite:///{file}")
    bare: list[tuple[float, float]] = []
    whole: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []
    peaks: list[int] = []
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        before = floor_of(rows, pool, cores)
        for _ in range(options.rounds):
            found, peak = verify_once(file, "whole")
            after = floor_of(rows, pool, cores)
            bare.append(((before[0] + after[0]) / 2, (before[1] + after[1]) / 2))
            whole.append(found)
            peaks.append(peak)
            hashes.append(verify_once(file, "hashes")[0])
            before = floor_of(rows, pool, cores)
    _print_whole(bare, whole, peaks, cores)
    _print_hashes(whole, hashes, cores)


def rates(runs: list[dict[str, Any]]) -> list[float]:
    """Entries a second of each run."""
    return [run["entries"] / run["seconds"] for run in runs]


def _print_whole(bare: list[tuple[float, float]], whole: list[dict[str, Any]], peaks: list[int], cores: int) -> None:
    """Full verification beside the bare loop."""
    ratios = [rate / floor for rate, (floor, _) in zip(rates(whole), bare, strict=True)]
    works = [cpu / (run["cpu"] / run["entries"]) for run, (_, cpu) in zip(whole, bare, strict=True)]
    spent = min(run["cpu"] / run["entries"] for run in whole)
    allowed = 150 * 1024 * 1024 + 300 * whole[-1]["streams"]
    line = {
        "bench": "verify", "case": "signed one by one, SQLite", "value": round(statistics.median(rates(whole))),
        "unit": "entries/s", "floor": round(statistics.median(floor for floor, _ in bare)),
        "ratio": round(statistics.median(ratios), 3),
        "rounds": len(whole), "min": round(min(ratios), 3), "max": round(max(ratios), 3),
        "on": "every check of docs/formats/verify.md; signatures in processes and the caller, whose start is included",
        "cpu_ratio": round(statistics.median(works), 3), "cpu_us": round(spent * 1e6, 1),
        "cpu_us_of_signature": round(min(cpu for _, cpu in bare) * 1e6, 1),
        "entries": whole[-1]["entries"], "streams": whole[-1]["streams"],
        "peak_mib": round(max(peaks) / 1024, 1), "peak_of_allowed": round(max(peaks) * 1024 / allowed, 3), "cores": cores,
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def _print_hashes(whole: list[dict[str, Any]], hashes: list[dict[str, Any]], cores: int) -> None:
    """Hashes alone beside full verification."""
    ratios = [quick / slow for quick, slow in zip(rates(hashes), rates(whole), strict=True)]
    works = [slow["cpu"] / quick["cpu"] for quick, slow in zip(hashes, whole, strict=True)]
    line = {
        "bench": "verify", "case": "hashes alone / full, SQLite", "value": round(statistics.median(rates(hashes))),
        "unit": "entries/s", "floor": round(statistics.median(rates(whole))), "ratio": round(statistics.median(ratios), 3),
        "rounds": len(whole), "min": round(min(ratios), 3), "max": round(max(ratios), 3),
        "on": "log, chains, newest map, every checkpoint (suxin verify --hashes); the start of its process is included",
        "cpu_ratio": round(statistics.median(works), 3), "entries": hashes[-1]["entries"], "cores": cores,
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the book here, and use one that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suxin-bench-") as spare:
        measure(options.folder or Path(spare), options)


if __name__ == "__main__":
    main()

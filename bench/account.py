"""The account of a courier company: what a step costs, and what its page costs with few parcels and with a million.

A book is filled with scans of ever new parcels (`million.py`), its account is made from the first entry on, then a server is
started anew and asked for the company's JSON, its page and the list: CPU milliseconds of the first request and of later ones,
each after another epoch's caches were thrown away. Prints one JSON line a case.

    python bench/account.py [--parcels 1000,1000000] [--folder KEEP]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from million import CARRIER, fill, settings

from suxin.api.account_steps import next_step
from suxin.api.app import create_app
from suxin.api.service import Service
from suxin.api.stories import stories_of
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.leaf import decode_genesis
from suxin.ledger.store.accounts import Accounts
from suxin.ledger.store.book import Book
from suxin.ledger.store.memory import open_directory

USCC = CARRIER[5:]
PATHS = (f"/v1/couriers/{USCC}", f"/en/couriers/{USCC}", "/v1/couriers")
ASKED = 7


def make(folder: Path) -> dict[str, float]:
    """Make every step of the account; CPU microseconds of an entry: to read and fold, and to write."""
    url = f"sqlite:///{folder / 'data' / 'book.db'}"
    with Book.open(url) as book, Accounts(url) as store:
        store.forget()
        directory = open_directory(book, decode_genesis(book.leaf(0)))
        size = book.head().size
        at_ms = decode_epoch(book.leaf(size - 1)).time
        fold_s = write_s = 0.0
        entries = 0
        while True:
            began = time.process_time()
            with book.snapshot() as reads:
                step = next_step(reads, USCC, size, at_ms, directory)
            folded = time.process_time()
            if step is None:
                return {"entries": entries, "fold_us": 1e6 * fold_s / entries, "write_us": 1e6 * write_s / entries}
            store.apply(step)
            fold_s, write_s = fold_s + folded - began, write_s + time.process_time() - folded
            entries = step.after.position


async def ask(folder: Path) -> dict[str, dict[str, float]]:
    """CPU milliseconds of a request by a server that was just started: the first one, and the median of later ones."""
    service = Service(settings(folder))
    found: dict[str, dict[str, float]] = {}
    try:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(service)), base_url="http://bench")
        for path in PATHS:
            times = []
            for _ in range(ASKED):
                stories_of(service).forget()
                began = time.process_time()
                answer = await client.get(path)
                times.append(1e3 * (time.process_time() - began))
                answer.raise_for_status()
            found[path] = {"first": times[0], "later": statistics.median(times[1:])}
        await client.aclose()
    finally:
        service.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", default="1000,1000000")
    parser.add_argument("--folder", type=Path, help="keep the books here, and use those that are there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suxin-bench-") as spare:
        for parcels in map(int, options.parcels.split(",")):
            folder = (options.folder or Path(spare)) / str(parcels)
            if not (folder / "keys.json").exists():
                folder.mkdir(parents=True, exist_ok=True)
                fill(folder, parcels, 0)
            made = make(folder)
            line: dict[str, object] = {"bench": "account", "parcels": parcels}
            for name in ("fold_us", "write_us"):
                case = {"case": f"an entry, {name[:-3]}", "value": round(made[name], 1), "unit": "us", "entries": made["entries"]}
                print(json.dumps(line | case), flush=True)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for path, times in asyncio.run(ask(folder)).items():
                case = {"case": path, "unit": "ms", **{name: round(value, 1) for name, value in times.items()}}
                print(json.dumps(line | case), flush=True)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(
                json.dumps(line | {"case": "peak memory", "value": peak // 1024, "before": before // 1024, "unit": "MiB"}),
                flush=True,
            )


if __name__ == "__main__":
    main()

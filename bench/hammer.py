"""Writers and readers at one served book for a set time; every receipt and every proof they get is checked with client code.

Prints one JSON line: what was written, read and checked, a histogram of the answers' times, the rows of the worst ten seconds
against the median of all after the warm-up, and the memory of the server's processes at the start and every ten seconds. The
exit code is 1 when a receipt or proof did not hold, when something was refused, or when memory grew by more than a tenth from
the warm-up to the last minute.

    python bench/hammer.py [--seconds 60] [--warm-up 15] [--writers 3] [--readers 3] [--rows 50]
                           [--parcels 1000] [--window 10] [--url URL]

Without --url it serves a new sandbox book on SQLite in a folder of its own. With --url memory is not known.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
from append import cpu_seconds, serve

from suxin.client.post import Patience, Session
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.ledger.checkpoint import open_checkpoint
from suxin.ledger.encoding import unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import encode_entry
from suxin.ledger.moment import moment_text
from suxin.ledger.proof import verify_inclusion

CARRIERS = ("91512081MA62K0260E", "91350100M000100Y43", "91330782MA28A0001M", "91110000600037341L")
CODES = ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")
GROWTH_MAX = 1.10  # memory at the end against after the warm-up
LAST = 6  # samples whose median is the memory at the end
KEPT_MAX = 20_000  # places that readers choose from


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def memory_mib(process: int) -> float | None:
    """Resident memory of a process and all that it has started; None where there is no /proc."""
    tree, pages = {process}, 0
    stats = sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda stat: int(stat.parent.name))
    for stat in stats:
        try:
            number, parent = int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
            if number in tree or parent in tree:
                tree.add(number)
                pages += int((stat.parent / "statm").read_text().split()[1])
        except OSError:
            continue  # ended meanwhile
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1) if pages else None


class Histogram:
    """Times in doubling steps of milliseconds, and how many in each."""

    def __init__(self) -> None:
        self.steps: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self.steps[max(0, math.ceil(math.log2(max(seconds, 1e-6) * 1000)))] += 1

    def shown(self) -> dict[str, int]:
        return {f"<= {2**step} ms": self.steps[step] for step in sorted(self.steps)}


class Hammer:
    """What all threads share."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.over = threading.Event()
        self.counts: Counter[str] = Counter()
        self.times = {"write": Histogram(), "read": Histogram()}
        self.faults: list[str] = []
        self.places: list[tuple[int, Signed, int]] = []  # index, statement, received
        self._lock = threading.Lock()

    def timed(self, what: str, count: str, amount: int, work: Callable[[], None]) -> None:
        """Do one thing, and keep how long it took or why it failed."""
        start = time.perf_counter()
        try:
            work()
        except Exception as error:
            with self._lock:
                self.faults.append(f"{count}: {type(error).__name__}: {error}"[:300])
            return
        taken = time.perf_counter() - start
        with self._lock:
            self.times[what].add(taken)
            self.counts[count] += amount

    def write(self, number: int, rows: int, parcels: int) -> None:
        """Post rows of one carrier until the time is over: scans of so many parcels, over and over.

        Ever new parcels would be ever new streams, which the map has to hold in memory: growth, but no leak.
        """
        carrier = CARRIERS[number]
        with Session(self.url, patience=Patience(1_000)) as session:
            key = SigningKey(os.urandom(32))
            signer = Signer(key, f"uscc:{carrier}", session.site().book, MemoryCounter(), now_ms)
            body = {"event": "register", "role": "courier", "key": key.public_text}
            session.post(signer.sign(Draft("actor", moment_text(now_ms()), {"party": f"uscc:{carrier}"}, body)))
            done = 0
            while not self.over.is_set():
                drafts = []
                for row in range(done, done + rows):
                    body = {"code": CODES[row // parcels % len(CODES)], "place": {"district": "330702"}}
                    drafts.append(Draft("scan", moment_text(now_ms()), {"waybill": f"{carrier}/{row % parcels:022d}"}, body))
                done += rows
                signed = [signer.sign(draft) for draft in drafts]
                self.timed("write", "rows_recorded", rows, lambda signed=signed: self._post(session, signed))

    def _post(self, session: Session, signed: list[Signed]) -> None:
        receipt = session.post_rows(signed)  # raises unless every row is proved
        if receipt.count("recorded") != len(signed):
            raise ValueError(f"{receipt.count('refused')} of {len(signed)} rows were refused")
        received = [row["received"] for row in json.loads(receipt.answer)["rows"]]
        places = [
            (row.index, one, at) for row, one, at in zip(receipt.rows, signed, received, strict=True) if row.index is not None
        ]
        with self._lock:
            self.counts["receipts_checked"] += 1
            self.places = (self.places + random.sample(places, min(5, len(places))))[-KEPT_MAX:]

    def read(self, number: int) -> None:
        """Ask for proofs of what was written, and check each against what the writer signed."""
        dice = random.Random(number)
        with Session(self.url) as session, httpx.Client(base_url=self.url, timeout=60) as http:
            log = session.log()
            while not self.over.is_set():
                if not self.places:
                    time.sleep(0.05)
                    continue
                index, signed, received = dice.choice(self.places)
                leaf = leaf_hash(encode_entry(signed.raw, received, signed.signature))

                def prove(index: int = index, leaf: bytes = leaf) -> None:
                    answer = http.get(f"/v1/entries/{index}/proof").raise_for_status().json()
                    checkpoint = open_checkpoint(answer["checkpoint"], log.name, log.public)
                    path = tuple(unb64u(part, 32) for part in answer["proof"])
                    verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)

                self.timed("read", "proofs_checked", 1, prove)


def worst_of_median(windows: list[int]) -> float:
    """Rows of the worst window against the median one; 0 without any."""
    return round(min(windows) / max(1.0, statistics.median(windows)), 3) if windows else 0.0


def hammer(url: str, process: int | None, options: argparse.Namespace) -> dict[str, object]:
    """Hammer a served book; what came of it."""
    shared = Hammer(url)
    memory = {"start": process and memory_mib(process)}
    threads = [
        threading.Thread(target=shared.write, args=(number, options.rows, options.parcels)) for number in range(options.writers)
    ]
    threads += [threading.Thread(target=shared.read, args=(number,)) for number in range(options.readers)]
    before = process and cpu_seconds(process)
    for thread in threads:
        thread.start()
    windows: list[int] = []
    series: list[float] = []
    try:
        time.sleep(options.warm_up)
        memory["after_warm_up"] = process and memory_mib(process)
        end = time.monotonic() + options.seconds - options.warm_up
        while (left := end - time.monotonic()) > 0:
            done = shared.counts["rows_recorded"]
            time.sleep(min(options.window, left))
            if left >= options.window:
                windows.append(shared.counts["rows_recorded"] - done)
            series.append((process and memory_mib(process)) or 0.0)
    finally:
        shared.over.set()
        for thread in threads:
            thread.join()
    last = statistics.median(series[-LAST:] or [0.0])  # one sample may catch a body on its way
    grown = (last or 1) / (memory["after_warm_up"] or 1)
    memory["end"] = last
    after = process and cpu_seconds(process)
    return {
        "bench": "hammer",
        "seconds": options.seconds,
        "writers": options.writers,
        "readers": options.readers,
        "rows_a_post": options.rows,
        "parcels": options.writers * options.parcels,
        **{name: shared.counts[name] for name in ("rows_recorded", "receipts_checked", "proofs_checked")},
        "rows_a_second": round(shared.counts["rows_recorded"] / options.seconds, 1),
        "server_cpu_s": None if before is None or after is None else round(after - before, 1),
        "faults": len(shared.faults),
        "first_faults": shared.faults[:3],
        "ms": {what: times.shown() for what, times in shared.times.items()},
        "windows": {"seconds": options.window, "count": len(windows), "worst": min(windows, default=0)}
        | {"median": statistics.median(windows or [0]), "worst_of_median": worst_of_median(windows)},
        "memory_mib": memory,
        "memory_series_mib": series,
        "memory_growth": round(grown, 3),
        "memory_verdict": "met" if grown <= GROWTH_MAX else "not met",
        "cores": os.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=15)
    parser.add_argument("--writers", type=int, default=3, choices=range(1, len(CARRIERS) + 1))
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--rows", type=int, default=50, help="rows of one request")
    parser.add_argument("--parcels", type=int, default=1_000, help="parcels of one writer")
    parser.add_argument("--window", type=float, default=10, help="seconds of one window")
    parser.add_argument("--url", help="a running sandbox server, instead of a new one")
    options = parser.parse_args()
    folder, served = Path(tempfile.mkdtemp(prefix="suxin-hammer-")), None
    process: subprocess.Popen[bytes] | None = None
    try:
        if options.url is None:
            process, served = serve(folder, None, "processes")
        found = hammer(options.url or served, process and process.pid, options)
        print(json.dumps(found), flush=True)
    finally:
        if process is not None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    if found["faults"] or not found["receipts_checked"] or found["memory_verdict"] != "met":
        sys.exit(1)


if __name__ == "__main__":
    main()

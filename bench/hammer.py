"""Writers and readers at one served book for a set time; every receipt and every proof they get is checked with client code.

Prints one JSON line: what was written, read and checked, a histogram of the answers' times, the rows of the worst ten seconds
against the median of all after the warm-up, and the memory of the server's processes. The exit code is 1 when a receipt or
proof did not hold, when something was refused, or when memory grew.

Memory is judged by its trend after the warm-up, which ends when its seconds are over and its rows are in: caches have bounds,
and fill by rows, not by time. The trend is the median of the slopes between all pairs of samples (Theil and Sen), so that a
request that was just on its way does not count; it is "met" when ten minutes of it add no more than 2 %, apart from the bytes
that the map needs for each new stream (docs/operations.md). What the server itself says of its caches stands beside it.

    python bench/hammer.py [--seconds 60] [--warm-up 15] [--warm-up-rows 0] [--writers 3] [--readers 3] [--rows 50]
                           [--parcels 1000] [--scans 8] [--window 10] [--url URL]

Without --url it serves a new sandbox book on SQLite in a folder of its own. With --url memory is not known.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
GROWTH_MAX = 1.02  # what ten minutes of the trend may make of the memory after the warm-up
GROWTH_SECONDS = 600
FEW = 6  # samples whose median is the memory at one end
STREAM_BYTES = 220  # of memory that the map takes for a new stream, as docs/operations.md says
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
        self.warming = True
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

    def write(self, number: int, options: argparse.Namespace) -> None:
        """Post rows of one carrier until the time is over: so many parcels at once, each scanned so often, then others."""
        carrier, rows = CARRIERS[number], options.rows
        with Session(self.url, patience=Patience(1_000)) as session:
            key = SigningKey(os.urandom(32))
            signer = Signer(key, f"uscc:{carrier}", session.site().book, MemoryCounter(), now_ms)
            body = {"event": "register", "role": "courier", "key": key.public_text}
            session.post(signer.sign(Draft("actor", moment_text(now_ms()), {"party": f"uscc:{carrier}"}, body)))
            scans = self._scans(options)
            while not self.over.is_set():
                drafts = []
                for parcel, scan in itertools.islice(scans, rows):
                    body = {"code": CODES[scan % len(CODES)], "place": {"district": "330702"}}
                    drafts.append(Draft("scan", moment_text(now_ms()), {"waybill": f"{carrier}/{parcel:022d}"}, body))
                signed = [signer.sign(draft) for draft in drafts]
                self.timed("write", "rows_recorded", rows, lambda signed=signed: self._post(session, signed))

    def _scans(self, options: argparse.Namespace) -> Iterator[tuple[int, int]]:
        """Parcels, and which scan of each it is; while the server warms up each has one, and every cache soon holds its fill."""
        fresh = itertools.count()
        while True:
            at_once = list(itertools.islice(fresh, options.parcels))
            for scan in range(1 if self.warming else options.scans):
                yield from ((parcel, scan) for parcel in at_once)

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


def caches(url: str) -> dict[str, int]:
    """How much each cache of the server holds, and how many streams there are, as it says itself."""
    text = httpx.get(f"{url}/metrics", timeout=60).raise_for_status().text
    found = {name: int(float(value)) for name, value in re.findall(r'^suxin_cache_entries\{cache="(\w+)"\} (\S+)$', text, re.M)}
    streams = re.search(r"^suxin_streams (\S+)$", text, re.M)
    return found | {"streams": int(float(streams[1])) if streams else 0}


def slope(samples: list[tuple[float, float]]) -> float:
    """Trend of (second, value), after Theil and Sen: the median of the slopes between all pairs."""
    pairs = itertools.combinations(samples, 2)
    return statistics.median([(b - a) / (then - now) for (now, a), (then, b) in pairs if then > now] or [0.0])


def judge_memory(samples: list[tuple[float, float]], new_streams: int) -> dict[str, object]:
    """What became of the memory after the warm-up; samples are (second, MiB)."""
    values = [value for _, value in samples] or [0.0]
    first, last = statistics.median(values[:FEW]), statistics.median(values[-FEW:])
    span = max(samples[-1][0] - samples[0][0], 1.0) if samples else 1.0
    trend = slope(samples) * GROWTH_SECONDS
    owed = new_streams * STREAM_BYTES / 2**20 / span * GROWTH_SECONDS
    growth = 1 + (trend - owed) / max(first, 1.0)
    return {
        "memory_mib": {"after_warm_up": first, "end": last, "least": min(values), "most": max(values)},
        "memory_mib_in_ten_minutes": {"trend": round(trend, 2), "of_it_for_new_streams": round(owed, 2)},
        "memory_growth": round(growth, 3),
        "memory_verdict": "met" if growth <= GROWTH_MAX else "not met",
    }


def worst_of_median(windows: list[int]) -> float:
    """Rows of the worst window against the median one; 0 without any."""
    return round(min(windows) / max(1.0, statistics.median(windows)), 3) if windows else 0.0


def hammer(url: str, process: int | None, options: argparse.Namespace) -> dict[str, object]:
    """Hammer a served book; what came of it."""
    shared = Hammer(url)
    start, warm_up_s, at_start = time.monotonic(), 0.0, process and memory_mib(process)
    threads = [threading.Thread(target=shared.write, args=(number, options)) for number in range(options.writers)]
    threads += [threading.Thread(target=shared.read, args=(number,)) for number in range(options.readers)]
    before = process and cpu_seconds(process)
    for thread in threads:
        thread.start()
    windows: list[int] = []
    samples: list[tuple[float, float]] = []
    warm: dict[str, int] = {}
    try:
        while (passed := time.monotonic() - start) < options.warm_up or shared.counts["rows_recorded"] < options.warm_up_rows:
            time.sleep(1)
            if shared.faults and passed > options.warm_up:
                break
        warm_up_s, warm, shared.warming = time.monotonic() - start, caches(url), False
        end = time.monotonic() + options.seconds - options.warm_up
        while (left := end - time.monotonic()) > 0:
            done = shared.counts["rows_recorded"]
            time.sleep(min(options.window, left))
            if left >= options.window:
                windows.append(shared.counts["rows_recorded"] - done)
            if process is not None:
                samples.append((time.monotonic() - start, memory_mib(process) or 0.0))
    finally:
        shared.over.set()
        for thread in threads:
            thread.join()
    after, cold = process and cpu_seconds(process), caches(url)
    return {
        "bench": "hammer",
        "seconds": options.seconds,
        "warm_up": {"seconds": round(warm_up_s), "rows": options.warm_up_rows},
        "writers": options.writers,
        "readers": options.readers,
        "rows_a_post": options.rows,
        "parcels_at_once": options.writers * options.parcels,
        "scans_a_parcel": options.scans,
        **{name: shared.counts[name] for name in ("rows_recorded", "receipts_checked", "proofs_checked")},
        "rows_a_second": round(shared.counts["rows_recorded"] / (warm_up_s + options.seconds - options.warm_up), 1),
        "server_cpu_s": None if before is None or after is None else round(after - before, 1),
        "faults": len(shared.faults),
        "first_faults": shared.faults[:3],
        "ms": {what: times.shown() for what, times in shared.times.items()},
        "windows": {"seconds": options.window, "count": len(windows), "worst": min(windows, default=0)}
        | {"median": statistics.median(windows or [0]), "worst_of_median": worst_of_median(windows)},
        "memory_at_start_mib": at_start,
        **(judge_memory(samples, cold["streams"] - warm["streams"]) if process is not None else {}),
        "memory_series_mib": [value for _, value in samples],
        "caches": {"after_warm_up": warm, "end": cold},
        "cores": os.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=15)
    parser.add_argument("--warm-up-rows", type=int, default=0, help="the warm-up lasts until so many are recorded")
    parser.add_argument("--writers", type=int, default=3, choices=range(1, len(CARRIERS) + 1))
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--rows", type=int, default=50, help="rows of one request")
    parser.add_argument("--parcels", type=int, default=1_000, help="parcels of one writer that are on their way at once")
    parser.add_argument("--scans", type=int, default=8, help="scans of a parcel, before a new one takes its place")
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
    if found["faults"] or not found["receipts_checked"] or found.get("memory_verdict") == "not met":
        sys.exit(1)


if __name__ == "__main__":
    main()

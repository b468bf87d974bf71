"""Full verification of a book, beside a bare signature check on as many processes as cores.

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
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_sign_open

from suxin.ledger import canonical
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import STATEMENT_TAG
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import Genesis, Period, Root, decode_entry
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import copy_for_ref, parse_statement
from suxin.ledger.store.book import Book
from suxin.ledger.store.highwater import Highwater
from suxin.ledger.store.job import Job
from suxin.ledger.store.packing import CheckedRow
from suxin.ledger.store.recovery import create_book, open_writer
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sequencer import Sequencer, Writer
from suxin.ledger.store.waitline import Waiting
from suxin.trace.lifecycle import TradeRules
from suxin.trace.story import Story

BOOK = "suxin.example/bench"
START = 1_795_305_600_000
CARRIER, MAKER = "91512081MA62K0260E", "91350100M000100Y43"
GROUP = 5_000
ALIVE = 2_000  # orders under way at a time
FLOOR_ROWS = 20_000
SCANS = ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")
PLACE = {"district": "330702", "facility": "JH-HUB-01"}

# One verification in a process that has loaded what `suxin verify` loads and nothing else.
CHILD = """
import json, os, sys, time
from suxin.api.cli_verify import run
from suxin.ledger.store.audit_source import open_source
start, before = time.perf_counter(), os.times()
with open_source(sys.argv[1]) as source:
    report = run(source, quiet=True)
taken, after = time.perf_counter() - start, os.times()
cpu = sum(after[:4]) - sum(before[:4])
if not report.holds:
    sys.exit(f"the book does not hold: {report.first}")
print(json.dumps({"seconds": taken, "cpu": cpu, "entries": report.entries, "streams": report.streams}))
"""

Row = tuple[bytes, bytes, bytes]  # statement, signature, public key


class City:
    """Signs what happens, deterministically."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.keys = {actor: SigningKey(bytes([number]) * 32) for number, actor in enumerate((ROOT_ACTOR, CARRIER, MAKER), 1)}
        self.counters = dict.fromkeys(self.keys, 0)
        self.now = START
        self.orders = 0

    def sign(self, actor: str, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: object) -> Row:
        self.counters[actor] += 1
        key = self.keys[actor]
        tail = self.random.getrandbits(74)
        text = f"{self.now:012x}"
        identity = f"{text[:8]}-{text[8:]}-7{tail >> 62:03x}-8{tail >> 50 & 0xFFF:03x}-{tail & 0xFFFFFFFFFFFF:012x}"
        value = {
            "actor": actor if actor == ROOT_ACTOR else f"uscc:{actor}", "at": moment_text(self.now), "body": body, "book": BOOK,
            "id": identity, "key": b64u(key.key_id), "n": self.counters[actor], "subjects": subjects, "type": type_name, "v": 1,
        }  # fmt: skip
        raw = canonical.dump(value | more)
        return raw, key.sign_statement(raw), key.public

    def firms(self) -> Iterator[Row]:
        for actor, role in ((CARRIER, "courier"), (MAKER, "merchant")):
            body = {"event": "register", "key": self.keys[actor].public_text, "role": role}
            entered = self.sign(actor, "actor", {"party": f"uscc:{actor}"}, body)
            yield entered
            statement = parse_statement(entered[0])
            more = {"ref": b64u(statement.hash), "re": copy_for_ref(statement)}
            yield self.sign(ROOT_ACTOR, "confirm", {}, {"kind": "approves"}, **more)
        title = {"category": "general", "currency": "CNY", "event": "open", "price_minor": 990, "title": {"en": "Toy"}}
        yield self.sign(MAKER, "listing", {"offer": self.offer}, title)

    offer = f"uscc:{MAKER}/s/{MAKER}/TOY-1"

    def order(self) -> Iterator[Row]:
        """One order's life, a statement at a time."""
        self.orders += 1
        item, waybill = f"/s/{MAKER}/TOY-1/21/{self.orders:015d}", f"{CARRIER}/{self.orders:022d}"
        salt = self.orders.to_bytes(32, "big")
        yield self.sign(MAKER, "item", {"item": item}, {"made_on": "2026-11-01", "weight_g": 310})
        sale = {"channel": "platform", "currency": "CNY", "price_minor": 990}
        yield self.sign(MAKER, "sale", {"item": item, "offer": self.offer}, sale)
        contents = {"count": 1, "root": b64u(content_leaf(salt, f"p:{item}"))}
        consign = self.sign(
            MAKER, "consign", {"waybill": waybill}, {"contents": contents, "destination": "310115", "origin": "330702"}
        )
        yield consign
        name = b64u(parse_statement(consign[0]).hash)
        opened = {"consign": name, "path": [], "piece": 1, "pieces": 1, "position": 0, "salt": b64u(salt)}
        yield self.sign(MAKER, "dispatch", {"item": item, "waybill": waybill}, opened)
        for code in SCANS:
            yield self.sign(CARRIER, "scan", {"waybill": waybill}, {"code": code, "place": PLACE, "time_source": "device"})
        yield self.sign(CARRIER, "delivery", {"waybill": waybill}, {"method": "locker", "place": PLACE})

    def rows(self, count: int) -> Iterator[Row]:
        made = 0
        for row in self.firms():
            made += 1
            yield row
        alive: list[Iterator[Row]] = []
        while made < count:
            place = self.random.randrange(ALIVE)
            if place >= len(alive):
                alive.append(self.order())
                place = len(alive) - 1
            step = next(alive[place], None)
            if step is None:
                alive[place] = self.order()
            else:
                made += 1
                yield step


def build(folder: Path, count: int) -> None:
    """Make the book through the real admission and sequencer; its rows are parsed, and known to be signed."""
    url = f"sqlite:///{folder / 'book.db'}"
    migrate(url)
    city = City()
    log = SigningKey(bytes([9]) * 32)
    with Book.open(url, writable=True) as book:
        genesis = Genesis(
            ["ed25519"], BOOK, START, 17, "sha-256", "genesis", log.public_text, f"{BOOK}/1", Period("2026-10-01", "2027-01-01"),
            Root(ROOT_ACTOR, city.keys[ROOT_ACTOR].public_text), True, 1,
        )  # fmt: skip
        create_book(book, genesis)
        sequencer = open_writer(book, TradeRules(), Writer(log, Highwater(folder / "marks"), lambda: city.now))
        group: list[Row] = []
        for row in city.rows(count):
            group.append(row)
            if len(group) == GROUP:
                _commit(sequencer, city, group)
                group = []
        if group:
            _commit(sequencer, city, group)


def _commit(sequencer: Sequencer[Story], city: City, rows: list[Row]) -> None:
    city.now += 300
    checked = [CheckedRow(parse_statement(raw), None, public) for raw, _, public in rows]
    waiting = Waiting(Job(checked, [row[0] for row in rows], [row[1] for row in rows]), Future())
    sequencer.commit([waiting])
    bad = [outcome for outcome in waiting.future.result(0) if not hasattr(outcome, "index")]
    if bad:
        raise SystemExit(f"not recorded: {bad[0]}")


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


def verify_once(url: str) -> tuple[dict[str, Any], int]:
    """One verification; gives its result, and the peaks of all its processes added up, in KiB."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True)
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
    url = f"sqlite:///{folder / 'book.db'}"
    if not (folder / "book.db").exists():
        build(folder, options.entries)
    cores = os.cpu_count() or 1
    rows = sample(url)
    rates, floors, works, peaks = [], [], [], []
    found: dict[str, Any] = {}
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        before = floor_of(rows, pool, cores)
        for _ in range(options.rounds):
            found, peak = verify_once(url)
            after = floor_of(rows, pool, cores)
            floors.append((before[0] + after[0]) / 2)
            works.append((before[1] + after[1]) / 2 / (found["cpu"] / found["entries"]))
            rates.append(found["entries"] / found["seconds"])
            peaks.append(peak)
            before = after
    ratios = [rate / floor for rate, floor in zip(rates, floors, strict=True)]
    allowed = 150 * 1024 * 1024 + 300 * found["streams"]
    line = {
        "bench": "verify", "case": "signed one by one, SQLite", "value": round(statistics.median(rates)), "unit": "entries/s",
        "floor": round(statistics.median(floors)), "ratio": round(statistics.median(ratios), 3), "rounds": options.rounds,
        "min": round(min(ratios), 3), "max": round(max(ratios), 3),
        "on": "every check of docs/formats/verify.md; signatures in processes and the caller, whose start is included",
        "cpu_ratio": round(statistics.median(works), 3), "entries": found["entries"], "streams": found["streams"],
        "peak_mib": round(max(peaks) / 1024, 1), "peak_of_allowed": round(max(peaks) * 1024 / allowed, 3), "cores": cores,
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

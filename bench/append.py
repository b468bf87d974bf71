"""Signed ingest through HTTP into a durable book, beside a bare signature check on as many processes as cores.

Prints one JSON line a database, with the gate of issue 4 and whether it is met. Rounds of both are interleaved, so that a
slower minute of the machine slows both; on a machine that others use as well, look at `server_us` first: processor time
that the server's processes (the database's with them) take for one statement, its signature check included.

    python bench/append.py [--case single|batch] [--rows N] [--rounds N] [--workers processes|threads]
                           [--connections N] [--sqlite-only]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import httpx
from nacl.bindings import crypto_sign_open
from sqlalchemy import make_url

from suxin.client.signer import uuid7
from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import STATEMENT_TAG, statement_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import Header, encode
from suxin.ledger.merkle import root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.store.schema import migrate

CARRIERS = ("91512081MA62K0260E", "91350100M000100Y43")
ROWS_A_POST = 1_000
RETRIES = 100
GATES = {"single": 0.45, "batch": 0.8}  # issue 4
CASES = {"single": "signed one by one", "batch": "batch-signed"}

Row = tuple[bytes, bytes, bytes]  # statement, signature, public key


def cpu_seconds(process: int) -> float | None:
    """Processor time of a process and all that it has started; None where there is no /proc."""
    times: dict[int, tuple[int, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        times[int(stat.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"))
    if process not in times:
        return None
    tree, found = {process}, {process}
    while found:
        found = {number for number, (parent, _) in times.items() if parent in found}
        tree |= found
    return sum(times[number][1] for number in tree)


def verify_all(rows: list[tuple[bytes, bytes]]) -> None:
    for signed, public in rows:
        crypto_sign_open(signed, public)


def floor_rate(rows: list[Row], pool: Pool, cores: int) -> float:
    """Signatures a second of a bare libsodium loop in one process a core, on the very statements that are posted."""
    signed = [(signature + STATEMENT_TAG + raw, public) for raw, signature, public in rows]
    parts = [signed[i::cores] for i in range(cores)]
    start = time.perf_counter()
    pool.map(verify_all, parts)
    return len(rows) / (time.perf_counter() - start)


class Load:
    """Scans of ever new parcels by two carriers, signed beforehand: what is timed is the book, not the signer."""

    def __init__(self, url: str, case: str, connections: int) -> None:
        self.client = httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=connections))
        self.connections = connections
        self.bodies = self.batches if case == "batch" else self.singles
        self.book = self.client.get("/.well-known/suxin.json").json()["book"]
        self.keys = [SigningKey(os.urandom(32)) for _ in CARRIERS]
        self.counters = [0 for _ in CARRIERS]
        self.parcels = 0
        for carrier, (code, key) in enumerate(zip(CARRIERS, self.keys, strict=True)):
            body = {"event": "register", "role": "courier", "key": key.public_text}
            (line,) = self.singles([self.row(carrier, "actor", {"party": f"uscc:{code}"}, body)])
            self.client.post("/v1/events", content=line, headers={"content-type": "application/json"}).raise_for_status()

    def row(self, carrier: int, type_name: str, subjects: dict[str, Any], body: dict[str, Any]) -> Row:
        key = self.keys[carrier]
        self.counters[carrier] += 1
        now = time.time_ns() // 1_000_000
        raw = canonical.dump(
            {
                "actor": f"uscc:{CARRIERS[carrier]}",
                "at": moment_text(now),
                "body": body,
                "book": self.book,
                "id": uuid7(now, os.urandom(10)),
                "key": b64u(key.key_id),
                "n": self.counters[carrier],
                "subjects": subjects,
                "type": type_name,
                "v": 1,
            }
        )
        return raw, key.sign_statement(raw), key.public

    def scans(self, count: int) -> list[Row]:
        """Four scans a parcel, as a city's parcels have them; a thousand of one carrier, then of the other."""
        rows = []
        for i in range(count):
            carrier = (i // ROWS_A_POST) % len(CARRIERS)
            if i % 4 == 0:
                self.parcels += 1
            subjects = {"waybill": f"{CARRIERS[carrier]}/{self.parcels:022d}"}
            body = {
                "code": ("PICKED_UP", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY")[i % 4],
                "place": {"district": "330702", "facility": "JH-HUB-01"},
                "time_source": "device",
                "weight_g": 1310,
            }
            rows.append(self.row(carrier, "scan", subjects, body))
        return rows

    def singles(self, rows: list[Row]) -> list[bytes]:
        """Bodies of a thousand rows, each with its signature."""
        lines = [b'{"signature":"%s","statement":%s}' % (b64u(signature).encode(), raw) for raw, signature, _ in rows]
        return [b"\n".join(lines[i : i + ROWS_A_POST]) for i in range(0, len(lines), ROWS_A_POST)]

    def batches(self, rows: list[Row]) -> list[bytes]:
        """Bodies of a thousand rows under one signature."""
        bodies = []
        for i in range(0, len(rows), ROWS_A_POST):
            raws = [raw for raw, _, _ in rows[i : i + ROWS_A_POST]]
            key = next(key for key in self.keys if key.public == rows[i][2])
            first = json.loads(raws[0])
            root = b64u(root_of([statement_hash(raw) for raw in raws]))
            header = encode(Header(first["at"], self.book, b64u(key.key_id), first["n"], root, len(raws), 1))
            head = b'{"header":%s,"signature":"%s"}' % (header, b64u(key.sign_batch(header)).encode())
            bodies.append(b"\n".join([head, *(b'{"statement":%s}' % raw for raw in raws)]))
        return bodies

    def rate(self, rows: list[Row]) -> float:
        bodies = self.bodies(rows)
        start = time.perf_counter()
        with ThreadPoolExecutor(self.connections) as pool:
            answers = list(pool.map(self.post, bodies))
        taken = time.perf_counter() - start
        if sum(answers) != len(rows):
            raise SystemExit(f"{len(rows) - sum(answers)} rows were not recorded")
        return len(rows) / taken

    def post(self, body: bytes) -> int:
        for _ in range(RETRIES):
            answer = self.client.post("/v1/batches", content=body, headers={"content-type": "application/x-ndjson"})
            if answer.status_code != 503:
                answer.raise_for_status()
                return int(answer.json()["recorded"])
            time.sleep(0.2)
        raise SystemExit("the server stayed busy")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, database: str | None, workers: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [str(Path(sys.executable).parent / "suxin"), "serve", "--sandbox", "--data", str(folder / "data")]
    command += ["--port", str(port), "--workers", workers] + (["--database", database] if database else [])
    environment = {**os.environ, "SUXIN_HIGHWATER": str(folder / "marks")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return process, url
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


@contextmanager
def durable_postgres() -> Iterator[tuple[str, int]]:
    """A PostgreSQL of its own with fsync on; yields the URL of the application role, and the process that keeps it."""
    rig = Path(__file__).parents[1] / "tests" / "rig" / "postgres.py"
    with subprocess.Popen([sys.executable, str(rig)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        migrate(url)
        database = make_url(url).database
        yield make_url(url).set(username=f"{database}_app").render_as_string(hide_password=False), server.pid
        assert server.stdin is not None
        server.stdin.close()


def measure(name: str, database: str | None, keeper: int | None, options: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="suxin-bench-"))
    cores = os.cpu_count() or 1
    process, url = serve(folder, database, options.workers)
    pool = multiprocessing.get_context("spawn").Pool(cores)
    try:
        load = Load(url, options.case, options.connections)
        load.rate(load.scans(max(2 * ROWS_A_POST, options.rows // 4)))  # warm-up
        rates, floors, costs = [], [], []
        for _ in range(options.rounds):
            rows = load.scans(options.rows)
            floors.append(floor_rate(rows, pool, cores))
            before = [cpu_seconds(number) for number in (process.pid, keeper) if number is not None]
            rates.append(load.rate(rows))
            after = [cpu_seconds(number) for number in (process.pid, keeper) if number is not None]
            costs.append(sum((b or 0) - (a or 0) for a, b in zip(before, after, strict=True)) / len(rows) * 1e6)
        ratios = [rate / floor for rate, floor in zip(rates, floors, strict=True)]
        ratio, gate = statistics.median(ratios), GATES[options.case]
        line = {
            "bench": "append",
            "case": f"{CASES[options.case]}, {name}",
            "value": round(statistics.median(rates)),
            "unit": "statements/s",
            "floor": round(statistics.median(floors)),
            "ratio": round(ratio, 3),
            "rounds": options.rounds,
            "min": round(min(ratios), 3),
            "max": round(max(ratios), 3),
            "gate": gate,
            "verdict": "met" if ratio >= gate else "not met",
            "server_us": round(statistics.median(costs), 1) or None,
            "on": f"durable commit, every rule and index, receipts, map each epoch; {options.workers}; client on the same box",
            "rows": options.rows,
            "connections": options.connections,
            "cores": cores,
        }
        print(json.dumps(line), flush=True)
    finally:
        pool.terminate()
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=tuple(CASES), default="single")
    parser.add_argument("--rows", type=int, default=20_000, help="rows a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=6, help="requests on their way at once, of 1,000 rows each")
    parser.add_argument("--workers", choices=("threads", "processes"), default="processes")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL from pip out")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped too
    measure("SQLite", None, None, options)
    if not options.sqlite_only:
        with durable_postgres() as (url, keeper):
            measure("PostgreSQL", url, keeper, options)


if __name__ == "__main__":
    main()

"""A book with a million streams: how long a server takes to start with it, what memory it takes, and what a reader waits for.

The book is a carrier's parcels, one scan each, under signatures of a thousand rows; then items that were made, sold, sent and
delivered (13 entries in 4 streams of their own), which are read: their trace JSON with the bundle that proves it, each
request another item, so that no cache by address helps; and once more the same items, which it does. The floor is a FastAPI
hello-world in the same process model; rounds are interleaved. Prints one JSON line a case.

    python bench/million.py [--streams 1000000] [--items 1000] [--rounds 5] [--folder KEEP]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from append import free_port
from hammer import memory_mib
from page import Filler, hello, rate

from suxin.api.app import create_app
from suxin.api.service import Service, wall_clock
from suxin.api.settings import Settings
from suxin.api.submission import parse_lines
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey
from suxin.ledger.limits import BATCH_ROWS_MAX
from suxin.ledger.moment import moment_text
from suxin.ledger.store.job import Job
from suxin.ledger.store.workers import check_batch

CARRIER = "uscc:91350100M000100Y43"
GATES = {"start-up": (20.0, 5.0), "memory": (1024.0, 400.0), "bundle": (0.3, 0.6)}
START_S_MAX = 300


def settings(folder: Path) -> Settings:
    return Settings(data=folder / "data", origin="suxin.example/bench", sandbox=True, highwater=folder / "marks")


def batches(signer: Signer, parcels: int) -> Iterator[bytes]:
    """Bodies of a thousand scans under one signature, each of a parcel of its own."""
    for first in range(0, parcels, BATCH_ROWS_MAX):
        at = moment_text(wall_clock())
        body = {"code": "PICKED_UP", "place": {"district": "330702"}}
        drafts = [
            Draft("scan", at, {"waybill": f"{CARRIER[5:]}/{number:022d}"}, body)  # type: ignore[arg-type]
            for number in range(first, min(first + BATCH_ROWS_MAX, parcels))
        ]
        yield b"\n".join(signer.sign_batch(drafts, at).lines())


def fill(folder: Path, streams: int, items: int) -> None:
    """Make the book. The scans go to the sequencer past the web server and the workers, whose rate is measured elsewhere."""
    service = Service(settings(folder))
    try:
        service.sequencer.waitline.interval_s = 0.0
        filler = Filler(service)
        carrier = Signer(SigningKey(os.urandom(32)), CARRIER, service.genesis.book, MemoryCounter(), wall_clock)
        register: dict[str, object] = {"event": "register", "role": "courier", "key": carrier.key.public_text}
        asyncio.run(filler.post([filler.row(carrier, "actor", {"party": CARRIER}, register)]))
        publics = {b64u(carrier.key.key_id): carrier.key.public}
        for body in batches(carrier, streams):
            submission = parse_lines(body, rollback=False)
            assert submission.batch is not None
            checked = check_batch(submission.batch, submission.raws, publics)
            outcomes = service.sequencer.offer(Job(checked, submission.raws, [], submission.batch)).result()
            if not all(hasattr(outcome, "index") for outcome in outcomes):
                raise SystemExit("rows were refused")
        keys = asyncio.run(filler.fill(items))
        (folder / "keys.json").write_text(json.dumps(keys))
    finally:
        service.close()


def start_up(folder: Path) -> tuple[float, float | None]:
    """Seconds from the command to a server that is ready, and the memory of its processes then, in MiB."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "suxin"), "serve", "--sandbox", "--data", str(folder / "data")]
    environment = {**os.environ, "SUXIN_HIGHWATER": str(folder / "marks")}
    start = time.perf_counter()
    with subprocess.Popen([*command, "--port", str(port)], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            while time.perf_counter() - start < START_S_MAX:
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=START_S_MAX).status_code == 200:
                        return time.perf_counter() - start, memory_mib(process.pid)
                except httpx.HTTPError:
                    time.sleep(0.02)
        finally:
            process.terminate()
    raise SystemExit("the server did not start")


async def read(folder: Path, options: argparse.Namespace) -> dict[str, tuple[list[float], list[float]]]:
    """Rates of each case, and of the floor beside it."""
    keys = json.loads((folder / "keys.json").read_text())
    service = Service(settings(folder))
    try:
        book = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(service)), base_url="http://bench")
        floor = httpx.AsyncClient(transport=httpx.ASGITransport(hello()), base_url="http://bench")
        share = len(keys) // options.rounds
        found: dict[str, tuple[list[float], list[float]]] = {}
        for number in range(options.rounds):
            mine = keys[number * share : (number + 1) * share]
            for case, path in (("each another item", "/bundle"), ("asked again", "/bundle"), ("trace JSON alone", "")):
                rates, floors = found.setdefault(case, ([], []))
                floors.append(await rate(floor, lambda _: "/", len(mine)))
                rates.append(await rate(book, lambda n, m=mine, p=path: f"/v1/products{m[n]}{p}", len(mine)))  # type: ignore[misc]
        await book.aclose()
        await floor.aclose()
    finally:
        service.close()
    return found


def say(case: str, key: str, judged: float, *, most: bool, **more: object) -> None:
    """One line; `most` says that the gate must not be exceeded."""
    gate, aim = GATES[key]
    met = judged <= gate if most else judged >= gate
    line = {"bench": "million", "case": case, "gate": gate, "aim": aim, "verdict": "met" if met else "not met", **more}
    print(json.dumps(line | {"cores": os.cpu_count()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the book here, and use one that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suxin-bench-") as spare:
        folder = options.folder or Path(spare)
        if not (folder / "keys.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            fill(folder, options.streams, options.items)
        started = [start_up(folder) for _ in range(3)]
        seconds = statistics.median(one for one, _ in started)
        say("start-up", "start-up", seconds, most=True, value=round(seconds, 2), unit="s", rounds=3, streams=options.streams)
        mib = max((one for _, one in started if one is not None), default=0.0)
        say("memory after the start", "memory", mib, most=True, value=mib, unit="MiB", streams=options.streams)
        for case, (rates, floors) in asyncio.run(read(folder, options)).items():
            ratios = [one / other for one, other in zip(rates, floors, strict=True)]
            value = statistics.median(ratios)
            more = {"value": round(statistics.median(rates), 1), "unit": "requests/s"}
            more |= {"floor": round(statistics.median(floors), 1), "min": round(min(ratios), 4), "max": round(max(ratios), 4)}
            more |= {"ratio": round(value, 4), "rounds": options.rounds, "streams": options.streams}
            say(f"trace JSON with bundle, {case}", "bundle", value, most=False, **more)


if __name__ == "__main__":
    main()

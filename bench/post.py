"""One POST of one statement to a server that is idle: how long a person waits for the receipt.

Each request waits until the server is idle again; the client is on the same box. Prints one JSON line.

    python bench/post.py [--posts 200] [--pause 0.22]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from append import Load, serve

GATE_MS, AIM_MS = 50.0, 15.0
HEADERS = {"content-type": "application/json"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.22, help="seconds between two; under load epochs are 0.2 apart")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="suxin-bench-"))
    process, url = serve(folder, None, "processes")
    try:
        load, times = Load(url, "single", 1), []
        for line in load.singles(load.scans(10))[0].split(b"\n"):  # warm-up
            load.client.post("/v1/events", content=line, headers=HEADERS).raise_for_status()
        for _ in range(options.posts):
            (line,) = load.singles(load.scans(1))
            time.sleep(options.pause)
            start = time.perf_counter()
            load.client.post("/v1/events", content=line, headers=HEADERS).raise_for_status()
            times.append((time.perf_counter() - start) * 1_000)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    times.sort()
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    line_out = {"bench": "post", "case": "single POST to an idle server, p99", "value": round(p99, 2), "unit": "ms"}
    line_out |= {"median": round(times[len(times) // 2], 2), "max": round(times[-1], 2), "posts": options.posts}
    line_out |= {"gate": GATE_MS, "aim": AIM_MS, "verdict": "met" if p99 <= GATE_MS else "not met", "cores": os.cpu_count()}
    print(json.dumps(line_out), flush=True)


if __name__ == "__main__":
    main()

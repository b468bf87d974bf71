"""Lighthouse's scores of the demo's pages, as its emulated phone sees them: trace page, waybill page, courier file, start page.

    python bench/lighthouse.py --lighthouse PATH [--rounds 5] [--only NAME]

PATH is an installed Lighthouse 12 (`npm install lighthouse@12` in any folder; its `node_modules/.bin/lighthouse`): neither the
project nor its tests need it. A demo is started and ended. Each round asks for every page once, so that a busy minute
falls on all alike; a round of the warm-up is thrown away. Prints one JSON line a page: medians of the rounds, the range of the
performance score, the longest tasks of the page's own thread as the audit found them. A score rests on the clock: what else runs
on the machine lowers it, so `load` stands in each line.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the browser of the tests

from rig.browser import FINDER, FLAGS

GATES = {"performance": 0.95, "accessibility": 1.0, "best-practices": 0.95}
TIMES = {
    "fcp_ms": "first-contentful-paint",
    "lcp_ms": "largest-contentful-paint",
    "tbt_ms": "total-blocking-time",
    "shift": "cumulative-layout-shift",
}
SECONDS_MAX = 180  # of one audit
SUXIN = (sys.executable, "-c", "from suxin.api.cli import main; main()")


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """Addresses of the pages of a demo that runs as long as the block does."""
    command = [*SUXIN, "demo", "--scale", "0.1"]
    with (
        tempfile.TemporaryDirectory(prefix="suxin-lighthouse-") as folder,
        (Path(folder) / "log").open("wb") as log,
        subprocess.Popen(command, env={**os.environ, "PORT": "0"}, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            urls = []
            for line in process.stdout:
                urls += re.findall(r"^ {4}(http://\S+)$", line)
                if line.startswith("Ctrl-C"):
                    break
            yield found(urls)
        finally:
            process.terminate()


def found(urls: list[str]) -> dict[str, str]:
    """The four pages among those that a demo names: the first of each kind."""
    kinds = {"trace": "/01/", "waybill": "/w/", "courier": "/couriers/"}
    pages = {name: next(url for url in urls if part in url) for name, part in kinds.items()}
    base = re.match(r"http://[^/]+", urls[0])
    assert base is not None
    return {name: f"{base[0]}/zh-CN{url.removeprefix(base[0])}" for name, url in (*pages.items(), ("start", f"{base[0]}/"))}


def audit(lighthouse: str, chromium: str, url: str, tries: int = 3) -> dict[str, Any]:
    """One report; a recording that went wrong ("run Lighthouse again", it says) is made anew."""
    with tempfile.TemporaryDirectory(prefix="suxin-lighthouse-") as folder:
        kept = Path(folder) / "report.json"
        options = ["--quiet", "--no-enable-error-reporting", "--output=json", f"--output-path={kept}"]
        flags = f"--chrome-flags=--headless {' '.join(FLAGS)} --user-data-dir={folder}/profile"
        only = f"--only-categories={','.join(GATES)}"
        command = [lighthouse, url, *options, only, flags]
        done = subprocess.run(command, env={**os.environ, "CHROME_PATH": chromium}, check=False, timeout=SECONDS_MAX)
        if done.returncode and tries > 1:
            return audit(lighthouse, chromium, url, tries - 1)
        done.check_returncode()
        return json.loads(kept.read_text("utf-8"))  # type: ignore[no-any-return]


def lost_in(report: dict[str, Any]) -> Iterator[str]:
    """Names of the audits that cost something."""
    for kind in GATES:
        for row in report["categories"][kind]["auditRefs"]:
            score = report["audits"][row["id"]]["score"]
            if row["weight"] > 0 and score is not None and score < 0.9:
                yield row["id"]


def line(name: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rounds of a page come to."""
    scores = {kind: [report["categories"][kind]["score"] for report in reports] for kind in GATES}
    medians = {kind: median(all_of) for kind, all_of in scores.items()}
    times = {key: round(median(report["audits"][audit]["numericValue"] for report in reports), 3) for key, audit in TIMES.items()}
    tasks = [[item["duration"] for item in report["audits"]["long-tasks"]["details"]["items"]] for report in reports]
    lost = sorted({name for report in reports for name in lost_in(report)})
    return {
        "bench": "lighthouse", "case": name, "rounds": len(reports), **medians,
        "performance_range": [min(scores["performance"]), max(scores["performance"])], **times,
        "longest_task_ms": round(median(max(all_of, default=0) for all_of in tasks)), "lost": lost,
        "good": all(medians[kind] >= least for kind, least in GATES.items()), "load": round(os.getloadavg()[0], 1),
        "lighthouse": reports[0]["lighthouseVersion"],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lighthouse", required=True, help="path of the program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="one of the pages: trace, waybill, courier, start")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the demo ends too
    chromium = subprocess.run([FINDER, "--find"], capture_output=True, text=True, check=True).stdout.strip()
    with demo() as pages:
        asked = {name: url for name, url in pages.items() if given.only in (None, name)}
        reports: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
        for number in range(given.rounds + 1):
            for name, url in asked.items():
                report = audit(given.lighthouse, chromium, url)
                if number:  # the first asks a server that has made nothing yet
                    reports[name].append(report)
    for name, of_page in reports.items():
        print(json.dumps(line(name, of_page)), flush=True)


if __name__ == "__main__":
    main()

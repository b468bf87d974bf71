"""The whole table of figures, a verdict in each row: runs the benches, keeps what they print, and reads all that was kept.

What was measured is kept in bench/results/NAME.json with the machine named, by the day; a row whose bench was not run now shows
the last result that was kept, and says of which day. `quick` takes some minutes; the long ones have runs of their own.

    python bench/table.py [quick|storage|growth|ten|show] [--only NAME,...] [--folder KEEP] [-- OPTIONS OF THE BENCH]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results"
Line = dict[str, Any]

RUNS: Final[dict[str, dict[str, list[str]]]] = {
    "quick": {
        "append": ["append.py", "--rows", "20000"],
        "batch": ["append.py", "--case", "batch", "--rows", "20000"],
        "verify": ["verify.py"],
        "post": ["post.py"],
        "qr": ["qr.py"],
        "million": ["million.py"],
    },
    "storage": {"storage": ["storage.py", "--orders", "0"]},
    "growth": {"growth": ["growth.py"]},
    "ten": {"ten": ["hammer.py", "--seconds", "720", "--warm-up", "120", "--warm-up-rows", "350000", "--rows", "500"]},
    "show": {},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        words: What is measured.
        kept: Name of the result it stands in.
        case: Pattern that the line's case begins with; the first line that fits counts.
        figure: Member of that line, one within another after a dot.
        gate: What it must reach.
        aim: What it should.
        most: Gate and aim are upper bounds.
        whole: Least values of members of the line: a smaller run proves nothing.
    """

    words: str
    kept: str
    case: str
    figure: str
    gate: float
    aim: float
    most: bool = False
    whole: dict[str, int] = field(default_factory=dict)

    def find(self, lines: list[Line]) -> Line | None:
        """The line that is meant."""
        return next((line for line in lines if re.match(self.case, str(line.get("case", "")))), None)

    def value(self, line: Line) -> float:
        """The figure in it."""
        found: Any = line
        for name in self.figure.split("."):
            found = found[name]
        return float(found)

    def verdict(self, line: Line | None) -> str:
        """Whether aim or gate are met, or why there is no verdict."""
        if line is None:
            return "not measured"
        if any(line.get(name, 0) < least for name, least in self.whole.items()):
            return "too small a run"
        value = self.value(line)
        reached = [value <= bound if self.most else value >= bound for bound in (self.aim, self.gate)]
        return "aim met" if reached[0] else "gate met" if reached[1] else "NOT MET"


_MILLION: Final = {"streams": 1_000_000}
_FIVE: Final = {"entries": 5_000_000}
_TEN: Final = {"seconds": 600}
ROWS: Final = (
    Row("one by one, HTTP, durable / bare verify: PostgreSQL", "append", "signed one by one, Post", "ratio", 0.45, 0.55),
    Row("one by one, HTTP, durable / bare verify: SQLite", "append", "signed one by one, SQL", "ratio", 0.45, 0.55),
    Row("batch-signed / bare verify: PostgreSQL", "batch", "batch-signed, Post", "ratio", 0.8, 1.5),
    Row("batch-signed / bare verify: SQLite", "batch", "batch-signed, SQL", "ratio", 0.8, 1.5),
    Row("rate at 5,000,000 / at 100,000: PostgreSQL", "growth", "batch-signed, Post", "ratio", 0.5, 0.8, whole=_FIVE),
    Row("rate at 5,000,000 / at 100,000: SQLite", "growth", "batch-signed, SQL", "ratio", 0.4, 0.8, whole=_FIVE),
    Row("ten minutes: worst 10 seconds / median", "ten", "", "windows.worst_of_median", 0.5, 0.8, whole=_TEN),
    Row("ten minutes: memory by its trend / after warm-up", "ten", "", "memory_growth", 1.02, 1.0, True, _TEN),
    Row("full verification / bare verify", "verify", "signed one by one", "ratio", 0.9, 0.95),
    Row("hash-only / full verification", "verify", ".*hash", "ratio", 12, 18),
    Row("bytes a statement on disk, sealed", "storage", "bytes a statement, sealed", "value", 320, 200, True),
    Row("trace JSON with bundle, each another item / hello", "million", ".*another item", "ratio", 0.3, 0.6, whole=_MILLION),
    Row("trace JSON with bundle, asked again / hello", "million", ".*asked again", "ratio", 0.3, 0.6, whole=_MILLION),
    Row("single POST to an idle server, p99, ms", "post", "", "value", 50, 15, True),
    Row("memory, 1,000,000 streams, 5,000,000 entries, MiB", "growth", "batch-signed, SQL", "memory_mib", 1024, 400, True, _FIVE),
    Row("start-up with 1,000,000 streams, s", "million", "start-up", "value", 20, 5, True, _MILLION),
    Row("batched QR matrices / `qrcode`, fixed mask", "qr", "", "ratio", 200, 1_000),
)


def machine() -> dict[str, object]:
    """What was measured on; no name of a host, no path."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.partition(":")[2].strip() for line in lines if "model name" in line)
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (OSError, StopIteration, ValueError):
        cpu, memory = platform.processor(), 0
    return {
        "cores": os.cpu_count(), "cpu": cpu, "memory_gib": memory, "system": platform.system(),
        "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
    }  # fmt: skip


def run(name: str, command: list[str]) -> int:
    """Run one bench, keep its lines; its exit code."""
    start, lines, loads = time.monotonic(), [], [round(os.getloadavg()[0], 1)]
    with subprocess.Popen([sys.executable, *command], cwd=HERE, stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        for text in bench.stdout:
            sys.stderr.write(text)
            if text.startswith("{"):
                lines.append(json.loads(text))
    loads.append(round(os.getloadavg()[0], 1))
    if lines:
        found = {
            "command": " ".join(["python", f"bench/{command[0]}", *command[1:]]), "day": datetime.now(UTC).date().isoformat(),
            "seconds": round(time.monotonic() - start), "load_before_and_after": loads, "machine": machine(), "lines": lines,
        }  # fmt: skip
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if bench.returncode:
        sys.stderr.write(f"bench/{command[0]} ended with {bench.returncode}\n")
    return bench.returncode


def show(fresh: set[str]) -> int:
    """Print the table; how many rows do not meet their gate."""
    kept = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    table, missed = [("what", "value", "gate", "aim", "verdict", "measured")], 0
    for row in ROWS:
        result = kept.get(row.kept)
        line = row.find(result["lines"]) if result else None
        verdict = row.verdict(line)
        missed += verdict == "NOT MET"
        sign = "<=" if row.most else ">="
        when = "" if result is None or line is None else "now" if row.kept in fresh else result.get("day", "before")
        value = "-" if line is None else f"{row.value(line):g}"
        table.append((row.words, value, f"{sign} {row.gate:g}", f"{row.aim:g}", verdict, when))
    widths = [max(len(cells[i]) for cells in table) for i in range(len(table[0]))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    print("machine: " + ", ".join(f"{name} {value}" for name, value in machine().items()))
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="?", choices=tuple(RUNS), default="quick")
    parser.add_argument("--only", default="", help="names of results, with commas between")
    parser.add_argument("--folder", help="keeps the book of a million streams for the next time")
    own, more = sys.argv[1:], []
    if "--" in own:
        own, more = own[: own.index("--")], own[own.index("--") + 1 :]
    options = parser.parse_args(own)
    wanted = set(options.only.split(",")) - {""}
    fresh, failed = set(), False
    for name, command in RUNS[options.runs].items():
        if wanted and name not in wanted:
            continue
        kept = ["--folder", options.folder] if options.folder and name == "million" else []
        # What the hammer's code says of memory stands in a row of the table.
        failed |= run(name, [*command, *kept, *more]) != 0 and name != "ten"
        fresh.add(name)
    show(fresh)
    if failed:
        sys.exit("a bench did not end well; its rows are those of an earlier day")


if __name__ == "__main__":
    main()

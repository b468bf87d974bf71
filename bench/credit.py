"""Scoring a company from its rollup: its facts and score, against one SQL count over a row for each of its parcels.

    python bench/credit.py [--parcels 1000000] [--rounds 7]

The rollup holds counts by day, so its cost does not grow with the parcels; the count in SQLite is the cheapest thing that
touches each of them. Both run in this process, on CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from time import process_time

from suxin.courier.rollup import Rollup
from suxin.courier.row import ParcelRow
from suxin.courier.rulebook import rule_set
from suxin.courier.score import score

COMPANY = "91512081MA62K0260E"
AS_OF = date(2026, 10, 31)
KINDS = 500  # different parcels; each of the million is one of them, on some day


def timed(call: Callable[[], object]) -> float:
    """CPU seconds: the machine may be shared."""
    start = process_time()
    call()
    return process_time() - start


def parcels(count: int, chance: random.Random) -> list[ParcelRow]:
    """Rows of a year, of a few hundred kinds."""
    rows = []
    for number in range(KINDS):
        day = (AS_OF - timedelta(days=number % 366)).isoformat()
        good = chance.random() < 0.9
        rows.append(
            ParcelRow(
                parcel="A" * 43, day=day, end="delivered", known="A", promise="kept" if good else "broken", origin="3307",
                destination="3101", minutes=chance.randrange(600, 6_000), grade="A", method="in_person",
                gaps=() if good else ("round",), cases=("lost",) if chance.random() < 0.01 else (),
            )
        )  # fmt: skip
    return [rows[number % KINDS] for number in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    rules, rows = rule_set(), parcels(options.parcels, random.Random(1))
    rollup = Rollup(COMPANY, rules)
    added = timed(lambda: rollup.add(rows))
    with sqlite3.connect(":memory:") as book:
        book.execute("CREATE TABLE parcel (day TEXT, late INTEGER)")
        book.executemany("INSERT INTO parcel VALUES (?, ?)", ((row.day, row.promise == "broken") for row in rows))
        query = "SELECT count(*), sum(late) FROM parcel"
        found = score(rollup.facts(AS_OF.isoformat()), rules)
        assert found.graded
        values, floors = [], []
        for _ in range(options.rounds):
            values.append(timed(lambda: score(rollup.facts(AS_OF.isoformat()), rules)))
            floors.append(timed(lambda: book.execute(query).fetchone()))
    value, floor = median(values), median(floors)
    line = {"bench": "credit", "case": f"score of {options.parcels} parcels from the rollup", "value": round(1_000 * value, 2)}
    line |= {"unit": "ms", "floor": round(1_000 * floor, 2), "ratio": round(value / floor, 3), "rounds": options.rounds}
    print(json.dumps(line), flush=True)
    rate = {"bench": "credit", "case": "rows counted into the rollup", "value": round(options.parcels / added), "unit": "rows/s"}
    print(json.dumps(rate), flush=True)


if __name__ == "__main__":
    main()

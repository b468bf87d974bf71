"""Print table.json: fact tables, the facts they add up, and the score these make. Deterministic; see README.md."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.world import company

from suxin.courier.factfile import Apart, Order, Previous, Standing, facts_value
from suxin.courier.rollup import days_before
from suxin.courier.row import (
    ApartRow,
    Case,
    CheckRow,
    ComplaintRow,
    End,
    Gap,
    Mark,
    OrderRow,
    ParcelRow,
    PreviousRow,
    ReviewRow,
    Row,
    StandingRow,
    TrafficRow,
    parcel_hash,
)
from suxin.courier.rulebook import rule_set
from suxin.courier.score import score, score_value
from suxin.courier.table import FactTable, facts_of, make_table

DAY = "2026-10-31"
WHO = company(1)


def some(draw: random.Random, kind: Any, share: float) -> tuple[Any, ...]:
    return tuple(sorted(name for name in get_args(kind) if draw.random() < share))


def parcel(draw: random.Random, number: int, days: list[str]) -> ParcelRow:
    end = draw.choices(get_args(End), (80, 4, 3, 3, 4, 6))[0]
    delivered = end == "delivered"
    named = draw.random() < 0.9
    return ParcelRow(
        parcel=parcel_hash(f"{WHO}/{number:022d}"),
        day=draw.choice(days),
        end=end,
        known=draw.choices("ABCD", (5, 3, 1, 1))[0],  # type: ignore[arg-type]
        promise=draw.choices(("kept", "broken", "none"), (8, 1, 1))[0],  # type: ignore[arg-type]
        origin="3307" if named else None,
        destination=draw.choice(("3307", "3301", "3101")) if named else None,
        minutes=draw.randrange(5_000) if delivered else None,
        grade=draw.choices("ABCD", (6, 2, 1, 1))[0] if delivered else "D",  # type: ignore[arg-type]
        method=draw.choice(("in_person", "locker", "neighbour")) if delivered else None,  # type: ignore[arg-type]
        consent=draw.choice(("none", "this_parcel", "standing")) if delivered else "none",  # type: ignore[arg-type]
        gaps=some(draw, Gap, 0.03),
        cases=some(draw, Case, 0.04),
        marks=some(draw, Mark, 0.06),
    )


def rows(seed: int, parcels: int, recent: int = 366) -> list[Row]:
    draw = random.Random(seed)
    days = days_before(DAY)[:recent]
    found: list[Row] = [parcel(draw, number, days) for number in range(parcels)]
    found += [ComplaintRow(draw.choice(days), draw.random() < 0.8) for _ in range(50)]
    found += [
        ReviewRow(draw.choice(days), draw.choice(("consumer", "merchant")), 20 * draw.randrange(5, 26))  # type: ignore[arg-type]
        for _ in range(60)
    ]
    found += [CheckRow(draw.choice(days), 190, 200), TrafficRow(draw.choice(days), 15, 900)]
    found += [
        StandingRow(Standing("I11", "general", "2026-06-01", "2027-05-31", "JH-17")),
        StandingRow(Standing("I12", "serious", "2025-06-01", "2026-05-31", "JH-3")),
        StandingRow(Standing("I11", "light", "2026-09-01", "2026-12-31", "JH-20")),
        PreviousRow(Previous("2026-09-30", "C", "79.6")),
        ApartRow(Apart(pending=2, unproved=1, refused=3)),
    ]
    if seed % 2:
        found.append(OrderRow(Order("suspension", "auth:postal:330700", "JH-9", "2026-10-01", "2026-12-31")))
    return found


def files(table: FactTable) -> dict[str, Any]:
    text = {name: "".join(f"{line.decode()}\n" for line in lines) for name, lines in table.sections.items()}
    return {"index": "".join(f"{line.decode()}\n" for line in table.index), "sections": text}


def good(name: str, version: str, seed: int, parcels: int, recent: int = 366) -> dict[str, Any]:
    rules = rule_set(version)
    table = make_table(WHO, DAY, rules, rows(seed, parcels, recent))
    facts = facts_of(table, rules)
    return {
        "name": name, "valid": True, "rules": version, "root": table.root, **files(table),
        "facts": facts_value(facts), "score": score_value(score(facts, rules)),
    }  # fmt: skip


def bad() -> list[dict[str, Any]]:
    """Tables that do not fit: each but for one thing the first good one."""
    base = good("", "KD-2026.1", 1, 4)
    found = {name: base[name] for name in ("rules", "root", "index", "sections")}
    month = next(name for name in base["sections"] if name != "standing")
    text = base["sections"][month]
    other = text.replace('"row":"parcel"', '"row":"parcels"', 1)
    lines = text.splitlines(keepends=True)
    return [
        {"name": "another root than was published", "valid": False, **found, "root": base["root"][::-1]},
        {"name": "a row changed", "valid": False, **found, "sections": base["sections"] | {month: other}},
        {"name": "a row left out", "valid": False, **found, "sections": base["sections"] | {month: "".join(lines[1:]) or "\n"}},
        {"name": "no line feed at the end", "valid": False, **found, "sections": base["sections"] | {month: text[:-1]}},
        {"name": "by other rules than it names", "valid": False, **found, "rules": "BR-TEST"},
    ]  # fmt: skip


def make() -> dict[str, Any]:
    cases = [
        good("rows of every kind", "KD-2026.1", 1, 60),
        good("enough of them for a grade", "KD-2026.1", 2, 360, 60),
        good("the rules of the sample book", "BR-TEST", 4, 60),
    ]
    return {"format": "docs/formats/fact-table.md", "cases": [*cases, *bad()]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), ensure_ascii=False, indent=1) + "\n")

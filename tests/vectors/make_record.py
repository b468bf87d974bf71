"""Print record.json: bundles, and the record that the page of each must show. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fakes import record_tales as tales
from fakes.paper_tales import STREAM, WAYBILL

from suxin.ledger.bundle import parse_bundle
from suxin.trace.retelling import record_json, retell

SHARED = json.loads((Path(__file__).parent / "bundle.json").read_bytes())["bundles"]


def make() -> dict[str, Any]:
    """The whole file."""
    names = ("returned", "disputed", "odd", "stale", "stolen", "voiced", "silenced", "failed", "vowed", "borrowed")
    told = {name: getattr(tales, name)().book.publish() for name in names}
    own = {name: book.bundle(STREAM).decode() for name, book in told.items()}
    own |= {
        f"parcel of {name}": book.bundle(f"w:{WAYBILL}").decode()
        for name, book in told.items()
        if name not in ("stale", "stolen", "silenced", "failed", "vowed", "borrowed")
    }
    found = [case(f"{name}, as in bundle.json", name, text) for name, text in SHARED.items()]
    found += [case(name, name, text) for name, text in own.items()]
    for name, first, step in (("returned", 5, 3), ("vowed", 18, 1)):
        entries = json.loads(own[name])["entries"]
        for at in range(first, len(entries), step):
            size, time = entries[at][0], entries[at - 1][1]["received"]
            found.append(case(f"{name}, of the state of {size} leaves", name, own[name], size=size, time_ms=time))
    return {"page": "record.md", "bundles": own, "cases": found}


def case(name: str, bundle: str, text: str, **state: int) -> dict[str, Any]:
    """What a bundle's record comes to, of its own state or of an earlier one."""
    page = retell(parse_bundle(text.encode()), **state)
    return {"name": name, "bundle": bundle, "record": None if page is None else record_json(page)} | state


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), ensure_ascii=False, separators=(",", ":")) + "\n")

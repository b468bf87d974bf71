"""Trace page and trace JSON of a filled book, beside a FastAPI hello-world in the same process model.

The book holds sales, parcels and scans of many items; every request asks for another item, so that no cache by address
helps. Rounds are interleaved. Prints one JSON line a case.

    python bench/page.py [--items N] [--requests N] [--rounds N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI

from suxin.api.app import create_app
from suxin.api.service import Service, wall_clock
from suxin.api.settings import Settings
from suxin.api.submission import parse_lines
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import root_of
from suxin.ledger.moment import moment_text

SHOP, CARRIER = "uscc:91440300708461136T", "uscc:91512081MA62K0260E"
CLASS = "/01/06901234567892"
SCANS = ("PICKED_UP", "HUB_IN", "HUB_OUT", "HUB_IN", "HUB_OUT", "HUB_IN", "AT_DELIVERY_DEPOT", "OUT_FOR_DELIVERY")


class Filler:
    """Two firms that fill a book with items which were made, sold, sent and delivered: 13 entries each."""

    def __init__(self, service: Service) -> None:
        self.service = service
        book = service.genesis.book
        self.shop = Signer(SigningKey(os.urandom(32)), SHOP, book, MemoryCounter(), wall_clock)
        self.carrier = Signer(SigningKey(os.urandom(32)), CARRIER, book, MemoryCounter(), wall_clock)

    def row(self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, object]) -> bytes:
        draft = Draft(type_name, moment_text(wall_clock()), subjects, body)  # type: ignore[arg-type]
        return signer.sign(draft).line()

    async def post(self, rows: list[bytes]) -> None:
        for first in range(0, len(rows), 2_000):
            outcomes = await self.service.write(parse_lines(b"\n".join(rows[first : first + 2_000]), rollback=False))
            refused = [outcome for outcome in outcomes if not hasattr(outcome, "index")]
            if refused:
                raise SystemExit(f"refused: {refused[0]}")

    async def fill(self, items: int) -> list[str]:
        for signer, role in ((self.shop, "merchant"), (self.carrier, "courier")):
            body: dict[str, object] = {"event": "register", "role": role, "key": signer.key.public_text}
            await self.post([self.row(signer, "actor", {"party": signer.actor}, body)])
        offer = SHOP + CLASS
        listing: dict[str, object] = {
            "event": "open", "title": {"en": "Ham"}, "category": "food", "price_minor": 9900, "currency": "CNY",
        }  # fmt: skip
        await self.post([self.row(self.shop, "listing", {"offer": offer}, listing)])
        keys = [f"{CLASS}/21/BENCH{i:010d}" for i in range(items)]
        rows = [row for number, key in enumerate(keys) for row in self.life(number, key, offer)]
        await self.post(rows)
        return keys

    def life(self, number: int, item: str, offer: str) -> list[bytes]:
        waybill = f"{CARRIER[5:]}/{number:022d}"
        salt = os.urandom(32)
        leaf = content_leaf(salt, f"p:{item}")
        consign = Draft(
            "consign",
            moment_text(wall_clock()),
            {"waybill": waybill},
            {"contents": {"count": 1, "root": b64u(root_of([leaf]))}, "origin": "330702", "destination": "310115"},
        )
        made = self.row(self.shop, "item", {"item": item}, {})
        sold = self.row(self.shop, "sale", {"item": item, "offer": offer}, {"price_minor": 9900, "currency": "CNY"})
        signed = self.shop.sign(consign)
        opening: dict[str, object] = {
            "consign": b64u(signed.hash), "piece": 1, "pieces": 1, "position": 0, "salt": b64u(salt), "path": [],
        }  # fmt: skip
        sent = self.row(self.shop, "dispatch", {"item": item, "waybill": waybill}, opening)
        place = {"district": "330702"}
        scans = [self.row(self.carrier, "scan", {"waybill": waybill}, {"code": code, "place": place}) for code in SCANS]
        done = self.row(self.carrier, "delivery", {"waybill": waybill}, {"method": "in_person", "place": place})
        return [made, sold, signed.line(), sent, *scans, done]


async def rate(client: httpx.AsyncClient, path: Callable[[int], str], requests: int) -> float:
    start = time.perf_counter()
    for number in range(requests):
        answer = await client.get(path(number), headers={"accept-encoding": "identity"})
        if answer.status_code != 200:
            raise SystemExit(f"{path(number)}: {answer.status_code}")
    return requests / (time.perf_counter() - start)


def hello() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"hello": "world"}

    return app


async def measure(options: argparse.Namespace, folder: Path) -> None:
    settings = Settings(data=folder / "data", origin="suxin.example/bench", sandbox=True, highwater=folder / "marks")
    service = Service(settings)
    try:
        keys = await Filler(service).fill(options.items)
        book = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(service)), base_url="http://bench")
        floor = httpx.AsyncClient(transport=httpx.ASGITransport(hello()), base_url="http://bench")
        cases: dict[str, Callable[[int], str]] = {
            "trace JSON": lambda n: f"/v1/products{keys[n % len(keys)]}",
            "trace page": lambda n: f"/en{keys[n % len(keys)]}",
        }
        for case, path in cases.items():
            rates, floors = [], []
            for number in range(options.rounds):
                floors.append(await rate(floor, lambda _: "/", options.requests))
                offset = number * options.requests
                rates.append(await rate(book, lambda n, o=offset, p=path: p(n + o), options.requests))  # type: ignore[misc]
            ratios = [one / other for one, other in zip(rates, floors, strict=True)]
            line = {
                "bench": "page",
                "case": case,
                "value": round(statistics.median(rates), 1),
                "unit": "requests/s",
                "floor": round(statistics.median(floors), 1),
                "ratio": round(statistics.median(ratios), 4),
                "rounds": options.rounds,
                "min": round(min(ratios), 4),
                "max": round(max(ratios), 4),
                "on": "SQLite; every request another item of 13 entries in 4 streams of its own; no network on either side",
                "items": options.items,
            }
            print(json.dumps(line), flush=True)
        await book.aclose()
        await floor.aclose()
    finally:
        service.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=200, help="requests a round")
    parser.add_argument("--rounds", type=int, default=5)
    with tempfile.TemporaryDirectory(prefix="suxin-bench-") as folder:
        asyncio.run(measure(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()

"""The answers that docs/formats/receipt.md shows are those of a real book to the requests it shows.

The book is the one of leaf.md: its log key, its root key, its clock. `python tests/conformance/test_receipt_page.py` prints the
blocks of the page anew.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from suxin.api.app import create_app
from suxin.api.service import Service
from suxin.api.settings import Settings
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.ledger.encoding import b64u
from suxin.ledger.keys import SigningKey

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
from conformance.test_format_pages import blocks

NOW = 1_795_305_600_000
COURIER = "uscc:91512081MA62K0260E"
BOOK = "suxin.example/demo"
KEY = SigningKey(bytes(range(32)))
SEEDS = {"log": bytes([2]) * 32, "root": bytes([3]) * 32}


class Clock:
    """A clock that stands still until it is told to move."""

    now = NOW

    def __call__(self) -> int:
        return self.now


def signer(clock: Clock, taken: int) -> Signer:
    numbers = iter(range(1, 100))
    return Signer(KEY, COURIER, BOOK, MemoryCounter(taken), clock, lambda size: next(numbers).to_bytes(size, "big"))


def batch(clock: Clock) -> bytes:
    """Three scans under one signature; the second is of another carrier's parcel."""
    at = "2026-11-22T08:05:00+08:00"
    parcels = [COURIER[5:], "91350100M000100Y43", COURIER[5:]]
    drafts = [
        Draft("scan", at, {"waybill": f"{parcel}/{'A' * 21}{number}"}, {"code": "HUB_IN", "place": {"district": "330702"}})
        for number, parcel in enumerate(parcels)
    ]
    return b"\n".join(signer(clock, 3).sign_batch(drafts, at).lines())


async def ask(folder: Path) -> dict[str, str]:
    """The requests, and what the book answers."""
    statement = blocks("statement")["statement.example"].removesuffix("\n")
    signature = json.loads(blocks("statement")["statement.names"])["signature"]
    for name, seed in SEEDS.items():
        path = folder / "data" / "keys" / f"{name}.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(b64u(seed) + "\n")
    clock = Clock()
    service = Service(Settings(data=folder / "data", origin=BOOK, sandbox=True, highwater=folder / "marks"), clock)
    try:
        assert service.registrar is not None
        service.registrar._pen._signer._randomness = bytes  # its approval's id: the only thing that would differ from day to day
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://book") as http:

            async def post(path: str, body: str | bytes, kind: str) -> dict[str, Any]:
                answer = await http.post(path, content=body, headers={"content-type": kind})
                found: dict[str, Any] = answer.raise_for_status().json()
                return found

            first = await http.get("/v1/entries/0")
            assert first.text == blocks("leaf")["leaf.genesis"].removesuffix("\n"), "the book that leaf.md shows"
            registration = {"event": "register", "role": "courier", "key": KEY.public_text}
            draft = Draft("actor", "2026-11-22T08:00:00+08:00", {"party": COURIER}, registration)
            await post("/v1/events", signer(clock, 2).sign(draft).line(), "application/json")
            clock.now = NOW + 123
            row = f'{{"statement":{statement},"signature":"{signature}"}}'
            event = await post("/v1/events", row, "application/json")
            clock.now = NOW + 301_000
            lines = batch(clock)
            rows = await post("/v1/batches", lines, "application/x-ndjson")
            return {
                "receipt.example": json.dumps(event, indent=1),
                "receipt.vkey": service.vkey,
                "receipt.batch": lines.decode(),
                "receipt.rows": json.dumps(rows, indent=1),
            }
    finally:
        service.close()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return asyncio.run(ask(tmp_path_factory.mktemp("book")))


@pytest.mark.parametrize("name", ["receipt.example", "receipt.vkey", "receipt.batch", "receipt.rows"])
def test_the_page_shows_what_a_book_answers(answered: Mapping[str, str], name: str) -> None:
    shown = blocks("receipt")[name].removesuffix("\n")
    if name in ("receipt.example", "receipt.rows"):
        assert json.loads(shown) == json.loads(answered[name]), "python tests/conformance/test_receipt_page.py prints it anew"
    else:
        assert shown == answered[name]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, text in asyncio.run(ask(Path(folder))).items():
            sys.stdout.write(f"{name}\n{text}\n\n")

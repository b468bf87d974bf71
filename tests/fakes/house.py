"""A real book in a folder of its own, and firms that sign for it; no network between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from suxin.api.service import Service
from suxin.api.settings import Settings
from suxin.api.submission import parse_lines
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed, SignedBatch
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text
from suxin.ledger.store.job import Outcome, Recorded

CARRIER = "uscc:91512081MA62K0260E"
OTHER = "uscc:91350100M000100Y43"
BOOK = "suxin.example/test"


class Clock:
    """A clock that stands still until it is told to move; Unix milliseconds."""

    def __init__(self, now: int = 1_795_305_600_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def settings(folder: Path, **more: object) -> Settings:
    """Settings of a sandbox book under `folder`; its marks lie beside the data, not in it."""
    return Settings(data=folder / "data", origin=BOOK, sandbox=True, highwater=folder / "marks", **more)  # type: ignore[arg-type]


class House:
    """One running book and a clock."""

    def __init__(self, folder: Path, clock: Clock | None = None, **more: object) -> None:
        self.folder = folder
        self.clock = clock or Clock()
        self.service = Service(settings(folder, **more), self.clock)
        # Tests post one row after another: waiting 200 ms between epochs would be most of their time.
        self.service.sequencer.waitline.interval_s = 0.0

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()

    def post(self, rows: Sequence[Signed] | SignedBatch, *, rollback: bool = False) -> list[Outcome]:
        """Write rows as an NDJSON body would."""
        lines = rows.lines() if isinstance(rows, SignedBatch) else [row.line() for row in rows]
        return asyncio.run(self.service.write(parse_lines(b"\n".join(lines), rollback=rollback)))

    def firm(self, actor: str, role: str, seed: int = 1, **body: object) -> Firm:
        """Register a firm; the sandbox approves it."""
        firm = Firm(self, actor, seed)
        draft = firm.draft("actor", {"party": actor}, event="register", role=role, key=firm.key.public_text, **body)
        expect_recorded(self.post([firm.signer.sign(draft)]))
        return firm


class Firm:
    """An actor with one key."""

    def __init__(self, house: House, actor: str, seed: int = 1) -> None:
        self.house = house
        self.actor = actor
        self.key = SigningKey(bytes([seed]) * 32)
        self.signer = Signer(self.key, actor, BOOK, MemoryCounter(), house.clock)

    def draft(self, type_name: str, subjects: dict[str, str], **body: object) -> Draft:
        """What it says now."""
        return Draft(type_name, moment_text(self.house.clock()), subjects, body)  # type: ignore[arg-type]

    def scan(self, parcel: int, code: str = "PICKED_UP", **body: object) -> Signed:
        """A scan of a parcel of its own."""
        waybill = {"waybill": f"{self.actor[5:]}/{parcel:022d}"}
        return self.signer.sign(self.draft("scan", waybill, code=code, place={"district": "330702"}, **body))


def expect_recorded(outcomes: list[Outcome]) -> list[Recorded]:
    """All rows were recorded by this very request."""
    assert all(isinstance(outcome, Recorded) and outcome.fresh for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]


def codes(outcomes: list[Outcome]) -> list[str]:
    """Refusal codes; "recorded" or "already" for the others."""
    return [outcome.code if isinstance(outcome, Refused) else "recorded" if outcome.fresh else "already" for outcome in outcomes]

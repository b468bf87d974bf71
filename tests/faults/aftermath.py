"""What must hold of a book after a fault: all that was acknowledged is there, once; nothing half; it goes on being written."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from suxin.api.cli_verify import run as verify
from suxin.api.service import Service
from suxin.api.settings import Settings
from suxin.api.submission import parse_event
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text
from suxin.ledger.store.audit_source import open_source
from suxin.ledger.store.job import Recorded

BOOK = "suxin.example/faults"
CARRIER = "uscc:91512081MA62K0260E"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Author:
    """A consumer with a key of his own who complains of one parcel after another; his words go to the vault."""

    def __init__(self, seed: int) -> None:
        key = SigningKey(seed.to_bytes(32, "big"))
        self._signer = Signer(key, f"anon:{key.public_text}", BOOK, MemoryCounter(), now_ms)
        self._parcels = 0
        self._seed = seed

    def next(self) -> Signed:
        self._parcels += 1
        waybill = f"{CARRIER[5:]}/{self._seed:08d}{self._parcels:014d}"
        body = {"category": "delay", "against": "carrier"}
        secrets = {"/body/text": f"parcel {self._parcels} is late"} if self._parcels % 3 == 1 else {}
        return self._signer.sign(Draft("complaint", moment_text(now_ms()), {"waybill": waybill}, body, secrets=secrets))


def settings(disk: Path) -> Settings:
    """Settings of the book on a disk of the tests: `data` and beside it the marks."""
    marks = disk / "data-marks"
    return Settings(data=disk / "data", origin=BOOK, sandbox=True, highwater=marks, worker_count=1)


def write(service: Service, signed: Signed) -> bool:
    """Record one statement; whether it was new."""
    outcome = asyncio.run(service.write(parse_event(signed.line())))[0]
    assert isinstance(outcome, Recorded), outcome
    return outcome.fresh


def examine(disk: Path, acknowledged: Collection[Signed], stranger: int = 10**6) -> None:
    """Open the book that a fault left, and check all of it.

    Raises:
        StoreError: The book refuses to be written to; its words say why.
        AssertionError: Something that was acknowledged is not there, or something is half there.
    """
    with closing(Service(settings(disk))) as service:
        service.sequencer.waitline.interval_s = 0
        places = service.book.by_statements([signed.hash for signed in acknowledged])
        missing = [signed.raw for signed in acknowledged if signed.hash not in places]
        assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged statements are lost, the first is {missing[0]!r}"
        for signed in acknowledged:
            kept = service.vault.get(service.book, signed.hash)
            assert {at: opening.value for at, opening in kept.items()} == {o.pointer: o.value for o in signed.openings}
        for signed in [signed for signed in acknowledged if signed.signature][-1:]:
            assert not write(service, signed), "the last acknowledged statement went in again"
        assert write(service, Author(stranger).next())
    with closing(sqlite3.connect(disk / "data/book.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        entries, distinct = database.execute("SELECT count(*), count(DISTINCT statement) FROM entry WHERE kind = 1").fetchone()
        assert entries == distinct
    with open_source(f"sqlite:///{disk / 'data/book.db'}") as source:
        report = verify(source, "threads", quiet=True, cores=1)
    assert report.holds, report.findings

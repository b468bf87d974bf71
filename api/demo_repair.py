"""What a demo does once its world has been told: a penalty is repaired, and a label that was copied has been opened often."""

from __future__ import annotations

import asyncio
from typing import Final

from ..client.demo_stage import Stage, day_text
from ..client.demo_world import sights
from ..client.statement import Draft
from ..ledger.encoding import b64u
from ..ledger.hashing import leaf_hash
from ..ledger.moment import moment_text
from .filling import write
from .scans import scans_of
from .service import Service

OPENINGS: Final = 173  # of the copied label: invented, as all is in a demo


def repair_penalty(service: Service, stage: Stage) -> None:
    """Have the postal office end the publication of the world's penalty: all three conditions are met.

    Args:
        service: The filled book, which says where the penalty stands.
        stage: Its world.
    """
    assert stage.penalty is not None
    index = service.book.by_statement(stage.penalty.hash)
    assert index is not None
    now_ms = service.clock()
    body = {
        "basis": "《信用修复管理办法》 12", "conditions": ["duty_done", "harm_removed", "no_repeat"], "decided": day_text(now_ms),
        "ground": "repair", "index": index, "leaf": b64u(leaf_hash(service.book.leaf(index))), "number": "JH-REP-2026-4",
        "pledge": stage.token(32),
    }  # fmt: skip
    party = {"party": stage.players["jiangfan"].actor}
    draft = Draft("repair", moment_text(now_ms), party, body, ref=stage.penalty.statement)  # type: ignore[arg-type]
    asyncio.run(write(service, [stage.players["postal"].pen.sign(draft)]))


def open_often(service: Service, stage: Stage) -> None:
    """Count openings of the label that was copied."""
    for _ in range(OPENINGS):
        scans_of(service).opened(sights(stage)["copied"].path)

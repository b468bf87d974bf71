"""The ratings of the invented couriers: what the postal authority of a demo publishes once its world has been told."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Final

from ..client.demo_cast import COURIERS
from ..client.demo_stage import Stage
from ..client.statement import Draft
from ..courier.conduct import day_of
from ..courier.publication import publication_body
from ..courier.rulebook import rule_set
from ..ledger.moment import moment_text
from .filling import write
from .ratings import ratings_of
from .recompute import recompute
from .service import Service

DAYS_AGO: Final = (8, 5, 3, 1)  # as of which days; the last one that had ended is among them
_REVIEWER: Final = "评价复核员（演示）"  # who answers for a D: in the book only as a commitment


def publish_ratings(service: Service, stage: Stage) -> int:
    """Publish a rating of every courier as of some days before now, the older first.

    Args:
        service: The filled book.
        stage: Its world; the postal authority signs.

    Returns:
        How many were published.
    """
    now_ms = service.clock()
    office, today = stage.players["postal"].pen, date.fromisoformat(day_of(now_ms))
    known = [
        stage.players[name].actor for name in COURIERS if service.sequencer.admission.directory.role(stage.players[name].actor)
    ]
    count = 0
    for ago in DAYS_AGO:
        as_of = (today - timedelta(days=ago)).isoformat()
        drafts = []
        for actor in known:
            found = recompute(service.settings.url, actor[5:], rule_set(), as_of=as_of)
            ratings_of(service).shelf.put(found.table, found.facts)
            body = publication_body(found.score)
            secrets = {"/body/reviewer": _REVIEWER} if body["grade"] == "D" else {}
            drafts.append(Draft("publication", moment_text(now_ms), {"party": actor}, body, secrets))
        asyncio.run(write(service, [office.sign(draft) for draft in drafts]))
        count += len(drafts)
    return count

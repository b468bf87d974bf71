"""Answers to a write: receipts against a durable checkpoint, and refusals row by row."""

from __future__ import annotations

from typing import Any

import orjson
from msgspec.structs import replace

from ..ledger.encoding import b64u
from ..ledger.errors import Refused, StoreError
from ..ledger.hashing import leaf_hash, statement_hash
from ..ledger.store.book import Book
from ..ledger.store.job import Outcome, Recorded
from ..ledger.store.logtree import LogTree
from ..ledger.store.sequencer import Sequencer
from ..trace.story import Story
from .problems import problem
from .submission import Submission


def checkpoint_of(book: Book, sequencer: Sequencer[Story], epoch: int) -> tuple[int, str]:
    """Size and note of an epoch's checkpoint; the newest one from memory."""
    published = sequencer.published
    if published is not None and published.epoch == epoch:
        return published.size, published.note
    stored = book.checkpoint_of(epoch)
    if stored is None:
        raise StoreError(f"epoch {epoch} has no checkpoint")
    return stored[1], stored[2]


def receipt(book: Book, sequencer: Sequencer[Story], statement: bytes, recorded: Recorded) -> dict[str, Any]:
    """Receipt of one statement: where it stands, and the proof that a signed checkpoint covers it."""
    size, note = checkpoint_of(book, sequencer, recorded.epoch)
    return {
        "outcome": "recorded" if recorded.fresh else "already",
        "index": recorded.index,
        "epoch": recorded.epoch,
        "statement": b64u(statement),
        "received": recorded.received,
        "leaf": b64u(leaf_hash(book.leaf(recorded.index))),
        "size": size,
        "proof": [b64u(node) for node in sequencer.tree.inclusion(recorded.index, size)],
        "checkpoint": note,
    }


def _row(number: int, raw: bytes | None, outcome: Outcome) -> bytes:
    """One row of an answer as JSON; text and not a tree, because an answer has thousands."""
    if isinstance(outcome, Refused):
        return orjson.dumps({"row": number, "outcome": "refused", "problem": problem(outcome)})
    assert raw is not None
    name = b64u(statement_hash(raw)).encode()
    if outcome.fresh:
        return b'{"row":%d,"outcome":"recorded","index":%d,"statement":"%s","received":%d}' % (
            number, outcome.index, name, outcome.received,
        )  # fmt: skip
    return b'{"row":%d,"outcome":"already","index":%d,"epoch":%d,"statement":"%s"}' % (
        number, outcome.index, outcome.epoch, name,
    )  # fmt: skip


def batch_answer(book: Book, sequencer: Sequencer[Story], submission: Submission, outcomes: list[Outcome]) -> dict[str, Any]:
    """Answer to an NDJSON body, for orjson: every row's outcome, and one range proof over what this request recorded."""
    outcomes = _side_by_side(outcomes)
    fed = iter(zip(submission.raws, outcomes, strict=True))
    rows = [
        _row(number, None, submission.broken[number]) if number in submission.broken else _row(number, *next(fed))
        for number in range(len(submission.raws) + len(submission.broken))
    ]
    recorded = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    fresh = [outcome for outcome in recorded if outcome.fresh]
    answer: dict[str, Any] = {
        "recorded": len(fresh),
        "already": len(recorded) - len(fresh),
        "refused": len(rows) - len(recorded),
        "rows": orjson.Fragment(b"[%s]" % b",".join(rows)),
        "first": None,
        "last": None,
        "proof": [],
    }
    published = sequencer.published
    assert published is not None
    epoch = fresh[0].epoch if fresh else published.epoch
    size, note = checkpoint_of(book, sequencer, epoch)
    answer.update(epoch=epoch, size=size, checkpoint=note)
    if fresh:
        first = fresh[0].index - (1 if submission.batch is not None else 0)
        answer.update(first=first, last=fresh[-1].index, proof=_range(sequencer.tree, first, fresh[-1].index, size))
    return answer


def _side_by_side(outcomes: list[Outcome]) -> list[Outcome]:
    """Rows of the last epoch as they are; those that a halved group put into an earlier one count as recorded before.

    One range proof covers one epoch. Each of the others has its own receipt under /v1/events/{hash}.
    """
    fresh = [outcome for outcome in outcomes if isinstance(outcome, Recorded) and outcome.fresh]
    earlier = {outcome.index for outcome in fresh if outcome.epoch != fresh[-1].epoch}
    if not earlier:
        return outcomes
    return [replace(o, fresh=False) if isinstance(o, Recorded) and o.index in earlier else o for o in outcomes]


def _range(tree: LogTree, first: int, last: int, size: int) -> list[str]:
    return [b64u(node) for node in tree.range(first, last, size)]

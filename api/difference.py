"""From a checkpoint that somebody kept to what a book shows now: by the public tiles, and by update proofs for the map.

Reads and compares; `ledger/proof.py` and `ledger/update_verify.py` decide. Source: DESIGN 3.3; docs/guide/outside.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ..ledger.bundle_report import HOLDS, Result
from ..ledger.checkpoint import Checkpoint
from ..ledger.contradiction import Contradiction, Prefix, ShownNote, as_words, can_stand, find_fork
from ..ledger.epoch import Epoch, decode_epoch, verify_place
from ..ledger.errors import VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.limits import LEAF_BYTES_MAX, UPDATE_BYTES_MAX
from ..ledger.proof import verify_inclusion
from ..ledger.tile_nodes import TiledLog
from ..ledger.update import parse_update
from ..ledger.update_verify import Step, verify_update
from .address import Address, Unanswered
from .trust import Trust

TRIES: Final = 3  # before a smaller state is called one: a cache on the way may be a moment behind
PAUSE_S: Final = 1.0
STEPS_MAX: Final = 10_000  # update proofs of one difference
NOT_PROVED: Final = (
    "that the new leaves are right: suxin verify --url",
    "that each stands in every stream it names: a full witness, or the submitter's own receipt",
    "that others are shown the same log: suxin monitor, witnesses",
)

Sleep = Callable[[float], None]


@dataclass
class Difference:
    """What is found on the way.

    Attributes:
        old: The state that was kept.
        old_note: Its note, verbatim.
        new: The state that the book shows; None until it has shown one.
        new_note: Its note, verbatim.
        before: Epoch leaf of the older state.
        after: Epoch leaf of the newer one.
        checked: What holds: checkpoint, consistency, epoch_leaves, map.
        not_checked: What could not be checked, and why.
        result: What it comes to.
        entries: New entries, from the update proof; None without one.
        batches: New batch leaves, likewise.
        grown: Streams with new entries, likewise.
        prefix: Root that the newer log has at the older size, where it is another one.
    """

    old: Checkpoint
    old_note: str
    new: Checkpoint | None = None
    new_note: str = ""
    before: Epoch | None = None
    after: Epoch | None = None
    checked: list[str] = field(default_factory=list)
    not_checked: dict[str, str] = field(default_factory=dict)
    result: Result = HOLDS
    entries: int | None = None
    batches: int | None = None
    grown: int | None = None
    prefix: Prefix | None = None

    def contradiction(self, trust: Trust, source: str, now_ms: int) -> Contradiction:
        """What was found, as a file to keep."""
        shown = (("mirror", self.old_note), (as_words(source), self.new_note))
        notes = tuple(ShownNote(*one) for one in shown if can_stand(one[1]))
        return Contradiction(
            self.result.code, as_words(self.result.detail), trust.origin, trust.vkey, now_ms, notes, prefix=self.prefix
        )


def newest(book: Address, trust: Trust, at_least: int, sleep: Sleep = time.sleep) -> tuple[Checkpoint, str]:
    """The checkpoint that a book shows; asked again a few times when it is smaller than one that was seen.

    Raises:
        Unanswered: No answer.
        VerificationError: It is no checkpoint of this log.
    """
    for turn in range(TRIES):
        raw = book.checkpoint()
        checkpoint = trust.open(raw).checkpoint
        if checkpoint.size >= at_least:
            break
        if turn + 1 < TRIES:
            sleep(PAUSE_S)
    return checkpoint, raw.decode()


def compare(book: Address, trust: Trust, old_note: str, *, hashes_only: bool = False, sleep: Sleep = time.sleep) -> Difference:
    """Compare a kept state with what is shown now.

    Args:
        book: Where the book is shown.
        trust: Keys and policy.
        old_note: The kept checkpoint.
        hashes_only: Ask for no update proofs.
        sleep: Waits that many seconds.

    Returns:
        What was found; `result` is `fails` where something was removed or rewritten, `open` where not all could be checked.

    Raises:
        VerificationError: The kept note is none of this log: nothing can be compared with it.
        Unanswered: The book does not answer.
    """
    found = Difference(trust.open(old_note).checkpoint, old_note)
    try:
        _compare(found, book, trust, hashes_only, sleep)
    except VerificationError as error:
        found.result = Result("fails", error.code, error.detail, error.index)
    if found.result == HOLDS and found.not_checked:
        what, why = next(iter(found.not_checked.items()))
        found.result = Result("open", "not-shown", f"{what}: {why}")
    return found


def _compare(found: Difference, book: Address, trust: Trust, hashes_only: bool, sleep: Sleep) -> None:
    old = found.old
    try:
        found.new, found.new_note = newest(book, trust, old.size, sleep)
    except VerificationError:
        found.new_note = ""
        raise
    new = found.new
    found.checked.append("checkpoint")
    if new.size < old.size:
        raise VerificationError("log-truncated", f"{old.size} leaves were signed, {new.size} are shown")
    log = TiledLog(new.size, book.tile)
    if new.size == old.size:
        if new.root != old.root:
            raise VerificationError("consistency-invalid", f"two roots were signed for {old.size} leaves")
    elif old.size:
        found.prefix = find_fork(old, new, log)
        if found.prefix is not None:
            words = f"the log of {new.size} leaves does not begin with the {old.size} that were signed before"
            raise VerificationError("consistency-invalid", words)
    found.checked.append("consistency")
    if not old.size:
        found.not_checked["epoch_leaves"] = "the older state is that of an empty log"
        return
    found.before, found.after = _epoch(book, log, old), _epoch(book, log, new)
    found.checked.append("epoch_leaves")
    if hashes_only:
        return
    try:
        _follow_map(found, book, trust)
    except Unanswered as error:
        found.not_checked["map"] = str(error)


def _epoch(book: Address, log: TiledLog, state: Checkpoint) -> Epoch:
    """The epoch leaf that closes a state; epoch leaves are shown to everybody."""
    index = state.size - 1
    raw = book.get(f"/v1/entries/{index}", LEAF_BYTES_MAX)
    verify_inclusion(leaf_hash(raw), index, state.size, log.inclusion(index, state.size), state.root)
    epoch = decode_epoch(raw)
    verify_place(epoch, index)
    return epoch


def _follow_map(found: Difference, book: Address, trust: Trust) -> None:
    """Update proofs from the older state to the newer one, as many as it takes."""
    assert found.new is not None
    held, entries, batches, grown = found.old, 0, 0, set[bytes]()
    for _ in range(STEPS_MAX):
        if held.size >= found.new.size:
            break
        step, held = _update(book, trust, held)
        entries, batches = entries + len(step.entries), batches + step.batches
        grown |= {one.key for one in step.grown}
        found.after = step.after
    else:
        raise Unanswered("the book gives update proofs of no length")
    if held.size == found.new.size and held.root != found.new.root:
        raise VerificationError("consistency-invalid", f"two roots were signed for {held.size} leaves")
    found.checked.append("map")
    found.entries, found.batches, found.grown = entries, batches, len(grown)


def _update(book: Address, trust: Trust, held: Checkpoint) -> tuple[Step, Checkpoint]:
    query = f"/v1/map/update?since={held.size}"
    try:
        raw = book.get(query, UPDATE_BYTES_MAX)
    except Unanswered as error:
        furthest = error.found.get("to")
        if error.code != "update-too-large" or not isinstance(furthest, int):
            raise
        raw = book.get(f"{query}&to={furthest}", UPDATE_BYTES_MAX)
    update = parse_update(raw)
    newer = trust.open(update.note).checkpoint
    if newer.size <= held.size:
        raise VerificationError("log-truncated", f"an update to {newer.size} leaves, {held.size} were signed before")
    return verify_update(update, held, newer), newer

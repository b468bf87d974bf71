"""Check of an update: from an older state that the reader holds to a newer one, nothing was removed, rewritten or moved.

No I/O, and nothing of the writer's code. That an entry went into every stream it names is not seen here: its body is
needed for that. Source: DESIGN 3.3; docs/formats/update.md, whose steps the comments number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from .chain import head_of
from .checkpoint import Checkpoint
from .encoding import b64u
from .epoch import Epoch, follow, verify_place
from .errors import VerificationError
from .limits import INTEGER_MAX
from .map_hash import map_key
from .proof import root_from_range
from .update import Changed, Update, hashes_by_index
from .update_map import Record, RecordChange, change_roots


@dataclass(frozen=True, slots=True)
class Grown:
    """A stream that has grown between the two states.

    Attributes:
        key: Its map key; `map_hash.map_key` makes it from a stream id.
        before: Count and head at the older state; None for a new stream.
        count: Entries at the newer state.
        head: Head at the newer state.
        indexes: Positions in the log of the entries that came.
    """

    key: bytes
    before: Record | None
    count: int
    head: bytes
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What an update that holds has shown.

    Attributes:
        first: Index of the older epoch leaf.
        size: Leaves under the newer checkpoint.
        before: The older epoch.
        epochs: Every epoch after it, the newer one last.
        entries: Indexes of all entries between.
        batches: Number of batch leaves between.
        grown: Streams that have grown, by ascending key; no other record of the map has changed.
    """

    first: int
    size: int
    before: Epoch
    epochs: tuple[Epoch, ...]
    entries: tuple[int, ...]
    batches: int
    grown: tuple[Grown, ...]

    @property
    def after(self) -> Epoch:
        """The newer epoch."""
        return self.epochs[-1]


def left_out(step: Step, index: int, streams: Iterable[str]) -> list[str]:
    """Of the streams that the entry at `index` names, those that did not get it; for whoever knows the entry's body."""
    listed = {row.key for row in step.grown if index in row.indexes}
    return [name for name in streams if map_key(name) not in listed]


def step_json(step: Step) -> dict[str, object]:
    """A step as a program reads it; hashes are base64url."""
    return {
        "from": step.before.number,
        "to": step.after.number,
        "first": step.first,
        "size": step.size,
        "streams": step.after.streams,
        "batches": step.batches,
        "entries": list(step.entries),
        "grown": [
            {"key": b64u(row.key), "indexes": list(row.indexes), "count": row.count, "head": b64u(row.head)}
            | ({} if row.before is None else {"before": [row.before[0], b64u(row.before[1])]})
            for row in step.grown
        ],
    }


def verify_update(update: Update, held: Checkpoint | bytes, newer: Checkpoint) -> Step:
    """Check an update.

    Args:
        update: As `parse_update` gave it.
        held: The older state: a checkpoint whose signatures the reader has verified before, or only the root of its map.
        newer: Checkpoint of the newer state, whose signatures the reader has verified by his policy.

    Returns:
        What came, and nothing else did.

    Raises:
        VerificationError: With the code of the first step that fails.
    """
    hashes = _check_log(update, held, newer)
    shown = {leaf.index: leaf.leaf for leaf in update.shown}
    epochs = _check_epochs(update)
    entries = tuple(index for index in hashes if index not in shown)
    _check_listed(update, set(entries))
    if isinstance(held, bytes):  # 9
        _need(epochs[0].map_root == held, "update-held", "the older epoch has another map", update.shown[0].index)
    grown = tuple(_grow(row, hashes) for row in update.changed)
    before, after = epochs[0], epochs[-1]
    new = sum(row.before is None for row in grown)
    _need(after.streams == before.streams + new, "epoch-streams", f"{after.streams} after {before.streams} and {new} new")  # 10
    if grown:
        changes = [RecordChange(row.key, row.before, (row.count, row.head)) for row in grown]
        roots = change_roots(update.genesis.depth, update.buckets, update.nodes, changes)  # 11 to 16
    else:
        roots = before.map_root, before.map_root
    _need(roots[0] == before.map_root, "update-before", "the streams named were not so in the older map")  # 17
    _need(roots[1] == after.map_root, "update-after", "these changes do not lead to the newer map")  # 18
    batches = len(shown) - len(epochs)
    return Step(update.shown[0].index, newer.size, before, epochs[1:], entries, batches, grown)


def _check_log(update: Update, held: Checkpoint | bytes, newer: Checkpoint) -> Mapping[int, bytes]:
    """Leaf hashes of the range, led to both roots of the log."""
    origin = update.genesis.origin
    _need(newer.origin == origin, "origin-mismatch", f"a checkpoint of {newer.origin}, an update of {origin}")  # 3
    first, last = update.shown[0], update.shown[-1]
    if isinstance(held, Checkpoint):
        _need(held.origin == origin, "origin-mismatch", f"a checkpoint of {held.origin}, an update of {origin}")
        _need(held.size == first.index + 1, "update-range", f"it begins at {first.index}, and {held.size} leaves are held")  # 4
    _need(newer.size == last.index + 1, "update-range", f"it ends at {last.index}, under a checkpoint of {newer.size} leaves")
    _need(isinstance(first.leaf, Epoch) and isinstance(last.leaf, Epoch), "update-range", "it does not go from epoch to epoch")
    hashes = hashes_by_index(update)
    run = list(hashes.values())
    same = root_from_range(first.index, run, newer.size, update.path) == newer.root
    _need(same, "range-invalid", "the leaves do not lead to the newer root")  # 5
    if isinstance(held, Checkpoint):  # 6: the same path and the older epoch leaf are the whole older tree
        same = root_from_range(first.index, run[:1], held.size, update.path) == held.root
        _need(same, "consistency-invalid", "the older leaves do not lead to the root that is held")
    return hashes


def _check_epochs(update: Update) -> tuple[Epoch, ...]:
    """Epochs of the range, each rightly after the one before."""  # 7
    found = [(leaf.index, leaf.leaf) for leaf in update.shown if isinstance(leaf.leaf, Epoch)]
    index, first = found[0]
    _need(first.genesis == update.genesis_hash, "epoch-genesis", "the genesis leaf is another one", index)
    verify_place(first, index)
    for (older_index, older), (own_index, epoch) in pairwise(found):
        follow(older, older_index, epoch, own_index, 0, update.genesis_hash)
    return tuple(epoch for _, epoch in found)


def _check_listed(update: Update, entries: set[int]) -> None:
    """Streams list entries of the range, and every entry of it is listed."""  # 8
    listed: set[int] = set()
    for row in update.changed:
        for index in row.indexes:
            _need(index in entries, "update-listed", "a stream lists what is no entry of the range", index)
        listed.update(row.indexes)
    for index in sorted(entries - listed):
        raise VerificationError("update-unlisted", "an entry stands in no stream", index)


def _grow(row: Changed, hashes: Mapping[int, bytes]) -> Grown:
    """A stream after the entries that came."""
    count, head = row.before if row.before is not None else (0, bytes(32))
    _need(count + len(row.indexes) <= INTEGER_MAX, "update-malformed", "a stream with too many entries")
    after = head_of(((index, hashes[index]) for index in row.indexes), head)
    return Grown(row.key, row.before, count + len(row.indexes), after, row.indexes)


def _need(holds: bool, code: str, detail: str, index: int | None = None) -> None:
    if not holds:
        raise VerificationError(code, detail, index)

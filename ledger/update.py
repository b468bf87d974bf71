"""The update: how the map of one epoch became that of a later one, as one canonical JSON text. Its form only.

`update_verify.py` judges what is parsed here; `update_make.py` writes it. Leaves stand in it as objects and are hashed as
the very bytes that were received. Source: DESIGN 3.3; docs/formats/update.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from . import canonical
from .encoding import unb64u
from .epoch import Epoch, decode_epoch
from .errors import Refused, VerificationError
from .hashing import HASH_SIZE, leaf_hash
from .leaf import Batch, Genesis, decode_batch, decode_genesis, kind_of
from .limits import (
    INTEGER_MAX,
    LEAF_BYTES_MAX,
    TREE_HEIGHT_MAX,
    UPDATE_BYTES_MAX,
    UPDATE_DEPTH_MAX,
    UPDATE_ENTRIES_MAX,
    UPDATE_LEAVES_MAX,
    UPDATE_STREAMS_MAX,
)
from .terms import FAULTS, Hash, Row
from .update_map import BucketChange, Neighbour

Place = TypeVar("Place", int, bytes)

Index = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Position = Annotated[int, Meta(ge=0, lt=2**32 - 1)]


class _Changed(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    key: Hash
    indexes: Annotated[list[Index], Meta(min_length=1)]
    count: Index | UnsetType = UNSET
    head: Hash | UnsetType = UNSET


class _Bucket(Row, frozen=True):
    rest: str
    at: Annotated[list[Position], Meta(min_length=1)] | UnsetType = UNSET
    near: Annotated[list[tuple[Position, Hash, Index, Hash]], Meta(min_length=1)] | UnsetType = UNSET


class _Map(Row, frozen=True):
    buckets: Annotated[list[_Bucket], Meta(min_length=1)]
    nodes: str


class _Form(Row, frozen=True):
    checkpoint: str
    genesis: Raw
    hashes: str
    leaves: Annotated[list[tuple[Index, Raw]], Meta(min_length=2)]
    path: str
    v: Literal[1]
    changed: Annotated[list[_Changed], Meta(min_length=1)] | UnsetType = UNSET
    map: _Map | UnsetType = UNSET


_FORM = msgspec.json.Decoder(_Form)


@dataclass(frozen=True, slots=True)
class Changed:
    """One stream that has grown: what it was, and which entries came.

    Attributes:
        key: Its map key.
        indexes: Positions in the log of the entries that came, ascending.
        before: Count and head at the older epoch; None for a stream that did not exist.
    """

    key: bytes
    indexes: tuple[int, ...]
    before: tuple[int, bytes] | None


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """A leaf that is no entry, shown whole."""

    index: int
    leaf_hash: bytes
    leaf: Epoch | Batch


@dataclass(frozen=True, slots=True)
class Update:
    """An update that could be read; nothing of it has been checked yet.

    Attributes:
        note: Checkpoint of the newer epoch, a signed note.
        genesis: Leaf 0.
        genesis_hash: Its leaf hash.
        path: Hashes of the complete subtrees that hold the leaves before the older epoch leaf.
        shown: The older epoch leaf, every batch and epoch leaf after it, and last the newer epoch leaf.
        hashes: Leaf hashes of the other leaves between, in order: the entries.
        changed: Streams that have grown, by ascending key.
        buckets: Of the map, those into which their keys fall, ascending; none where nothing has grown.
        nodes: Hashes above the buckets that do not follow from them, the same before and after.
    """

    note: str
    genesis: Genesis
    genesis_hash: bytes
    path: tuple[bytes, ...]
    shown: tuple[ShownLeaf, ...]
    hashes: tuple[bytes, ...]
    changed: tuple[Changed, ...]
    buckets: tuple[BucketChange, ...]
    nodes: tuple[bytes, ...]


def parse_update(raw: bytes) -> Update:
    """Read an update; every order and every bound is checked, and no hash.

    Args:
        raw: The bytes as received, their own canonical form.

    Raises:
        VerificationError: `update-malformed`, `update-too-large`, or of a leaf `leaf-malformed`, `epoch-malformed`.
    """
    _need(len(raw) <= UPDATE_BYTES_MAX, "update-too-large", f"{len(raw)} bytes")
    try:
        form = _FORM.decode(raw)  # first, for it makes no objects of what is not in the grammar
        longest = max(len(bytes(leaf)) for leaf in (form.genesis, *(leaf for _, leaf in form.leaves)))
        _need(longest <= LEAF_BYTES_MAX, "update-malformed", f"a leaf of {longest} bytes")
        canonical.check(raw, UPDATE_DEPTH_MAX)
    except Refused as error:
        raise VerificationError("update-malformed", f"{error.code} at {error.pointer or 'the top'}: {error.cause}") from error
    except FAULTS as error:
        raise VerificationError("update-malformed", str(error)) from error
    changed = [] if isinstance(form.changed, UnsetType) else form.changed
    _need(len(changed) <= UPDATE_STREAMS_MAX, "update-too-large", f"{len(changed)} streams")
    _need((form.map is UNSET) == (form.changed is UNSET), "update-malformed", "`changed` and `map` do not stand together")
    hashes, path = _hashes(form.hashes), _hashes(form.path)
    _need(len(hashes) <= UPDATE_ENTRIES_MAX, "update-too-large", f"{len(hashes)} entries")
    leaves = len(hashes) + len(form.leaves) - 1
    _need(leaves <= UPDATE_LEAVES_MAX, "update-too-large", f"{leaves} leaves")
    _need(len(path) <= TREE_HEIGHT_MAX, "update-malformed", "more hashes in `path` than a tree has levels")
    _ascending((index for index, _ in form.leaves), "leaves")
    grown = tuple(_changed(row) for row in changed)
    _ascending((row.key for row in grown), "changed")
    genesis = bytes(form.genesis)
    return Update(
        note=form.checkpoint,
        genesis=decode_genesis(genesis),
        genesis_hash=leaf_hash(genesis),
        path=path,
        shown=tuple(_shown(index, bytes(leaf)) for index, leaf in form.leaves),
        hashes=hashes,
        changed=grown,
        buckets=() if isinstance(form.map, UnsetType) else tuple(_bucket(bucket) for bucket in form.map.buckets),
        nodes=() if isinstance(form.map, UnsetType) else _hashes(form.map.nodes),
    )


def _changed(row: _Changed) -> Changed:
    _ascending(row.indexes, "indexes of a stream")
    if isinstance(row.count, UnsetType) or isinstance(row.head, UnsetType):
        _need(row.count is UNSET, "update-malformed", "a count without a head")
        return Changed(_hash(row.key), tuple(row.indexes), None)
    return Changed(_hash(row.key), tuple(row.indexes), (row.count, _hash(row.head)))


def _shown(index: int, leaf: bytes) -> ShownLeaf:
    found = decode_epoch(leaf) if kind_of(leaf) == "epoch" else decode_batch(leaf)
    return ShownLeaf(index, leaf_hash(leaf), found)


def _bucket(bucket: _Bucket) -> BucketChange:
    at = () if isinstance(bucket.at, UnsetType) else tuple(bucket.at)
    rows = [] if isinstance(bucket.near, UnsetType) else bucket.near
    near = tuple(Neighbour(position, _hash(key), count, _hash(head)) for position, key, count, head in rows)
    return BucketChange(at, near, _hashes(bucket.rest))


def _hash(text: str) -> bytes:
    return _bytes(text, HASH_SIZE)


def _hashes(text: str) -> tuple[bytes, ...]:
    """Hashes that stand in one base64url text, one after another."""
    raw = _bytes(text)
    _need(len(raw) % HASH_SIZE == 0, "update-malformed", f"{len(raw)} bytes are not whole hashes")
    return tuple(raw[offset : offset + HASH_SIZE] for offset in range(0, len(raw), HASH_SIZE))


def _bytes(text: str, size: int | None = None) -> bytes:
    try:
        return unb64u(text, size)
    except VerificationError as error:
        raise VerificationError("update-malformed", error.detail) from error


def _ascending(places: Iterable[Place], what: str) -> None:
    rising = all(older < newer for older, newer in pairwise(places))
    _need(rising, "update-malformed", f"{what}: not in strictly ascending order")


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)


def hashes_by_index(update: Update) -> Mapping[int, bytes]:
    """Leaf hash of every index from the older epoch leaf on: of what is shown worked out, of the others as given.

    Raises:
        VerificationError: `update-range` when the leaves shown and the hashes given are not one run of leaves.
    """
    first, last = update.shown[0].index, update.shown[-1].index
    _need(last - first + 1 == len(update.shown) + len(update.hashes), "update-range", "not as many leaves as the range has")
    shown = {leaf.index: leaf.leaf_hash for leaf in update.shown}
    given = iter(update.hashes)
    return {index: shown[index] if index in shown else next(given) for index in range(first, last + 1)}

"""The bundle: all that is needed to check one product, as one canonical JSON text. Its form only.

`bundle_verify.py` judges what is parsed here; `bundle_make.py` writes it. Since leaves are canonical JSON themselves, they
stand in the bundle as objects and are hashed as the very bytes that were received.
Source: DESIGN 1, 3.2, 3.3; docs/formats/bundle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import msgspec
import orjson
from msgspec import UNSET, Meta, Raw, UnsetType

from . import canonical
from .encoding import unb64u
from .entry import Entry
from .epoch import Epoch, decode_epoch
from .errors import Refused, VerificationError
from .hashing import HASH_SIZE, leaf_hash
from .identifier import ITEM, WAYBILL
from .keys import SIGNATURE_SIZE
from .leaf import Batch, Genesis, decode_batch, decode_entry, decode_genesis
from .limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_DEPTH_MAX,
    BUNDLE_ENTRIES_MAX,
    BUNDLE_HINT_CHARS_MAX,
    BUNDLE_LISTED_MAX,
    BUNDLE_STREAMS_MAX,
    INTEGER_MAX,
    STREAM_ID_BYTES_MAX,
    TREE_HEIGHT_MAX,
)
from .map_verify import MapProof, parse_map_proof
from .statement import Statement, parse_statement
from .terms import Hash, Row

SUBJECT = rf"(?:p:{ITEM}|w:{WAYBILL}|s:uscc:[0-9A-HJ-NPQRTUWXY]{{18}})"

Part = TypeVar("Part")
Place = TypeVar("Place", int, tuple[int, str])

Index = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Subject = Annotated[str, Meta(pattern=rf"^{SUBJECT}\Z", max_length=STREAM_ID_BYTES_MAX)]
StreamId = Annotated[str, Meta(pattern=r"^[a-z]:[!-~]+\Z", max_length=STREAM_ID_BYTES_MAX)]
Pointer = Annotated[str, Meta(pattern=r"^/body(?:/[a-z_]{1,30}){1,3}\Z")]


class _Sealed(Row, frozen=True):
    leaf: Raw
    path: str


class _Batch(Row, frozen=True):
    leaf: Raw
    paths: Annotated[list[tuple[Index, str]], Meta(min_length=1)]


class _Hints(Row, frozen=True):
    vkey: Annotated[str, Meta(max_length=BUNDLE_HINT_CHARS_MAX)]


class _Form(Row, frozen=True):
    checkpoint: str
    entries: list[tuple[Index, Raw]]
    epoch: _Sealed
    genesis: _Sealed
    map: Raw
    streams: Annotated[dict[StreamId, list[Index]], Meta(min_length=1)]
    subject: Subject
    v: Literal[1]
    batches: Annotated[list[_Batch], Meta(min_length=1)] | UnsetType = UNSET
    hints: _Hints | UnsetType = UNSET
    open: Annotated[list[tuple[Index, Pointer, Hash, str]], Meta(min_length=1)] | UnsetType = UNSET
    withheld: Annotated[list[tuple[Index, Hash]], Meta(min_length=1)] | UnsetType = UNSET


_FORM = msgspec.json.Decoder(_Form)


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry that the bundle shows.

    Attributes:
        index: Position in the log.
        leaf_hash: Its leaf hash.
        received: When the book received it, Unix milliseconds.
        statement: What was signed.
        signature: 64 bytes; None for an entry of a batch.
        batch: Leaf hash of the batch leaf, and position in the batch; None for an entry with its own signature.
    """

    index: int
    leaf_hash: bytes
    received: int
    statement: Statement
    signature: bytes | None
    batch: tuple[bytes, int] | None

    def as_entry(self) -> Entry:
        """The entry as folds take it."""
        return Entry(self.index, self.received, self.statement, self.batch is not None)


@dataclass(frozen=True, slots=True)
class BatchSection:
    """A batch leaf, and for each of its entries in the bundle the path of its statement to the batch's root."""

    leaf_hash: bytes
    batch: Batch
    paths: Mapping[int, tuple[bytes, ...]]  # by the entry's index


@dataclass(frozen=True, slots=True)
class OpenedValue:
    """Value and salt behind a commitment of a shown statement."""

    index: int
    pointer: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that could be read; nothing of it has been checked yet.

    Attributes:
        subject: Stream that the story is about: `p:` of an item, `w:` of a waybill or `s:` of a company.
        note: The checkpoint, a signed note.
        epoch: The epoch leaf that the checkpoint closes.
        epoch_hash: Its leaf hash.
        epoch_path: Its inclusion path at index size − 1.
        genesis: Leaf 0.
        genesis_hash: Its leaf hash.
        genesis_path: Its inclusion path at index 0.
        proof: One map proof over all of `streams`.
        streams: Indexes of each stream in order; none for a stream that is said not to be there.
        entries: Shown entries by index, ascending.
        withheld: Leaf hashes of withheld entries by index, ascending.
        batches: Batches of the entries that have no signature of their own.
        opened: Values behind commitments.
        hint: The log's verifier key as the bundle's maker gives it, "" for none. Never trusted.
    """

    subject: str
    note: str
    epoch: Epoch
    epoch_hash: bytes
    epoch_path: tuple[bytes, ...]
    genesis: Genesis
    genesis_hash: bytes
    genesis_path: tuple[bytes, ...]
    proof: MapProof
    streams: Mapping[str, tuple[int, ...]]
    entries: Mapping[int, ShownEntry]
    withheld: Mapping[int, bytes]
    batches: tuple[BatchSection, ...]
    opened: tuple[OpenedValue, ...]
    hint: str


def parse_bundle(raw: bytes) -> Bundle:
    """Read a bundle; every order and every bound is checked, and no hash or signature.

    Args:
        raw: The bytes as received, their own canonical form.

    Raises:
        VerificationError: `bundle-malformed`, `bundle-too-large`, or the code of a part: `leaf-malformed`,
            `statement-malformed`, `epoch-malformed`, `encoding-base64`, `encoding-size`, `map-form`, `map-range`,
            `map-encoding`.
    """
    _need(len(raw) <= BUNDLE_BYTES_MAX, "bundle-too-large", f"{len(raw)} bytes")
    try:
        canonical.check(raw, BUNDLE_DEPTH_MAX)
        form = _FORM.decode(raw)
    except Refused as error:
        raise VerificationError("bundle-malformed", f"{error.code} at {error.pointer or 'the top'}: {error.cause}") from error
    except msgspec.DecodeError as error:
        raise VerificationError("bundle-malformed", str(error)) from error
    withheld = _given(form.withheld)
    _need(len(form.entries) + len(withheld) <= BUNDLE_ENTRIES_MAX, "bundle-too-large", f"{len(form.entries)} entries")
    _need(len(form.streams) <= BUNDLE_STREAMS_MAX, "bundle-too-large", f"{len(form.streams)} streams")
    listed = sum(len(indexes) for indexes in form.streams.values())
    _need(listed <= BUNDLE_LISTED_MAX, "bundle-too-large", f"{listed} indexes in streams")
    _check_order(form)
    batches = tuple(_batch(section) for section in _given(form.batches))
    _need(len({section.leaf_hash for section in batches}) == len(batches), "bundle-malformed", "a batch twice")
    return Bundle(
        subject=form.subject,
        note=form.checkpoint,
        epoch=decode_epoch(bytes(form.epoch.leaf)),
        epoch_hash=leaf_hash(bytes(form.epoch.leaf)),
        epoch_path=_hashes(form.epoch.path),
        genesis=decode_genesis(bytes(form.genesis.leaf)),
        genesis_hash=leaf_hash(bytes(form.genesis.leaf)),
        genesis_path=_hashes(form.genesis.path),
        proof=parse_map_proof(orjson.loads(bytes(form.map))),
        streams={name: tuple(indexes) for name, indexes in form.streams.items()},
        entries={index: read_shown(index, bytes(leaf)) for index, leaf in form.entries},
        withheld={index: unb64u(text, HASH_SIZE) for index, text in withheld},
        batches=batches,
        opened=tuple(OpenedValue(i, pointer, unb64u(salt, HASH_SIZE), value) for i, pointer, salt, value in _given(form.open)),
        hint="" if form.hints is UNSET else form.hints.vkey,
    )


def read_shown(index: int, leaf: bytes) -> ShownEntry:
    """Read one entry leaf.

    Raises:
        VerificationError: `leaf-malformed`, or `statement-malformed` with the refusal's code in the words.
    """
    try:
        found = decode_entry(leaf)
        signature = None if isinstance(found.signature, UnsetType) else unb64u(found.signature, SIGNATURE_SIZE)
        batch = None if isinstance(found.batch, UnsetType) else (unb64u(found.batch[0], HASH_SIZE), found.batch[1])
    except VerificationError as error:
        raise VerificationError("leaf-malformed", error.detail, index) from error
    try:
        statement = parse_statement(bytes(found.statement), writing=False)
    except (Refused, VerificationError) as error:
        raise VerificationError("statement-malformed", str(error), index) from error
    return ShownEntry(index, leaf_hash(leaf), found.received, statement, signature, batch)


def _given(parts: list[Part] | UnsetType) -> list[Part]:
    return [] if isinstance(parts, UnsetType) else parts


def _check_order(form: _Form) -> None:
    """There is one right order of everything, so that a bundle has one form."""
    shown = [index for index, _ in form.entries]
    withheld = [index for index, _ in _given(form.withheld)]
    _ascending(shown, "entries")
    _ascending(withheld, "withheld")
    _need(not set(shown) & set(withheld), "bundle-malformed", "an entry both shown and withheld")
    _need(form.subject in form.streams, "bundle-malformed", "the subject's own stream is not listed")
    for indexes in form.streams.values():
        _ascending(indexes, "a stream")
    for section in _given(form.batches):
        _ascending([index for index, _ in section.paths], "paths of a batch")
    _ascending([section.paths[0][0] for section in _given(form.batches)], "batches")
    _ascending([(index, pointer) for index, pointer, _, _ in _given(form.open)], "open")


def _ascending(places: Iterable[Place], what: str) -> None:
    rising = all(older < newer for older, newer in pairwise(places))
    _need(rising, "bundle-malformed", f"{what}: not in strictly ascending order")


def _batch(section: _Batch) -> BatchSection:
    leaf = bytes(section.leaf)
    paths = {index: _hashes(path) for index, path in section.paths}
    return BatchSection(leaf_hash(leaf), decode_batch(leaf), paths)


def _hashes(text: str) -> tuple[bytes, ...]:
    """Hashes that stand in one base64url text, one after another."""
    raw = unb64u(text)
    _need(len(raw) % HASH_SIZE == 0, "encoding-size", f"{len(raw)} bytes are not whole hashes")
    _need(len(raw) <= HASH_SIZE * TREE_HEIGHT_MAX, "encoding-size", "more hashes than a tree has levels")
    return tuple(raw[offset : offset + HASH_SIZE] for offset in range(0, len(raw), HASH_SIZE))


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)

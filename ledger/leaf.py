"""Leaves of the log: canonical JSON of at most 65,535 bytes, told apart by `leaf`.

`genesis`, `entry` and `batch` are here; `epoch` has its own file; `xref` and `seal` are reserved.
Source: DESIGN 3.2; docs/formats/leaf.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from . import canonical
from .encoding import b64u
from .errors import Refused, VerificationError
from .limits import BATCH_ROWS_MAX, LEAF_BYTES_MAX, MAP_DEPTH_MAX
from .statement import ORIGIN
from .terms import FAULTS, Count, Date, Hash, PublicKey, Row

Signature = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{85}[AQgw]\Z")]  # 64 bytes leave four bits of the last sign unused
Origin = Annotated[str, Meta(pattern=rf"^{ORIGIN}\Z")]
Position = Annotated[int, Meta(ge=0, lt=BATCH_ROWS_MAX)]


class Root(Row, frozen=True):
    """The operator's actor and its first key: where every key history ends."""

    actor: Literal["auth:operator:000000"]
    key: PublicKey


class Period(Row, frozen=True):
    """Days of received times that this shard is meant for; `until` is the first day after it."""

    from_: Date = msgspec.field(name="from")
    until: Date


class Predecessor(Row, frozen=True):
    """The shard before this one and its last checkpoint (whole note)."""

    origin: Origin
    checkpoint: str


class Genesis(Row, frozen=True):
    """Leaf 0: what this book is."""

    algorithms: Annotated[list[Literal["ed25519"]], Meta(min_length=1, max_length=1)]
    book: Origin
    created: Count
    depth: Annotated[int, Meta(ge=1, le=MAP_DEPTH_MAX)]
    hash: Literal["sha-256"]
    leaf: Literal["genesis"]
    log: PublicKey
    origin: Origin
    period: Period
    root: Root
    sandbox: bool
    v: Literal[1]
    predecessor: Predecessor | UnsetType = UNSET


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement as the book holds it; exactly one of `signature` and `batch`."""

    leaf: Literal["entry"]
    received: Count
    statement: Raw
    batch: tuple[Hash, Position] | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET


class Header(Row, frozen=True):
    """What the one signature of a batch covers; `root` is the RFC 6962 root over the statements' hashes."""

    at: Annotated[str, Meta(max_length=32)]
    book: Origin
    key: Hash
    n: Annotated[int, Meta(ge=1)]
    root: Hash
    size: Annotated[int, Meta(ge=1, le=BATCH_ROWS_MAX)]
    v: Literal[1]


class Batch(Row, frozen=True):
    """A batch's header, its signature and the statements of it that were not appended under it."""

    absent: Annotated[list[tuple[Position, Hash]], Meta(max_length=BATCH_ROWS_MAX)]
    header: Header
    leaf: Literal["batch"]
    signature: Signature


_GENESIS = msgspec.json.Decoder(Genesis)
_ENTRY = msgspec.json.Decoder(Entry)
_BATCH = msgspec.json.Decoder(Batch)
_HEADER = msgspec.json.Decoder(Header)


def encode_entry(statement: bytes, received: int, signature: bytes | None, batch: tuple[bytes, int] | None = None) -> bytes:
    """Entry leaf around the exact bytes of a statement; `statement` sorts last, so its bytes stay a plain tail."""
    if batch is not None:
        return b'{"batch":["%s",%d],"leaf":"entry","received":%d,"statement":%s}' % (
            b64u(batch[0]).encode(), batch[1], received, statement,
        )  # fmt: skip
    assert signature is not None
    return b'{"leaf":"entry","received":%d,"signature":"%s","statement":%s}' % (received, b64u(signature).encode(), statement)


def encode(leaf: Genesis | Batch | Header) -> bytes:
    """Canonical bytes of any other leaf, or of a batch header."""
    return msgspec.json.encode(leaf, order="sorted")


def decode_entry(raw: bytes) -> Entry:
    """Parse an entry leaf; its statement is left as raw bytes.

    Raises:
        VerificationError: `leaf-malformed`.
    """
    try:
        entry = _ENTRY.decode(raw)
    except FAULTS as error:
        raise VerificationError("leaf-malformed", str(error)) from error
    if (entry.batch is UNSET) == (entry.signature is UNSET):
        raise VerificationError("leaf-malformed", "an entry has a signature or a batch, and only one of them")
    tail = bytes(entry.statement)
    head = (
        b'{"leaf":"entry","received":%d,"signature":"%s","statement":' % (entry.received, entry.signature.encode())
        if entry.signature is not UNSET
        else b'{"batch":["%s",%d],"leaf":"entry","received":%d,"statement":'
        % (entry.batch[0].encode(), entry.batch[1], entry.received)  # type: ignore[index]
    )
    if raw != head + tail + b"}":
        raise VerificationError("leaf-malformed", "an entry leaf is not in its canonical form")
    return entry


def _strict(decoder: msgspec.json.Decoder[Genesis] | msgspec.json.Decoder[Batch], raw: bytes) -> Genesis | Batch:
    if len(raw) > LEAF_BYTES_MAX:
        raise VerificationError("leaf-malformed", f"{len(raw)} bytes, at most {LEAF_BYTES_MAX}")
    try:
        canonical.check(raw)
        return decoder.decode(raw)
    except Refused as error:
        raise VerificationError("leaf-malformed", error.cause) from error
    except FAULTS as error:
        raise VerificationError("leaf-malformed", str(error)) from error


def decode_genesis(raw: bytes) -> Genesis:
    """Parse leaf 0.

    Raises:
        VerificationError: `leaf-malformed`.
    """
    leaf = _strict(_GENESIS, raw)
    assert isinstance(leaf, Genesis)
    return leaf


def decode_batch(raw: bytes) -> Batch:
    """Parse a batch leaf.

    Raises:
        VerificationError: `leaf-malformed`.
    """
    leaf = _strict(_BATCH, raw)
    assert isinstance(leaf, Batch)
    return leaf


def decode_header(raw: bytes) -> Header:
    """Parse the header of a submitted batch.

    Raises:
        Refused: `batch-header`.
    """
    try:
        header = _HEADER.decode(raw)
    except FAULTS as error:
        raise Refused("batch-header", "v, book, key, n, size, root and at are due, each in its form") from error
    if encode(header) != raw:
        canonical.parse(raw)
        raise Refused("not-canonical", "the header's bytes are not its canonical form", "", canonical=encode(header).decode())
    return header


def kind_of(raw: bytes) -> str:
    """The `leaf` member of a leaf, or "" where none can be read; cheap for entries."""
    if raw.startswith((b'{"leaf":"entry"', b'{"batch":[')):
        return "entry"
    try:
        value = msgspec.json.decode(raw)
    except FAULTS:
        return ""
    return str(value.get("leaf", "")) if isinstance(value, dict) else ""

"""What a monitor keeps when a book contradicts itself, and how much a stranger may conclude from it, offline.

Two signed notes convict the log's key when one tree cannot have had both roots. Notes of two sizes alone do not show
that, so a third root stands beside them: the one that the larger tree has at the smaller size, with its consistency path.
A leaf is bound to a note by its inclusion path. All else is the word of whoever kept the file.
Source: DESIGN 3.3; docs/formats/contradiction.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal
from unicodedata import normalize

import msgspec
from msgspec import UNSET, Meta, UnsetType

from . import canonical
from .checkpoint import Checkpoint, open_cosigned
from .encoding import b64u, unb64u
from .errors import Refused, VerificationError
from .hashing import HASH_SIZE, leaf_hash
from .limits import LEAF_BYTES_MAX, NOTE_BYTES_MAX, TREE_HEIGHT_MAX
from .note import VerifierKey, format_base64, parse_base64, parse_note
from .proof import verify_consistency, verify_inclusion
from .terms import FAULTS, Count, Hash, Row
from .tile_nodes import TiledLog

DETAIL_CHARS_MAX = 2_000
CONTRADICTION_BYTES_MAX = 512 * 1024  # two notes and a leaf, escaped, with room

_CODE = "contradiction-malformed"
_SOURCE_CHARS_MAX = 1_000


class Weight(Enum):
    """How much the file shows to somebody who trusts nobody but the mathematics."""

    CONVICTS = "convicts"  # the log's key signed two states of which one cannot be
    BINDS = "binds"  # the log's key signed a state with this very leaf in it; whether the leaf is wrong, its bytes say
    CLAIMS = "claims"  # what signatures there are hold; the rest is the word of whoever kept the file


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note, and where it was shown.

    Attributes:
        source: `mirror` for what was held before, else an address.
        note: The note as it came.
    """

    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Root that the larger tree has at the size of the smaller one, and the consistency path from there."""

    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BoundLeaf:
    """A leaf with its inclusion path under the first note."""

    index: int
    raw: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction that somebody saw.

    Attributes:
        code: Key of `reasons.REASONS`.
        detail: What was compared and how it differs.
        origin: Origin of the log.
        vkey: Verifier key that the finder checked with; a hint to others.
        found_ms: When it was found by the finder's clock, Unix milliseconds.
        notes: At most two notes, what was held before first; none where nothing signed was shown at all.
        prefix: Where two notes have different sizes.
        leaf: Where a leaf of the log is at fault.
    """

    code: str
    detail: str
    origin: str
    vkey: str
    found_ms: int
    notes: tuple[ShownNote, ...]
    prefix: Prefix | None = None
    leaf: BoundLeaf | None = None


class _Shown(Row, frozen=True):
    note: Annotated[str, Meta(max_length=NOTE_BYTES_MAX)]
    source: Annotated[str, Meta(min_length=1, max_length=_SOURCE_CHARS_MAX)]


Path = Annotated[list[Hash], Meta(max_length=TREE_HEIGHT_MAX + 1)]


class _Prefix(Row, frozen=True):
    path: Path
    root: Hash


class _Leaf(Row, frozen=True):
    body: Annotated[str, Meta(max_length=2 * LEAF_BYTES_MAX)]
    index: Count
    path: Path


class _Form(Row, frozen=True):
    code: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,60}\Z")]
    detail: Annotated[str, Meta(max_length=DETAIL_CHARS_MAX)]
    found: Count
    notes: Annotated[list[_Shown], Meta(max_length=2)]
    origin: Annotated[str, Meta(max_length=_SOURCE_CHARS_MAX)]
    v: Literal[1]
    vkey: Annotated[str, Meta(max_length=_SOURCE_CHARS_MAX)]
    leaf: _Leaf | UnsetType = UNSET
    prefix: _Prefix | UnsetType = UNSET


_FORM = msgspec.json.Decoder(_Form)


def encode_contradiction(found: Contradiction) -> bytes:
    """Canonical JSON of a contradiction, and a line feed."""
    value: dict[str, canonical.JsonValue] = {
        "code": found.code,
        "detail": found.detail,
        "found": found.found_ms,
        "notes": [{"note": one.note, "source": one.source} for one in found.notes],
        "origin": found.origin,
        "v": 1,
        "vkey": found.vkey,
    }
    if found.prefix is not None:
        value["prefix"] = {"path": [b64u(part) for part in found.prefix.path], "root": b64u(found.prefix.root)}
    if found.leaf is not None:
        body = format_base64(found.leaf.raw)
        value["leaf"] = {"body": body, "index": found.leaf.index, "path": [b64u(part) for part in found.leaf.path]}
    return canonical.dump(value) + b"\n"


def as_words(text: str) -> str:
    """A text of whoever is accused, fit to stand in the file and on a screen: NFC, printable, bounded."""
    clean = normalize("NFC", text.encode(errors="replace").decode())[:DETAIL_CHARS_MAX]
    return "".join(sign if sign.isprintable() else "?" for sign in clean)


def can_stand(note: str) -> bool:
    """Whether a text is a note, and can stand in canonical JSON byte for byte."""
    try:
        parse_note(note)
        canonical.dump(note)
    except (VerificationError, Refused):
        return False
    return True


def parse_contradiction(raw: bytes) -> Contradiction:
    """Read a contradiction; checks its form, and no signature.

    Raises:
        VerificationError: `contradiction-malformed`.
    """
    if len(raw) > CONTRADICTION_BYTES_MAX:
        raise VerificationError(_CODE, f"{len(raw)} bytes")
    raw = raw.removesuffix(b"\n")
    try:
        canonical.check(raw)
        form = _FORM.decode(raw)
        notes = tuple(ShownNote(one.source, one.note) for one in form.notes)
        prefix = None if form.prefix is UNSET else Prefix(unb64u(form.prefix.root, HASH_SIZE), _hashes(form.prefix.path))
        leaf = None
        if form.leaf is not UNSET:
            if not notes:
                raise VerificationError(_CODE, "a leaf without a note")
            leaf = BoundLeaf(form.leaf.index, parse_base64(form.leaf.body, _CODE), _hashes(form.leaf.path))
    except (*FAULTS, Refused, VerificationError) as error:
        raise VerificationError(_CODE, str(error)) from error
    return Contradiction(form.code, form.detail, form.origin, form.vkey, form.found, notes, prefix, leaf)


def weigh(found: Contradiction, *keys: VerifierKey) -> Weight:
    """Say how much a contradiction shows about the holder of a log's key.

    Args:
        found: What somebody kept.
        keys: The log's keys, at least one, from the reader's own policy; the one in the file is a hint.

    Raises:
        VerificationError: A note is not signed by one of them, or prefix or leaf do not belong to the notes: it shows nothing.
    """
    opened = [open_cosigned(one.note, keys[0].name, keys).checkpoint for one in found.notes]
    if found.leaf is not None:
        first = opened[0]
        verify_inclusion(leaf_hash(found.leaf.raw), found.leaf.index, first.size, found.leaf.path, first.root)
    if len(opened) == 2:
        smaller, larger = sorted(opened, key=lambda one: one.size)
        if _excludes(smaller, larger, found.prefix):
            return Weight.CONVICTS
    return Weight.CLAIMS if found.leaf is None else Weight.BINDS


def find_fork(older: Checkpoint, newer: Checkpoint, log: TiledLog) -> Prefix | None:
    """Whether a larger state leaves the smaller one; both were signed.

    Args:
        older: The smaller one.
        newer: The larger one.
        log: Tiles of the larger log, from whoever shows it.

    Returns:
        None when the larger log begins with the smaller; else what convicts.

    Raises:
        VerificationError: `root-differs`: the tiles are not those of the larger state either; `tile-malformed`.
    """
    path = log.consistency(older.size)
    try:
        verify_consistency(older.size, newer.size, path, older.root, newer.root)
    except VerificationError:
        root = log.root(older.size)
        try:
            verify_consistency(older.size, newer.size, path, root, newer.root)
        except VerificationError as error:
            words = f"the tiles that are served do not lead to the root signed for {newer.size} leaves"
            raise VerificationError("root-differs", words) from error
        return Prefix(root, path)
    return None


def _excludes(smaller: Checkpoint, larger: Checkpoint, prefix: Prefix | None) -> bool:
    """Whether no tree can have had both states."""
    if smaller.size == larger.size:
        return smaller.root != larger.root
    if prefix is None:
        return False
    verify_consistency(smaller.size, larger.size, prefix.path, prefix.root, larger.root)
    return smaller.size > 0 and prefix.root != smaller.root


def _hashes(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(unb64u(text, HASH_SIZE) for text in texts)

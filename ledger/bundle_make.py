"""Making a bundle, the writer's side: the story's streams, one map proof, two inclusion proofs, in the one right order.

Pure: what the book holds is handed in through a port, all of it as of one published epoch. `bundle_verify.py`, which judges
the outcome, shares nothing with this file but formats and the closure. Source: DESIGN 3.2, 3.3; docs/formats/bundle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import orjson

from . import canonical
from .bundle import ShownEntry, read_shown
from .canonical import JsonValue
from .closure import Closure
from .encoding import b64u
from .errors import Refused, VerificationError
from .hiding import hidden_among
from .limits import BUNDLE_BYTES_MAX, BUNDLE_DEPTH_MAX, BUNDLE_ENTRIES_MAX, BUNDLE_STREAMS_MAX
from .map_hash import map_key
from .map_proof import format_map_proof
from .map_verify import MapProof
from .merkle import NodeGetter, inclusion_path
from .withholding import withheld_among

SHOWN_KEPT: Final = 4_096  # entries that were read, about 5 KB each with their bytes


@dataclass(frozen=True, slots=True)
class PublishedState:
    """One published state of a book.

    Attributes:
        note: Its checkpoint.
        size: Leaves under it; the last is its epoch leaf.
        vkey: The log's verifier key, given as a hint; "" for none.
    """

    note: str
    size: int
    vkey: str = ""


@dataclass(frozen=True, slots=True)
class BatchLeaf:
    """A batch as the book holds it.

    Attributes:
        leaf: The batch leaf.
        size: Statements under its signature, absent ones included.
        node: Tree over their hashes, in order.
    """

    leaf: bytes
    size: int
    node: NodeGetter


class BundleSource(Protocol):
    """A book as of one published epoch. Every answer must belong to that same epoch."""

    @property
    def state(self) -> PublishedState:
        """The published state."""
        ...

    def streams(self, names: Sequence[str]) -> Mapping[str, Sequence[tuple[int, bytes]]]:
        """Index and leaf of every entry of these streams, whole and in order; streams without entries may be left out."""
        ...

    def leaf(self, index: int) -> bytes:
        """One leaf."""
        ...

    def inclusion(self, index: int) -> Sequence[bytes]:
        """Inclusion path of a leaf under the state's checkpoint."""
        ...

    def prove(self, keys: Iterable[bytes]) -> MapProof:
        """Map proof for these keys at the state's epoch."""
        ...

    def batch_of(self, index: int, position: int, leaf: bytes) -> BatchLeaf:
        """The batch with this leaf hash, of the entry at `index`, which has that position in it."""
        ...

    def openings(self, statement: bytes) -> Sequence[tuple[str, bytes, str]]:
        """Pointer, salt and value of each value shown with a statement (by its hash), in order of their pointers."""
        ...


class Maker:
    """Makes one bundle.

    Args:
        subject: Stream that the story is about: `p:` of an item, `w:` of a waybill or `s:` of a company.
        source: The book.
    """

    def __init__(self, subject: str, source: BundleSource) -> None:
        self._subject = subject
        self._source = source
        self._lists: dict[str, list[int]] = {}
        self._leaves: dict[int, bytes] = {}
        self._read: dict[int, ShownEntry] = {}
        self._withheld: dict[int, bytes] = {}

    def make(self) -> bytes:
        """The bundle's bytes.

        Raises:
            VerificationError: `closure-too-large`, `bundle-too-large`.
        """
        self._close()
        if len(self._leaves) > BUNDLE_ENTRIES_MAX or len(self._lists) > BUNDLE_STREAMS_MAX:
            raise VerificationError("bundle-too-large", f"{len(self._leaves)} entries in {len(self._lists)} streams")
        raw = canonical.dump(self._value(), BUNDLE_DEPTH_MAX)
        if len(raw) > BUNDLE_BYTES_MAX:
            raise VerificationError("bundle-too-large", f"{len(raw)} bytes")
        return raw

    def _close(self) -> None:
        """Read the story. What is withheld names nothing: the closure is that of what is shown."""
        closure = Closure(self._subject)
        while wanted := closure.wanted():
            found = self._source.streams(wanted)
            for name in wanted:
                rows = found.get(name, ())
                self._lists[name] = [index for index, _ in rows]
                for index, leaf in rows:
                    if index not in self._read:
                        self._leaves[index], self._read[index] = leaf, _shown(index, leaf)
                self._withhold(self._lists[name])
                closure.take(name, (self._read[index].as_entry() for index in self._lists[name] if index not in self._withheld))

    def _withhold(self, indexes: Sequence[int]) -> None:
        """Set aside what a later entry of the same stream withholds."""
        said = [(index, self._read[index].statement) for index in indexes]
        found = withheld_among(said, lambda index: self._read[index].leaf_hash)
        self._withheld.update({index: withholding.leaf for index, (withholding, _) in found.items()})

    def _value(self) -> dict[str, JsonValue]:
        source, state = self._source, self._source.state
        shown = sorted(index for index in self._leaves if index not in self._withheld)
        value: dict[str, JsonValue] = {
            "checkpoint": state.note,
            "entries": [[index, orjson.loads(self._leaves[index])] for index in shown],
            "epoch": self._sealed(state.size - 1),
            "genesis": self._sealed(0),
            "map": format_map_proof(source.prove(map_key(name) for name in self._lists)),  # type: ignore[dict-item]
            "streams": {name: list(indexes) for name, indexes in self._lists.items()},
            "subject": self._subject,
            "v": 1,
        }
        more: dict[str, list[JsonValue]] = {
            "batches": self._batches(shown),
            "open": self._opened(shown),
            "withheld": [[index, b64u(leaf)] for index, leaf in sorted(self._withheld.items())],
        }
        value.update({name: part for name, part in more.items() if part})
        if state.vkey:
            value["hints"] = {"vkey": state.vkey}
        return value

    def _sealed(self, index: int) -> JsonValue:
        leaf = orjson.loads(self._source.leaf(index))
        return {"leaf": leaf, "path": b64u(b"".join(self._source.inclusion(index)))}

    def _batches(self, shown: Sequence[int]) -> list[JsonValue]:
        entries: dict[bytes, list[tuple[int, int]]] = {}
        for index in shown:
            batch = self._read[index].batch
            if batch is not None:
                entries.setdefault(batch[0], []).append((index, batch[1]))
        found: list[JsonValue] = []
        for leaf, rows in entries.items():  # in order of the first entry, since `shown` is
            under = self._source.batch_of(*rows[0], leaf)
            paths: list[JsonValue] = [[i, b64u(b"".join(inclusion_path(at, under.size, under.node)))] for i, at in rows]
            found.append({"leaf": orjson.loads(under.leaf), "paths": paths})
        return found

    def _opened(self, shown: Sequence[int]) -> list[JsonValue]:
        found: list[JsonValue] = []
        said = [self._read[index].statement for index in shown]
        silent = hidden_among(said) | {one.ref for one in said if one.type == "erasure" and one.ref is not None}
        for index in shown:
            statement = self._read[index].statement
            if b64u(statement.hash) not in silent and isinstance(getattr(statement.body, "text", None), str):
                for pointer, salt, value in self._source.openings(statement.hash):
                    if _is_canonical(value):
                        found.append([index, pointer, b64u(salt), value])
        return found


@lru_cache(SHOWN_KEPT)
def _shown(index: int, leaf: bytes) -> ShownEntry:
    """An entry that was read: the same bytes say the same for ever, and who looks at one product looks at it again."""
    return read_shown(index, leaf)


def _is_canonical(value: str) -> bool:
    """Whether a text can stand in canonical JSON; one that is not in NFC cannot, and is then shown by no bundle."""
    try:
        canonical.dump(value)
    except Refused:
        return False
    return True


def make_bundle(subject: str, source: BundleSource) -> bytes:
    """Make the bundle of an item or a waybill, also of one that the book does not have: then it proves just that.

    Args:
        subject: Its stream, `p:…`, `w:…` or `s:…`.
        source: The book as of one published epoch.

    Raises:
        VerificationError: `closure-too-large`, `bundle-too-large`.
    """
    return Maker(subject, source).make()

"""What goes into an evidence package: the entries asked for, whole streams that prove nothing is missing, keys, proofs.

Everything comes from one snapshot under the newest checkpoint. Source: docs/formats/package.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import UNSET

from ..ledger.bundle import parse_bundle
from ..ledger.bundle_make import make_bundle
from ..ledger.encoding import b64u, unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import StoreError
from ..ledger.hashing import leaf_hash
from ..ledger.leaf import decode_entry
from ..ledger.map_hash import map_key
from ..ledger.map_proof import format_map_proof
from ..ledger.merkle import inclusion_path, range_path
from ..ledger.store.bundle_source import EpochSource, Extras
from ..ledger.store.stored_epoch import StoredEpoch
from ..ledger.store.streams import Reads
from ..ledger.store.tables import KIND_ENTRY
from ..ledger.store.vault import Vault
from ..ledger.tlogproof import TlogProof, format_tlog_proof
from .package import to_json

ENTRIES_MAX: Final = 100_000
COURIER_STREAMS: Final = "cas"  # what is said about a company, its registration, and what others say of it

Put = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: one of the four.

    Attributes:
        product: Key of an item.
        waybill: Key of a waybill.
        courier: Unified social credit code of a company.
        span: First and last moment, Unix milliseconds, both included, by when the book received an entry.
        words: The question as it was asked, for the manifest.
    """

    product: str = ""
    waybill: str = ""
    courier: str = ""
    span: tuple[int, int] | None = None
    words: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Chosen:
    """Entries of a package, and the streams that are in it whole."""

    entries: dict[int, Entry] = field(default_factory=dict)
    streams: dict[str, list[int]] = field(default_factory=dict)


class Contents:
    """Fills one package.

    Args:
        epoch: The book.
        extras: The log's verifier key, and values that may be opened.
        put: Takes a path and its bytes.
    """

    def __init__(self, epoch: StoredEpoch, extras: Extras, put: Put) -> None:
        self._epoch = epoch
        self._source = EpochSource(epoch.reads, epoch.published, epoch, extras)
        self._extras = extras
        self._put = put
        self._size = epoch.published.size
        self._chosen = _Chosen()
        self._batches: set[str] = set()

    def fill(self, query: Query) -> list[Entry]:
        """Put every file of a query, and give its entries in order.

        Raises:
            StoreError: Nothing is recorded of it, more than 100,000 entries are, or the book has a hole.
            VerificationError: `bundle-too-large`, `closure-too-large`.
        """
        if query.product or query.waybill:
            self._story(f"p:{query.product}" if query.product else f"w:{query.waybill}")
        elif query.courier:
            self._whole(f"{letter}:{query.courier if letter == 'c' else f'uscc:{query.courier}'}" for letter in COURIER_STREAMS)
        else:
            assert query.span is not None
            self._span(*query.span)
        if not self._chosen.entries:
            raise StoreError("nothing is recorded in this book of what was asked for")
        self._signers()
        self._state()
        entries = [entry for _, entry in sorted(self._chosen.entries.items())]
        for entry in entries:
            self._entry(entry)
        return entries

    def _story(self, stream: str) -> None:
        raw = make_bundle(stream, self._source)
        self._put("bundle.json", raw)
        self._take(parse_bundle(raw).entries)

    def _span(self, first_ms: int, last_ms: int) -> None:
        first = self._at(first_ms)
        end = self._at(last_ms + 1)
        if first >= end:
            return
        hashes = self._epoch.reads.leaf_hashes(first, end - 1)
        path = range_path(first, end - 1, self._size, self._epoch.tree.node)
        self._put("range.json", to_json({"first": first, "leaves": list(map(b64u, hashes)), "path": list(map(b64u, path))}))
        kinds = {row.idx: row.kind for row in self._epoch.reads.entries(first, end - 1)}
        self._take(index for index, kind in kinds.items() if kind == KIND_ENTRY)
        # The leaves that are no entries lie there too: of a hash alone nobody can tell that it hides none.
        for index, leaf in self._epoch.reads.leaves(first, end - 1):
            if kinds[index] != KIND_ENTRY:
                self._put(f"leaves/{index:012}.json", leaf)

    def _at(self, moment_ms: int) -> int:
        """Index of the first leaf that the book received at a moment or later: the log is in order of that."""
        low, high = 1, self._size
        while low < high:
            middle = (low + high) // 2
            if self._received(middle) < moment_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def _received(self, index: int) -> int:
        """When a leaf came in. A batch leaf does not say, but what follows it does; the last leaf is an epoch's."""
        for at in range(index, self._size):
            value = msgspec.json.decode(self._epoch.reads.leaf(at))
            moment = value.get("received", value.get("time"))
            if moment is not None:
                return int(moment)
        raise StoreError("the book does not end with an epoch leaf; run `suxin verify`")

    def _whole(self, names: Iterable[str]) -> None:
        """Take streams whole."""
        for name in names:
            if name not in self._chosen.streams:
                rows = self._epoch.reads.stream_rows(name)
                self._chosen.streams[name] = [index for _, index, _ in rows]
                self._take(index for _, index, _ in rows)

    def _take(self, indexes: Iterable[int]) -> None:
        new = sorted({index for index in indexes if index not in self._chosen.entries})
        if len(self._chosen.entries) + len(new) > ENTRIES_MAX:
            raise StoreError(f"more than {ENTRIES_MAX} entries; ask for less, or take `suxin export --entries`")
        leaves = self._epoch.reads.leaves_at(new)
        for index in new:
            if index not in leaves:
                raise StoreError(f"there is no leaf at index {index}; run `suxin verify`")
            self._chosen.entries[index] = read_entry(index, leaves[index])

    def _signers(self) -> None:
        """Take the registration and the keys of everybody who signed or was acted for, until nobody new is among them."""
        known: set[str] = set()
        while True:
            actors = {who for entry in self._chosen.entries.values() for who in (entry.statement.actor, entry.statement.party)}
            new = sorted(who for who in actors - known if not who.startswith("anon:"))
            if not new:
                return
            known.update(new)
            self._whole(f"{letter}:{who}" for who in new for letter in "ak")

    def _state(self) -> None:
        epoch, published, names = self._epoch, self._epoch.published, list(self._chosen.streams)
        leaf = epoch.reads.leaf(self._size - 1)
        self._put("checkpoint.txt", published.note.encode())
        self._put("genesis.json", epoch.reads.leaf(0))
        self._put("epoch.json", leaf)
        self._put("epoch-proof.txt", self._proof(self._size - 1))
        listed = [{"entries": self._chosen.streams[name], "stream": name} for name in names]
        proof = self._source.prove(map(map_key, names)) if names else None
        if proof is not None:
            self._put("streams.json", to_json({"map": format_map_proof(proof), "streams": listed}))  # type: ignore[dict-item]

    def _proof(self, index: int) -> bytes:
        path = tuple(self._source.inclusion(index))
        return format_tlog_proof(TlogProof(index, path, self._epoch.published.note)).encode()

    def _entry(self, entry: Entry) -> None:
        folder = f"entries/{entry.index:012}"
        leaf = self._epoch.reads.leaf(entry.index)
        form = decode_entry(leaf)
        self._put(f"{folder}/leaf.json", leaf)
        self._put(f"{folder}/statement.json", entry.statement.raw)
        self._put(f"{folder}/proof.txt", self._proof(entry.index))
        if form.batch is not UNSET:
            self._batch(folder, entry.index, form.batch[1], unb64u(form.batch[0], 32))
        opened = self._extras.openings(entry.statement.hash)
        if opened:
            rows: list[Any] = [{"pointer": pointer, "salt": b64u(salt), "value": value} for pointer, salt, value in opened]
            self._put(f"{folder}/opened.json", to_json(rows))

    def _batch(self, folder: str, index: int, position: int, name: bytes) -> None:
        batch = self._source.batch_of(index, position, name)
        assert leaf_hash(batch.leaf) == name
        path = f"batches/{name.hex()}.json"
        if path not in self._batches:
            self._batches.add(path)
            self._put(path, batch.leaf)
        hashes = inclusion_path(position, batch.size, batch.node)
        self._put(f"{folder}/batch.json", to_json({"batch": path, "path": list(map(b64u, hashes)), "position": position}))


def openings_of(vault: Vault | None, reads: Reads) -> Callable[[bytes], Sequence[tuple[str, bytes, str]]]:
    """Values of a statement that lie in the vault, in order of their pointers; none without one, for texts are personal."""

    def opened(statement: bytes) -> list[tuple[str, bytes, str]]:
        found = {} if vault is None else vault.get(reads, statement, "evidence")
        return [(pointer, one.salt, one.value) for pointer, one in sorted(found.items())]

    return opened

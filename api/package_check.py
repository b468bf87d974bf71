"""Check an evidence package by what is in it and the reader's policy alone; docs/formats/package.md numbers the steps.

Nothing is believed because it lies in the package: every entry is proved under the checkpoint, every signature is checked
against a key whose history is there, and the tables are written again and compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct

from ..ledger.bundle_verify import verify_bundle
from ..ledger.chain import head_of
from ..ledger.checkpoint import Checkpoint, open_cosigned, parse_checkpoint
from ..ledger.encoding import unb64u
from ..ledger.entry import Entry, read_entry
from ..ledger.epoch import Epoch, decode_epoch
from ..ledger.errors import Refused, VerificationError
from ..ledger.hashing import HASH_SIZE, leaf_hash
from ..ledger.key_history import KeyHistory
from ..ledger.keys import verify_batch, verify_statement
from ..ledger.leaf import Genesis, decode_batch, decode_entry, decode_genesis, encode, kind_of
from ..ledger.map_hash import map_key
from ..ledger.map_verify import parse_map_proof, verify_map
from ..ledger.note import parse_note
from ..ledger.policy import Policy
from ..ledger.proof import verify_inclusion, verify_range
from ..ledger.terms import FAULTS, Count, Hash
from ..ledger.tlogproof import parse_tlog_proof, verify_tlog_proof
from ..trace.lifecycle import TradeRules
from .package import CODE, PackageReader
from .package_tables import directory_of, entries_csv, keys_csv, keys_json, keys_of

Form = TypeVar("Form")

UNPROVED: Final = "package-unproved"
SIGNATURE_SIZE: Final = 64
_FOLDER = re.compile(r"entries/([0-9]{12})/leaf\.json")


class _Stream(Struct, frozen=True, forbid_unknown_fields=True):
    entries: list[Count]
    stream: Annotated[str, Meta(max_length=200)]


class _Streams(Struct, frozen=True, forbid_unknown_fields=True):
    map: dict[str, Any]
    streams: list[_Stream]


class _Range(Struct, frozen=True, forbid_unknown_fields=True):
    first: Count
    leaves: list[Hash]
    path: list[Hash]


class _BatchPlace(Struct, frozen=True, forbid_unknown_fields=True):
    batch: str
    path: list[Hash]
    position: Count


@dataclass(frozen=True, slots=True)
class PackageReport:
    """What a package proves.

    Attributes:
        origin: Of the log.
        checkpoint: The state that everything is proved under.
        time: Of its epoch, Unix milliseconds.
        entries: Entries in it, each proved and its signature checked.
        streams: Streams that are in it whole, or proved not to be there.
        span: First and last index of a run of leaves that is in it whole, or None.
        bundle: Whether it holds a product's bundle, which was checked as well.
    """

    origin: str
    checkpoint: Checkpoint
    time: int
    entries: int
    streams: int
    span: tuple[int, int] | None
    bundle: bool


class _Check:
    """One package on its way through the steps."""

    def __init__(self, reader: PackageReader, policy: Policy, now_ms: int) -> None:
        self._reader = reader
        self._policy = policy
        self._now_ms = now_ms
        self._paths = frozenset(reader.paths())
        self._note = _text(reader.read("checkpoint.txt"))
        origin = parse_checkpoint(parse_note(self._note).text).origin
        self._keys = policy.keys_of(origin)
        if not self._keys:
            raise VerificationError("log-unknown", f"the policy names no log {origin}")
        self.origin = origin
        self.checkpoint = open_cosigned(self._note, origin, self._keys).checkpoint
        self.epoch, self._genesis = self._state()

    def run(self) -> PackageReport:
        entries = {index: self._entry(index) for index in self._indexes()}
        self._signatures(entries)
        self._tables(list(entries.values()))
        streams = self._streams(entries)
        span = self._range(entries)
        return PackageReport(self.origin, self.checkpoint, self.epoch.time, len(entries), streams, span, self._bundle(entries))

    def _state(self) -> tuple[Epoch, Genesis]:
        raw, genesis = self._reader.read("epoch.json"), self._reader.read("genesis.json")
        epoch = decode_epoch(raw)
        self._prove("epoch-proof.txt", raw, self.checkpoint.size - 1)
        if leaf_hash(genesis) != epoch.genesis:
            raise VerificationError("epoch-genesis", "genesis.json is not leaf 0 of this book")
        said = self._reader.manifest.checkpoint
        found = (epoch.number, self.checkpoint.root, self.checkpoint.size, epoch.time)
        if (
            said.epoch,
            unb64u(said.root, HASH_SIZE),
            said.size,
            said.time,
        ) != found or self._reader.manifest.origin != self.origin:
            raise VerificationError(UNPROVED, "the manifest names another state than the checkpoint")
        return epoch, decode_genesis(genesis)

    def _indexes(self) -> list[int]:
        return sorted(int(match[1]) for path in self._paths if (match := _FOLDER.fullmatch(path)))

    def _prove(self, path: str, leaf: bytes, index: int) -> None:
        proof = parse_tlog_proof(_text(self._reader.read(path)))
        if proof.index != index or proof.note != self._note:
            raise VerificationError(UNPROVED, f"{path} proves another leaf, or under another checkpoint")
        verify_tlog_proof(proof, leaf_hash(leaf), self.origin, self._keys)

    def _entry(self, index: int) -> Entry:
        folder = f"entries/{index:012}"
        leaf = self._reader.read(f"{folder}/leaf.json")
        self._prove(f"{folder}/proof.txt", leaf, index)
        try:
            entry = read_entry(index, leaf)
        except Refused as refusal:
            raise VerificationError("statement-malformed", refusal.cause, index) from refusal
        if self._reader.read(f"{folder}/statement.json") != entry.statement.raw:
            raise VerificationError(UNPROVED, f"{folder}/statement.json is not the statement of its leaf", index)
        return entry

    def _signatures(self, entries: Mapping[int, Entry]) -> None:
        directory = directory_of(self._genesis, ())
        history = KeyHistory(directory, TradeRules(), lambda index: entries[index].statement)
        for index, entry in entries.items():
            try:
                public = directory.public_for(entry.statement)
                history.judge(entry.statement, entry.received_ms)
                self._signature(entry, public)
                history.take_in(entry.statement, index, entry.received_ms)
            except Refused as refusal:
                raise VerificationError("package-key", f"entry {index}: {refusal.cause}", index) from refusal
            except VerificationError as error:
                raise VerificationError(error.code, f"entry {index}: {error.detail}", index) from error

    def _signature(self, entry: Entry, public: bytes) -> None:
        folder = f"entries/{entry.index:012}"
        form = decode_entry(self._reader.read(f"{folder}/leaf.json"))
        if form.signature is not UNSET:
            verify_statement(public, entry.statement.raw, unb64u(form.signature, SIGNATURE_SIZE))
            return
        place = _decode(self._reader.read(f"{folder}/batch.json"), _BatchPlace, f"{folder}/batch.json")
        raw = self._reader.read(place.batch)
        assert form.batch is not UNSET
        if form.batch[1] != place.position or leaf_hash(raw) != unb64u(form.batch[0], HASH_SIZE):
            raise VerificationError(UNPROVED, f"{folder}/batch.json names another batch", entry.index)
        batch = decode_batch(raw)
        if batch.header.key != entry.statement.key:
            raise VerificationError("package-key", f"entry {entry.index}: its batch is signed with another key", entry.index)
        verify_batch(public, encode(batch.header), unb64u(batch.signature, SIGNATURE_SIZE))
        path = [unb64u(text, HASH_SIZE) for text in place.path]
        verify_inclusion(entry.statement.hash, place.position, batch.header.size, path, unb64u(batch.header.root, HASH_SIZE))

    def _tables(self, entries: list[Entry]) -> None:
        rows = keys_of(directory_of(self._genesis, entries), entries)
        for path, written in (
            ("entries.csv", entries_csv(entries)),
            ("keys.csv", keys_csv(rows)),
            ("keys.json", keys_json(rows)),
        ):
            if self._reader.read(path) != written:
                raise VerificationError(UNPROVED, f"{path} does not say what the entries say")

    def _streams(self, entries: Mapping[int, Entry]) -> int:
        if "streams.json" not in self._paths:
            return 0
        form = _decode(self._reader.read("streams.json"), _Streams, "streams.json")
        queries = []
        for row in form.streams:
            for index in row.entries:
                if index not in entries or row.stream not in entries[index].statement.streams:
                    raise VerificationError(UNPROVED, f"{row.stream} lists entry {index}, which does not belong to it", index)
            links = [(index, leaf_hash(self._reader.read(f"entries/{index:012}/leaf.json"))) for index in row.entries]
            queries.append((map_key(row.stream), (len(links), head_of(links)) if links else None))
        verify_map(self.epoch.map_root, self._genesis.depth, parse_map_proof(form.map), queries)
        return len(queries)

    def _range(self, entries: Mapping[int, Entry]) -> tuple[int, int] | None:
        if "range.json" not in self._paths:
            return None
        form = _decode(self._reader.read("range.json"), _Range, "range.json")
        hashes = [unb64u(text, HASH_SIZE) for text in form.leaves]
        path = [unb64u(text, HASH_SIZE) for text in form.path]
        verify_range(form.first, hashes, self.checkpoint.size, path, self.checkpoint.root)
        for index, due in enumerate(hashes, form.first):
            if index in entries:
                continue
            leaf = self._reader.read(f"leaves/{index:012}.json")
            if leaf_hash(leaf) != due or kind_of(leaf) == "entry":
                raise VerificationError(UNPROVED, f"the leaf at {index} is missing", index)
        return form.first, form.first + len(hashes) - 1

    def _bundle(self, entries: Mapping[int, Entry]) -> bool:
        if "bundle.json" not in self._paths:
            return False
        report = verify_bundle(self._reader.read("bundle.json"), self._policy, self._now_ms, TradeRules())
        for name, one in report.results.by_name().items():
            if one.state == "fails":
                raise VerificationError(one.code, f"bundle.json, {name}: {one.detail}")
        return bool(entries)


def check_package(reader: PackageReader, policy: Policy, now_ms: int) -> PackageReport:
    """Check a package.

    Args:
        reader: The package.
        policy: Whom the reader trusts.
        now_ms: The reader's clock.

    Raises:
        VerificationError: `log-unknown` when the policy does not know the log; else what does not hold.
    """
    return _Check(reader, policy, now_ms).run()


def _decode(raw: bytes, form: type[Form], path: str) -> Form:
    try:
        return msgspec.json.decode(raw, type=form)
    except FAULTS as error:
        raise VerificationError(CODE, f"{path}: {error}") from error


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise VerificationError(CODE, "a text is not UTF-8") from error

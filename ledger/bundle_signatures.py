"""Signatures and key history: who signed each shown statement, and whether that key could. One step of `bundle_verify.py`.

Who is who is folded from the bundle's own `a:` and `k:` streams, in order of index, from the genesis leaf's root key on. What
changes that history is judged by the rules of the trade as the writer judged it; of every other entry only key, mandate
and signature are checked here: whether it was allowed is what a full witness checks.
Source: DESIGN 3.1, 3.5; docs/formats/bundle.md, statement.md, batch.md, authority.md, commitment.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Generic, TypeVar

import orjson

from .bundle import BatchSection, Bundle, OpenedValue, ShownEntry
from .bundle_report import HOLDS, Result
from .commitment import verify_commitment
from .directory import Directory
from .encoding import unb64u
from .errors import Refused, VerificationError
from .hashing import HASH_SIZE
from .key_history import KeyHistory, changes_directory
from .keys import verify_batch, verify_statement
from .leaf import encode
from .proof import verify_inclusion
from .rules import Rules
from .statement import Statement

State = TypeVar("State")


class SignatureCheck(Generic[State]):
    """Signatures of one bundle.

    Attributes:
        result: The first fault, or that there is none.
        directory: Who is who after the last entry; entries with a fault have changed nothing.
        signers: Different keys that signed.

    Args:
        bundle: What was read.
        rules: Rules of the trade, the same that the writer runs.
    """

    def __init__(self, bundle: Bundle, rules: Rules[State]) -> None:
        self.result = HOLDS
        self.signers: set[str] = set()
        self._bundle = bundle
        self._sections = {section.leaf_hash: section for section in bundle.batches}
        self._signed: set[bytes] = set()  # batches whose own signature has been checked
        self.directory = self._root_directory()
        self._history = KeyHistory(self.directory, rules, self._lookup)
        self._counters: set[tuple[str, int]] = set()
        self._ids: set[tuple[str, str]] = set()
        for shown in bundle.entries.values():
            self._check(shown)
        try:
            self._check_batches_needed()
            for opened in bundle.opened:
                _check_opened(bundle, opened)
        except VerificationError as error:
            self._note(error)

    def _root_directory(self) -> Directory:
        try:
            return Directory.of(self._bundle.genesis)
        except Refused as error:
            self._note(VerificationError("genesis-key", error.cause, 0))
            return Directory(bytes(HASH_SIZE), bytes(HASH_SIZE))  # a key that nobody holds: whatever hangs on it fails as well

    def _note(self, error: VerificationError) -> None:
        if self.result == HOLDS:
            self.result = Result("fails", error.code, error.detail, error.index)

    def _check(self, shown: ShownEntry) -> None:
        statement = shown.statement
        self.signers.add(statement.key)
        try:
            if statement.book != self._bundle.genesis.book:
                raise VerificationError("book-wrong", f"signed for {statement.book}", shown.index)
            public = _public_for(shown, self.directory)
            self._judge(shown)
            self._check_signature(shown, public)
            self._check_once(statement)
            self._history.take_in(statement, shown.index, shown.received)
        except VerificationError as error:
            self._note(VerificationError(error.code, error.detail, shown.index))

    def _judge(self, shown: ShownEntry) -> None:
        statement, received = shown.statement, shown.received
        self._history.judge(statement, received)
        if not changes_directory(statement):
            day = datetime.fromtimestamp(received / 1000, tz=UTC).date().isoformat()
            if not self.directory.may_act_for(statement, day):
                raise VerificationError("rules-refused", f"no mandate of {statement.party} for {statement.actor}")

    def _lookup(self, index: int) -> Statement:
        return self._bundle.entries[index].statement

    def _check_once(self, statement: Statement) -> None:
        """A signature holds as often as it is shown, so nothing else would tell that a statement was entered twice."""
        counter, identity = (statement.key, statement.n), (statement.actor, statement.id)
        if counter in self._counters:
            raise VerificationError("counter-twice", f"number {statement.n} of the key {statement.key}")
        if identity in self._ids:
            raise VerificationError("id-twice", f"id {statement.id} of {statement.actor}")
        self._counters.add(counter)
        self._ids.add(identity)

    def _check_signature(self, shown: ShownEntry, public: bytes) -> None:
        statement = shown.statement
        if shown.signature is not None:
            verify_statement(public, statement.raw, shown.signature)
            return
        assert shown.batch is not None
        leaf_hash, position = shown.batch
        section = self._sections.get(leaf_hash)
        if section is None or shown.index not in section.paths:
            raise VerificationError("batch-missing", "no batch of that hash, or no path to its root")
        header = section.batch.header
        if (header.book, header.key, header.n + position) != (statement.book, statement.key, statement.n):
            raise VerificationError("batch-position", f"book, key or counter are not those of position {position}")
        if position >= header.size or any(position == absent for absent, _ in section.batch.absent):
            raise VerificationError("batch-position", f"position {position} is not one of the batch's entries")
        try:
            path = section.paths[shown.index]
            verify_inclusion(statement.hash, position, header.size, path, unb64u(header.root, HASH_SIZE))
        except VerificationError as error:
            raise VerificationError("batch-root", error.detail) from error
        self._check_batch(section, public)

    def _check_batch(self, section: BatchSection, public: bytes) -> None:
        if section.leaf_hash not in self._signed:
            verify_batch(public, encode(section.batch.header), unb64u(section.batch.signature))
            self._signed.add(section.leaf_hash)

    def _check_batches_needed(self) -> None:
        """Each path of each batch is that of an entry which names the batch."""
        for section in self._bundle.batches:
            for index in section.paths:
                shown = self._bundle.entries.get(index)
                if shown is None or shown.batch is None or shown.batch[0] != section.leaf_hash:
                    raise VerificationError("batch-extra", "a path for an entry of another batch, or none", index)


def _public_for(shown: ShownEntry, directory: Directory) -> bytes:
    try:
        return directory.public_for(shown.statement)
    except (Refused, VerificationError) as error:
        raise VerificationError("signer-unknown", str(error)) from error


def _check_opened(bundle: Bundle, opened: OpenedValue) -> None:
    """An opened value is the one that a shown statement commits to at that place."""
    shown = bundle.entries.get(opened.index)
    found: object = None if shown is None else orjson.loads(shown.statement.raw)
    for member in opened.pointer.split("/")[1:]:
        found = found.get(member) if isinstance(found, dict) else None
    try:
        if shown is None or not isinstance(found, str):
            raise VerificationError("commitment-mismatch", "no commitment stands there")
        kind = shown.statement.type
        verify_commitment(unb64u(found, HASH_SIZE), opened.salt, kind, opened.pointer, opened.value)
    except VerificationError as error:
        raise VerificationError("commitment-mismatch", error.detail, opened.index) from error

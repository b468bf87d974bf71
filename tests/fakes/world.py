"""A small book without a server: actors who sign, and the real admission and sequencer on SQLite in a folder.

Everything is worked out from names and counters, so two worlds are equal to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from stdnum import ean
from stdnum.cn import uscc

from suxin.ledger import canonical
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey, key_id
from suxin.ledger.leaf import Genesis, Header, Period, Root, encode
from suxin.ledger.merkle import root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.rules import Rules
from suxin.ledger.statement import Statement, copy_for_ref, parse_statement
from suxin.ledger.store.book import Book
from suxin.ledger.store.highwater import Highwater
from suxin.ledger.store.job import Job, Outcome, Recorded
from suxin.ledger.store.recovery import create_book, open_writer
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sequencer import Writer
from suxin.ledger.store.vault import Opening, Vault
from suxin.ledger.store.waitline import Waiting
from suxin.ledger.store.workers import BatchSignature, check_batch, check_rows
from suxin.trace.lifecycle import TradeRules

BOOK = "suxin.example/world"
ORIGIN = f"{BOOK}/1"
START = 1_795_305_600_000  # 2026-11-22T00:00:00Z
DEPTH = 6


def seed(name: str) -> bytes:
    """32 bytes that only look random."""
    return sha256(name.encode()).digest()


def company(number: int) -> str:
    """A social credit code that passes its check digit."""
    body = f"91330782MA{number:07d}"
    return body + uscc.calc_check_digit(body)


def gtin(number: int) -> str:
    body = f"{number:013d}"
    return body + ean.calc_check_digit(body)


@dataclass
class Signer:
    """One key and its counter."""

    actor: str
    key: SigningKey
    n: int = 0

    @property
    def key_text(self) -> str:
        return b64u(self.key.key_id)

    @property
    def public(self) -> str:
        return self.key.public_text

    @classmethod
    def new(cls, actor: str, name: str | None = None) -> Signer:
        return cls(actor, SigningKey(seed(name or actor)))

    @classmethod
    def nobody(cls, name: str) -> Signer:
        """A throw-away key of a consumer."""
        key = SigningKey(seed(name))
        return cls(f"anon:{key.public_text}", key)


@dataclass(frozen=True)
class Said:
    """A signed statement, and where it came to stand."""

    statement: Statement
    signature: bytes
    opened: tuple[Opening, ...] = ()

    @property
    def ref(self) -> str:
        return b64u(self.statement.hash)


@dataclass
class World:
    """One book and its time.

    Args:
        folder: Empty; database, vault keys and marks go into it.
        rules: What the sequencer judges by.
        url: Of another database, already migrated; SQLite in the folder without it.
    """

    folder: Path
    rules: Rules[Any] = field(default_factory=TradeRules)
    url: str = ""
    now: int = START

    def __post_init__(self) -> None:
        self.log_key = SigningKey(seed("log"))
        self.root = Signer.new(ROOT_ACTOR, "root")
        self.said: list[Said] = []
        self._ids = 0
        self._signers: dict[str, Signer] = {}
        if not self.url:
            self.url = f"sqlite:///{self.folder / 'book.db'}"
            migrate(self.url)
        self.book = Book.open(self.url, writable=True)
        self.vault = Vault(self.folder / "vault.keys")
        create_book(self.book, self.genesis())
        marks = Highwater(self.folder / "marks")
        self.sequencer = open_writer(self.book, self.rules, Writer(self.log_key, marks, lambda: self.now))

    def genesis(self) -> Genesis:
        return Genesis(
            algorithms=["ed25519"], book=BOOK, created=START, depth=DEPTH, hash="sha-256", leaf="genesis",
            log=self.log_key.public_text, origin=ORIGIN, period=Period("2026-10-01", "2027-01-01"),
            root=Root(ROOT_ACTOR, self.root.public), sandbox=True, v=1,
        )  # fmt: skip

    def close(self) -> None:
        self.vault.close()
        self.book.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sign(
        self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], *, ref: Said | None = None,
        **more: Any,
    ) -> Said:  # fmt: skip
        """Sign one statement with the signer's next number; `more` are further members of the envelope."""
        signer.n += 1
        self._ids += 1
        self._signers[signer.key_text] = signer
        value = {
            "actor": signer.actor, "at": moment_text(self.now), "body": body, "book": BOOK, "id": self._uuid(),
            "key": signer.key_text, "n": signer.n, "subjects": subjects, "type": type_name, "v": 1,
        } | more  # fmt: skip
        if ref is not None:
            value |= {"ref": ref.ref, "re": copy_for_ref(ref.statement)}
        raw = canonical.dump(value)
        return Said(parse_statement(raw, writing=False), signer.key.sign_statement(raw))

    def opened(self, said: Said, pointer: str, value: str) -> Said:
        """The statement with the value of one of its commitments, for the vault."""
        return Said(said.statement, said.signature, (Opening(said.statement.hash, pointer, value, seed(pointer + value)),))

    def offer(self, *said: Said) -> list[Outcome]:
        """Offer statements in one request, one epoch; says what became of each."""
        self.now += 60_000
        raws, signatures = [s.statement.raw for s in said], [s.signature for s in said]
        sealed = [list(self.vault.seal(list(s.opened))) for s in said]
        return self._commit(Job(check_rows(raws, signatures, self._publics()), raws, signatures, sealed=sealed))

    def post(self, *said: Said) -> Said:
        """Record statements; gives the last one."""
        for outcome in self.offer(*said):
            assert isinstance(outcome, Recorded), outcome
        self.said += said
        return said[-1]

    def say(self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> Said:
        """Sign and record one statement."""
        return self.post(self.sign(signer, type_name, subjects, body, **more))

    def batch(self, signer: Signer, said: Sequence[Said]) -> list[Outcome]:
        """Offer statements under one signature."""
        self.now += 60_000
        root = b64u(root_of([s.statement.hash for s in said]))
        header = Header(moment_text(self.now), BOOK, signer.key_text, said[0].statement.n, root, len(said), 1)
        raw = encode(header)
        signature = BatchSignature(raw, signer.key.sign_batch(raw))
        raws = [s.statement.raw for s in said]
        return self._commit(Job(check_batch(signature, raws, self._publics()), raws, [], signature))

    def register(self, signer: Signer, role: str, **body: Any) -> Signer:
        """Enter an actor, countersigned by the operator."""
        fields = {"event": "register", "key": signer.public, "role": role} | body
        entered = self.say(signer, "actor", {"party": signer.actor}, fields)
        self.say(self.root, "confirm", {}, {"kind": "approves"}, ref=entered)
        return signer

    def signers(self) -> list[Signer]:
        """Everybody who has signed."""
        return list(self._signers.values())

    def _uuid(self) -> str:
        text, tail = f"{self.now:012x}", f"{self._ids:012x}"
        return f"{text[:8]}-{text[8:]}-7000-8000-{tail}"

    def _publics(self) -> dict[str, bytes]:
        return {b64u(key_id(key.public)): key.public for key in self.sequencer.admission.directory.keys.values()}

    def _commit(self, job: Job) -> list[Outcome]:
        waiting = Waiting(job, Future())
        self.sequencer.commit([waiting])
        return waiting.future.result(timeout=0)


def refusals(outcomes: Sequence[Outcome]) -> list[str]:
    """Codes of what was refused."""
    return [outcome.code for outcome in outcomes if isinstance(outcome, Refused)]

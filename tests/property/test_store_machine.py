"""The SQL store and its sequencer against a plain list in memory, as a state machine.

Whatever order of fresh rows, repetitions, conflicts, refusals, all-or-nothing requests, batches, crashes and reopenings
hypothesis finds: book, streams, counters, log root and map root are those of the list.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import Future
from pathlib import Path

from fakes.house import BOOK, CARRIER, Clock
from fakes.naive_map import NaiveMap
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from suxin.api.registrar import Registrar
from suxin.api.service import new_genesis
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft, Signed, SignedBatch
from suxin.ledger.chain import HEAD_START, extend
from suxin.ledger.checkpoint import open_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.errors import Refused
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import decode_genesis, kind_of
from suxin.ledger.map_hash import map_key
from suxin.ledger.merkle import root_of
from suxin.ledger.moment import moment_text
from suxin.ledger.store.book import Book
from suxin.ledger.store.highwater import Highwater
from suxin.ledger.store.job import Job, Recorded
from suxin.ledger.store.memory import statement_of
from suxin.ledger.store.recovery import create_book, open_writer
from suxin.ledger.store.schema import migrate
from suxin.ledger.store.sequencer import Sequencer, Writer
from suxin.ledger.store.waitline import Waiting
from suxin.ledger.store.workers import BatchSignature, check_batch, check_rows
from suxin.trace.lifecycle import TradeRules
from suxin.trace.story import Story

LOG, ROOT, CARRIER_KEY = (SigningKey(bytes([i]) * 32) for i in (1, 2, 3))
_TEMPLATE = Path(tempfile.mkdtemp(prefix="suxin-machine-")) / "book.db"


def _template() -> Path:
    """An empty migrated database, made once and copied: migrations are not what is tried here."""
    if not _TEMPLATE.exists():
        migrate(f"sqlite:///{_TEMPLATE}")
    return _TEMPLATE


class StoreMachine(RuleBasedStateMachine):
    """The store on one side, `leaves` and `recorded` on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="suxin-machine-"))
        shutil.copy(_template(), self.folder / "book.db")
        self.clock = Clock()
        self.writer = Writer(LOG, Highwater(self.folder / "marks"), self.clock)
        self.signer = Signer(CARRIER_KEY, CARRIER, BOOK, MemoryCounter(), self.clock)
        self.recorded: list[bytes] = []  # statement hashes in log order, as the model believes
        self.sent: list[Signed] = []
        self._open(new=True)
        row = self._draft("actor", {"party": CARRIER}, event="register", role="courier", key=CARRIER_KEY.public_text)
        self._expect([self.signer.sign(row)], ["recorded"])
        approval = Registrar(self.book, ROOT, BOOK, self.clock).approve(
            self.last_job, self.last_outcomes, self.sequencer.admission.directory
        )
        assert approval is not None
        self._commit(approval)
        self.recorded.append(approval.rows[0].statement.hash)  # type: ignore[union-attr]

    def _open(self, *, new: bool = False) -> None:
        self.book = Book.open(f"sqlite:///{self.folder / 'book.db'}", writable=True)
        if new:
            create_book(self.book, new_genesis(BOOK, LOG, ROOT, sandbox=True, created=self.clock()))
        self.sequencer: Sequencer[Story] = open_writer(self.book, TradeRules(), self.writer)

    def _draft(self, type_name: str, subjects: dict[str, str], **body: object) -> Draft:
        return Draft(type_name, moment_text(self.clock()), subjects, body)  # type: ignore[arg-type]

    def _scan(self, parcel: int, *, foreign: bool = False) -> Draft:
        carrier = "91350100M000100Y43" if foreign else CARRIER[5:]
        return self._draft("scan", {"waybill": f"{carrier}/{parcel:022d}"}, code="HUB_IN", place={"district": "330702"})

    def _commit(self, job: Job) -> None:
        waiting = Waiting(job, Future())
        self.sequencer.commit([waiting])
        self.last_job, self.last_outcomes = job, waiting.future.result(0)

    def _expect(self, rows: list[Signed], words: list[str], *, rollback: bool = False) -> None:
        raws, signatures = [row.raw for row in rows], [row.signature for row in rows]
        keys = {b64u(CARRIER_KEY.key_id): CARRIER_KEY.public}
        self._commit(Job(check_rows(raws, signatures, keys), raws, signatures, rollback=rollback))
        found = [o.code if isinstance(o, Refused) else "recorded" if o.fresh else "already" for o in self.last_outcomes]
        assert found == words
        for row, outcome in zip(rows, self.last_outcomes, strict=True):
            if isinstance(outcome, Recorded) and outcome.fresh:
                self.recorded.append(row.hash)
                self.sent.append(row)

    @rule(parcels=st.lists(st.integers(0, 5), min_size=1, max_size=6))
    def post(self, parcels: list[int]) -> None:
        self._expect([self.signer.sign(self._scan(parcel)) for parcel in parcels], ["recorded"] * len(parcels))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        again = data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=4))
        self._expect(again, ["already"] * len(again))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def contradict(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.sent)).statement
        other = self.signer.sign(self._scan(900), n=old.n)
        self._expect([other], ["counter-used"])

    @rule(parcel=st.integers(0, 5), foreign_first=st.booleans())
    def mix(self, parcel: int, foreign_first: bool) -> None:
        good, bad = self.signer.sign(self._scan(parcel)), self.signer.sign(self._scan(parcel, foreign=True))
        rows = [bad, good] if foreign_first else [good, bad]
        self._expect(rows, ["no-authority", "recorded"] if foreign_first else ["recorded", "no-authority"])

    @rule(parcel=st.integers(0, 9))
    def all_or_nothing(self, parcel: int) -> None:
        good, bad = self.signer.sign(self._scan(parcel)), self.signer.sign(self._scan(parcel, foreign=True))
        self._expect([good, bad], ["rolled-back", "no-authority"], rollback=True)

    @rule(kinds=st.lists(st.booleans(), min_size=1, max_size=5))
    def batch(self, kinds: list[bool]) -> None:
        drafts = [self._scan(i, foreign=foreign) for i, foreign in enumerate(kinds)]
        made: SignedBatch = self.signer.sign_batch(drafts, moment_text(self.clock()))
        raws = [statement.raw for statement in made.statements]
        signed = BatchSignature(made.header_raw, made.signature)
        keys = {b64u(CARRIER_KEY.key_id): CARRIER_KEY.public}
        self._commit(Job(check_batch(signed, raws, keys), raws, [], signed))
        for statement, foreign, outcome in zip(made.statements, kinds, self.last_outcomes, strict=True):
            assert isinstance(outcome, Refused) == foreign
            if not foreign:
                self.recorded.append(statement.hash)

    @rule()
    def heartbeat(self) -> None:
        self.sequencer.commit([])

    @rule(ms=st.integers(0, 100_000))
    def wait(self, ms: int) -> None:
        self.clock.now += ms

    @rule()
    def crash_and_reopen(self) -> None:
        """Nothing is told to the store before it goes: what was acknowledged must be there all the same."""
        self.book.close()
        self._open()

    @invariant()
    def is_the_list(self) -> None:
        leaves = [body for _, body in self.book.leaves()]
        entries = [(i, statement_of(body)) for i, body in enumerate(leaves) if kind_of(body) == "entry"]
        assert [statement.hash for _, statement in entries] == self.recorded
        streams: dict[str, tuple[int, bytes]] = {}
        for index, statement in entries:
            for name in statement.streams:
                count, head = streams.get(name, (0, HEAD_START))
                streams[name] = (count + 1, extend(head, index, leaf_hash(leaves[index])))
        assert {name: (count, head) for name, count, head in self.book.all_stream_tails()} == streams
        published = self.sequencer.published
        assert published is not None
        assert published.size == len(leaves) == self.book.head().size
        checkpoint = open_checkpoint(published.note, f"{BOOK}/1", LOG.public)
        assert checkpoint.root == root_of([leaf_hash(body) for body in leaves])
        epoch = decode_epoch(leaves[-1])
        naive = NaiveMap(decode_genesis(leaves[0]).depth)
        for name, (count, head) in streams.items():
            naive.set(map_key(name), count, head)
        assert epoch.map_root == naive.root
        assert epoch.streams == len(streams)

    def teardown(self) -> None:
        self.book.close()
        shutil.rmtree(self.folder, ignore_errors=True)


TestStoreMachine = StoreMachine.TestCase
# Each example is a database of its own, a tenth of a second for five steps: a few in every run, minutes of them in the long one.
EXAMPLES, STEPS = (400, 50) if os.environ.get("SUXIN_SOAK") else (12, 15)
TestStoreMachine.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS)

"""One running book: database, keys, workers and sequencer put together, with the two ways to write to it."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ..ledger.checkpoint import log_key
from ..ledger.errors import Refused, StoreError
from ..ledger.hashing import leaf_hash
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey
from ..ledger.leaf import Genesis, Period, Root, decode_genesis
from ..ledger.limits import DISK_FREE_BYTES_MIN, MAP_DEPTH_DEFAULT
from ..ledger.note import format_vkey
from ..ledger.store.access_log import AccessLog
from ..ledger.store.book import Book
from ..ledger.store.files import make_folder
from ..ledger.store.highwater import Highwater
from ..ledger.store.job import Job, Outcome
from ..ledger.store.lock import FolderLock, ShardLock
from ..ledger.store.recovery import create_book, open_writer
from ..ledger.store.schema import migrate
from ..ledger.store.sequencer import Clock, Sequencer, Writer
from ..ledger.store.vault import Vault
from ..ledger.store.workers import Workers, hinted_keys
from ..trace.lifecycle import TradeRules
from ..trace.story import Story
from .accounts import CompanyAccounts
from .allowance import Allowance
from .asking import Asker, Log
from .cosigned import FILE as COSIGNATURES
from .cosigned import Cosignatures
from .erasing import Eraser
from .keyring import load_key, load_log_keys, make_key
from .log_key import missing_log_key, without_log_key
from .registrar import Registrar
from .reopening import confirm
from .root_pen import RootPen
from .settings import Settings
from .site import Example
from .submission import Submission, seal, stale_openings


def wall_clock() -> int:
    """Unix milliseconds of this machine."""
    return time.time_ns() // 1_000_000


def quarter_of(ms: int) -> Period:
    """First day of the quarter, and first day after it."""
    day = datetime.fromtimestamp(ms / 1000, tz=UTC)
    first = 3 * ((day.month - 1) // 3) + 1
    year, month = (day.year + 1, 1) if first == 10 else (day.year, first + 3)
    return Period(f"{day.year}-{first:02d}-01", f"{year}-{month:02d}-01")


def new_genesis(origin: str, log: SigningKey, root: SigningKey, *, sandbox: bool, created: int) -> Genesis:
    """Leaf 0 of a new book; the place's origin is `origin`, its first shard `origin`/1."""
    return Genesis(
        algorithms=["ed25519"],
        book=origin,
        created=created,
        depth=MAP_DEPTH_DEFAULT,
        hash="sha-256",
        leaf="genesis",
        log=log.public_text,
        origin=f"{origin}/1",
        period=quarter_of(created),
        root=Root(ROOT_ACTOR, root.public_text),
        sandbox=sandbox,
        v=1,
    )


class Service:
    """A book that is served.

    Attributes:
        book: Reads, from any thread.
        genesis: Its leaf 0.
        sequencer: The one writer.
        vault: Values and salts of commitments.
        eraser: Carries erasures out.
        cosignatures: What witnesses have cosigned of its checkpoints.
        askers: What asks them, one a witness.
        accounts: What the pages of courier companies are made of.
        examples: Pages worth opening, for the start page of a demo.
        allowance: What the public may still write.
    """

    def __init__(self, settings: Settings, clock: Clock = wall_clock) -> None:
        """Open, or make, the book and start to write.

        Raises:
            StoreError: with words that say what to do; `Fenced` when this is not the book that was signed.
        """
        self.settings = settings
        self.clock = clock
        self.examples: tuple[Example, ...] = ()
        self.allowance = Allowance()
        self._closers = ExitStack()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        settings = self.settings
        make_folder(settings.data)
        folder = FolderLock(settings.data)
        self._closers.callback(folder.close)
        lock: ShardLock | None = None
        if settings.database is None:
            migrate(settings.url)
        else:
            lock = ShardLock(settings.url)
            self._closers.callback(lock.close)
        self.book = Book.open(settings.url, writable=True)
        self._closers.callback(self.book.close)
        keys = settings.data / "keys"
        logs, root = self._keys(keys)
        self.genesis = decode_genesis(self.book.leaf(0))
        self.genesis_hash = leaf_hash(self.book.leaf(0))
        missing_log_key(self.book, self.genesis, logs, keys)
        self.vault = Vault(keys / "vault.keys", AccessLog(settings.data / "access", self.clock))
        self._closers.callback(self.vault.close)
        writer = Writer(logs[0], Highwater(settings.highwater), self.clock, settings.accept_size, tuple(logs[1:]))
        writer = confirm(self.book, self.genesis, writer, settings.witnesses)
        self.sequencer: Sequencer[Story] = open_writer(self.book, TradeRules(), writer)
        self.sequencer.say = _say
        if lock is not None:
            self.sequencer.before_regain = lock.hold
        self.workers = Workers(settings.workers, settings.worker_count)
        self._closers.callback(self.workers.close)
        self.signing = logs
        self.pen = pen = RootPen(self.book, root, self.genesis.book, self.clock)
        self.registrar = Registrar(self.book, root, self.genesis.book, self.clock, pen) if self.genesis.sandbox else None
        self.eraser = Eraser(self.book, self.vault, self.sequencer, pen, self.clock, settings.url)
        self._closers.callback(self.sequencer.stop)
        self._ask_witnesses()
        self.sequencer.start()
        self.eraser.start()
        self._closers.callback(self.eraser.stop)
        self.accounts = CompanyAccounts(self.book, self.sequencer, settings.url)
        self._closers.callback(self.accounts.stop)
        self.accounts.start()

    def _ask_witnesses(self) -> None:
        """Have each witness asked after every checkpoint, beside the sequencer."""
        settings, origin = self.settings, self.genesis.origin
        keys, full = [at.key for at in settings.witnesses], {at.key for at in settings.witnesses if at.full}
        self.cosignatures = Cosignatures(settings.data / COSIGNATURES, origin, keys, full)
        self._closers.callback(self.cosignatures.close)
        first, *older = (log_key(origin, public) for public in self.sequencer.admission.directory.log_keys.trusted())
        log = Log(first, self.sequencer.tree, lambda: self.sequencer.published, self._fence, tuple(older))
        self.askers = tuple(Asker(at, log, self.cosignatures) for at in settings.witnesses)
        for asker in self.askers:
            self.sequencer.listeners.append(asker.wake)
            asker.start()
            self._closers.callback(asker.stop)

    def _fence(self, why: str) -> None:
        """Write no more: somebody holds a newer or another state that our key signed."""
        self.sequencer.fence(why)
        structlog.get_logger("suxin").error("fenced", words=why)

    @property
    def log_publics(self) -> tuple[bytes, ...]:
        """Keys of the log that sign now, the leading one first; 32 bytes each."""
        return self.sequencer.admission.directory.log_keys.signing(self.sequencer.tree.size, self.clock())

    @property
    def log_public(self) -> bytes:
        """The key that leads: every checkpoint carries its signature."""
        return self.log_publics[0]

    @property
    def vkeys(self) -> tuple[str, ...]:
        """`log_publics` as C2SP verifier keys."""
        return tuple(format_vkey(log_key(self.genesis.origin, public)) for public in self.log_publics)

    @property
    def vkey(self) -> str:
        """The first of `vkeys`."""
        return self.vkeys[0]

    def checkpoint_note(self) -> str:
        """The newest checkpoint with the cosignatures that have come in."""
        published = self.sequencer.published
        assert published is not None
        return self.cosignatures.cosigned(published.note)

    def cosigned_since(self, size: int) -> dict[str, object]:
        """Member of a receipt: how many witnesses of which kind have cosigned a checkpoint of this size or a later one."""
        return {"cosigned": self.cosignatures.covering(size)._asdict()}

    def _keys(self, folder: Path) -> tuple[list[SigningKey], SigningKey]:
        """The log's keys and the root key; an empty book gets new ones and its genesis leaf."""
        log, root = folder / "log.key", folder / "root.key"
        if not self.book.is_empty():
            return load_log_keys(folder), load_key(root)
        origin = self.settings.origin or f"suxin.invalid/{secrets.token_hex(8)}"
        keys = (load_key(log) if log.exists() else make_key(log), load_key(root) if root.exists() else make_key(root))
        create_book(self.book, new_genesis(origin, *keys, sandbox=self.settings.sandbox, created=self.clock()))
        return [keys[0]], keys[1]

    def close(self) -> None:
        """Finish what is queued and let go of everything, last opened first, whichever of it fails."""
        self._closers.close()

    async def write(self, submission: Submission) -> list[Outcome]:
        """Check rows in the workers, queue them, and wait for their checkpoint.

        Raises:
            Refused: the whole submission (a broken batch), or the disk is nearly full.
            QueueFull, Fenced, OutcomeUnknown: nothing was acknowledged.
        """
        if self.free_bytes() < DISK_FREE_BYTES_MIN:
            raise Refused("store-failed", "the disk is nearly full; nothing was taken")
        rows = submission.raws
        keys = self.sequencer.admission.directory.keys
        signed = rows if submission.batch is None else [submission.batch.header]
        publics = {name: keys[name].public for name in hinted_keys(signed) if name in keys}
        if submission.batch is not None:
            future = self.workers.submit_batch(submission.batch, rows, publics)
        else:
            future = self.workers.submit_rows(rows, submission.signatures, publics)
        checked = [without_log_key(row) for row in await asyncio.wrap_future(future)]
        job = Job(checked, rows, submission.signatures, submission.batch, rollback=submission.rollback)
        if any(submission.openings):
            stale_openings(checked, submission.openings)
            job.sealed = await asyncio.to_thread(seal, self.vault, checked, submission.openings, self.clock())
        with self.eraser.expecting(row.statement for row in checked) as erasures:
            outcomes = await asyncio.wrap_future(self.sequencer.offer(job))
            if erasures:
                await asyncio.to_thread(self.eraser.settle, job, outcomes)
        if self.registrar is not None:
            await self._approve(job, outcomes)
        return outcomes

    async def _approve(self, job: Job, outcomes: list[Outcome]) -> None:
        """A sandbox countersigns registrations by itself, right after they are recorded."""
        assert self.registrar is not None
        approval = self.registrar.approve(job, outcomes, self.sequencer.admission.directory)
        if approval is not None:
            for outcome in await asyncio.wrap_future(self.sequencer.offer(approval)):
                if isinstance(outcome, Refused) and outcome.code == "actor-known":
                    raise outcome  # another registration of this code came at the same time, and was approved
                if isinstance(outcome, Refused):
                    raise StoreError(f"the sandbox could not approve a registration: {outcome}")

    def free_bytes(self) -> int:
        """Free space where the data folder lies."""
        stat = os.statvfs(self.settings.data)
        return stat.f_bavail * stat.f_frsize


def _say(event: str, words: str) -> None:
    structlog.get_logger("suxin").error(event, words=words)

"""Verifies a book in tests as `suxin verify` does, without processes of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from suxin.api.account_audit import with_accounts
from suxin.api.account_steps import next_step
from suxin.ledger.audit import Tools, verify_book
from suxin.ledger.audit_follow import Follower
from suxin.ledger.audit_hashes import verify_hashes
from suxin.ledger.audit_port import Signed, Verdict
from suxin.ledger.audit_report import AuditReport
from suxin.ledger.epoch import decode_epoch
from suxin.ledger.leaf import decode_genesis
from suxin.ledger.store.accounts import Accounts
from suxin.ledger.store.audit_shelf import TemporaryShelf
from suxin.ledger.store.audit_source import open_source
from suxin.ledger.store.audit_worker import failing
from suxin.ledger.store.book import Book
from suxin.ledger.store.memory import open_directory
from suxin.trace.lifecycle import TradeRules
from suxin.trace.story import Story


class Here:
    """Checks signatures on the spot."""

    def submit(self, checks: Sequence[Signed]) -> Verdict:
        bad = failing(checks)
        return lambda: bad


def audit(url: str, live_max: int = 24_000) -> AuditReport:
    """The report on a stored book."""
    with open_source(url) as source, closing(TemporaryShelf()) as shelf:
        report = verify_book(source, TradeRules(), Tools(Here(), shelf, live_max))
    return with_accounts(report, url)


def keep_accounts(url: str) -> None:
    """Bring every courier company's account up to the end of a book, as a server does."""
    with Book.open(url) as book, Accounts(url) as store:
        directory = open_directory(book, decode_genesis(book.leaf(0)))
        size = book.head().size
        at_ms = decode_epoch(book.leaf(size - 1)).time
        companies = [name[2:] for rows in book.streams_between("c:") for name, _ in rows]
        for uscc in companies:
            while step := next_step(book, uscc, size, at_ms, directory):
                assert store.apply(step)


def hashes(url: str) -> AuditReport:
    """The report on a stored book's hashes alone."""
    with open_source(url) as source:
        return verify_hashes(source)


def unguarded(path: Path) -> sqlite3.Connection:
    """A connection of somebody who has taken the append-only triggers off."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def copy_book(source: Path, target: Path) -> Path:
    """A copy of a SQLite book, what still stands in its write-ahead log included."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=WAL")
    return target


@contextmanager
def follower(leaves: Sequence[bytes], origin: str, public: bytes) -> Iterator[Follower[Story]]:
    """What follows the log of some leaves, of which it has read nothing yet."""
    with closing(TemporaryShelf()) as shelf:
        yield Follower(lambda index: leaves[index], TradeRules(), Tools(Here(), shelf, 40), origin, {public})

"""Following a book: fetch what is new, prove it against a signed checkpoint, and run every check on it.

What `suxin witness --full`, `suxin monitor` and `suxin verify --url` share. The state of the checks is in memory; at a
start the mirror is read again from its own folder, not over the network. Source: docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from ..ledger.audit_follow import Follower
from ..ledger.audit_reading import Tools
from ..ledger.checkpoint import Checkpoint, open_cosigned
from ..ledger.errors import VerificationError
from ..ledger.note import VerifierKey
from ..ledger.rules import Rules
from ..ledger.store.audit_pool import Kind, open_pool
from ..ledger.store.audit_shelf import TemporaryShelf
from ..trace.lifecycle import TradeRules
from ..trace.story import Story
from .mirror import Mirror
from .remote import Remote

_SETTLE_CHUNKS: Final = 64  # between two looks at what is still being checked; bounds what is remembered of epochs

State = TypeVar("State")
Progress = Callable[[int], None]  # leaves checked so far


class Following(Generic[State]):
    """One book that is followed. For one thread.

    Args:
        remote: Where the book is.
        mirror: Where it is kept; what it holds already is not fetched again.
        rules: Rules of the trade.
        tools: What to work with.

    Attributes:
        follower: The checks: `right`, `first`, `findings`, `root_at`, `holes`.
    """

    def __init__(self, remote: Remote, mirror: Mirror, rules: Rules[State], tools: Tools) -> None:
        self.remote = remote
        self.mirror = mirror
        publics = frozenset(key.public for key in mirror.keys)
        self.follower: Follower[State] = Follower(mirror.leaf, rules, tools, mirror.origin, publics)

    def advance(self, note: str | bytes | None = None, progress: Progress = lambda _leaves: None) -> Checkpoint:
        """Bring mirror and checks up to a checkpoint; faults of the book are in `follower`, and are no exception.

        Args:
            note: The checkpoint; None asks the book for its newest.
            progress: Told how many leaves have been checked.

        Returns:
            The checkpoint; its signature holds.

        Raises:
            Unreachable: The book does not answer, or does not show its entries to us.
            VerificationError: As `Mirror.take`, and `entries-malformed`: this is not what was signed, or it contradicts
                what was signed before (`consistency-invalid`; `mirror.note` and this note are the evidence).
            StoreError: A disk or a checking process failed.
        """
        found = self.remote.checkpoint() if note is None else note
        checkpoint = self.mirror.take(_text(found), self.remote.entries)
        self.catch_up(progress)
        return checkpoint

    def catch_up(self, progress: Progress = lambda _leaves: None) -> None:
        """Run the checks on what is in the mirror and was not checked yet; at a start, on all of it."""
        follower = self.follower
        for number, rows in enumerate(self.mirror.rows(follower.size), 1):
            follower.read(rows)
            if not number % _SETTLE_CHUNKS:
                follower.settle()
            progress(follower.size)
        follower.settle(self._signers())

    def _signers(self) -> list[bytes]:
        """Keys of the policy that signed the checkpoint the mirror stands under."""
        note, keys = self.mirror.note, self.mirror.keys
        return [] if not note else [key.public for key in open_cosigned(note, self.mirror.origin, keys).signers]


def _text(note: str | bytes) -> str:
    try:
        return note if isinstance(note, str) else note.decode()
    except UnicodeError:
        raise VerificationError("note-malformed", "not UTF-8") from None


@contextmanager
def open_following(
    url: str, folder: Path, origin: str, keys: Sequence[VerifierKey], token: str | None = None,
    workers: Kind = "processes", cores: int | None = None,
) -> Iterator[Following[Story]]:  # fmt: skip
    """A book to be followed into a folder, with everything that belongs to it; nothing is fetched or checked yet.

    Args:
        url: Address of the book.
        folder: Folder of the mirror; one log a folder.
        origin: Of the log.
        keys: Its keys, from the reader's policy.
        token: An auditor's token.
        workers: Processes or threads check signatures.
        cores: How many cores to use; all by default, 1 starts no process.

    Raises:
        StoreError: The folder cannot be used.
    """
    with Remote(url, token) as remote, open_pool(workers, cores) as checker, closing(TemporaryShelf()) as shelf:
        yield Following(remote, Mirror(folder, origin, keys), TradeRules(), Tools(checker, shelf))

"""An actor's pen: its key, the counter of that key, and ids made of a clock and randomness that are handed in.

A number is used up, on disk, before the statement that carries it is signed: a crash leaves a hole and never two
statements with one number. A hole stays listed in the book until it arrives or a `void` closes it. Source: DESIGN 3.1.
"""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, Struct

from ..ledger.commitment import SALT_SIZE
from ..ledger.encoding import b64u
from ..ledger.keys import SigningKey
from ..ledger.leaf import Header, encode
from ..ledger.limits import BATCH_ROWS_MAX, INTEGER_MAX
from ..ledger.merkle import root_of
from ..ledger.statement import Statement
from .errors import LocalError
from .statement import Draft, Opening, Signed, SignedBatch, compose

Clock = Callable[[], int]  # Unix milliseconds
Randomness = Callable[[int], bytes]  # that many bytes nobody can guess, for example os.urandom


def uuid7(ms: int, randomness: bytes) -> str:
    """Text of a UUIDv7.

    Args:
        ms: Unix milliseconds, below 2**48.
        randomness: 10 bytes, of which 74 bits are kept.

    Source: RFC 9562 section 5.7.
    """
    if len(randomness) != 10:
        raise ValueError(f"{len(randomness)} bytes of randomness where 10 are due")
    value = ms << 80 | int.from_bytes(randomness, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


class Counter(Protocol):
    """The numbers of one key in one book."""

    @property
    def next(self) -> int:
        """The number that `take` uses up next."""
        ...

    def take(self, count: int = 1) -> None:
        """Use up `count` numbers; when this returns, no crash can give them out again."""
        ...


class MemoryCounter:
    """Numbers that need not outlive the program: of a throw-away key, or of a plan that is always the same.

    Args:
        taken: How many are used up already.
    """

    def __init__(self, taken: int = 0) -> None:
        self._taken = taken

    @property
    def next(self) -> int:
        """See `Counter.next`."""
        return self._taken + 1

    def take(self, count: int = 1) -> None:
        """See `Counter.take`."""
        self._taken += count


class _Kept(Struct, forbid_unknown_fields=True):
    book: str
    key: str
    taken: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class FileCounter:
    """Numbers kept in a small JSON file; holds a lock on it, so that two programs never share a counter.

    Args:
        path: The file; made when it is not there. Whoever loses it finds the last number in the book.
        book: Origin of the place.
        key: Key id, 32 bytes.

    Raises:
        LocalError: The file is damaged, belongs to another key or book, or another program holds it.
    """

    def __init__(self, path: Path, book: str, key: bytes) -> None:
        self._path = path
        self._kept = _Kept(book, b64u(key), 0)
        # The lock lies beside the file, because the file itself is replaced at every number.
        self._lock = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalError(f"another program signs with the counter {self._path}") from error
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            raise LocalError(f"the counter {self._path} cannot be read: {error}") from error
        if (kept.book, kept.key) != (self._kept.book, self._kept.key):
            raise LocalError(f"the counter {self._path} is of another key or book")
        self._kept = kept

    @property
    def next(self) -> int:
        """See `Counter.next`."""
        return self._kept.taken + 1

    def take(self, count: int = 1) -> None:
        """See `Counter.take`: the file is on disk before this returns."""
        self._kept.taken += count
        _replace(self._path, msgspec.json.encode(self._kept) + b"\n")

    def close(self) -> None:
        """Let another program have the counter."""
        os.close(self._lock)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old or the new content, and the new one after this has returned."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Signer:
    """Signs what one actor says with one key.

    Args:
        key: The actor's private key.
        actor: Actor id, for example `uscc:91330782…`.
        book: Origin of the place whose book it writes to.
        counter: The key's numbers in that book.
        clock: Now, in Unix milliseconds; goes into ids only, what a statement claims is in its draft.
        randomness: Source of ids and salts; nobody may be able to guess it.
    """

    def __init__(
        self, key: SigningKey, actor: str, book: str, counter: Counter, clock: Clock, randomness: Randomness = os.urandom
    ) -> None:
        self.key = key
        self.actor = actor
        self.book = book
        self._counter = counter
        self._clock = clock
        self._randomness = randomness
        self._lock = threading.Lock()  # guards the counter between reading a number and using it up

    @property
    def next_n(self) -> int:
        """The number that the next statement gets."""
        return self._counter.next

    def sign(self, draft: Draft, n: int | None = None) -> Signed:
        """Make and sign one statement.

        Args:
            draft: What to say.
            n: The number of a statement that the book refused, to be used again; None for the next one.

        Raises:
            Refused: The draft is not a statement; no number is used up.
        """
        if n is not None:
            statement, openings = self._compose(draft, n)
        else:
            with self._lock:
                statement, openings = self._compose(draft, self._counter.next)
                self._counter.take()
        return Signed(statement.type, statement.raw, statement.hash, self.key.sign_statement(statement.raw), openings)

    def sign_batch(self, drafts: Sequence[Draft], at: str) -> SignedBatch:
        """Make statements of consecutive numbers and sign them with one signature.

        Args:
            drafts: 1 to 1,000.
            at: Claimed time of the signature.

        Raises:
            Refused: A draft is not a statement; no number is used up.
            ValueError: Too many drafts, or none.
        """
        if not 1 <= len(drafts) <= BATCH_ROWS_MAX:
            raise ValueError(f"{len(drafts)} rows; a signature covers 1 to {BATCH_ROWS_MAX}")
        with self._lock:
            first = self._counter.next
            made = [self._compose(draft, n) for n, draft in enumerate(drafts, first)]
            self._counter.take(len(made))
        statements = tuple(statement for statement, _ in made)
        root = b64u(root_of([statement.hash for statement in statements]))
        header = Header(at, self.book, b64u(self.key.key_id), first, root, len(statements), 1)
        raw = encode(header)
        return SignedBatch(header, raw, self.key.sign_batch(raw), statements, tuple(openings for _, openings in made))

    def _compose(self, draft: Draft, n: int) -> tuple[Statement, tuple[Opening, ...]]:
        return compose(
            draft, book=self.book, actor=self.actor, key=self.key.key_id, n=n,
            statement_id=uuid7(self._clock(), self._randomness(10)), salts=lambda _pointer: self._randomness(SALT_SIZE),
        )  # fmt: skip

"""Values and salts of commitments, sealed one by one; their keys in a file of their own.

The book holds a commitment; value and salt lie sealed in the table `vault`; the key that opens them lies in
`keys/vault.keys`, never in the database and never in a backup. Destroying the key is what erases: every copy
of the sealed value, in whatever backup, is noise from then on.

Order: keys are durable before the rows that need them are committed. A key without a row is harmless; a row
without its key is a value lost.

Source: DESIGN section 3.6; XSalsa20-Poly1305 by libsodium's secretbox; a key for each value is finer than the key for each
person and class that is asked for, and needs no list of persons (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ..commitment import SALT_SIZE
from ..errors import StoreError
from .access_log import AccessLog
from .book import Book
from .group import VaultRow
from .streams import Reads
from .vault_keys import Held, VaultKeys


class Opening(NamedTuple):
    """Value and salt of one commitment of one statement."""

    statement: bytes  # statement hash, 32 bytes
    pointer: str  # JSON pointer of the commitment in the statement
    value: str
    salt: bytes  # 32 bytes
    kind: str = ""  # type of the statement: with the pointer it says how long the value is kept; not kept with the value


class Vault:
    """Sealed values. One process writes it; threads may share it.

    Args:
        path: The key file; made if absent, readable by its owner only.
        log: Where it is written who read what; None in tests and tools that show no value.

    Attributes:
        keys: The key file.
        log: The access log.

    Raises:
        StoreError: The key file cannot be opened, or others may read it.
    """

    def __init__(self, path: Path, log: AccessLog | None = None) -> None:
        self.keys = VaultKeys(path)
        self.log = log

    def close(self) -> None:
        """Close the key file."""
        self.keys.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seal(self, openings: Iterable[Opening], now: int = 0) -> list[VaultRow]:
        """Seal values for the group that appends their statements. Their keys are durable when this returns.

        The same statement and pointer again keeps the key it has: a commit whose outcome was unknown may have
        stored a row that needs it.

        Args:
            openings: What to seal.
            now: When they came, Unix milliseconds.

        Raises:
            StoreError: The key file cannot be written; the statements must not be appended.
            ValueError: A salt is not 32 bytes.
        """
        wanted = list(openings)
        if any(len(opening.salt) != SALT_SIZE for opening in wanted):
            raise ValueError(f"a salt is {SALT_SIZE} bytes")
        if not wanted:
            return []
        keys = self.keys.make(Held(item.statement, item.pointer, item.kind, now) for item in wanted)
        return [
            (item.statement, item.pointer, SecretBox(keys[item.statement, item.pointer]).encrypt(item.salt + item.value.encode()))
            for item in wanted
        ]

    def get(self, book: Reads, statement: bytes, reader: str = "") -> dict[str, Opening]:
        """Openings of a statement by JSON pointer; without those whose key was destroyed, and none that are under seal.

        Args:
            book: Where the sealed values are.
            statement: Statement hash, 32 bytes.
            reader: Who reads them, for the access log; "" where nothing of them leaves this process.

        Raises:
            StoreError: A sealed value does not fit its key: it was changed, or belongs elsewhere. Or the log cannot be written.
        """
        found: dict[str, Opening] = {}
        rows = book.sealed(statement)
        if not rows or self.keys.sealed_until(statement):
            return found
        for pointer, sealed in rows.items():
            key = self.keys.get(statement, pointer)
            if key is None:
                continue
            try:
                plain = SecretBox(key).decrypt(sealed)
            except CryptoError as error:
                raise StoreError(f"the sealed value at {pointer} does not fit its key") from error
            found[pointer] = Opening(statement, pointer, plain[SALT_SIZE:].decode(), plain[:SALT_SIZE])
        if self.log is not None and reader:
            for pointer in found:
                self.log.note(statement, pointer, reader)
        return found

    def forget(self, book: Book, statement: bytes, pointer: str) -> bool:
        """Destroy the key of a value, then delete the sealed row; says whether either was there. Cannot be undone."""
        gone = bool(self.keys.destroy(statement, pointer))
        return book.forget_sealed(statement, pointer) or gone

    def erase(self, book: Book, statement: bytes) -> tuple[str, ...]:
        """Destroy the keys of all values of a statement, then delete their rows; gives the pointers. Cannot be undone."""
        pointers = {*self.keys.destroy(statement), *book.sealed(statement)}
        for pointer in sorted(pointers):
            book.forget_sealed(statement, pointer)
        return tuple(sorted(pointers))

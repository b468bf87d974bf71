"""The log's own keys where the log is written: which file must be there, and that no request from outside changes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..ledger.bodies import KeyBody
from ..ledger.errors import Fenced, Refused
from ..ledger.keys import SigningKey, public_text
from ..ledger.leaf import Genesis
from ..ledger.store.book import Book
from ..ledger.store.memory import log_keys_of
from ..ledger.store.packing import CheckedRow
from .keyring import log_key_file

_REMOTE = Refused(
    "log-key-remote", "the keys of the log change only beside its writer, which must hold their private halves", "/body/use"
)


def missing_log_key(book: Book, genesis: Genesis, at_hand: Sequence[SigningKey], folder: Path) -> None:
    """Refuse to open a book whose present log key is not among the key files.

    Raises:
        Fenced: It names the file.
    """
    leading = log_keys_of(book, genesis).leading()
    if all(key.public != leading for key in at_hand):
        file = folder / "log.key" if public_text(leading) == genesis.log else log_key_file(folder, leading)
        raise Fenced(
            f"checkpoints of this book are signed by the log key {public_text(leading)}: {file} is missing, or holds another key"
        )


def without_log_key(row: CheckedRow) -> CheckedRow:
    """Refuse a statement about the log's keys that came from outside.

    Whoever has stolen the root key could otherwise stop the writer with a key that it does not hold, or end a key that it does.
    """
    statement = row.statement
    if statement is not None and isinstance(statement.body, KeyBody) and statement.body.use == "log":
        return CheckedRow(None, _REMOTE, None)
    return row

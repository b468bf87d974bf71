"""Writes the importer's statements: numbers each signer's statements one after another, and derives ids and salts."""

from __future__ import annotations

from collections import Counter

from ..ledger.keys import SigningKey
from ..ledger.moment import moment_ms
from ..ledger.statement import Statement
from .olist_names import derive
from .signer import uuid7
from .statement import Draft, Signed, compose

MODE = "simulated"


class Pen:
    """All signers of one import into one book.

    Args:
        book: Origin of the place.

    Attributes:
        types: How many statements of each type were written.
    """

    def __init__(self, book: str) -> None:
        self._book = book
        self._taken: Counter[bytes] = Counter()
        self.types: Counter[str] = Counter()

    def write(self, key: SigningKey, actor: str, draft: Draft, *about: str) -> tuple[Signed, Statement]:
        """Make and sign one statement with the next number of its key.

        Args:
            key: Who signs.
            actor: As whom.
            draft: What is said.
            about: Ids of the data set that no other statement of this type has: id and salts are derived from them.
        """
        self._taken[key.key_id] += 1
        statement, openings = compose(
            draft,
            book=self._book,
            actor=actor,
            key=key.key_id,
            n=self._taken[key.key_id],
            statement_id=uuid7(moment_ms(draft.at), derive("id", draft.type, *about)[:10]),
            salts=lambda pointer: derive("salt", draft.type, pointer, *about),
        )
        self.types[draft.type] += 1
        signature = key.sign_statement(statement.raw)
        return Signed(statement.type, statement.raw, statement.hash, signature, openings), statement

"""Admits signed statements by the rules of the trade, in memory: what a book does, without a book."""

from __future__ import annotations

from collections.abc import Iterable

from suxin.client.statement import Signed
from suxin.ledger.directory import DIRECTORY_TYPES, Directory
from suxin.ledger.keys import SigningKey, verify_statement
from suxin.ledger.statement import Statement, parse_statement
from suxin.trace.lifecycle import TradeRules
from suxin.trace.story import Story


class Judge:
    """Approves registrations by itself, as a sandbox does."""

    def __init__(self, now_ms: int) -> None:
        self.entries: list[Statement] = []
        self.directory = Directory(SigningKey(b"root".ljust(32, b".")).public, SigningKey(b"log".ljust(32, b".")).public)
        self._now_ms = now_ms
        self._rules = TradeRules()
        self._states: dict[str, Story] = {}
        self._numbers: set[tuple[str, int]] = set()
        self._ids: set[tuple[str, str]] = set()

    def admit(self, rows: Iterable[Signed]) -> None:
        """Admit rows in order; raises what a book would refuse with."""
        for row in rows:
            self._admit(row)

    def _admit(self, row: Signed) -> None:
        statement = parse_statement(row.raw)
        verify_statement(self.directory.public_for(statement), row.raw, row.signature)
        assert (statement.key, statement.n) not in self._numbers
        assert (statement.actor, statement.id) not in self._ids
        self._numbers.add((statement.key, statement.n))
        self._ids.add((statement.actor, statement.id))
        watched = {name: self._state(name) for name in self._rules.watched(statement)}
        self._rules.judge(statement, self._now_ms, self.directory, watched, self.entries.__getitem__)
        index = len(self.entries)
        self.entries.append(statement)
        for name in filter(self._rules.keeps, statement.streams):
            self._rules.fold(self._state(name), statement, index)
        if statement.type in DIRECTORY_TYPES:
            self.directory.fold(statement, index, self._now_ms)
        if statement.type == "actor":
            self.directory.actors[statement.actor].approved = True

    def _state(self, name: str) -> Story:
        return self._states.setdefault(name, self._rules.blank(name))

"""What a life-cycle check may look at: who is who, the watched streams, the statement referred to, the authority found."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger.directory import Directory
from ..ledger.statement import Statement
from .story import Story


class Context:
    """What a check may look at."""

    __slots__ = ("allowed", "directory", "referred", "role", "states")

    def __init__(
        self,
        directory: Directory,
        states: Mapping[str, Story],
        referred: Statement | None,
        role: str | None,
        allowed: frozenset[str],
    ) -> None:
        """Bundle the evidence of one judgement."""
        self.directory = directory
        self.states = states
        self.referred = referred
        self.role = role
        self.allowed = allowed

    def story(self, letter: str, subject: str) -> Story:
        """State of one watched stream."""
        return self.states[f"{letter}:{subject}"]

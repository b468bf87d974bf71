"""What a life-cycle check may look at: who is who, the watched streams, the statement referred to, the authority found."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..ledger.directory import Directory
from ..ledger.statement import Statement
from .story import Story


class Context(msgspec.Struct, gc=False):
    """What a check may look at; one is made for every entry."""

    directory: Directory
    states: Mapping[str, Story]
    referred: Statement | None
    role: str | None
    allowed: frozenset[str]
    received_ms: int

    def story(self, letter: str, subject: str) -> Story:
        """State of one watched stream."""
        return self.states[f"{letter}:{subject}"]

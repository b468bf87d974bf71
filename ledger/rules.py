"""The port through which the rules of the trade judge entries; `trace` fills it in.

The sequencer and the verifier hand a rule the states of the streams it asks for and never look inside them.
A state is a pure fold of its stream's entries, so it can be dropped and folded again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from .directory import Directory
from .statement import Statement

State = TypeVar("State")
Lookup = Callable[[int], Statement]  # a statement of the book by its index


class Rules(Protocol, Generic[State]):
    """Life cycle and relations, handed to the book from outside."""

    def blank(self, stream: str) -> State:
        """State of a stream without entries."""
        ...

    def watched(self, statement: Statement) -> tuple[str, ...]:
        """Streams whose states `judge` needs: a pure function of the statement."""
        ...

    def judge(
        self, statement: Statement, received_ms: int, directory: Directory, states: Mapping[str, State], lookup: Lookup
    ) -> None:
        """Admit a statement, or raise.

        Raises:
            Refused: no authority, unknown subject, a life-cycle rule, or `re` that is not a true copy.
        """
        ...

    def keeps(self, stream: str) -> bool:
        """Whether a stream's entries change any state at all; a courier's long stream does not."""
        ...

    def fold(self, state: State, statement: Statement, index: int) -> None:
        """Take one admitted entry into the state of one of its streams."""
        ...

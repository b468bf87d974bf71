"""Who is who, worked out by somebody who does not hold the whole book: from the `a:` and `k:` streams in his hands, in log order.

What changes that history is judged by the rules of the trade as the writer judged it, so that no key counts which its actor, its
company or the operator has not added. Of every other entry only whether its key may sign is asked here.
Source: DESIGN 3.5; docs/formats/bundle.md, package.md, authority.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from .bodies import ActorBody, ConfirmBody, KeyBody, MandateBody
from .directory import Directory
from .errors import Refused, VerificationError
from .limits import CALENDAR_MS_MAX
from .rules import Rules
from .statement import Statement

State = TypeVar("State")


def changes_directory(statement: Statement) -> bool:
    """Whether a statement says who is who: a registration and its approval, a key, a mandate."""
    body = statement.body
    return isinstance(body, ActorBody | KeyBody | MandateBody) or (isinstance(body, ConfirmBody) and body.kind == "approves")


class KeyHistory(Generic[State]):
    """A directory that grows entry by entry.

    Args:
        directory: As the genesis leaf has it.
        rules: Rules of the trade, the same that the writer runs.
        lookup: A statement that was taken in, by its index.
    """

    def __init__(self, directory: Directory, rules: Rules[State], lookup: Callable[[int], Statement]) -> None:
        self.directory = directory
        self._rules = rules
        self._lookup = lookup
        self._states: dict[str, State] = {}

    def judge(self, statement: Statement, received_ms: int) -> None:
        """Check that a statement's key may sign here, and all of what changes the history.

        Raises:
            VerificationError: `rules-refused`.
        """
        if received_ms > CALENDAR_MS_MAX:
            raise VerificationError("rules-refused", f"received at {received_ms} ms, which is no date")
        try:
            if changes_directory(statement):
                states = {name: self._state(name) for name in self._rules.watched(statement)}
                self._rules.judge(statement, received_ms, self.directory, states, self._lookup)
            else:
                self.directory.check_key(statement, received_ms)
        except (Refused, VerificationError) as error:
            raise VerificationError("rules-refused", str(error)) from error

    def take_in(self, statement: Statement, index: int, received_ms: int) -> None:
        """Take in a statement that was judged.

        Raises:
            VerificationError: `rules-refused`: a day that no calendar has.
        """
        for name in statement.streams:
            if name[0] == "a" and self._rules.keeps(name):
                self._rules.fold(self._state(name), statement, index)
        if changes_directory(statement):
            try:
                self.directory.fold(statement, index, received_ms)
            except Refused as error:
                raise VerificationError("rules-refused", str(error)) from error

    def _state(self, name: str) -> State:
        if name not in self._states:
            self._states[name] = self._rules.blank(name)
        return self._states[name]

"""Authority and life cycle run again: who may sign at this index, and what the rules of the trade say.

The rules are handed in; they see the directory and the states as the verifier itself has folded them from the leaves.
An entry that is refused still stands in the log and its chains, but changes neither directory nor states.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from .audit_entry import read_entry
from .audit_memory import Record
from .audit_report import Findings
from .bodies import VoidBody
from .days import check_calendar
from .directory import DIRECTORY_TYPES, Directory
from .encoding import b64u, unb64u
from .errors import Refused, VerificationError
from .limits import FUTURE_MS_MAX
from .registry import TYPES
from .rules import Rules
from .statement import Statement, copy_for_ref

State = TypeVar("State")


class Leaves(Protocol):
    """Leaves that a later one may refer to; nothing of it is trusted."""

    def leaf(self, index: int) -> bytes | None:
        """One leaf, or None."""
        ...

    def indexes_of(self, statement: bytes) -> Sequence[int]:
        """Where a statement of this hash (32 bytes) may stand."""
        ...


class Judge(Generic[State]):
    """Judges the entries of one log in order.

    Args:
        root_key: Root key of the genesis leaf, 32 bytes.
        log_key: Its log key, likewise.
        rules: Rules of the trade.
        source: For entries that a later one refers to.
        findings: Where refusals go.
    """

    def __init__(self, root_key: bytes, log_key: bytes, rules: Rules[State], source: Leaves, findings: Findings) -> None:
        self.not_understood = 0
        self.voided: set[tuple[str, int]] = set()
        self._directory = Directory(root_key, log_key)
        self.log_keys = self._directory.log_keys
        self._rules = rules
        self._blank, self._keeps, self._fold, self._watched = rules.blank, rules.keeps, rules.fold, rules.watched
        self._source = source
        self._findings = findings

    def watched(self, statement: Statement) -> tuple[str, ...]:
        """Streams whose states judging a statement will need."""
        return self._watched(statement) if _is_understood(statement) else ()

    def judge(
        self, index: int, statement: Statement, received: int, watched: Iterable[str], records: dict[str, Record[State]]
    ) -> bytes | None:
        """Judge one entry and take it in.

        Args:
            index: Its position in the log.
            statement: Its statement.
            received: When it was received, Unix milliseconds.
            watched: The streams that `watched` named.
            records: Records of these and of its own streams.

        Returns:
            The key that must have signed it; None when the book knows none.
        """
        try:
            public = self._directory.public_for(statement)
        except (Refused, VerificationError) as error:
            self._findings.add("signer-unknown", str(error), index)
            return None
        try:
            if not _is_understood(statement):
                self._judge_unknown(index, statement, received)
                return public
            states: dict[str, State] = {}
            for name in watched:
                record = records[name]
                if record.state is None:
                    record.state = self._blank(name)
                states[name] = record.state
            check_calendar(statement.body)  # no rule after this has to doubt a day
            self._rules.judge(statement, received, self._directory, states, self._lookup)
        except (Refused, VerificationError) as error:
            code = error.code if error.code == "reference-differs" else "rules-refused"
            self._findings.add(code, str(error), index)
            return public
        keeps, fold = self._keeps, self._fold
        for name in statement.streams:
            if keeps(name):
                state = records[name].state
                if state is None:
                    state = records[name].state = self._blank(name)
                fold(state, statement, index)
        if statement.type in DIRECTORY_TYPES:
            self._directory.fold(statement, index, received)
        elif isinstance(statement.body, VoidBody):
            self.voided.add((statement.body.key, statement.body.n))
        return public

    def _judge_unknown(self, index: int, statement: Statement, received: int) -> None:
        """What can be said of an entry whose type is not understood: its key, its time, and what it refers to.

        Raises:
            Refused: The key may not sign here, or the time is ahead of its receipt.
            VerificationError: `reference-differs`.
        """
        self.not_understood += 1
        self._directory.check_key(statement, received)
        if statement.at_ms > received + FUTURE_MS_MAX:
            raise Refused("time-ahead", "claimed more than 5 minutes after receipt", "/at")
        if statement.ref is None:
            if statement.re is not None:  # it would stand in streams on the word of nobody
                raise VerificationError("reference-differs", "`re` without `ref`")
            return
        wanted = unb64u(statement.ref, 32)
        for place in self._source.indexes_of(wanted):
            if place < index:
                referred = self._lookup(place)
                if referred.hash == wanted and copy_for_ref(referred) == statement.re:
                    return
        raise VerificationError("reference-differs", f"no earlier entry {b64u(wanted)} of which `re` is a copy")

    def _lookup(self, index: int) -> Statement:
        leaf = self._source.leaf(index)
        if leaf is None:
            raise VerificationError("leaf-missing", f"no leaf at index {index}")
        return read_entry(leaf).statement


def _is_understood(statement: Statement) -> bool:
    """Whether its type is known, and the types of what it refers to: what is said of an unknown thing cannot be judged either."""
    copied: Any = statement.re
    while copied is not None:
        if copied["type"] not in TYPES:
            return False
        copied = copied.get("re")
    return statement.body is not None

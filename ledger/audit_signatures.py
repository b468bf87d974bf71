"""Signatures of one log: handed out in chunks as the log is read, so that they are checked while the reader goes on."""

from __future__ import annotations

from collections import deque

from .audit_port import SignatureChecker, Signed, Verdict
from .audit_report import Findings
from .hashing import STATEMENT_TAG

CHUNK = 128  # signatures handed out at once: about 7 ms of work and 60 KB
WAITING_MAX = 96  # chunks whose verdict is open; bounds the memory


class Signatures:
    """Signatures that are being checked.

    Args:
        checker: Who does it.
        findings: Where those go that do not hold.
    """

    def __init__(self, checker: SignatureChecker, findings: Findings) -> None:
        self.count = 0
        self._checker = checker
        self._findings = findings
        self._indexes: list[int] = []
        self._checks: list[Signed] = []
        self._waiting: deque[tuple[list[int], Verdict]] = deque()

    def add_statement(self, index: int, public: bytes, signature: bytes, statement: bytes) -> None:
        """Have the signature of one statement checked."""
        self._indexes.append(index)
        self._checks.append((public, signature + STATEMENT_TAG + statement))
        if len(self._checks) >= CHUNK:
            self._hand_out()

    def add(self, index: int, public: bytes, signed: bytes) -> None:
        """Have one signature checked; `signed` is signature ‖ tag ‖ bytes."""
        self._indexes.append(index)
        self._checks.append((public, signed))
        if len(self._checks) >= CHUNK:
            self._hand_out()

    def end(self) -> None:
        """Wait for what is still being checked."""
        if self._checks:
            self._hand_out()
        while self._waiting:
            self._collect()

    def _hand_out(self) -> None:
        self._waiting.append((self._indexes, self._checker.submit(self._checks)))
        self.count += len(self._checks)
        self._indexes, self._checks = [], []
        while len(self._waiting) > WAITING_MAX:
            self._collect()

    def _collect(self) -> None:
        indexes, verdict = self._waiting.popleft()
        for position in verdict():
            detail = "the signature does not fit the key that must have signed"
            self._findings.add("signature-invalid", detail, indexes[position])

"""What makes a witness a full one: it follows a log's entries in a thread of its own and says up to where they are right.

Asked about a checkpoint it first works through the entries up to there. Nothing here signs or stores a cosignature; that
is `witness.py`'s, which asks `judge` while it holds its memory fast. Source: DESIGN 3.3, docs/formats/witness.md.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from ..client.errors import Unreachable
from ..ledger.audit_report import Finding
from ..ledger.checkpoint import Checkpoint
from ..ledger.errors import LedgerError, VerificationError
from ..ledger.note import Note, VerifierKey, format_note
from ..ledger.reasons import REASONS
from ..ledger.store.witness_book import Fault
from ..ledger.witness import Declined, Why
from ..trace.story import Story
from .following import Following, open_following

log = structlog.get_logger("suxin")

WAIT_S: Final = 5.0  # that an asking server waits for entries to be worked through; it gives up after twice as long
RETRY_S: Final = 5  # then it may ask again
PAUSE_S: Final = 10.0  # until a mirror or a process that failed is tried again
STOP_S: Final = 10.0
FORKED: Final = "consistency-invalid"


class State(NamedTuple):
    """How far a log has been worked through.

    Attributes:
        size: Leaves read.
        right: Size up to which everything was found right.
        first: The first fault.
        note: The checkpoint that the mirror proves.
    """

    size: int = 0
    right: int = 0
    first: Finding | None = None
    note: str = ""


class _Stopped(Exception):
    """The witness ends."""


class Watch:
    """One log that is followed.

    Args:
        url: Address of the book.
        folder: Its mirror.
        origin: Of the log.
        keys: Its keys.
        token: An auditor's token; None for a public book.
        kept: What was found wrong before this start. Two histories stay wrong whatever is shown today; all else is found again.
    """

    def __init__(
        self, url: str, folder: Path, origin: str, keys: Sequence[VerifierKey], token: str | None, kept: Sequence[Fault] = ()
    ) -> None:
        self.origin = origin
        self.state: State | None = None  # None until the mirror has been worked through again
        self._at = (url, folder, origin, tuple(keys), token)
        self._keys = tuple(keys)
        self._fork = next(((one.finding, one.other) for one in kept if one.finding.code == FORKED), None)
        self._trouble = self._said = ""  # why the last attempt got nowhere, and what of it was logged last
        self._following: Following[Story] | None = None
        self._wanted: str | None = None
        self._wake = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=f"suxin-watch-{origin}", daemon=True)

    def start(self) -> None:
        """Work through what is in the mirror, then through what is new."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request on its way is given up."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
            following = self._following
        if following is not None:
            following.remote.close()
        self._thread.join(STOP_S)

    def reach(self, note: Note, size: int) -> None:
        """Have the entries up to a checkpoint worked through; returns when they are, or no longer than `WAIT_S`.

        Args:
            note: The checkpoint; a line of the log's key on it holds.
            size: Its size.
        """
        own = Note(note.text, tuple(line for line in note.signatures if any(line.is_by(key) for key in self._keys)))
        text = format_note(own)
        with self._wake:
            self._wake.wait_for(lambda: self._stopped or self.state is not None, WAIT_S)
            following, state = self._following, self.state
            if following is None or state is None or state.first is not None or following.follower.root_at(size) is not None:
                return
            self._wanted, self._trouble = text, ""
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._stopped or self._wanted != text, WAIT_S)

    def judge(self, checkpoint: Checkpoint) -> Declined | None:
        """Whether a checkpoint that extends what was cosigned may be cosigned; None when it may."""
        with self._wake:
            state, following, fork, trouble = self.state, self._following, self._fork, self._trouble
        if fork is not None:
            return _wrong(*fork)
        if state is None or following is None:
            return _behind(trouble or "the entries in this witness' folder are being worked through again")
        if state.first is not None and checkpoint.size > (state.first.index or 0):
            return _wrong(state.first)
        if checkpoint.size > state.size:
            return _behind(trouble or f"{state.right} of {checkpoint.size} leaves have been worked through")
        root = following.follower.root_at(checkpoint.size)
        if root is None:
            oldest = following.follower.oldest
            if checkpoint.size < oldest:
                return _behind(f"roots are remembered from {oldest} leaves on; ask for a newer checkpoint")
            return _wrong(
                Finding("epoch-missing", f"a checkpoint of {checkpoint.size} leaves, where no epoch ends", checkpoint.size)
            )
        if root != checkpoint.root:
            detail = f"{checkpoint.size} leaves under another root than the one that leads to {state.size} leaves"
            return _wrong(Finding(FORKED, detail), state.note)
        return None

    def _run(self) -> None:
        while not self._ends():
            try:
                with open_following(*self._at) as following:
                    self._follow(following)
            except _Stopped:
                return
            except Exception as error:
                if self._ends():
                    return
                words = str(error) if isinstance(error, LedgerError) else type(error).__name__
                log.error("watch", origin=self.origin, words=words)
                with self._wake:
                    self.state, self._following, self._wanted, self._trouble = None, None, None, words
                    self._wake.notify_all()
                    self._wake.wait_for(lambda: self._stopped, PAUSE_S)

    def _follow(self, following: Following[Story]) -> None:
        following.catch_up(self._tick)
        with self._wake:
            self._following = following
        self._tell(following, None)
        log.info("watch", origin=self.origin, words="worked through its own folder", size=following.follower.size)
        note: str | None = None  # at first the newest, unasked
        while True:
            try:
                following.advance(note, self._tick)
                self._tell(following, note)
            except VerificationError as error:
                if error.code == FORKED:
                    self._fork = (Finding(FORKED, error.detail), following.mirror.note)
                self._tell(following, note, str(error))
            except Unreachable as error:
                self._tell(following, note, str(error))
            with self._wake:
                self._wake.wait_for(lambda: self._stopped or self._wanted is not None)
                if self._stopped:
                    raise _Stopped
                note = self._wanted

    def _ends(self) -> bool:
        return self._stopped

    def _tick(self, _leaves: int) -> None:
        if self._stopped:
            raise _Stopped

    def _tell(self, following: Following[Story], done: str | None, trouble: str = "") -> None:
        """Say how far it has come, to those who wait for the note that is done."""
        follower = following.follower
        state = State(follower.size, follower.right, follower.first, following.mirror.note)
        if state.first is not None and (self.state is None or self.state.first is None):
            log.error("wrong", origin=self.origin, words=_words(state.first))
        if trouble and trouble != self._said:  # said once, not at every attempt
            log.warning("watch", origin=self.origin, words=trouble)
        self._said = trouble
        with self._wake:
            self.state, self._trouble = state, trouble
            if self._wanted == done:
                self._wanted = None
            self._wake.notify_all()


def _wrong(finding: Finding, other: str = "") -> Declined:
    return Declined(Why.WRONG, _words(finding), fault=finding, other=other)


def _behind(words: str) -> Declined:
    return Declined(Why.BEHIND, f"not yet: {words}")


def _words(finding: Finding) -> str:
    where = "" if finding.index is None else f" at index {finding.index}"
    return f"{finding.code}{where}: {REASONS[finding.code][0]} {finding.detail}"

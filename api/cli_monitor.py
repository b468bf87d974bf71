"""`suxin monitor`: follows a book for good. Prints, waits and tries again; `monitor.py` looks and keeps what convicts.

Exit code 0: ended as asked, or `--once` found that it holds; 1: a contradiction; 2: it could not be checked, or not all of it.
Source: docs/guide/outside.md.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson

from ..client.errors import Unreachable
from ..ledger.bundle_report import Result
from ..ledger.contradiction import as_words
from ..ledger.errors import LedgerError
from ..ledger.limits import CURRENT_MS_MAX
from ..ledger.reasons import REASONS
from ..ledger.store.audit_pool import Kind
from ..ledger.store.files import replace_file
from ..ledger.store.folder_lock import FolderLock
from .address import Address, read_token
from .cli_url import IN_CLEAR, NOT_ASKED, entries_lacking
from .keeping import Keeping, open_keeping
from .monitor import HELD, Monitor
from .outcome import EXIT, fail, result_json
from .trust import Trust, read_policy, trust_in
from .turn import Limits, Turn
from .turn_report import faults, lines_of, report, result_of
from .vantage import open_vantages
from .webhook import Webhook

VKEY: Final = "log.vkey"  # of the first visit, where there is no policy
PAUSE_S: Final = 1.0  # after the first failure of the net, doubled at each further one
PAUSE_MAX_S: Final = 60.0
TRIES_ONCE: Final = 3  # of --once
_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed.

    Attributes:
        url: Address of the book.
        data: Folder of the mirror and the evidence.
        policy: File of the reader's policy.
        credential: File of an auditor's token.
        peers: Addresses to compare checkpoints with.
        webhook: Address that gets each contradiction.
        interval_s: Seconds between two turns.
        max_age_s: An epoch older than that is a contradiction.
        hashes_only: Ask for no entries.
        once: One turn, and end.
        as_json: Print one JSON object at the end.
        workers: Processes or threads check signatures.
    """

    url: str
    data: Path
    policy: Path | None = None
    credential: Path | None = None
    peers: Sequence[str] = ()
    webhook: str | None = None
    interval_s: float = 60.0
    max_age_s: float = CURRENT_MS_MAX / 1000
    hashes_only: bool = False
    once: bool = False
    as_json: bool = False
    workers: Kind = "processes"


class Stopped(Exception):
    """The operator asked for an end while nothing could be left half done."""


class _Watch:
    """The turns of one run.

    Args:
        wanted: What was typed.
        stop: Set by a signal.
    """

    def __init__(self, wanted: Wanted, stop: threading.Event) -> None:
        self._wanted = wanted
        self._stop = stop
        self._hook = None if wanted.webhook is None else Webhook(wanted.webhook, self._wait)
        self._trouble = self._quorum = ""
        self._notices: list[str] = []
        self.turns = self._missing = 0
        self.value: dict[str, Any] = {"verdict": "open", "first": None}
        self.result = Result("open", "unanswered", "the book has not answered yet")

    def run(self) -> int:
        """Watch until the end; gives the exit code."""
        wanted, failures = self._wanted, 0
        while True:
            try:
                return self._follow()
            except Unreachable as error:
                failures += 1
                self._say_once(str(error))
                if wanted.once and failures >= TRIES_ONCE:
                    self.result = Result("open", "unanswered", str(error))
                    self.value |= {"error": str(error), "first": result_json(self.result)}
                    return EXIT["open"]
                self._wait(min(PAUSE_MAX_S, PAUSE_S * 2 ** min(failures - 1, 10)))

    def _follow(self) -> int:
        """Open everything and take turns.

        Raises:
            Unreachable: The book does not answer at the start.
        """
        wanted = self._wanted
        with Address(wanted.url) as book:
            trust = self._trust(book)
            token = None if wanted.hashes_only else read_token(wanted.credential)
            lacking = NOT_ASKED if wanted.hashes_only else entries_lacking(book, token)
            self._notices = [*trust.notices, *([IN_CLEAR] if token and book.in_clear else [])]
            with (
                open_vantages(trust, book, wanted.peers) as vantages,
                open_keeping(
                    book, wanted.data, trust, token, whole=not lacking, progress=self._progress, workers=wanted.workers
                ) as keeping,
            ):
                limits = Limits(int(wanted.max_age_s * 1000), sleep=self._wait)
                monitor = Monitor(wanted.data, book, trust, keeping, vantages, limits)
                return self._turns(monitor, keeping, lacking)

    def _turns(self, monitor: Monitor, keeping: Keeping, lacking: str) -> int:
        failures = 0
        while True:
            try:
                turn = monitor.turn()
            except Unreachable as error:
                if self._wanted.once:
                    raise
                failures += 1
                self._say_once(str(error))
                self._wait(min(PAUSE_MAX_S, PAUSE_S * 2 ** min(failures - 1, 10)))
                continue
            failures = 0
            self.turns += 1
            self._take(monitor, turn, keeping, lacking)
            if self._wanted.once or (turn.found and self._hook is None):
                return EXIT[self.result.state]
            if turn.kept and self._tell(turn):
                return EXIT["fails"]
            self._wait(self._wanted.interval_s)

    def _take(self, monitor: Monitor, turn: Turn, keeping: Keeping, lacking: str) -> None:
        """Say what a turn came to."""
        result = result_of(turn, "" if self._wanted.hashes_only else lacking, recent=True)
        self.result = result
        self.value = report(turn, result, keeping, monitor.trust, lacking, monitor.vantages) | {
            "turns": self.turns,
            "added": turn.added,
            "notices": self._notices,
            "evidence": [str(path) for path in monitor.evidence.files()],
        }
        if self._trouble:
            self._say("the book answers again")
            self._trouble = ""
        if self.turns == 1 and not self._wanted.as_json:
            for line in lines_of(self.value):
                self._say(line)
        elif turn.added:
            self._say(f"{keeping.mirror.size} leaves, {turn.added} new: {', '.join(turn.checked)}")
        for path in turn.kept:
            self._say(f"evidence: {path}")
        if self.turns > 1 and self.value["holes_total"] != self._missing:
            self._say(f"{self.value['holes_total']} numbers of counters are missing, {self._missing} were")
        self._missing = self.value["holes_total"]
        if self.turns > 1:
            for one in faults(turn) if turn.kept else ():
                self._say(f"{one.code}: {REASONS[one.code][0]} {one.detail}")
            if turn.quorum.code != self._quorum:
                self._say(turn.quorum.code or "enough witnesses have cosigned lately")
        self._quorum = turn.quorum.code
        if self._wanted.once and self._hook is not None and turn.kept:
            self._tell(turn)

    def _tell(self, turn: Turn) -> bool:
        """Post what is new; says whether nobody took it."""
        assert self._hook is not None
        lost = [words for path in turn.kept if (words := self._hook.tell(path))]
        for words in lost:
            self._say(words)
        return bool(lost)

    def _trust(self, book: Address) -> Trust:
        """Keys and policy; without one the key of the first visit."""
        file, held = self._wanted.data / VKEY, self._wanted.data / HELD
        policy = read_policy(self._wanted.policy)
        origin = held.read_text("utf-8", errors="replace").partition("\n")[0] if held.exists() else ""
        kept = file.read_text("utf-8", errors="replace").strip() if policy is None and file.exists() else None
        trust = trust_in(book, policy, kept, origin)
        if policy is None and kept is None:
            replace_file(file, f"{trust.vkey}\n".encode(), _MODE)
        return trust

    def _progress(self, leaves: int) -> None:
        if self._stop.is_set():
            raise Stopped
        if not self._wanted.as_json and sys.stderr.isatty():
            print(f"\rchecked {leaves} leaves", end="", file=sys.stderr, flush=True)  # noqa: T201 - for whoever waits

    def _wait(self, seconds: float) -> None:
        """Sleep, but not longer than the operator wants."""
        if self._stop.wait(seconds):
            raise Stopped

    def _say_once(self, words: str) -> None:
        if words != self._trouble:
            self._say(f"{words}; trying again")
        self._trouble = words

    def _say(self, words: str) -> None:
        print(f"suxin monitor: {as_words(words)}", file=sys.stderr, flush=True)  # noqa: T201 - progress


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask for an end; files are written whole before it comes."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def monitor(wanted: Wanted) -> int:
    """Follow a book until there is a contradiction or somebody asks for an end.

    Returns:
        Exit code.
    """
    stop = threading.Event()
    try:
        wanted.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _signals(stop), FolderLock(wanted.data):
            watch = _Watch(wanted, stop)
            try:
                code = watch.run()
            except Stopped:
                code = EXIT["fails"] if watch.result.state == "fails" else EXIT["holds"] if watch.turns else EXIT["open"]
    except (LedgerError, OSError) as error:
        return fail(error, wanted.as_json)
    if wanted.as_json:
        print(orjson.dumps(watch.value).decode())  # noqa: T201 - the answer itself
    else:
        first = watch.result
        words = {"holds": "holds", "fails": "does not hold", "open": "could not be checked"}[first.state]
        print(words + (f": {first.code or first.detail}" if first.state != "holds" else ""))  # noqa: T201 - the answer itself
    return code

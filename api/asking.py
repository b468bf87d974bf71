"""Asks witnesses to cosign each new checkpoint, one thread a witness, beside everything else.

Nobody waits for it: the sequencer only leaves a note that there is a newer checkpoint, and a witness that is slow, gone
or lying costs no append. One thing a witness may do to the book: show a checkpoint signed by the book's own key that
the book does not hold. Then this is an old copy or a fork, and it stops writing. Source: docs/formats/witness.md, DESIGN 3.4.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx
import structlog

from ..ledger.checkpoint import open_cosigned
from ..ledger.cosignature import Cosignature
from ..ledger.errors import VerificationError
from ..ledger.limits import NOTE_BYTES_MAX
from ..ledger.merkle import frontier_of
from ..ledger.note import VerifierKey, parse_note, parse_signature_lines
from ..ledger.store.logtree import LogTree
from ..ledger.store.sequencer import Published
from ..ledger.store.witness_book import origin_hash
from ..ledger.witness import SIZE_TYPE, format_ask
from .cosigned import Cosignatures
from .settings import WitnessAt

log = structlog.get_logger("suxin")

TIMEOUT_S: Final = 10.0  # one request to a witness
PAUSE_S: Final = 1.0  # after a failure, doubled at each further one
PAUSE_MAX_S: Final = 60.0  # a witness that comes back is asked within a minute
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)  # a Retry-After; a date is not answered by witnesses
TRIES: Final = 3  # of one round: another size, and another one because a twin of this server asked meanwhile


class Unanswered(Exception):
    """A witness did not cosign; the words say what it answered.

    Args:
        words: What it answered.
        after_s: When it wants to be asked again, in seconds; None when it did not say.
    """

    def __init__(self, words: str, after_s: float | None = None) -> None:
        super().__init__(words)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Log:
    """What is asked for.

    Attributes:
        key: The log's verifier key; its name is the origin.
        older: Its earlier keys, none of them revoked.
        tree: Its tree, for consistency paths.
        newest: The newest published state.
        fence: Called with words when the log must not be written to any more.
    """

    key: VerifierKey
    tree: LogTree
    newest: Callable[[], Published | None]
    fence: Callable[[str], None]
    older: tuple[VerifierKey, ...] = ()


class Asker:
    """Keeps one witness up to date.

    Args:
        at: The witness.
        log: The log.
        cosignatures: Where its answers go.
    """

    def __init__(self, at: WitnessAt, log: Log, cosignatures: Cosignatures) -> None:
        self.at = at
        self.trouble: str | None = None  # why the last request failed
        self.newest: Cosignature | None = None
        self._log = log
        self._cosignatures = cosignatures
        self._size = cosignatures.latest(at.key) or 0  # what we believe it has cosigned last
        self._asked: str | None = None
        self._wake = threading.Condition()
        self._stopped = False
        self._client = httpx.Client(timeout=TIMEOUT_S, headers={"user-agent": "suxin"})
        self._thread = threading.Thread(target=self._run, name=f"suxin-witness-{at.key.name}", daemon=True)

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread.start()

    def wake(self, _published: Published) -> None:
        """There is a newer checkpoint; returns at once."""
        with self._wake:
            self._wake.notify()

    def stop(self) -> None:
        """End; a request on its way is given up."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._client.close()
        self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        pause = PAUSE_S
        while True:
            published = self._next()
            if published is None:
                return
            try:
                self.ask(published)
            except Exception as error:
                if self._stopped:
                    return
                words = str(error) if isinstance(error, (Unanswered, VerificationError)) else type(error).__name__
                after = error.after_s if isinstance(error, Unanswered) else None
                if words != self.trouble and not (after and self.trouble):  # said once, not once a minute for a week
                    log.warning("witness does not cosign", witness=self.at.key.name, words=words)
                self.trouble = words
                with self._wake:
                    self._wake.wait_for(lambda: self._stopped, after or pause * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret
                pause = PAUSE_S if after else min(2 * pause, PAUSE_MAX_S)
            else:
                if self.trouble is not None:
                    log.info("witness cosigns again", witness=self.at.key.name)
                self.trouble, pause = None, PAUSE_S

    def _next(self) -> Published | None:
        """The newest state as soon as it has not been cosigned; None at the end."""
        with self._wake:
            while not self._stopped:
                published = self._log.newest()
                if published is not None and published.note != self._asked:
                    return published
                self._wake.wait()
        return None

    def ask(self, published: Published) -> None:
        """Ask until the witness has cosigned this state.

        Raises:
            Unanswered: It did not; it may later.
            VerificationError: Its answer does not hold.
            httpx.HTTPError: It could not be reached.
        """
        for _ in range(TRIES):
            if self._size > published.size:
                newest = self._log.newest()
                if newest is None or newest.size < self._size:
                    self._compare()
                    raise Unanswered(f"it has cosigned {self._size} leaves, more than the {published.size} it is asked for")
                published = newest
            path = self._log.tree.consistency(self._size, published.size)
            status, headers, body = self._send("POST", "/add-checkpoint", format_ask(self._size, path, published.note))
            if status == 200:
                self._keep(published, body)
                return
            if status == 409 and headers.get("content-type") == SIZE_TYPE:
                self._size = _size_of(body)
                continue
            if status in (409, 422):
                self._compare()
            words = body[:300].decode(errors="replace").strip()
            # A full witness that still works through the entries says when it will have; its pace is no failure.
            after = min(float(seconds), PAUSE_MAX_S) if _SECONDS.fullmatch(seconds := headers.get("retry-after", "")) else None
            raise Unanswered(f"answered {status}: {words}", after if status == 503 else None)
        raise Unanswered("it names another size each time")

    def _keep(self, published: Published, body: bytes) -> None:
        try:
            text = body.decode()
        except UnicodeError:
            raise VerificationError("note-malformed", "not UTF-8") from None
        found = self._cosignatures.add(parse_note(published.note).text, parse_signature_lines(text))
        mine = [one for one in found if one.witness == self.at.key]
        if not mine:
            raise Unanswered("answered with lines of other keys than the one that is configured")
        self.newest, self._size, self._asked = mine[0], published.size, published.note

    def _compare(self) -> None:
        """Hold what the witness has cosigned against this book. Only what our own key signed counts, not the witness' word."""
        origin = self._log.key.name
        status, _, body = self._send("GET", f"/{origin_hash(origin)}/checkpoint", b"")
        if status != 200:
            return
        shown = open_cosigned(body, origin, [self._log.key, *self._log.older]).checkpoint
        newest = self._log.newest()
        if newest is None:
            return
        if shown.size > newest.size:
            self._log.fence(
                f"the witness {self.at.key.name} shows {shown.size} leaves signed by this log's key, but this book has "
                f"{newest.size}: it is an old copy. Bring back the newer one"
            )
        elif frontier_of(shown.size, self._log.tree.node).root() != shown.root:
            self._log.fence(
                f"the witness {self.at.key.name} shows another root at {shown.size} leaves, signed by this log's key: "
                "one of the two is a fork. Keep both notes and find out who signs with this key"
            )

    def _send(self, method: str, path: str, body: bytes) -> tuple[int, httpx.Headers, bytes]:
        with self._client.stream(method, self.at.url + path, content=body) as answer:
            data = b""
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > NOTE_BYTES_MAX:
                    raise Unanswered("the answer is larger than any can be")
            return answer.status_code, answer.headers, data


def _size_of(body: bytes) -> int:
    digits = body.removesuffix(b"\n")
    if not (digits.isdigit() and len(digits) <= 19 and (digits == b"0" or not digits.startswith(b"0"))):
        raise Unanswered("answered 409 without a size")
    return int(digits)

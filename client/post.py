"""Posting to a book over HTTP: one statement, rows signed one by one, or rows under one signature; every receipt checked.

What is sent again is sent byte for byte: a book answers the same statement with the same place in the log, so a lost answer
costs a repetition and never a double entry. Source: docs/guide/client.md.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Literal

import httpx
import msgspec

from ..ledger.errors import VerificationError
from ..ledger.limits import POST_BYTES_MAX
from ..ledger.note import VerifierKey, parse_vkey
from .errors import AddressInvalid, AnswerMalformed, Declined, Problem, Unreachable
from .receipt import Receipt, RowsReceipt, check_batch, check_event, check_rows
from .standing import check_standing
from .statement import Signed, SignedBatch

ROWS_MAX = 1_000  # rows of one request; the book takes more, but a lost answer then costs more
ATTEMPTS_MAX = 8  # with the pauses below, about a minute
PAUSE_FIRST_S = 0.25
PAUSE_MAX_S = 30.0
TIMEOUT_S = 60.0  # for one attempt; under load a receipt takes seconds, not minutes
_NDJSON = "application/x-ndjson"

OnError = Literal["proceed", "rollback"]


class Site(msgspec.Struct, frozen=True):
    """What a book says of itself at `/.well-known/suxin.json`.

    Attributes:
        book: Origin of the place; stands in every statement.
        origin: Origin of its present log.
        vkey: The log's verifier key. A hint: who needs certainty pins a key that came another way.
        sandbox: Whether it is for trying out only.
    """

    book: str
    origin: str
    vkey: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Patience:
    """How a session waits: attempts in all, and what it sleeps and rolls dice with.

    Attributes:
        attempts: Attempts in all, at least 1.
        sleep: Waits that many seconds.
        jitter: A number from 0 to below 1; spreads clients that were cut off together.
        told: Is told why each attempt but the last failed, before the pause.
    """

    attempts: int = ATTEMPTS_MAX
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    told: Callable[[str], None] = lambda _why: None

    def pause(self, attempt: int, retry_after_s: float) -> None:
        """Wait before the attempt after number `attempt` (from 0), and never less than the book asked for."""
        grown = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2**attempt) * (0.5 + 0.5 * self.jitter())
        self.sleep(max(grown, retry_after_s * (1 + 0.25 * self.jitter())))


class Session:
    """A connection to one book. Safe to use from several threads.

    Args:
        url: Where it is served, `https://suxin.example`.
        vkey: The log's verifier key, pinned; None takes the one the book shows first, and stays with it.
        http: A client of httpx to use, for its proxies and certificates; closed by whoever made it.
        patience: How to wait and how often to try.

    Raises:
        AddressInvalid: Not an address of http or https.
        VerificationError: `vkey` is not a verifier key.
    """

    def __init__(
        self, url: str, *, vkey: str | None = None, http: httpx.Client | None = None, patience: Patience | None = None
    ) -> None:
        if not _is_address(url):
            raise AddressInvalid(f"{url} is not the address of a book; write it as https://host")
        self._url = url.rstrip("/")
        self._http = http or httpx.Client(timeout=TIMEOUT_S)
        self._owned = http is None
        self._patience = patience or Patience()
        self._log = None if vkey is None else parse_vkey(vkey)
        self._site: Site | None = None
        self._lock = threading.RLock()  # guards _log and _site, so that all threads pin the same key

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, where they are the session's own."""
        if self._owned:
            self._http.close()

    def site(self) -> Site:
        """What the book says of itself; asked once.

        Raises:
            Unreachable, Declined, AnswerMalformed: There is no book at that address, or no answer.
        """
        with self._lock:
            if self._site is None:
                answer = self._send("GET", "/.well-known/suxin.json")
                try:
                    self._site = msgspec.json.decode(answer, type=Site)
                except msgspec.DecodeError as error:
                    raise AnswerMalformed(f"{self._url} is not a book: {error}") from error
            return self._site

    def log(self) -> VerifierKey:
        """The key every checkpoint is checked with: the pinned one, else the first the book showed."""
        with self._lock:
            if self._log is None:
                try:
                    self._log = parse_vkey(self.site().vkey)
                except VerificationError as error:
                    raise AnswerMalformed(f"the book shows no usable key: {error}") from error
            return self._log

    def post(self, signed: Signed) -> Receipt:
        """Post one statement.

        Raises:
            Declined: The book refused it.
            ReceiptInvalid: It promised what it did not prove.
            Unreachable: No answer; post the same `Signed` again.
            AnswerMalformed: No receipt came.
        """
        log = self.log()
        return check_event(self._send("POST", "/v1/events", signed.line(), "application/json"), signed, log)

    def post_rows(self, rows: Sequence[Signed], on_error: OnError = "proceed") -> RowsReceipt:
        """Post statements that are signed one by one, in one request; `packed` cuts longer lists.

        Args:
            rows: 1 to 1,000 statements of any actors, at most 8 MiB; each may refer to those before it.
            on_error: `proceed` records the good rows, `rollback` all or none.

        Raises:
            Declined: The book refused the request as a whole; single refused rows stand in the receipt.
            ReceiptInvalid, Unreachable, AnswerMalformed: As `post`.
        """
        if not 1 <= len(rows) <= ROWS_MAX:
            raise ValueError(f"{len(rows)} rows; one request has 1 to {ROWS_MAX}")
        log = self.log()
        return check_rows(self._send_lines([row.line() for row in rows], on_error), rows, log)

    def post_batch(self, batch: SignedBatch, on_error: OnError = "proceed") -> RowsReceipt:
        """Post statements under one signature.

        Raises:
            Declined: The book refused the batch as a whole, for example its signature.
            ReceiptInvalid, Unreachable, AnswerMalformed: As `post`.
        """
        log = self.log()
        return check_batch(self._send_lines(batch.lines(), on_error), batch, log)

    def check_streams(self, receipt: Receipt | RowsReceipt, sent: Sequence[Signed] | SignedBatch) -> int:
        """Check that what a receipt proves to be in the log also went into every stream it names.

        Costs an answer of about 2 KB for each entry of the same epoch, whoever wrote it; a book keeps what it needs for
        that for ten minutes at least when it is quiet, for about one under full load.

        Args:
            receipt: As `post`, `post_rows` or `post_batch` gave it.
            sent: What was posted.

        Returns:
            How many entries were checked: those that were recorded by that request.

        Raises:
            ReceiptInvalid: `entry-left-out`, or an update that does not hold.
            Declined: The book no longer keeps that epoch.
            Unreachable: As `post`.
        """
        path = f"/v1/map/update?from={receipt.epoch - 1}&to={receipt.epoch}"
        return check_standing(self._send("GET", path), receipt, sent, self.log())

    def _send_lines(self, lines: Sequence[bytes], on_error: OnError) -> bytes:
        return self._send("POST", f"/v1/batches?on_error={on_error}", b"\n".join(lines) + b"\n", _NDJSON)

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        headers = {"Content-Type": kind} if kind else {}
        why = ""
        for attempt in range(self._patience.attempts):
            retry_after_s = 0.0
            try:
                answer = self._http.request(method, self._url + path, content=body, headers=headers)
            except httpx.RequestError as error:  # the request may have arrived; the same bytes find out
                why = f"{type(error).__name__}: {error}"
            else:
                if answer.is_success:
                    return answer.content
                # Busy, or a fault that is not ours, of the book or of what is between: the same bytes may succeed later.
                if answer.status_code != 429 and answer.status_code < 500:
                    raise Declined(answer.status_code, _problem(answer))
                why = f"HTTP {answer.status_code}"
                retry_after_s = _retry_after_s(answer.headers.get("Retry-After", ""))
            if attempt + 1 < self._patience.attempts:
                self._patience.told(why)
                self._patience.pause(attempt, retry_after_s)
        raise Unreachable(f"no answer from {self._url} after {self._patience.attempts} attempts: {why}")


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def packed(
    groups: Iterable[Sequence[Signed]], rows_max: int = ROWS_MAX, bytes_max: int = POST_BYTES_MAX
) -> Iterator[list[Signed]]:
    """Cut rows into requests that are as large as they may be; keeps the order, and the rows of a group together.

    Args:
        groups: Rows that refer to each other; a group that is larger than a request gets one of its own.
        rows_max: Rows of one request.
        bytes_max: Bytes of one request.
    """
    rows: list[Signed] = []
    size = 0
    for group in groups:
        length = sum(len(signed.line()) + 1 for signed in group)
        if rows and (len(rows) + len(group) > rows_max or size + length > bytes_max):
            yield rows
            rows, size = [], 0
        rows.extend(group)
        size += length
    if rows:
        yield rows


def _problem(answer: httpx.Response) -> Problem:
    try:
        members = msgspec.json.decode(answer.content, type=dict[str, object])
    except msgspec.DecodeError:
        return Problem("", detail=f"HTTP {answer.status_code} without a problem document")
    return Problem.read(members)


def _retry_after_s(text: str) -> float:
    """Seconds that a Retry-After asks for, in either of its forms; 0 for none. Bounded: a book may not park its clients."""
    try:
        seconds = float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), 10 * PAUSE_MAX_S)

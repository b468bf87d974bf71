"""Workers that parse, check and verify rows away from the sequencer: spawned processes, or threads.

Spawned, not forked: a forked child would inherit the listening socket and the database connection.
A worker knows no book; the caller hands it the public keys that the rows seem to need. A key id is a hash of its key,
so a wrong hint can only make a row come back unverified, never wrongly verified.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.connection import wait
from typing import Literal, NamedTuple, ParamSpec, TypeVar

from ..bodies import ActorBody
from ..encoding import b64u, unb64u
from ..errors import Refused, StoreError, VerificationError
from ..hashing import statement_hash
from ..keys import key_id, parse_public, verify_batch, verify_statement
from ..leaf import Header, decode_header
from ..merkle import root_of
from ..statement import Statement
from ..usual import read_statement
from .packing import CheckedRow, pack, unpack

_HINT = re.compile(rb'"key":"([A-Za-z0-9_-]{43})"')
Publics = Mapping[str, bytes]  # key id to public key
Kind = Literal["threads", "processes"]
Result = TypeVar("Result")
Given = ParamSpec("Given")


class BatchSignature(NamedTuple):
    """The one signature over many rows."""

    header: bytes
    signature: bytes


def hinted_keys(rows: Sequence[bytes]) -> set[str]:
    """Key ids that seem to be named in the rows."""
    found: set[str] = set()
    for row in rows:
        match = _HINT.search(row)
        if match is not None:
            found.add(match[1].decode("ascii"))
    return found


def _public_of(statement: Statement, publics: Publics) -> bytes | None:
    """The key a statement must be signed with, as far as it can be told without the book."""
    if statement.actor.startswith("anon:"):
        public = parse_public(statement.actor[5:])
    elif statement.key in publics:
        return publics[statement.key]
    elif isinstance(statement.body, ActorBody) and isinstance(statement.body.key, str):
        public = parse_public(statement.body.key)
    else:
        return None
    return public if b64u(key_id(public)) == statement.key else None


def _check_one(raw: bytes, signature: bytes, publics: Publics) -> CheckedRow:
    try:
        statement = read_statement(raw, writing=True)
        public = _public_of(statement, publics)
        if public is not None:
            verify_statement(public, raw, signature)
        return CheckedRow(statement, None, public)
    except Refused as error:
        return CheckedRow(None, error, None)
    except VerificationError as error:
        return CheckedRow(None, Refused(error.code, error.detail, "/signature"), None)


def check_rows(rows: Sequence[bytes], signatures: Sequence[bytes], publics: Publics) -> list[CheckedRow]:
    """Parse rows that are signed one by one and verify their signatures."""
    return [_check_one(raw, signature, publics) for raw, signature in zip(rows, signatures, strict=True)]


def _fits(header: Header, position: int, statement: Statement) -> Refused | None:
    if statement.key != header.key:
        return Refused("batch-key", "a batch's rows are all by the header's key", "/key")
    if statement.n != header.n + position:
        return Refused("batch-counter", f"row {position} of this batch has n = {header.n + position}", "/n")
    if statement.book != header.book:
        return Refused("book-wrong", "the row names another book than its header", "/book")
    return None


def check_batch(batch: BatchSignature, rows: Sequence[bytes], publics: Publics) -> list[CheckedRow]:
    """Parse rows under one signature; the header's root and signature are checked once for all.

    Raises:
        Refused: `batch-header`, `batch-size`, `batch-root`, `signature-invalid`: the whole batch is refused.
    """
    header = decode_header(batch.header)
    if header.size != len(rows):
        raise Refused("batch-size", f"the header says {header.size} rows, {len(rows)} came", "/size")
    parsed = [_check_one_unsigned(raw) for raw in rows]
    from_raw = [
        row.statement.hash if row.statement is not None else statement_hash(raw) for row, raw in zip(parsed, rows, strict=True)
    ]
    if root_of(from_raw) != unb64u(header.root, 32):
        raise Refused("batch-root", "the header's root is not the root over these rows", "/root")
    public = publics.get(header.key)
    if public is None:
        for row in parsed:
            public = _public_of(row.statement, publics) if row.statement is not None else None
            if public is not None and b64u(key_id(public)) == header.key:
                break
    if public is not None:
        try:
            verify_batch(public, batch.header, batch.signature)
        except VerificationError as error:
            raise Refused(error.code, error.detail, "/signature") from error
    checked = []
    for position, row in enumerate(parsed):
        refused = row.refused if row.statement is None else _fits(header, position, row.statement)
        checked.append(CheckedRow(None, refused, None) if refused is not None else CheckedRow(row.statement, None, public))
    return checked


def _check_one_unsigned(raw: bytes) -> CheckedRow:
    try:
        return CheckedRow(read_statement(raw, writing=True), None, None)
    except Refused as error:
        return CheckedRow(None, error, None)


def _rows_task(rows: Sequence[bytes], signatures: Sequence[bytes], publics: Publics) -> bytes:
    return pack(check_rows(rows, signatures, publics))


def _batch_task(batch: BatchSignature, rows: Sequence[bytes], publics: Publics) -> bytes | Refused:
    try:
        return pack(check_batch(batch, rows, publics))
    except Refused as error:
        return error


def _warm() -> int:
    return os.getpid()


def _end_with_server() -> None:
    """End this process as soon as the one that started it is gone, however that ended: nobody else would ever end it."""
    server = multiprocessing.parent_process()
    assert server is not None

    def watch() -> None:
        wait([server.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="suxin-watch", daemon=True).start()


class Workers:
    """A pool of workers behind one switch.

    Args:
        kind: `processes` for rate, `threads` for small machines and tests.
        count: How many; default one per core.
    """

    def __init__(self, kind: Kind = "threads", count: int | None = None) -> None:
        """Start the pool; processes are started at once, so that the first request does not pay for it."""
        self.kind = kind
        self.count = count or os.cpu_count() or 1
        self._lock = threading.Lock()  # guards the pool while a broken one is replaced
        self._pool = self._open()
        if kind == "processes":
            for future in [self._pool.submit(_warm) for _ in range(self.count)]:
                future.result(timeout=60)

    def _open(self) -> Executor:
        if self.kind == "processes":
            spawned = multiprocessing.get_context("spawn")
            return ProcessPoolExecutor(self.count, mp_context=spawned, initializer=_end_with_server)
        return ThreadPoolExecutor(self.count, thread_name_prefix="suxin-worker")

    def _submit(self, task: Callable[Given, Result], *values: Given.args, **named: Given.kwargs) -> Future[Result]:
        """Give a task to the pool. One that lost a process never works again: it is replaced, and what it had is refused."""
        with self._lock:
            try:
                return self._pool.submit(task, *values, **named)
            except BrokenExecutor:
                self._pool.shutdown(wait=False)
                self._pool = self._open()
                return self._pool.submit(task, *values, **named)

    def submit_rows(self, rows: Sequence[bytes], signatures: Sequence[bytes], publics: Publics) -> Future[list[CheckedRow]]:
        """Check rows that are signed one by one."""
        if self.kind == "threads":
            return self._pool.submit(check_rows, rows, signatures, publics)
        return _unpacked(self._submit(_rows_task, rows, signatures, publics), rows)

    def submit_batch(self, batch: BatchSignature, rows: Sequence[bytes], publics: Publics) -> Future[list[CheckedRow]]:
        """Check rows under one signature."""
        if self.kind == "threads":
            return self._pool.submit(check_batch, batch, rows, publics)
        return _unpacked(self._submit(_batch_task, batch, rows, publics), rows)

    def close(self) -> None:
        """Stop the workers; what they were checking is dropped, nothing of it was acknowledged."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _unpacked(inner: Future[bytes] | Future[bytes | Refused], rows: Sequence[bytes]) -> Future[list[CheckedRow]]:
    outer: Future[list[CheckedRow]] = Future()

    def forward(done: Future[bytes] | Future[bytes | Refused]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        try:
            result = done.result()
            if isinstance(result, Refused):
                outer.set_exception(result)
            else:
                outer.set_result(unpack(result, rows))
        except BrokenExecutor:
            outer.set_exception(StoreError("a worker process ended while it checked these rows; nothing was recorded"))
        except BaseException as error:
            outer.set_exception(error)

    inner.add_done_callback(forward)
    return outer

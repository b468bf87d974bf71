"""What a client sends to be recorded: rows with signatures and openings, from JSON or NDJSON bytes.

No answer repeats what a row holds: it may be personal, and it may be long. What is wrong is said by place and shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

import msgspec
import orjson
from msgspec import Meta, Raw, Struct

from ..ledger import canonical
from ..ledger.commitment import verify_commitment
from ..ledger.encoding import unb64u
from ..ledger.errors import Refused, VerificationError
from ..ledger.limits import BATCH_ROWS_MAX, EVENT_BYTES_MAX, POST_ROWS_MAX, STATEMENT_BYTES_MAX
from ..ledger.store.group import VaultRow
from ..ledger.store.packing import CheckedRow
from ..ledger.store.vault import Opening, Vault
from ..ledger.store.workers import BatchSignature
from . import wording

TEXT_LENGTH_MAX: Final = 20_000  # characters of one opened value; a long review has some 6,000
LINES_MAX: Final = 2 * POST_ROWS_MAX  # with blank lines among the rows; more is not even split
BRACKETS_MAX: Final = 128  # of a statement that needs no look at its depth; the largest registered one has under 60

_PATH = re.compile(r" - at `\$(.*)`\Z")
_MISSING = re.compile(r"Object missing required field `([a-z]+)`")


class Open(Struct, frozen=True, forbid_unknown_fields=True):
    """Value and salt behind one commitment of a statement."""

    pointer: Annotated[str, Meta(pattern=r"^/body(?:/[a-z_]{1,30}){1,3}\Z")]
    salt: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
    value: Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """One row signed by itself."""

    statement: Raw
    signature: str
    open: Annotated[list[Open], Meta(max_length=8)] = []


class BatchRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One row under a batch's signature."""

    statement: Raw
    open: Annotated[list[Open], Meta(max_length=8)] = []


class BatchHead(Struct, frozen=True, forbid_unknown_fields=True):
    """First line of a batch that is signed once."""

    header: Raw
    signature: str


_EVENT = msgspec.json.Decoder(Event)
_BATCH_ROW = msgspec.json.Decoder(BatchRow)
_BATCH_HEAD = msgspec.json.Decoder(BatchHead)
_Row = TypeVar("_Row", Event, BatchRow, BatchHead)


@dataclass(slots=True)
class Submission:
    """Rows of one request, not yet checked.

    Attributes:
        raws: Statement bytes as they came.
        signatures: 64 bytes a row; empty under a batch signature.
        openings: Openings of each row.
        broken: Rows that could not even be read: line number from 0 and refusal; they hold no place in `raws`.
        batch: The one signature over all rows.
        rollback: All rows or none.
    """

    raws: list[bytes] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    openings: list[list[Open]] = field(default_factory=list)
    broken: dict[int, Refused] = field(default_factory=dict)
    batch: BatchSignature | None = None
    rollback: bool = False


def _signature(text: str) -> bytes:
    try:
        return unb64u(text, 64)
    except VerificationError as error:
        raise Refused("signature-malformed", "a signature is 64 bytes as base64url, 86 characters", "/signature") from error


def _read(decoder: msgspec.json.Decoder[_Row], raw: bytes) -> _Row:
    """Read one row or header line.

    Raises:
        Refused: `not-json`, `too-deep`, `row-malformed`.
    """
    try:
        if not raw.isascii():
            raw.decode()
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _shape_error(str(error)) from error
    except RecursionError as error:
        raise Refused("too-deep", "arrays or objects of the row are nested too deep") from error
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise Refused("not-json", "the row is not JSON in UTF-8") from error


def _shape_error(words: str) -> Refused:
    """A row of another shape; of the parser's words only names of our own fields are kept."""
    place = _PATH.search(words)
    pointer = "" if place is None else re.sub(r"\[(\d+|\.\.\.)\]", r"/\1", place[1].replace(".", "/"))
    missing = _MISSING.match(words)
    if missing is not None:
        return Refused("row-malformed", f"`{missing[1]}` is missing", pointer)
    if "unknown field" in words:
        return Refused("row-malformed", "there is a member that a row does not have", pointer)
    return Refused("row-malformed", "the value here has not the form that a row asks for", pointer)


def _statement(raw: Raw) -> bytes:
    """Bytes of a statement, which the workers parse; a nesting bomb goes off here, where it costs no recursion.

    Raises:
        Refused: `too-deep`, or what else `canonical.check` finds in a statement of so many brackets.
    """
    statement = bytes(raw)
    brackets = statement.count(b"{") + statement.count(b"[")
    if brackets > BRACKETS_MAX and len(statement) <= STATEMENT_BYTES_MAX:
        canonical.check(statement)
    return statement


def _add_event(found: Submission, raw: bytes) -> None:
    event = _read(_EVENT, raw)
    signature, statement = _signature(event.signature), _statement(event.statement)
    found.raws.append(statement)
    found.signatures.append(signature)
    found.openings.append(event.open)


def parse_event(body: bytes) -> Submission:
    """Read one JSON event.

    Raises:
        Refused: `not-json`, `too-deep`, `row-malformed`, `signature-malformed`, `body-empty`, `body-too-large`.
    """
    if len(body) > EVENT_BYTES_MAX:
        raise Refused("body-too-large", f"one event has at most {EVENT_BYTES_MAX} bytes")
    if not body.strip():
        raise Refused("body-empty", "no event came")
    found = Submission()
    _add_event(found, body)
    return found


def parse_lines(body: bytes, *, rollback: bool) -> Submission:
    """Read an NDJSON body: rows signed one by one, or a header line and rows under it. Blank lines are no rows.

    Raises:
        Refused: when the body as a whole cannot be read; single broken rows are kept in `broken`.
    """
    if body.count(b"\n") > LINES_MAX:
        raise Refused("rows-too-many", f"more than {LINES_MAX} lines; at most {POST_ROWS_MAX} rows")
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise Refused("body-empty", "no row came")
    head = _head_of(lines[0])
    if head is not None:
        return _parse_batch(head, lines[1:], rollback)
    if len(lines) > POST_ROWS_MAX:
        raise Refused("rows-too-many", f"{len(lines)} rows, at most {POST_ROWS_MAX}")
    found = Submission(rollback=rollback)
    for number, line in enumerate(lines):
        try:
            _add_event(found, line)
        except Refused as error:
            found.broken[number] = error
    return found


def _head_of(line: bytes) -> BatchHead | None:
    """The header line of a batch, or None where the first line is a row.

    Raises:
        Refused: `batch-malformed`: it begins as a header and is none.
    """
    if b'"header"' not in line:
        return None
    try:
        return _read(_BATCH_HEAD, line)
    except Refused as error:
        if not line.lstrip().startswith(b'{"header"'):
            return None
        raise Refused("batch-malformed", f"the header line: {error.cause}", error.pointer) from error


def _parse_batch(head: BatchHead, lines: list[bytes], rollback: bool) -> Submission:
    if not lines:
        raise Refused("batch-size", "no row came after the header line", "/size")
    if len(lines) > BATCH_ROWS_MAX:
        raise Refused("rows-too-many", f"{len(lines)} rows under one signature, at most {BATCH_ROWS_MAX}")
    found = Submission(batch=BatchSignature(bytes(head.header), _signature(head.signature)), rollback=rollback)
    for number, line in enumerate(lines):
        try:
            row = _read(_BATCH_ROW, line)
            found.raws.append(_statement(row.statement))
        except Refused as error:
            # Without its bytes the root over all rows cannot be worked out: one unreadable row spoils the batch.
            code = "batch-malformed" if error.code in ("row-malformed", "not-json") else error.code
            raise Refused(code, f"row {number}: {error.cause}", error.pointer) from error
        found.openings.append(row.open)
    return found


def stale_openings(checked: list[CheckedRow], openings: list[list[Open]]) -> None:
    """Refuse rows whose opened values nobody should read, or are not what their statements commit to; done in place."""
    for i, row in enumerate(checked):
        if row.statement is None:
            continue
        tree = orjson.loads(row.statement.raw) if openings[i] else {}
        for j, opening in enumerate(openings[i]):
            unfit = wording.fault(opening.value)
            if unfit is not None:
                unfit.pointer = f"/open/{j}/value"
                checked[i] = CheckedRow(None, unfit, None)
                break
            value = tree
            for part in opening.pointer.split("/")[1:]:
                value = value.get(part) if isinstance(value, dict) else None
            try:
                committed = unb64u(value if isinstance(value, str) else "", 32)
                verify_commitment(committed, unb64u(opening.salt, 32), row.statement.type, opening.pointer, opening.value)
            except VerificationError as error:
                where = f"/open/{j}/value"
                refused = Refused("opening-mismatch", f"the value does not open the commitment at {opening.pointer}", where)
                refused.__cause__ = error
                checked[i] = CheckedRow(None, refused, None)
                break


def seal(vault: Vault, checked: list[CheckedRow], openings: list[list[Open]], now: int = 0) -> list[list[VaultRow]]:
    """Seal the opened values of all good rows, each value once; their keys are durable when this returns."""
    wanted = {
        (row.statement.hash, opening.pointer): Opening(
            row.statement.hash, opening.pointer, opening.value, unb64u(opening.salt, 32), row.statement.type
        )
        for row, opened in zip(checked, openings, strict=True)
        if row.statement is not None
        for opening in opened
    }
    sealed: dict[bytes, list[VaultRow]] = {}
    for vault_row in vault.seal(wanted.values(), now):
        sealed.setdefault(vault_row[0], []).append(vault_row)
    return [[] if row.statement is None else sealed.get(row.statement.hash, []) for row in checked]

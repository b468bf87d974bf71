"""What a client sends to be recorded: rows with signatures and openings, from JSON or NDJSON bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import orjson
from msgspec import Meta, Raw, Struct

from ..ledger.commitment import verify_commitment
from ..ledger.encoding import unb64u
from ..ledger.errors import Refused, VerificationError
from ..ledger.limits import BATCH_ROWS_MAX, EVENT_BYTES_MAX, POST_ROWS_MAX
from ..ledger.store.group import VaultRow
from ..ledger.store.packing import CheckedRow
from ..ledger.store.vault import Opening, Vault
from ..ledger.store.workers import BatchSignature

TEXT_BYTES_MAX = 20_000  # one opened value: a review or complaint of some 6,000 Chinese characters


class Open(Struct, frozen=True, forbid_unknown_fields=True):
    """Value and salt behind one commitment of a statement."""

    pointer: Annotated[str, Meta(pattern=r"^/body(?:/[a-z_]{1,30}){1,3}\Z")]
    salt: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
    value: Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]


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


def _row_error(error: msgspec.DecodeError, raw: bytes) -> Refused:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Refused("not-json", "the row is not JSON in UTF-8")
    return Refused("row-malformed", f"a row is an object of statement, signature and open: {error}")


def parse_event(body: bytes) -> Submission:
    """Read one JSON event.

    Raises:
        Refused: `not-json`, `row-malformed`, `signature-malformed`, `body-too-large`.
    """
    if len(body) > EVENT_BYTES_MAX:
        raise Refused("body-too-large", f"one event has at most {EVENT_BYTES_MAX} bytes")
    try:
        event = _EVENT.decode(body)
    except msgspec.DecodeError as error:
        raise _row_error(error, body) from error
    return Submission([bytes(event.statement)], [_signature(event.signature)], [list(event.open)])


def parse_lines(body: bytes, *, rollback: bool) -> Submission:
    """Read an NDJSON body: rows signed one by one, or a header line and rows under it.

    Raises:
        Refused: when the body as a whole cannot be read; single broken rows are kept in `broken`.
    """
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise Refused("body-empty", "no row came")
    if lines[0].lstrip().startswith(b'{"header"'):
        return _parse_batch(lines, rollback)
    if len(lines) > POST_ROWS_MAX:
        raise Refused("rows-too-many", f"{len(lines)} rows, at most {POST_ROWS_MAX}")
    found = Submission(rollback=rollback)
    for number, line in enumerate(lines):
        try:
            event = _EVENT.decode(line)
            signature = _signature(event.signature)
        except msgspec.DecodeError as error:
            found.broken[number] = _row_error(error, line)
            continue
        except Refused as error:
            found.broken[number] = error
            continue
        found.raws.append(bytes(event.statement))
        found.signatures.append(signature)
        found.openings.append(list(event.open))
    return found


def _parse_batch(lines: list[bytes], rollback: bool) -> Submission:
    if len(lines) - 1 > BATCH_ROWS_MAX:
        raise Refused("rows-too-many", f"{len(lines) - 1} rows under one signature, at most {BATCH_ROWS_MAX}")
    try:
        head = _BATCH_HEAD.decode(lines[0])
        rows = [_BATCH_ROW.decode(line) for line in lines[1:]]
    except msgspec.DecodeError as error:
        raise Refused("batch-malformed", f"a batch is a header line and lines of statement and open: {error}") from error
    signed = BatchSignature(bytes(head.header), _signature(head.signature))
    return Submission(
        [bytes(row.statement) for row in rows], [], [list(row.open) for row in rows], batch=signed, rollback=rollback
    )


def stale_openings(checked: list[CheckedRow], openings: list[list[Open]]) -> None:
    """Refuse rows whose opened values are not what their statements commit to; done in place."""
    for i, row in enumerate(checked):
        if row.statement is None:
            continue
        tree = orjson.loads(row.statement.raw) if openings[i] else {}
        for j, opening in enumerate(openings[i]):
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


def seal(vault: Vault, checked: list[CheckedRow], openings: list[list[Open]]) -> list[list[VaultRow]]:
    """Seal the opened values of all good rows; their keys are durable when this returns."""
    wanted = [
        Opening(row.statement.hash, opening.pointer, opening.value, unb64u(opening.salt, 32))
        for row, opened in zip(checked, openings, strict=True)
        if row.statement is not None
        for opening in opened
    ]
    sealed: dict[bytes, list[VaultRow]] = {}
    for vault_row in vault.seal(wanted):
        sealed.setdefault(vault_row[0], []).append(vault_row)
    return [[] if row.statement is None else sealed.get(row.statement.hash, []) for row in checked]

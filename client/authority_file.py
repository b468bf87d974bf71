"""A CSV file of what authorities found, row by row into drafts. No I/O; docs/formats/authority-file.md says the columns.

A row that is not right says where: its number as a spreadsheet shows it, its column, why, and what to do. No cell's content is
repeated: it may be personal data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ..ledger.canonical import JsonValue
from ..ledger.errors import LedgerError, Refused
from ..ledger.problems import PROBLEMS
from ..ledger.registry import TYPES
from .statement import Draft, compose
from .table_text import table_text

KINDS: Final = ("appeal", "breach", "check", "exclusion", "licence", "list", "penalty", "traffic")
ROWS_MAX: Final = 100_000
CELL_MAX: Final = 1_000
_OWN: Final = ("type", "authority", "company", "waybill", "earlier", "at")
_BY_PARTY: Final = frozenset(("licence", "list", "penalty"))


class FileFault(LedgerError):
    """The file as a whole cannot be read; nothing was imported."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row.

    Attributes:
        row: Its number, the header being 1.
        column: Which, "" for the whole row.
        why: The cause in words.
        cure: What to do about it.
    """

    row: int
    column: str
    why: str
    cure: str


@dataclass(frozen=True, slots=True)
class Found:
    """One row that is a statement.

    Attributes:
        row: Its number, the header being 1.
        cells: As they stand in the file.
        draft: What to sign, as it stands without a reference.
        authority: Whose finding it is.
        number: The authority's number.
        earlier: Number under which the same appeal stands already, "" for none.
    """

    row: int
    cells: tuple[str, ...]
    draft: Draft
    authority: str
    number: str
    earlier: str


def _columns(kind: str) -> dict[str, dict[str, Any]]:
    """Columns of a type, as the members of its body, with their JSON schemas."""
    body = TYPES[kind].body
    assert body is not None
    _, parts = msgspec.json.schema_components([body], ref_template="{name}")
    members: dict[str, dict[str, Any]] = parts[body.__name__]["properties"]
    return members


_MEMBERS: Final = {kind: _columns(kind) for kind in KINDS}
COLUMNS: Final = (*_OWN, *dict.fromkeys(name for kind in KINDS for name in _MEMBERS[kind]))


def read_file(raw: bytes) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a file.

    Raises:
        FileFault: Neither UTF-8 nor GB 18030, no CSV, a column twice or of no meaning, too many rows.
    """
    try:
        text = table_text(raw)
        rows = [tuple(cell.strip() for cell in row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except UnicodeDecodeError as error:
        raise FileFault("the file is not UTF-8, nor GB 18030; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise FileFault(f"the file is no CSV: {error}") from error
    if not rows:
        raise FileFault("the file is empty; its first row names the columns")
    header = rows[0]
    unknown = [place for place, name in enumerate(header, 1) if name not in COLUMNS]
    if unknown:
        raise FileFault(f"column {unknown[0]} has no meaning here; known are {', '.join(COLUMNS)}")
    missing = [name for name in ("type", "authority") if name not in header]
    if missing or len(set(header)) != len(header):
        raise FileFault(f"the column {missing[0]} is missing" if missing else "a column stands twice")
    if len(rows) > ROWS_MAX + 1:
        raise FileFault(f"{len(rows) - 1} rows; at most {ROWS_MAX} in one file")
    return header, rows[1:]


def drafts_of(header: tuple[str, ...], rows: list[tuple[str, ...]], now: str, doc: str, book: str) -> Iterator[Found | Fault]:
    """Each row as a statement to sign, or what is wrong with it; empty rows are passed over.

    Args:
        header: Names of the columns.
        rows: Cells of the rows.
        now: Claimed time of rows that name none.
        doc: Hash of the file, base64url.
        book: Origin of the place whose book it is for.
    """
    for number, cells in enumerate(rows, 2):
        if any(cells):
            yield _draft(number, header, cells, now, doc, book)


def _draft(number: int, header: tuple[str, ...], cells: tuple[str, ...], now: str, doc: str, book: str) -> Found | Fault:
    if len(cells) != len(header):
        return Fault(
            number, "", f"{len(cells)} cells where the header has {len(header)}", "Give every column a cell, an empty one."
        )
    given = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    long = [name for name, cell in given.items() if len(cell) > CELL_MAX]
    if long:
        return Fault(number, long[0], f"more than {CELL_MAX} characters", "Long texts are not imported.")
    kind = given.get("type", "")
    if kind not in KINDS:
        return Fault(number, "type", "no type that can be imported", f"One of {', '.join(KINDS)}.")
    extra = [name for name in given if name not in _OWN and name not in _MEMBERS[kind]]
    if extra:
        return Fault(number, extra[0], f"this type has no such column: {kind}", "Leave the cell empty.")
    body: dict[str, JsonValue] = {}
    for name, schema in _MEMBERS[kind].items():
        if name in given:
            value = _value(given[name], schema)
            if value is None:
                return Fault(number, name, f"not {_FORMS[schema['type']]}", "Correct the cell.")
            body[name] = value
    found = _found(number, cells, kind, given, body, now, doc)
    return found if isinstance(found, Fault) else _checked(found, book)


_FORMS: Final = {"integer": "a whole number", "boolean": "true or false", "array": "words with spaces between", "string": "text"}


def _value(cell: str, schema: Mapping[str, Any]) -> JsonValue | None:
    """A cell as a member of a body; None where it has not the form."""
    kind = schema.get("type", "string")
    if kind == "integer":
        return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 17 else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(cell.lower())
    return [*cell.split()] if kind == "array" else cell


def _found(
    number: int, cells: tuple[str, ...], kind: str, given: Mapping[str, str], body: dict[str, JsonValue], now: str, doc: str
) -> Found | Fault:
    company, waybill = given.get("company", ""), given.get("waybill", "")
    if waybill and kind != "appeal":
        return Fault(number, "waybill", "only an appeal names a parcel", "Name the company.")
    if bool(company) == bool(waybill):
        return Fault(number, "company", "a row names a company, or an appeal its waybill instead", "Fill one of the two.")
    if given.get("earlier") and not (kind == "appeal" and waybill):
        return Fault(number, "earlier", "only an appeal about a parcel has an earlier number", "Leave the cell empty.")
    actor = company if company.startswith(("uscc:", "gln:")) else f"uscc:{company}"
    subjects = {"waybill": waybill} if waybill else {"party" if kind in _BY_PARTY else "company": actor}
    at = f"{given['at']}T00:00:00+08:00" if len(given.get("at", "")) == 10 else given.get("at", now)
    draft = Draft(kind, at, subjects, body, mode="import", of=given.get("authority", ""), doc=doc)
    return Found(number, cells, draft, given.get("authority", ""), str(body.get("number", "")), given.get("earlier", ""))


def _checked(found: Found, book: str) -> Found | Fault:
    """The row, if a book would take its form; a stand-in signs, nothing is used up."""
    try:
        if not found.authority.startswith("auth:") or found.authority.startswith("auth:operator:"):
            raise Refused("source-missing", "names no authority: auth:kind:region", "/source/of")
        compose(
            found.draft, book=book, actor="auth:operator:000000", key=bytes(32), n=1,
            statement_id="00000000-0000-7000-8000-000000000000", salts=lambda _: bytes(32),
        )  # fmt: skip
    except Refused as error:
        return fault_of(found.row, error.code, error.cause, error.pointer)
    return found


def fault_of(row: int, code: str, why: str, pointer: str) -> Fault:
    """A refusal of the book as a fault of a row."""
    parts = pointer.strip("/").split("/")
    column = ""
    if parts[0] == "body" and len(parts) > 1:
        column = parts[1]
    elif parts[0] == "subjects" and len(parts) > 1:
        column = "waybill" if parts[1] == "waybill" else "company"
    elif parts[0] in ("source", "at", "type"):
        column = "authority" if parts[0] == "source" else parts[0]
    elif code == "field-missing" and "`" in why:
        column = why.split("`")[1]
    known = PROBLEMS.get(code)
    return Fault(row, column, why, known.cure if known is not None else "Ask the operator of the book.")

"""`suxin import authority`: a file of findings into the book, under the name of whoever imports it.

What stands in the book already is passed over, so running it twice adds nothing. What cannot be entered goes into a queue
file, whole, with the reason: rows in = entered + already there + queued. Source: docs/formats/authority-file.md.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from ..client.authority_file import Fault, Found, drafts_of, fault_of, read_file
from ..client.errors import ClientError
from ..client.post import ROWS_MAX, Patience, Session
from ..client.signer import MemoryCounter, Signer
from ..ledger.encoding import b64u
from ..ledger.entry import Entry, read_entry
from ..ledger.keys import SigningKey
from ..ledger.leaf import decode_genesis
from ..ledger.moment import moment_text
from ..ledger.party import authority_of
from ..ledger.statement import Statement
from ..ledger.store.book import Book
from ..ledger.store.memory import open_directory
from .publishing import last_counter

_UNKNOWN: Final = frozenset(("subject-unknown",))


@dataclass(slots=True)
class Import:
    """What became of a file.

    Attributes:
        rows: Rows that are not empty.
        recorded: Entered by this run.
        already: Found in the book, or further up in the file.
        ready: What a dry run would enter.
        faults: Rows that are wrong, with the reason.
        unmatched: Rows about a company or parcel that the book does not know.
        untried: Rows that were not sent, because the book did not answer.
    """

    rows: int = 0
    recorded: int = 0
    already: int = 0
    ready: int = 0
    faults: list[Fault] = field(default_factory=list)
    unmatched: list[Fault] = field(default_factory=list)
    untried: list[Fault] = field(default_factory=list)

    @property
    def queued(self) -> list[Fault]:
        """Everything that is not in the book, in the order of the file."""
        return sorted([*self.faults, *self.unmatched, *self.untried], key=lambda fault: fault.row)


class Known:
    """What the book knows of the subjects of a file."""

    def __init__(self, url: str) -> None:
        self._book = Book.open(url)
        with self._book.snapshot() as reads:
            genesis = decode_genesis(reads.leaf(0))
            self.book = genesis.book
            self.directory = open_directory(reads, genesis)
        self._said: dict[str, dict[tuple[str, str, str], list[Entry]]] = {}

    def close(self) -> None:
        """Let go of the book."""
        self._book.close()

    def is_known(self, found: Found) -> bool:
        """Whether the company is registered as a courier, or the parcel stands in the book."""
        waybill = found.draft.subjects.get("waybill")
        if waybill is not None:
            with self._book.snapshot() as reads:
                return bool(reads.stream_rows(f"w:{waybill}", limit=1))
        company = found.draft.subjects.get("company") or found.draft.subjects.get("party", "")
        return self.directory.role(company) == "courier"

    def said(self, found: Found, number: str = "") -> list[Entry]:
        """Entries of this type, authority and number about the same subject, in log order."""
        subjects = found.draft.subjects
        waybill, company = subjects.get("waybill"), subjects.get("company") or subjects.get("party", "")
        stream = f"w:{waybill}" if waybill else f"{'a' if found.draft.type == 'licence' else 's'}:{company}"
        return self._stream(stream).get((found.draft.type, found.authority, number or found.number), [])

    def _stream(self, stream: str) -> dict[tuple[str, str, str], list[Entry]]:
        if stream not in self._said:
            said = self._said[stream] = {}
            with self._book.snapshot() as reads:
                for _, index, leaf in reads.stream_leaves(stream):
                    entry = read_entry(index, leaf)
                    said.setdefault(_name(entry.statement), []).append(entry)
        return self._said[stream]


def _name(statement: Statement) -> tuple[str, str, str]:
    number = getattr(statement.body, "number", None)
    return (statement.type, authority_of(statement), number if isinstance(number, str) else "")


def import_file(
    raw: bytes, url: str, key: SigningKey, actor: str, now_ms: int, server: str = "", patience: Patience | None = None
) -> tuple[Import, tuple[str, ...], Mapping[int, tuple[str, ...]]]:
    """Import a file; without a server only say what would be done.

    Args:
        raw: The file.
        url: Database of the book, for what it knows already.
        key: The key that signs.
        actor: Whose key it is.
        now_ms: Claimed time of rows that name none, Unix milliseconds.
        server: Address of the running server.
        patience: How often to try while it does not answer.

    Returns:
        What became of it, the header, and the cells of every row by its number.

    Raises:
        FileFault: The file as a whole cannot be read.
    """
    header, rows = read_file(raw)
    done = Import()
    known = Known(url)
    try:
        doc = b64u(hashlib.sha256(raw).digest())
        wanted = _sorted_out(drafts_of(header, rows, moment_text(now_ms), doc, known.book), known, done)
        if not server:
            done.ready = len(wanted)
        else:
            signer = Signer(key, actor, known.book, MemoryCounter(last_counter(url, key.key_id)), lambda: now_ms)
            with Session(server, patience=patience) as session:
                _send(wanted, signer, session, done)
    finally:
        known.close()
    return done, header, dict(enumerate(rows, 2))


def _sorted_out(found: Iterable[Found | Fault], known: Known, done: Import) -> list[Found]:
    """Rows to enter; the others are counted where they belong."""
    wanted: dict[tuple[object, ...], Found] = {}
    for row in found:
        done.rows += 1
        if isinstance(row, Fault):
            done.faults.append(row)
        elif not known.is_known(row):
            column = "waybill" if "waybill" in row.draft.subjects else "company"
            why = (
                "nothing about this parcel stands in the book" if column == "waybill" else "no such courier company is registered"
            )
            done.unmatched.append(Fault(row.row, column, why, "Run the queue file again once it is."))
        elif _same(row) in wanted or any(_is_said(row, entry) for entry in known.said(row)):
            done.already += 1
        elif row.earlier and not known.said(row, row.earlier):
            done.faults.append(Fault(row.row, "earlier", "no such appeal stands in the book", "Import the earlier one first."))
        else:
            draft = replace(row.draft, ref=known.said(row, row.earlier)[0].statement) if row.earlier else row.draft
            wanted[_same(row)] = replace(row, draft=draft)
    return list(wanted.values())


def _same(row: Found) -> tuple[object, ...]:
    return (row.draft.type, row.authority, tuple(row.draft.subjects.items()), repr(sorted(row.draft.body.items())))


def _is_said(row: Found, entry: Entry) -> bool:
    body = entry.statement.body
    return body is not None and msgspec.to_builtins(body) == dict(row.draft.body)


def _send(wanted: list[Found], signer: Signer, session: Session, done: Import) -> None:
    for first in range(0, len(wanted), ROWS_MAX):
        part = wanted[first : first + ROWS_MAX]
        try:
            receipt = session.post_rows([signer.sign(row.draft) for row in part])
        except ClientError as error:
            cure = "Run it again: what was entered is passed over."
            done.untried += [Fault(row.row, "", str(error), cure) for row in wanted[first:]]
            return
        for row, outcome in zip(part, receipt.rows, strict=True):
            problem: Any = outcome.problem
            if problem is None:
                done.recorded += 1
            elif problem.code == "finding-known":
                done.already += 1
            else:
                fault = fault_of(row.row, problem.code, problem.detail, problem.pointer)
                (done.unmatched if problem.code in _UNKNOWN else done.faults).append(fault)


def write_queue(file: Path, header: tuple[str, ...], rows: Mapping[int, tuple[str, ...]], queued: list[Fault]) -> None:
    """Write the rows that are not in the book, cell for cell, to be mended and run again; reasons stand in a file beside it."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows[fault.row] for fault in queued)
    with file.with_suffix(".why.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("row", "column", "why", "cure"))
        writer.writerows((place, fault.column, fault.why, fault.cure) for place, fault in enumerate(queued, 2))

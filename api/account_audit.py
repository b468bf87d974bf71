"""Accounts of courier companies against a recount: every row is made anew from the entries and compared.

Part of `suxin verify`, after the log and the tables of the ledger hold: it reads along these. Memory does not grow with a
company's parcels: they are counted anew some at a time, with the streams of their waybills.
Source: docs/formats/account.md, "Verify".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from ..courier.account import PARCEL, counted_as, fold
from ..courier.facts import Said, waybills_of
from ..ledger.audit_derived import show
from ..ledger.audit_report import AuditReport, Findings
from ..ledger.directory import Directory
from ..ledger.entry import read_entry
from ..ledger.epoch import decode_epoch
from ..ledger.errors import LedgerError
from ..ledger.leaf import decode_genesis
from ..ledger.store.account_reads import Account, Carried
from ..ledger.store.book import Book
from ..ledger.store.memory import open_directory
from ..ledger.store.streams import Reads
from .account_steps import is_unsettled, kept_in, whole_streams

PARCELS: Final = 250  # counted anew at a time
ENTRIES: Final = 2_000  # leaves of the company's stream looked at, at a time
_GRADE: Final = 3  # place of the grade in an outcome


def with_accounts(report: AuditReport, url: str) -> AuditReport:
    """A report on a book, with what is wrong in the accounts of its courier companies; unchanged where the book does not hold.

    Args:
        report: On the book itself.
        url: Of its database.

    Raises:
        StoreError: The database failed.
    """
    if not report.holds:
        return report
    findings = Findings()
    with Book.open(url) as book, book.snapshot() as reads:
        directory = open_directory(reads, decode_genesis(reads.leaf(0)))
        for company in reads.account_companies():
            _audit(reads, company, directory, findings)
    return replace(report, first=findings.first, findings=tuple(findings.kept), findings_total=findings.total)


def _audit(reads: Reads, company: int, directory: Directory, findings: Findings) -> None:
    """One company; what cannot be made sense of is a finding, too."""
    key = str(company)
    try:
        name = reads.stream_names([company]).get(company, "")
        at = reads.account(company)
        if at is None:
            findings.add("derived-missing", "there are rows of an account that was never begun", None, "account", key)
            return
        if not name.startswith("c:") or not all(isinstance(value, int | None) for value in at):
            findings.add("derived-extra", f"stored {show(at)}, there is no such account", None, "account", key)
            return
        _Recount(reads, name[2:], at, directory, findings).run()
    except (LedgerError, TypeError, ValueError, KeyError, OverflowError) as error:
        findings.add("derived-differs", f"the account cannot be read: {type(error).__name__}", None, "account", key)


class _Recount:
    """One account, and what it comes to when everything is counted anew."""

    def __init__(self, reads: Reads, uscc: str, at: Account, directory: Directory, findings: Findings) -> None:
        self._reads = reads
        self._uscc = uscc
        self._at = at
        self._directory = directory
        self._findings = findings
        self._counts: Counter[str] = Counter()
        self._said = Said()
        # Grades are being made anew just now, of some parcels done and of others not: they are left out.
        self._ungraded = is_unsettled(reads, at, directory)

    def run(self) -> None:
        at, size = self._at, self._reads.head().size
        if not 0 < at.size <= size or not (self._ungraded or at.size <= at.graded <= size):
            self._differs("account", str(at.company), at, "a size that the log has")
            return
        self._parcels()
        self._extra_parcels()
        self._others()
        due = at._replace(
            position=self._reads.count_rows(at.company, at.size), at_ms=_time_of(self._reads, at.size - 1),
            first_ms=self._said.first_ms, last_ms=self._said.last_ms,
        )  # fmt: skip
        if due != at:
            self._differs("account", str(at.company), at, f"the entries give {show(due)}")
        self._compare_counts()

    def _parcels(self) -> None:
        """Every waybill of the company."""
        at, uscc = self._at, self._uscc
        for rows in self._reads.streams_between(f"w:{uscc}/", PARCELS):
            mine = {name[2:] for name, _ in rows}
            numbers, entries = whole_streams(self._reads, uscc, mine, at.size)
            # An entry that names two of its waybills is counted with the first.
            folded = fold(uscc, entries, lambda e, mine=mine: waybills_of(uscc, e)[0] in mine, self._directory, at.at_ms)  # type: ignore[misc]
            self._counts.update(folded.counts)
            self._said.extend(folded.said.first_ms, folded.said.last_ms)
            stored = self._reads.account_parcels(at.company, numbers.values())
            for waybill in sorted(mine & folded.parcels.keys()):
                number, due = numbers[waybill], folded.parcels[waybill]
                self._counts.update(counted_as(due.outcome))
                row, key = stored.get(number), f"{at.company}/{number}"
                if row is None:
                    self._findings.add("derived-missing", f"the entries give {show(due)}", None, "account_parcel", key)
                elif self._plain(row) != self._plain(Carried(number, *due)):
                    self._differs("account_parcel", key, kept_in(row), f"the entries give {show(due)}")

    def _extra_parcels(self) -> None:
        after: Any = -(2**63)
        while rows := self._reads.account_parcels_after(self._at.company, after, ENTRIES):
            names = self._reads.stream_names(row.parcel for row in rows)
            for row in rows:
                if not names.get(row.parcel, "").startswith(f"w:{self._uscc}/"):
                    key = f"{self._at.company}/{row.parcel}"
                    self._findings.add("derived-extra", f"stored {show(row)}", None, "account_parcel", key)
            after = rows[-1].parcel

    def _others(self) -> None:
        """Entries of the company's stream that name no waybill of it."""
        position, stream = -1, f"c:{self._uscc}"
        while rows := self._reads.stream_rows(stream, after=position, limit=ENTRIES):
            position = rows[-1][0]
            leaves = self._reads.leaves_at(index for _, index, _ in rows if index < self._at.size)
            entries = [read_entry(index, leaf) for index, leaf in sorted(leaves.items()) if b'"waybill":' not in leaf]
            self._counts.update(fold(self._uscc, entries, lambda _entry: True, self._directory, self._at.at_ms).counts)

    def _compare_counts(self) -> None:
        stored, due = self._reads.account_counts(self._at.company), dict(self._counts)
        if self._ungraded:
            stored, due = _without_grades(stored), _without_grades(due)
        for name in sorted(stored.keys() | due.keys(), key=str):
            key = f"{self._at.company}/{name}"
            if name not in stored:
                self._findings.add("derived-missing", f"the entries give {due[name]}", None, "account_count", key)
            elif name not in due:
                self._findings.add("derived-extra", f"stored {stored[name]}", None, "account_count", key)
            elif stored[name] != due[name]:
                self._differs("account_count", key, (stored[name],), f"the entries give {due[name]}")

    def _plain(self, row: Carried) -> Carried:
        return row._replace(outcome=_ungraded(row.outcome)) if self._ungraded else row

    def _differs(self, table: str, key: str, stored: tuple[Any, ...], due: str) -> None:
        self._findings.add("derived-differs", f"stored {show(stored)}, {due}", None, table, key)


def _ungraded(outcome: str) -> str:
    parts = outcome.split("/")
    return "/".join([*parts[:_GRADE], "", *parts[_GRADE + 1 :]])


def _without_grades(counts: dict[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name, n in counts.items():
        found[PARCEL + _ungraded(name[len(PARCEL) :]) if name.startswith(PARCEL) else name] += n
    return dict(found)


def _time_of(reads: Reads, index: int) -> int:
    """Time of the leaf at which an account may end: of an epoch, or when an entry was received."""
    leaf = reads.leaf(index)
    return decode_epoch(leaf).time if leaf.startswith(b'{"epoch":') else read_entry(index, leaf).received_ms

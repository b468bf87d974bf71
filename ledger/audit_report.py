"""What a verification found: every fault with its place and reason code, up to a bound, and what was counted on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reasons import REASONS

FINDINGS_MAX = 200  # kept in words; the rest is counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    Attributes:
        code: Key of `reasons.REASONS`.
        detail: What was compared and how it differs.
        index: Position in the log, where one can be named.
        table: Stored table that differs from what the log gives, else "".
        key: Key of the row in that table, without the shard.
    """

    code: str
    detail: str
    index: int | None = None
    table: str = ""
    key: str = ""


class Findings:
    """Collects faults. The first one in the book is kept whatever comes before it in time."""

    def __init__(self, bound: int = FINDINGS_MAX) -> None:
        self._bound = bound
        self.kept: list[Finding] = []
        self.total = 0
        self.first: Finding | None = None
        self.of_log = 0  # faults of the log itself, not of a table derived from it

    def add(self, code: str, detail: str, index: int | None = None, table: str = "", key: str = "") -> None:
        """Note one fault."""
        finding = Finding(code, detail, index, table, key)
        self.total += 1
        self.of_log += not table
        if len(self.kept) < self._bound:
            self.kept.append(finding)
        if self.first is None or _rank(finding) < _rank(self.first):
            self.first = finding

    def take(self, other: Findings) -> None:
        """Note what was found elsewhere, after what was found here."""
        before = self.total + other.total
        for finding in other.kept:
            self.add(finding.code, finding.detail, finding.index, finding.table, finding.key)
        self.of_log += other.of_log - sum(not finding.table for finding in other.kept)
        self.total = before
        if other.first is not None and (self.first is None or _rank(other.first) < _rank(self.first)):
            self.first = other.first


def _rank(finding: Finding) -> tuple[bool, int, bool]:
    """Order in the book: by index; at one index what the log says before what a table says."""
    return (finding.index is None, finding.index or 0, bool(finding.table))


@dataclass(frozen=True, slots=True)
class Holes:
    """Numbers of one key's counter that neither arrived nor were voided."""

    key: str
    missing: int
    ranges: tuple[tuple[int, int], ...]  # first and last, both included; the first few


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Result of a verification.

    Attributes:
        origin: Origin of the log, "" when not even the genesis leaf could be read.
        log_key: The log's public key as in the genesis leaf, 44 characters.
        size: Leaves read.
        signed_size: Leaves under the newest checkpoint that holds.
        first: The first fault in the book, None when it holds.
        findings: The faults in the order in which they were found, at most `FINDINGS_MAX`.
        findings_total: All faults.
        not_understood: Entries of types that this version does not know or only reserves.
        holes: Counters with holes, the first few; a hole is no fault.
        notices: What a reader should know though it is no fault.
        log_keys: Keys of the log in force at the newest epoch, as its own entries have it, the leading one first.
        not_checked: What was left out; empty after a whole verification.
    """

    origin: str
    log_key: str
    size: int
    signed_size: int
    epochs: int
    entries: int
    batches: int
    streams: int
    first: Finding | None
    findings: tuple[Finding, ...]
    findings_total: int
    not_understood: int = 0
    holes: tuple[Holes, ...] = ()
    holes_total: int = 0
    notices: tuple[str, ...] = field(default=())
    log_keys: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing at all was found."""
        return self.findings_total == 0


def report_json(report: AuditReport) -> dict[str, object]:
    """A report as a JSON value; members that have nothing to say are left out."""
    return {
        "origin": report.origin,
        "log_key": report.log_key,
        "log_keys": list(report.log_keys),
        "verdict": "holds" if report.holds else "fails",
        "holds": report.holds,
        "size": report.size,
        "signed_size": report.signed_size,
        "epochs": report.epochs,
        "entries": report.entries,
        "batches": report.batches,
        "streams": report.streams,
        "not_understood": report.not_understood,
        **({"first": _finding_json(report.first)} if report.first is not None else {}),
        "findings": [_finding_json(finding) for finding in report.findings],
        "findings_total": report.findings_total,
        "holes": [
            {"key": hole.key, "missing": hole.missing, "ranges": [list(run) for run in hole.ranges]} for hole in report.holes
        ],
        "holes_total": report.holes_total,
        "notices": list(report.notices),
        **({"not_checked": list(report.not_checked)} if report.not_checked else {}),
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    value: dict[str, object] = {"code": finding.code, "reason": REASONS[finding.code][0], "detail": finding.detail}
    if finding.index is not None:
        value["index"] = finding.index
    if finding.table:
        value |= {"table": finding.table, "key": finding.key}
    return value

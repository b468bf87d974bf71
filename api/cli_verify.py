"""`suxin verify`: a whole book from its stored bytes. Reads, never writes; prints, never decides: `ledger/audit.py` does.

Exit code 0: it holds; 1: it does not; 2: it could not be checked.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import orjson
from rich.console import Console

from ..ledger.audit import Tools, verify_book
from ..ledger.audit_hashes import verify_hashes
from ..ledger.audit_report import AuditReport, report_json
from ..ledger.checkpoint import open_cosigned
from ..ledger.errors import LedgerError, StoreError, VerificationError
from ..ledger.keys import public_text
from ..ledger.policy import Policy
from ..ledger.reasons import REASONS
from ..ledger.store.audit_chains import Chains
from ..ledger.store.audit_pool import Kind, open_pool
from ..ledger.store.audit_shelf import TemporaryShelf
from ..ledger.store.audit_source import AuditSource, open_source
from ..ledger.store.engine import file_of
from ..trace.lifecycle import TradeRules
from .outcome import fail
from .progress import leaves_bar
from .settings import from_environment
from .trust import read_policy

HOLDS, BROKEN = 0, 1
SHOWN_MAX = 20  # faults printed for a person; --json prints all that are kept


def verify(
    data: Path | None, database: str | None, policy: Path | None, as_json: bool, workers: Kind = "processes",
    hashes_only: bool = False,
) -> int:  # fmt: skip
    """Verify a book and print the result.

    Args:
        data: Data folder; None for `SUXIN_DATA` or the default.
        database: Database URL; None for SQLite in the data folder.
        policy: File of the reader's trust policy; without one the log key in the book's own genesis leaf is believed.
        as_json: Print one JSON value.
        workers: Processes or threads check the signatures.
        hashes_only: Check no signature and no rule.

    Returns:
        Exit code.
    """
    settings = from_environment(os.environ, data=data, database=database)
    try:
        trusted = read_policy(policy)
        file = file_of(settings.url)
        if file is not None and not Path(file).exists():
            raise StoreError(f"there is no book at {file}; --data names the data folder, --database a database")
        with open_source(settings.url) as source:
            report = (
                run_hashes(source, str(file) if file else None, quiet=as_json)
                if hashes_only
                else run(source, workers, quiet=as_json)
            )
            if not hashes_only:
                from .account_audit import with_accounts  # 10 MiB of rules, in memory only when the rest is done

                report = with_accounts(report, settings.url)
            notices = (*report.notices, *source.notices(), *_distrust(report, trusted, source))
    except (LedgerError, OSError) as error:
        return fail(error, as_json)
    if as_json:
        print(orjson.dumps(report_json(report) | {"notices": list(notices)}).decode())  # noqa: T201 - the answer itself
    else:
        _print(report, notices, Console(highlight=False, soft_wrap=True))
    return HOLDS if report.holds else BROKEN


def run(source: AuditSource, workers: Kind = "processes", quiet: bool = False, cores: int | None = None) -> AuditReport:
    """Verify an open book with everything this machine has.

    Args:
        source: The book.
        workers: Processes or threads check the signatures.
        quiet: Show no progress bar.
        cores: How many cores to use; all by default.

    Raises:
        StoreError: The database or a process failed on the way.
    """
    with open_pool(workers, cores) as checker, closing(TemporaryShelf()) as shelf, _bar(source, quiet) as progress, _no_cycles():
        return verify_book(source, TradeRules(), Tools(checker, shelf), progress)


def run_hashes(source: AuditSource, file: str | None, quiet: bool = False) -> AuditReport:
    """Verify the hashes of an open book, its chains in a process of their own where it is a SQLite file.

    Args:
        source: The book.
        file: Where it lies; None for PostgreSQL.
        quiet: Show no progress bar.

    Raises:
        StoreError: The database failed on the way.
    """
    with ExitStack() as stack:
        progress = stack.enter_context(_bar(source, quiet))
        stack.enter_context(_no_cycles())
        fence = source.head()

        def begin(depth: int) -> Chains | None:
            if file is None or fence is None or (os.cpu_count() or 1) < 2:
                return None
            return stack.enter_context(closing(Chains(file, source.shard, depth, fence[1])))

        return verify_hashes(source, begin, progress)


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Switch the search for reference cycles off: the verifier makes none, and the search would take a tenth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _bar(source: AuditSource, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error."""
    if quiet:
        yield lambda _leaves: None
        return
    with leaves_bar("verifying", quiet) as progress:
        task = progress.add_task("", total=source.leaves_stored())
        yield lambda leaves: progress.update(task, completed=leaves)


def _distrust(report: AuditReport, policy: Policy | None, source: AuditSource) -> list[str]:
    """Hold the log against the reader's policy.

    Returns:
        Notices on how far witnesses have cosigned.

    Raises:
        VerificationError: `policy-name`: an unknown log is never trusted, whatever it holds.
    """
    if not report.log_key:
        return []
    if policy is None:
        return ["no policy was given: the log key is the one that the book itself names"]
    trusted = policy.keys_of(report.origin)
    if not any(public_text(key.public) in (*report.log_keys, report.log_key) for key in trusted):
        raise VerificationError("policy-name", f"the policy does not know the log {report.origin or '(none)'} with this key")
    if report.log_keys and not any(public_text(key.public) in report.log_keys for key in trusted):
        raise VerificationError("log-key-retired", f"the policy names no key that signs {report.origin} now, only older ones")
    if not policy.needs_witnesses():
        return []
    keys = [witness.key for witness in policy.witnesses]
    names = {witness.key: witness.name for witness in policy.witnesses}
    newest = 0
    for rows in source.checkpoints():
        for _, size, note in rows:
            try:
                opened = open_cosigned(note, report.origin, trusted, keys)
            except VerificationError:
                continue  # said in the report
            if policy.quorum_met({names[one.witness] for one in opened.cosignatures}):
                newest = size
    return [f"cosigned by a quorum of the policy's witnesses up to size {newest}"]


def _print(report: AuditReport, notices: tuple[str, ...], console: Console) -> None:
    console.print(
        f"{report.origin}: {report.size} leaves, {report.entries} entries, {report.batches} batches, {report.streams} streams, "
        f"{report.epochs} epochs; signed up to size {report.signed_size}"
    )
    if report.not_understood:
        console.print(f"{report.not_understood} entries not understood")
    for hole in report.holes[:SHOWN_MAX]:
        ranges = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in hole.ranges)
        console.print(f"counter of key {hole.key}: {hole.missing} numbers missing ({ranges})")
    for notice in notices:
        console.print(f"note: {notice}")
    for words in report.not_checked:
        console.print(f"not checked: {words}")
    if report.first is None:
        hashes = "every leaf's hash, chain and checkpoint, and the newest map; nothing else was looked at"
        whole = "every leaf, signature, rule, chain, map, checkpoint and derived table"
        console.print(f"[green]holds[/green]: {hashes if report.not_checked else whole}")
        return
    for finding in report.findings[:SHOWN_MAX]:
        where = [] if finding.index is None else [f"index {finding.index}"]
        where += [f"table {finding.table}, key {finding.key}"] if finding.table else []
        console.print(
            f"{finding.code} at {', '.join(where) or 'no index'}: {REASONS[finding.code][0]} {finding.detail}", markup=False
        )
    if report.findings_total > SHOWN_MAX:
        console.print(f"and {report.findings_total - SHOWN_MAX} more")
    place = "" if report.first.index is None else f" at index {report.first.index}"
    console.print(f"[red]does not hold[/red]: first {report.first.code}{place}")

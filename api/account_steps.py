"""Steps of a courier company's account: what a snapshot of the book says is to be changed in it next. Reads, writes nothing.

A step takes in some entries of the company's stream and whatever time alone has changed; `regrade` judges parcels anew after
somebody behind a signature changed owner or key holder. Source: docs/formats/account.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ..courier.account import HOUSE, Folded, Kept, counted_as, fold
from ..courier.facts import Said, waybills_of
from ..ledger.directory import Directory
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import StoreError
from ..ledger.store.account_reads import Account, Carried
from ..ledger.store.accounts import AccountStep
from ..ledger.store.streams import Reads

CHUNK: Final = 1_000  # entries of a step; with the streams of their waybills at most some 20 MB
REGRADED: Final = 500  # parcels of a step that only judges anew


def next_step(reads: Reads, uscc: str, size: int, at_ms: int, directory: Directory) -> AccountStep | None:
    """The next step towards a published state; None where the account says all of it, or nobody has named the company.

    Args:
        reads: A snapshot, not older than that state.
        uscc: The company.
        size: Leaves of that state.
        at_ms: Its time, Unix milliseconds.
        directory: Who is who, not older than that state.

    Raises:
        StoreError: The stream has a hole.
    """
    stream = f"c:{uscc}"
    tail = reads.find_streams([stream]).get(stream)
    if tail is None:
        return None
    before = reads.account(tail.stream_no)
    at = before or Account(tail.stream_no, 0, 0, 0, None, None, 0)
    graded = max((0, *(1 + index for index in dict(directory.rehoused).values())))
    fresh, more = _fresh(reads, stream, at.position, tail.count, size)
    if more:
        size, at_ms = fresh[-1].index + 1, fresh[-1].received_ms
    names = sorted({waybill for entry in fresh for waybill in waybills_of(uscc, entry)})
    numbers, entries = whole_streams(reads, uscc, names, size, fresh)
    said = Said()
    said.extend(at.first_ms, at.last_ms)
    first = fresh[0].index if fresh else size
    folded = fold(uscc, entries, lambda entry: entry.index >= first, directory, at_ms)
    said.extend(folded.said.first_ms, folded.said.last_ms)
    due = [row for row in reads.account_due(at.company, at_ms) if row.parcel not in numbers.values()]
    if not fresh and not due:
        return None
    changed = {numbers[name]: folded.parcels[name] for name in names}
    changed |= {row.parcel: kept_in(row).turned() for row in due}
    was = reads.account_parcels(at.company, numbers.values()) | {row.parcel: row for row in due}
    after = Account(
        company=at.company,
        position=at.position + len(fresh),
        size=max(size, at.size),
        at_ms=max(at_ms, at.at_ms),
        first_ms=said.first_ms,
        last_ms=said.last_ms,
        graded=at.graded if is_unsettled(reads, at, directory) else max(size, graded, at.graded),
    )
    return _step(before, after, changed, was, folded)


def is_unsettled(reads: Reads, at: Account, directory: Directory) -> bool:
    """Whether somebody who signed for a parcel of the account has other people behind it than when parcels were graded."""
    moved = [actor for actor, index in dict(directory.rehoused).items() if index >= at.graded]
    return any(f"{HOUSE}{actor}" in reads.account_counts(at.company, f"{HOUSE}{actor}") for actor in moved)


def regrade(
    reads: Reads, uscc: str, company: int, after: int, graded: int, directory: Directory
) -> tuple[AccountStep, int] | None:
    """A step that judges the next parcels anew, and the last of these; the last step has no further one.

    Args:
        reads: A snapshot.
        uscc: The company.
        company: Number of its stream.
        after: Parcels up to this number are done.
        graded: What the account is graded by once all are.
        directory: Who is who, not older than that.
    """
    at = reads.account(company)
    if at is None:
        return None
    rows = reads.account_parcels_after(company, after, REGRADED)
    names = reads.stream_names(row.parcel for row in rows)
    waybills = {row.parcel: names[row.parcel][2:] for row in rows if row.parcel in names}
    _, entries = whole_streams(reads, uscc, sorted(waybills.values()), at.size)
    folded = fold(uscc, entries, lambda _entry: False, directory, at.at_ms)
    changed = {number: folded.parcels[name] for number, name in waybills.items() if name in folded.parcels}
    is_last = len(rows) < REGRADED
    done = at._replace(graded=max(graded, at.size)) if is_last else at
    return _step(at, done, changed, {row.parcel: row for row in rows}, folded), (-1 if is_last else rows[-1].parcel)


def whole_streams(
    reads: Reads, uscc: str, waybills: Iterable[str], size: int, known: Iterable[Entry] = ()
) -> tuple[dict[str, int], list[Entry]]:
    """Everything that a company's stream holds about some of its waybills, in log order.

    Args:
        reads: A snapshot.
        uscc: The company.
        waybills: Their keys.
        size: Only entries among so many leaves.
        known: Entries that were read already; they are given back with the others.

    Returns:
        Number of each waybill's stream by key, and the entries.
    """
    tails = reads.find_streams(f"w:{waybill}" for waybill in waybills)
    found = {entry.index: entry for entry in known}
    wanted = {index for rows in reads.rows_of(tails).values() for _, index in rows if index < size}
    stream = f"c:{uscc}"
    for index, leaf in reads.leaves_at(wanted - found.keys()).items():
        entry = read_entry(index, leaf)
        if stream in entry.statement.streams:
            found[index] = entry
    return {name[2:]: tail.stream_no for name, tail in tails.items()}, [found[index] for index in sorted(found)]


def kept_in(row: Carried) -> Kept:
    """What an account keeps of the parcel in a row."""
    return Kept._make(row[1:])


def _fresh(reads: Reads, stream: str, position: int, count: int, size: int) -> tuple[list[Entry], bool]:
    """The next entries of a stream, and whether there may be more of them below that size."""
    if position >= count:
        return [], False
    rows = reads.stream_rows(stream, after=position - 1, limit=CHUNK)
    rows = [row for row in rows if row[1] < size]
    bodies = reads.leaves_at(index for _, index, _ in rows)
    if [place for place, _, _ in rows] != list(range(position, position + len(rows))) or len(bodies) != len(rows):
        raise StoreError("the stream of a courier company has a hole")
    return [read_entry(index, bodies[index]) for _, index, _ in rows], len(rows) == CHUNK


def _step(
    before: Account | None, after: Account, changed: Mapping[int, Kept], was: Mapping[int, Carried], folded: Folded
) -> AccountStep:
    counts = Counter(folded.counts)
    rows = []
    for number, kept in changed.items():
        old = was.get(number)
        if old is not None and kept_in(old) == kept:
            continue
        rows.append(Carried(number, *kept))
        counts.update(counted_as(kept.outcome))
        if old is not None:
            counts.update(counted_as(old.outcome, -1))
    return AccountStep(before, after, rows, counts)

"""The monthly bulletin: what stood about every courier company at a month's end, in one signed file. Pure.

Named is what stood at the end of the month and still stands in the state that the bulletin is bound to: what was repaired,
withdrawn or ended since is counted and not named. Source: docs/formats/bulletin.md; domain.md G18.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from ..ledger.canonical import dump
from ..ledger.credit import BreachBody, ListBody, PenaltyBody, PublicationBody, WarningBody
from ..ledger.encoding import b64u
from ..ledger.entry import Entry
from ..ledger.hashing import BULLETIN_TAG
from ..ledger.keys import SigningKey
from ..ledger.limits import BUNDLE_BYTES_MAX, BUNDLE_DEPTH_MAX
from ..ledger.party import authority_of
from .cohort import end_of
from .dossier import Dossier, Objection, dossier_of
from .errors import CreditError
from .settlement import time_of

BULLETIN_BYTES_MAX: Final = 4 * BUNDLE_BYTES_MAX  # some ten thousand entries
DEPTH_MAX: Final = BUNDLE_DEPTH_MAX + 1
_MONTH: Final = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in China.

    Attributes:
        name: YYYY-MM.
        last: Its last day.
        start_ms: Its first moment, Unix milliseconds.
        end_ms: The first moment after it.
    """

    name: str
    last: str
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class Told:
    """What a bulletin says of some companies.

    Attributes:
        ratings: Published ratings, by company.
        warnings: Warnings that were public.
        lists: Entries of official lists in their term.
        penalties: Penalties and breaches in their term.
        named: Entries that the rows name.
        counts: graded, ungraded, unrated, repairs of the month, and left_out.
    """

    ratings: list[Row] = field(default_factory=list)
    warnings: list[Row] = field(default_factory=list)
    lists: list[Row] = field(default_factory=list)
    penalties: list[Row] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("graded", "left_out", "repairs", "ungraded", "unrated"), 0)
    )


def month_of(text: str) -> Month:
    """Read a month.

    Raises:
        CreditError: It is none.
    """
    if not _MONTH.fullmatch(text):
        raise CreditError("is no month, YYYY-MM, of the years 2000 to 2099", "", "month")
    first = date.fromisoformat(f"{text}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    start_ms = end_of(first.isoformat()) - 24 * 3_600_000
    return Month(text, last.isoformat(), start_ms, end_of(last.isoformat()))


def tell(files: Mapping[str, Sequence[Entry]], month: Month, now_ms: int) -> Told:
    """What there is to say of companies.

    Args:
        files: Entries of each company's `s:` stream in log order, by its code; of one that has none, nothing.
        month: The month.
        now_ms: Time of the state that the bulletin is bound to; after the month.
    """
    told = Told()
    for company in sorted(files):
        entries = files[company]
        then, now = dossier_of(entries, month.end_ms - 1), dossier_of(entries, now_ms)
        _rating(told, then, now)
        _findings(told, then, now)
        before = {warned.entry.name for warned in dossier_of(entries, month.start_ms - 1).public_warnings}
        _warnings(told, then, now, before)
        told.counts["repairs"] += sum(time_of(repair.entry) >= month.start_ms for repair in then.repairs)
    return told


def _rating(told: Told, then: Dossier, now: Dossier) -> None:
    standing = {entry.name for entry in now.publications}
    kept = [entry for entry in then.publications if entry.name in standing]
    told.counts["left_out"] += then.current is not None and then.current.name not in standing
    if not kept:
        told.counts["unrated"] += 1
        return
    row = row_of(kept[-1])
    told.counts["ungraded" if row["grade"] == "none" else "graded"] += 1
    open_now = {one.about for one in (*then.objections, *now.objections) if one.outcome == "open"}
    told.ratings.append(row | {"told": {"in_dispute": kept[-1].name in open_now}})
    told.named.append(kept[-1].index)


def _findings(told: Told, then: Dossier, now: Dossier) -> None:
    later = {finding.entry.name: finding for finding in now.public_findings}
    for finding in then.public_findings:
        still = later.get(finding.entry.name)
        if still is None:
            told.counts["left_out"] += 1
            continue
        rows = told.lists if isinstance(finding.body, ListBody) else told.penalties
        rows.append(row_of(finding.entry) | {"told": {"in_dispute": finding.in_dispute or still.in_dispute}})
        told.named.append(finding.entry.index)


def _warnings(told: Told, then: Dossier, now: Dossier, before: set[str]) -> None:
    later = {warned.entry.name: warned for warned in now.public_warnings}
    for warned in then.public_warnings:
        name = warned.entry.name
        if name not in later:
            told.counts["left_out"] += 1
            continue
        disputed = _is_open(warned.objections) or _is_open(later[name].objections)
        said = {"answers": len(warned.answers), "in_dispute": disputed, "new": name not in before}
        told.warnings.append(row_of(warned.entry) | {"told": said})
        told.named.append(warned.entry.index)


def _is_open(objections: Iterable[Objection]) -> bool:
    return any(objection.outcome == "open" for objection in objections)


def row_of(entry: Entry) -> Row:
    """What a bulletin's row says of an entry by the entry alone.

    Raises:
        CreditError: No bulletin names an entry of this type.
    """
    statement, body = entry.statement, entry.statement.body
    about = statement.subjects.get("party") or statement.subjects.get("company") or ""
    row: Row = {"company": about.removeprefix("uscc:"), "index": entry.index, "statement": entry.name}
    if isinstance(body, PublicationBody):
        said = ("as_of", "colour", "grade", "high_e1", "low_e1", "near", "note", "score_e1")
        return row | {"by": statement.party} | _members(body, said)
    if isinstance(body, WarningBody) and body.event == "notice":
        return row | {"by": statement.party} | _members(body, ("answer_by", "as_of", "grounds", "last"))
    if isinstance(body, ListBody):
        return row | {"authority": authority_of(statement)} | _members(body, ("first", "last", "list", "number"))
    if isinstance(body, PenaltyBody | BreachBody):
        found = ("degree", "first", "kind", "last", "number")
        return row | {"authority": authority_of(statement), "type": statement.type} | _members(body, found)
    raise CreditError(f"an entry of type {statement.type} is in no bulletin", "/proofs", "bulletin")


def _members(body: msgspec.Struct, names: tuple[str, ...]) -> Row:
    value = msgspec.to_builtins(body)
    return {name: value[name] for name in names if name in value}


def make_bulletin(
    told: Told,
    month: Month,
    note: str,
    leaf: Callable[[int], bytes],
    path: Callable[[int], Sequence[bytes]],
    size: int,
    key: SigningKey,
) -> bytes:
    """Put a bulletin together and sign it.

    Args:
        told: What it says.
        month: Of which month.
        note: The checkpoint.
        leaf: Leaf at an index.
        path: Its inclusion path under the checkpoint.
        size: Leaves under the checkpoint.
        key: The publisher's.
    """

    def proved(index: int) -> tuple[Any, str]:
        return msgspec.json.decode(leaf(index)), b64u(b"".join(path(index)))

    sealed: dict[str, Any] = {
        name: dict(zip(("leaf", "path"), proved(at), strict=True)) for name, at in (("epoch", size - 1), ("genesis", 0))
    }
    value: dict[str, Any] = sealed | {
        "checkpoint": note,
        "counts": told.counts,
        "lists": told.lists,
        "month": month.name,
        "penalties": told.penalties,
        "proofs": [[index, *proved(index)] for index in sorted(told.named)],
        "ratings": told.ratings,
        "v": 1,
        "warnings": told.warnings,
    }
    signature = key.sign(BULLETIN_TAG + dump(value, DEPTH_MAX - 1))
    return dump({"bulletin": value, "key": key.public_text, "signature": b64u(signature)}, DEPTH_MAX)

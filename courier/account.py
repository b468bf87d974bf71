"""The account of a courier company: what its pages show, kept from step to step so that nobody adds up from the first entry.

A step reads the entries that are new and, whole, the streams of the waybills they speak of; what each parcel was counted as is
taken out and what it is now put in. Entries are folded by `CourierFile`, so an account cannot say anything but a recount.
Pure. Source: docs/formats/account.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..ledger.directory import Directory
from ..ledger.entry import Entry
from .facts import CourierFile, Said, Tally, waybills_of
from .grievances import Grievances
from .parcel import Outcome, Parcel, outcome_of, turned_kind, turns_ms
from .reviews import Reviews

PARCEL: Final = "parcel/"  # names of counts, docs/formats/account.md
TIME: Final = "time/"
SCAN: Final = "scan/"
SYNC: Final = "sync/"
REVIEW: Final = "review/"
HOUSE: Final = "house/"
VOICE: Final = "voice/"
SHOWN: Final = (PARCEL, TIME, SCAN, SYNC, REVIEW, VOICE)  # what a page is made of
_VOICES: Final = frozenset(("complaint", "case", "reply", "objection", "repair"))
_FLAGS: Final = (("confirmed", "c"), ("damaged", "d"), ("gap", "g"))


class Kept(NamedTuple):
    """What an account keeps of one parcel.

    Attributes:
        outcome: What became of it, as `outcome_text` writes it.
        turns_ms: Time from which on it is something else by time alone, or None.
        consign: Log index of its live consign, or None.
        consigned_ms: Claimed time of that, or None.
    """

    outcome: str
    turns_ms: int | None
    consign: int | None
    consigned_ms: int | None

    def turned(self) -> Kept:
        """The same once its time has come."""
        kind, slash, rest = self.outcome.partition("/")
        return self._replace(outcome=f"{turned_kind(kind)}{slash}{rest}", turns_ms=None)


@dataclass(frozen=True, slots=True)
class Folded:
    """What some entries come to.

    Attributes:
        parcels: Every waybill they speak of, as it stands after them.
        said: Counts of the entries that were to be counted.
        counts: The same, and whose voices they were, by name.
    """

    parcels: dict[str, Kept]
    said: Said
    counts: Counter[str]


def fold(uscc: str, entries: Iterable[Entry], is_counted: Callable[[Entry], bool], directory: Directory, now_ms: int) -> Folded:
    """Fold entries of a company's stream.

    Args:
        uscc: The company.
        entries: In log order; of each waybill that matters all there are.
        is_counted: Whether an entry is to be counted; what a parcel has come to is told from all of them.
        directory: Who is who, not older than the entries.
        now_ms: As of when, Unix milliseconds.
    """
    file, said, waste, counts = CourierFile(uscc), Said(), Said(), Counter[str]()
    for entry in entries:
        counted = is_counted(entry)
        file.said = said if counted else waste
        file.take((entry,), directory)
        if counted:
            counts.update(_names(uscc, entry, directory))
    for prefix, found in ((SCAN, said.scans), (SYNC, said.late), (REVIEW, said.reviews.counts())):
        counts.update({f"{prefix}{name}": n for name, n in found.items() if name and n})
    parcels = {waybill: kept_of(parcel, directory, now_ms) for waybill, parcel in file.parcels.items()}
    return Folded(parcels, said, counts)


def _names(uscc: str, entry: Entry, directory: Directory) -> list[str]:
    """Names of counts that an entry adds one to, beyond what `Said` counts."""
    statement = entry.statement
    found = [f"{VOICE}{entry.index:016d}"] if statement.type in _VOICES else []
    if waybills_of(uscc, entry):
        signers = {statement.actor, statement.party}
        found += sorted({f"{HOUSE}{directory.company(name)}" for name in signers if not name.startswith("anon:")})
    return found


def kept_of(parcel: Parcel, directory: Directory, now_ms: int) -> Kept:
    """What an account keeps of a parcel as of a moment."""
    outcome, consign = outcome_of(parcel, directory, now_ms), parcel.consign
    index, at_ms = (None, None) if consign is None else (consign.index, consign.at_ms)
    return Kept(outcome_text(outcome), turns_ms(parcel, outcome), index, at_ms)


def outcome_text(outcome: Outcome) -> str:
    """An outcome in one line: kind/method/consent/grade/flags/odd/minutes."""
    flags = "".join(letter for name, letter in _FLAGS if getattr(outcome, name))
    minutes = "" if outcome.minutes is None else str(outcome.minutes)
    return f"{outcome.kind}/{outcome.method}/{outcome.consent}/{outcome.grade}/{flags}/{outcome.odd}/{minutes}"


def counted_as(outcome: str, times: int = 1) -> dict[str, int]:
    """What a parcel of this outcome adds to which counts."""
    text, _, minutes = outcome.rpartition("/")
    found = {PARCEL + text: times}
    if minutes:
        found[f"{TIME}{minutes}/{int(text.startswith('late/'))}"] = times
    return found


class Account:
    """A company's account as its pages read it.

    Args:
        uscc: The company.
        position: Entries of its stream that are in it.
        first_ms: Claimed time of the first parcel, or None.
        last_ms: Claimed time of the last scan or sign-off, or None.
        counts: By name.
        complaints: Folded from the entries that the counts name as voices (`voices`).
        as_of_ms: As of when its counts of parcels stand, Unix milliseconds.
        is_behind: Whether there are entries that it does not count yet.

    Attributes:
        said: As of a `CourierFile`.
    """

    def __init__(
        self, uscc: str, position: int, first_ms: int | None, last_ms: int | None, counts: Mapping[str, int],
        complaints: Grievances, as_of_ms: int, *, is_behind: bool = False,
    ) -> None:  # fmt: skip
        self.uscc = uscc
        self.position = position
        self.complaints = complaints
        self.as_of_ms = as_of_ms
        self.is_behind = is_behind
        self.said = Said()
        self.said.first_ms, self.said.last_ms = first_ms, last_ms
        self.said.scans.update(_under(SCAN, counts))
        self.said.late.update(_under(SYNC, counts))
        self.said.reviews = Reviews.of(_under(REVIEW, counts))
        self._counts = counts

    def tally(self, directory: Directory, now_ms: int) -> Tally:
        """Counts of the parcels; who is who and when it is went into them as they were kept."""
        tally = Tally(Counter(), Counter())
        for text, n in _under(PARCEL, self._counts).items():
            kind, method, consent, grade, flags, odd = text.split("/")
            marks = {name: letter in flags for name, letter in _FLAGS}
            tally.add(Outcome(kind, True, None, method, consent, grade, odd=int(odd), **marks), n)
        for text, n in _under(TIME, self._counts).items():
            minutes, late = text.split("/")
            tally.times[int(minutes), late == "1"] += n
        return tally


def voices(counts: Mapping[str, int]) -> list[int]:
    """Log indexes of the complaints, and of what came under them, that an account names."""
    return sorted(int(name) for name in _under(VOICE, counts))


def complaints_of(uscc: str, entries: Iterable[Entry], directory: Directory) -> Grievances:
    """The complaints about a company, from the entries that its account names."""
    file = CourierFile(uscc)
    file.take(entries, directory)
    return file.complaints


def _under(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {name[len(prefix) :]: n for name, n in counts.items() if name.startswith(prefix)}

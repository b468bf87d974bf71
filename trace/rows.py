"""Entries into rows of a record: newest first, answers under what they answer, scans on the way folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..ledger.bodies import CorrectionBody, ListingBody, SaleBody
from ..ledger.entry import Entry
from ..ledger.erasure import ErasureBody
from ..ledger.oddity import claimed_time
from ..ledger.refs import ClaimedTime, Party
from ..ledger.voices import ReviewBody
from .details import code_of, facts_of, place_of
from .evidence import Support
from .flags import Marks
from .material import Material
from .order import Order
from .record import Fact, RecordRow, ScanFold, Words
from .verdict import Verdicts, is_first_of_item

DAY_MS: Final = 24 * 3_600_000
NESTED: Final = frozenset(("reply", "case", "confirm", "erasure"))  # shown under what they refer to; so is a follow-up review
ON_THE_WAY: Final = frozenset((
    "HUB_IN", "HUB_OUT", "EXPORT_CUSTOMS", "ARRIVED_COUNTRY", "IMPORT_CUSTOMS", "CUSTOMS_CLEARED", "AT_DELIVERY_DEPOT",
    "OUT_FOR_DELIVERY",
))  # fmt: skip
_DOUBTED: Final = frozenset(("late", "very_late", "out_of_order", "ahead"))
_ABOUT: Final = {"l": "offer", "r": "offer", "w": "waybill", "c": "waybill", "a": "actor", "k": "actor", "s": "actor"}


class Rows:
    """Makes the rows of one story.

    Args:
        material: The story.
        item: Stream of the item, "" for a waybill's own story.
    """

    def __init__(self, material: Material, item: str = "") -> None:
        self._material = material
        self.support = Support(material)
        self.marks = Marks(material, self.support)
        self.verdicts = Verdicts(material, self.support, self.marks.grievances)
        self._order = Order(material, self.support.parcels, item)
        self._currency = _currency(material)

    def record(self, shown: Sequence[Entry]) -> tuple[RecordRow | ScanFold, ...]:
        """Rows of these entries, newest first by claimed time; every entry stands in exactly one place."""
        names = {entry.name for entry in shown}
        under: dict[str, list[Entry]] = {}
        tops = []
        for entry in shown:
            root = self._root(entry, names)
            if root is None:
                tops.append(entry)
            else:
                under.setdefault(root, []).append(entry)
        tops.sort(key=lambda e: (e.statement.at_ms, e.index), reverse=True)
        return fold_scans(self.row(entry, under.get(entry.name, ())) for entry in tops)

    def _root(self, entry: Entry, names: set[str]) -> str | None:
        """Hash of the entry under which this one is shown, or None for a row of its own."""
        at, root = entry, None
        while _is_nested(at) and at.statement.ref in names:
            at = self._material.by_name[at.statement.ref]
            root = at.name
        return root

    def row(self, entry: Entry, replies: Iterable[Entry] = ()) -> RecordRow:
        """One row; `replies` are shown under it, oldest first."""
        statement = entry.statement
        body = statement.body
        corrections = [e for e in self._material.referring.get(entry.name, ()) if isinstance(e.statement.body, CorrectionBody)]
        time = claimed_time(entry, out_of_order=self._order.is_odd(entry))
        told = (*self._since_first(entry), *facts_of(entry, self._currency), *self._verdict(entry), *self._clock(entry))
        return RecordRow(
            ref=entry.ref,
            kind=statement.type,
            code=code_of(entry),
            about=about_of(entry),
            time=time,
            actor=self._material.party(statement.actor),
            acting_for=self._acting_for(entry),
            place=place_of(entry),
            evidence=self.support.evidence(entry),
            facts=(*told, *self._proved_time(entry, time)),
            stars=body.stars if isinstance(body, ReviewBody) and isinstance(body.stars, int) else 0,
            words=self._words(entry),
            flags=self.marks.of(entry),
            replies=tuple(self.row(e) for e in sorted(replies, key=lambda e: e.index)),
            corrected_by=corrections[-1].ref if corrections else None,
            source=statement.mode,
        )

    def _proved_time(self, entry: Entry, time: ClaimedTime) -> tuple[Fact, ...]:
        """Of an odd claim, what the book proves: that it was signed after an entry it names by hash, and when it was there."""
        if not _DOUBTED.intersection(time.oddities):
            return ()
        body = entry.statement.body
        named = (entry.statement.ref, getattr(body, "accepts", None), getattr(body, "consign", None))
        before = [self._material.by_name[name].index for name in named if name in self._material.by_name]
        after = (Fact("proved_after", max(before)),) if before else ()
        return (*after, Fact("proved_by", entry.received_ms))

    def _acting_for(self, entry: Entry) -> Party | None:
        """Whom the signer binds: the giver of a mandate, or a device's company."""
        statement = entry.statement
        bound = statement.party if statement.party != statement.actor else self._material.directory.company(statement.actor)
        return None if bound == statement.actor else self._material.party(bound)

    def _words(self, entry: Entry) -> Words | None:
        if not isinstance(getattr(entry.statement.body, "text", None), str):
            return None
        erasures = [e for e in self._material.referring.get(entry.name, ()) if isinstance(e.statement.body, ErasureBody)]
        if erasures:
            return _erased(entry, erasures[-1])
        text = None if entry.name in self.verdicts.hidden else self._material.texts(entry.statement.hash)
        return Words("sealed") if text is None else Words("shown", text)

    def _verdict(self, entry: Entry) -> tuple[Fact, ...]:
        """What a review proves of its author, and whether it enters the averages."""
        if not isinstance(entry.statement.body, ReviewBody):
            return ()
        proved = Fact("proved", self.verdicts.proved(entry))
        return (proved, Fact("counts", self.verdicts.counts(entry))) if is_first_of_item(entry) else (proved,)

    def _clock(self, entry: Entry) -> tuple[Fact, ...]:
        """How a complaint stands, and what is due next."""
        grievance = self.marks.grievances.get(entry.name)
        if grievance is None:
            return ()
        state = Fact("case_state", grievance.state)
        return (state,) if grievance.due_ms is None else (state, Fact(f"{grievance.due}_due", grievance.due_ms))

    def _since_first(self, entry: Entry) -> tuple[Fact, ...]:
        """How long after the first review a follow-up was written."""
        body, first = entry.statement.body, self._material.referred(entry)
        if not isinstance(body, ReviewBody) or body.kind != "follow" or first is None:
            return ()
        return (Fact("after_days", max(0, entry.statement.at_ms - first.statement.at_ms) // DAY_MS),)


def _erased(entry: Entry, erasure: Entry) -> Words:
    """Words that an erasure speaks of, whether or not somebody still has them: the last one counts."""
    body = erasure.statement.body
    if isinstance(body, ErasureBody) and isinstance(body.until, str):
        return Words("sealed", until=body.until)
    return Words("withdrawn" if erasure.statement.actor == entry.statement.actor else "erased")


def _is_nested(entry: Entry) -> bool:
    body = entry.statement.body
    return entry.statement.type in NESTED or (isinstance(body, ReviewBody) and body.kind == "follow")


def about_of(entry: Entry) -> str:
    """In which subject's stream an entry stands, the first of its own."""
    first = entry.statement.streams[0] if entry.statement.streams else "a:"
    if first[0] == "p":
        return "item" if "/21/" in first else "lot" if "/10/" in first else "class"
    return _ABOUT.get(first[0], "actor")


def fold_scans(rows: Iterable[RecordRow]) -> tuple[RecordRow | ScanFold, ...]:
    """Fold each run of two or more plain scans on the way; one that is marked or answered stays a row of its own."""
    found: list[RecordRow | ScanFold] = []
    run: list[RecordRow] = []
    for row in rows:
        if _is_plain(row):
            run.append(row)
            continue
        found += _folded(run)
        run = []
        found.append(row)
    return tuple(found + _folded(run))


def _folded(run: list[RecordRow]) -> list[RecordRow | ScanFold]:
    return [ScanFold(tuple(run))] if len(run) > 1 else list(run)


def _is_plain(row: RecordRow) -> bool:
    marked = row.flags or row.replies or row.corrected_by or "out_of_order" in row.time.oddities
    return row.kind == "scan" and row.code in ON_THE_WAY and not marked


def count_rows(record: Iterable[RecordRow | ScanFold]) -> int:
    """Entries in a record, folded and nested ones included."""
    return sum(len(part.rows) if isinstance(part, ScanFold) else 1 + len(part.replies) for part in record)


def _currency(material: Material) -> str:
    """Currency of the story's prices, "" where none or several are named."""
    bodies = [entry.statement.body for entry in material.shown]
    found = {body.currency for body in bodies if isinstance(body, ListingBody | SaleBody)}
    return found.pop() if len(found) == 1 else ""

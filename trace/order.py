"""Which steps claim to have happened before a step that must precede them. Flagged, never refused. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ledger.bodies import ScanBody
from ..ledger.entry import Entry
from ..ledger.oddity import SKEW_MS
from .material import Material, Parcel

_AFTER_MAKING = frozenset(("sale", "dispatch", "return", "relist", "claim", "review", "complaint"))
_AFTER_SALE = frozenset(("dispatch", "return", "claim", "review"))


class Order:
    """Judges the claimed times of one story.

    Args:
        material: The story.
        parcels: Its waybills.
        item: Stream of the item, "" for a waybill's own story.
    """

    def __init__(self, material: Material, parcels: Mapping[str, Parcel], item: str = "") -> None:
        self._material = material
        self._parcels = parcels
        self._making = material.of_type(item, "item")
        self._sales = material.of_type(item, "sale")
        self._returns = material.of_type(item, "return")
        # Of each parcel: the sale it was sent for, its first pick-up, its first way out to the recipient.
        self._sold: dict[str, list[Entry]] = {}
        for dispatch in material.of_type(item, "dispatch"):
            self._sold.setdefault(dispatch.statement.subjects["waybill"], []).extend(_latest(self._sales, dispatch))
        self._picked = {waybill: _earliest(parcel.scans("PICKED_UP")) for waybill, parcel in parcels.items()}
        self._out = {waybill: _earliest(parcel.scans("OUT_FOR_DELIVERY")) for waybill, parcel in parcels.items()}

    def is_odd(self, entry: Entry) -> bool:
        """Whether an entry claims an earlier time than one that must precede it, beyond the skew of honest clocks."""
        at_ms = entry.statement.at_ms + SKEW_MS
        return any(before.statement.at_ms > at_ms for before in self._before(entry))

    def _before(self, entry: Entry) -> list[Entry]:
        statement = entry.statement
        found = []
        referred = self._material.referred(entry)
        if referred is not None:
            found.append(referred)
        kind = statement.type
        about_item = "item" in statement.subjects
        if about_item and kind in _AFTER_MAKING:
            found += self._making[:1]
        if about_item and kind in _AFTER_SALE:
            found += _latest(self._sales, entry)
        if kind == "relist":
            found += _latest(self._returns, entry)
        parcel = self._parcels.get(statement.subjects.get("waybill", ""))
        if parcel is not None:
            found += self._of_parcel(entry, parcel)
        return found

    def _of_parcel(self, entry: Entry, parcel: Parcel) -> list[Entry]:
        body, kind = entry.statement.body, entry.statement.type
        found = [parcel.consign] if parcel.consign is not None and entry is not parcel.consign else []
        if kind not in ("scan", "delivery"):
            return found if kind != "consign" else []
        if isinstance(body, ScanBody) and body.code == "CREATED":
            return []
        found += self._sold.get(parcel.waybill, ())
        if not (isinstance(body, ScanBody) and body.code == "PICKED_UP"):
            found += self._picked[parcel.waybill]
        if kind == "delivery":
            found += self._out[parcel.waybill]
        return found


def _latest(steps: list[Entry], entry: Entry) -> list[Entry]:
    """The step under which an entry falls: the last one recorded before it; the first where it was recorded ahead."""
    before = [step for step in steps if step.index < entry.index]
    return before[-1:] or steps[:1]


def _earliest(entries: Iterable[Entry]) -> list[Entry]:
    found = min(entries, key=lambda e: e.statement.at_ms, default=None)
    return [] if found is None else [found]

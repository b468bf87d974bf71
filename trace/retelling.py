"""The record told again from a bundle: what its reader may see, worked out from bytes that she can check herself. Pure.

The same folds make the page on the server, from the book. `static/record-model.js` does the same in her browser; both are
held to `tests/vectors/record.json`. Source: DESIGN 4; docs/formats/record.md.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from ..ledger.bundle import Bundle
from ..ledger.directory import Directory
from ..ledger.encoding import b64u
from ..ledger.entry import Entry
from ..ledger.refs import EntryRef
from ..ledger.withholding import withholding_of
from .material import Material
from .page import TracePage, WaybillPage
from .record import Withheld
from .timeline import trace_page
from .waybill import waybill_page

TEXT: Final = "/body/text"
# What a page says and a bundle cannot prove: the counts of a carrier's whole file, and what the panel says of itself.
_STATED: Final = frozenset((
    "parcels", "delivered", "late", "complaints_upheld", "product_n", "product_mean", "seller_n", "seller_mean",
))  # fmt: skip


def retell(bundle: Bundle, *, size: int | None = None, time_ms: int | None = None) -> TracePage | WaybillPage | None:
    """The page that a bundle proves, or None where nothing is recorded about its subject.

    Args:
        bundle: Checked by `verify_bundle`; nothing of it is checked here.
        size: Leaves of an earlier state to tell it from; entries at this index and after are left out.
        time_ms: Time of that state, Unix milliseconds.

    Returns:
        The page with the counts of carriers' files at 0: no bundle proves them.
    """
    end = bundle.epoch.last + 1 if size is None else size
    shown = {index: entry.as_entry() for index, entry in bundle.entries.items() if index < end}
    streams = {name: tuple(shown[i] for i in indexes if i in shown) for name, indexes in bundle.streams.items()}
    if not streams[bundle.subject]:
        return None
    directory = Directory.of(bundle.genesis)
    for entry in _of_actors(streams):
        directory.fold(entry.statement, entry.index, entry.received_ms)
    texts = {shown[o.index].statement.hash: o.value for o in bundle.opened if o.pointer == TEXT and o.index in shown}
    now_ms = bundle.epoch.time if time_ms is None else time_ms
    material = Material(streams, directory, now_ms, texts.get, _withheld(bundle, end))
    make = trace_page if bundle.subject[0] == "p" else waybill_page
    page: TracePage | WaybillPage = make(bundle.subject[2:], material, lambda _uscc: (0, 0, 0, 0))
    return page


def record_json(page: TracePage | WaybillPage) -> dict[str, Any]:
    """The part of a page that its bundle proves, as plain values: the record of docs/formats/record.md."""
    plain = asdict(page)
    del plain["proof"]
    for box in [*(plain.get("couriers") or [plain.get("box") or {}]), plain.get("ratings") or {}]:
        for name in _STATED & box.keys():
            del box[name]
    return plain


def _of_actors(streams: dict[str, tuple[Entry, ...]]) -> list[Entry]:
    found = {e.index: e for name, entries in streams.items() if name[0] in "ak" for e in entries}
    return [entry for _, entry in sorted(found.items())]


def _withheld(bundle: Bundle, end: int) -> tuple[Withheld, ...]:
    """What is withheld, with the first later entry that says so. A withheld entry's time of receipt is withheld too: 0."""
    found = []
    for index, leaf in bundle.withheld.items():
        for by, entry in bundle.entries.items():
            one = withholding_of(entry.statement) if index < by < end else None
            if one is not None and (one.index, one.leaf) == (index, leaf):
                ref = EntryRef(by, b64u(entry.statement.hash), entry.received)
                found.append(Withheld(EntryRef(index, one.name, 0), one.kind, one.ground, ref))
                break
    return tuple(found)

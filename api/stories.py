"""Reads the book for pages: whole stories and courier files, as of the published epoch and from one snapshot each.

What was computed for an epoch is kept until the next one; parsed entries, which never change, are kept longer. What a courier's
file shows is read from its account (`accounts.py`). Nothing here is trusted: everything can be read again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from ..courier.file import courier_page, courier_row, parcel_facts
from ..courier.page import CourierPage, CourierRow
from ..courier.parcel import Consigned
from ..ledger.bodies import ListingBody
from ..ledger.canonical import JsonValue
from ..ledger.closure import close_story
from ..ledger.directory import Directory
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import Refused, StoreError, VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.identifier import split_offer
from ..ledger.moment import moment_ms
from ..ledger.party import party_of, title_name
from ..ledger.refs import EntryRef, Name, Party
from ..ledger.store.sequencer import Published
from ..ledger.store.streams import Reads
from ..ledger.withholding import withheld_among
from ..trace.masking import is_public
from ..trace.material import Material
from ..trace.page import TracePage, WaybillPage
from ..trace.record import Withheld
from ..trace.reviews import OfferReviews, rating_box, recount
from ..trace.timeline import trace_page
from ..trace.voice import parcel_voice, voice_facts
from ..trace.waybill import waybill_page
from .accounts import WAIT_S
from .opinions import SLOW_S, STATED_S, Opinions
from .service import Service

ENTRIES_KEPT: Final = 20_000  # parsed entries, about 2 KB each
MADE_KEPT: Final = 512  # models and pages of one epoch, at most some 30 MB
DAY_MS: Final = 24 * 3_600_000

Made = TypeVar("Made")


class Stories:
    """Stories of one book."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._made: OrderedDict[tuple[str, str], object] = OrderedDict()
        self._epoch = -1
        self._accounts = service.accounts
        self._opinions = Opinions()
        self._counted = (1, 0)  # leaves counted through, and the entries among them
        self._lock = threading.Lock()  # guards the two caches above
        service.eraser.listeners.append(self.forget)

    @property
    def published(self) -> Published:
        """The newest published state."""
        published = self._service.sequencer.published
        assert published is not None
        return published

    @property
    def directory(self) -> Directory:
        """Who is who, as the writer knows it; at most one epoch ahead of what is published."""
        return self._service.sequencer.admission.directory

    def once(self, kind: str, key: str, make: Callable[[], Made]) -> Made:
        """Make something once an epoch: a model, or a page of it.

        Args:
            kind: What it is.
            key: Which of its kind.
            make: Makes it; may run twice where two threads ask at once.
        """
        epoch = self.published.epoch
        with self._lock:
            if epoch != self._epoch:
                self._made.clear()
                self._epoch = epoch
            if (kind, key) in self._made:
                return self._made[kind, key]  # type: ignore[return-value]
        made = make()
        with self._lock:
            if epoch == self._epoch:
                self._made[kind, key] = made
                while len(self._made) > MADE_KEPT:
                    self._made.popitem(last=False)
        return made

    def sizes(self) -> dict[str, int]:
        """How much each cache holds: parsed entries, what was made for this epoch, complaints about couriers."""
        with self._lock:
            return {"entries": len(self._entries), "made": len(self._made), "complaints": self._accounts.complaints()}

    def forget(self) -> None:
        """Make everything anew at the next request: a text was erased."""
        with self._lock:
            self._made.clear()

    def trace(self, item: str) -> TracePage | None:
        """The trace page of an item, or None when nothing is recorded about it."""
        return self.once("trace", item, lambda: self._trace(item))

    def voice(self, item: str) -> dict[str, JsonValue] | None:
        """What somebody needs to speak about an item, or None when nothing is recorded about it."""
        return self.once("voice", item, lambda: self._voice(item))

    def parcel_voice(self, waybill: str) -> dict[str, JsonValue] | None:
        """What somebody needs to speak about a parcel, or None when nothing is recorded about it."""
        material = self._material(f"w:{waybill}")
        return None if material is None else parcel_voice(waybill, material)

    def waybill(self, waybill: str) -> WaybillPage | None:
        """The page of a waybill, or None when nothing names it."""
        return self.once("waybill", waybill, lambda: self._waybill(waybill))

    def courier(self, uscc: str) -> CourierPage | None:
        """The file of a courier company, or None when it is neither registered as one nor named by a waybill."""
        return self.once("courier", uscc, lambda: self._courier(uscc))

    def couriers(self) -> tuple[CourierRow, ...]:
        """A row for every registered courier company."""
        return self.once("couriers", "", self._couriers)

    def entries(self, streams: Sequence[str]) -> dict[str, list[Entry]]:
        """Whole streams as of the published epoch, by name; one without entries is empty."""
        with self._service.book.snapshot() as reads:
            return {name: [] for name in streams} | self._read(reads, streams, self.published.size)

    def consigned(self, uscc: str, day: str) -> Iterator[tuple[str, Consigned]]:
        """Waybills of a carrier with their live consigns that claim this day in China (YYYY-MM-DD), the newest first."""
        first_ms = moment_ms(f"{day}T00:00:00+08:00")
        self._accounts.bring(uscc, self.published, time.monotonic() + WAIT_S)
        return self._accounts.consigned(uscc, first_ms, first_ms + DAY_MS)

    def find_waybill(self, ref: str) -> str | None:
        """Key of the only waybill with this reference among the registered carriers, or None."""
        names = [f"w:{row.uscc}/{ref}" for row in self.couriers()]
        with self._service.book.snapshot() as reads:
            found = list(reads.find_streams(names))
        return found[0][2:] if len(found) == 1 else None

    def extent(self) -> tuple[int, int]:
        """Number of entries, and of products, parcels and courier companies with entries."""
        return self.once("extent", "", self._extent)

    def material(self, stream: str) -> Material | None:
        """Entries of a whole story, `p:` of an item or `w:` of a waybill, or None when nothing is recorded about it."""
        return self._material(stream)

    def offer(self, offer: str) -> tuple[Name, Party, OfferReviews] | None:
        """Name, seller and ratings of an offer, or None when nothing is recorded about it."""
        return self.once("offer", offer, lambda: self._offer(offer, SLOW_S))

    def _offer(self, offer: str, slow_s: float) -> tuple[Name, Party, OfferReviews] | None:
        with self._service.book.snapshot() as reads:
            found = self._shown(reads, [f"l:{offer}", f"r:{offer}"], self.published.size, {})
        listings, entries = found.get(f"l:{offer}", []), found.get(f"r:{offer}", [])
        if not listings and not entries:
            return None
        reviews = self._opinions.of(offer, lambda: recount(offer, entries, lambda item: self._material(f"p:{item}")), slow_s)
        titles = [e.statement.body.title for e in listings if isinstance(e.statement.body, ListingBody)]
        return title_name(titles[-1]) if titles else Name(""), party_of(self.directory, split_offer(offer)[0]), reviews

    def _extent(self) -> tuple[int, int]:
        published = self.published
        with self._service.book.snapshot() as reads:
            entries = self._counted[1] + reads.count_entries(self._counted[0], published.size - 1)
            streams = reads.count_streams("pwc")
        self._counted = (published.size, entries)
        return entries, streams

    def _trace(self, item: str) -> TracePage | None:
        material = self._material(f"p:{item}")
        if material is None:
            return None
        page = trace_page(item, material, self._counts)
        offer = page.ratings.offer if page.ratings is not None else ""
        found = self.once("stated", offer, lambda: self._offer(offer, STATED_S)) if offer else None
        return page if found is None else replace(page, ratings=rating_box(found[2]))

    def _voice(self, item: str) -> dict[str, JsonValue] | None:
        material = self._material(f"p:{item}")
        return None if material is None else voice_facts(item, material)

    def _waybill(self, waybill: str) -> WaybillPage | None:
        material = self._material(f"w:{waybill}")
        return None if material is None else waybill_page(waybill, material, self._counts)

    def _material(self, stream: str) -> Material | None:
        published = self.published
        withheld: dict[int, Withheld] = {}
        with self._service.book.snapshot() as reads:
            try:
                closure = close_story(stream, lambda names: self._shown(reads, names, published.size, withheld))
            except VerificationError as error:
                raise Refused("bundle-too-large", error.detail) from error
        if not closure.streams[stream]:
            return None
        directory = closure.directory(Directory.of(self._service.genesis))
        left_out = tuple(one for _, one in sorted(withheld.items()))
        return Material(closure.streams, directory, published.at_ms, self._text, left_out)

    def _shown(self, reads: Reads, names: Sequence[str], size: int, withheld: dict[int, Withheld]) -> dict[str, list[Entry]]:
        """Whole streams without what is withheld by law, as a bundle shows them; that is added to `withheld`."""
        found = self._read(reads, names, size)
        for name, entries in found.items():
            said = {entry.index: entry for entry in entries}
            statements = [(index, entry.statement) for index, entry in said.items()]
            among = withheld_among(statements, lambda index: leaf_hash(reads.leaves_at([index])[index]))
            for index, (one, by) in among.items():
                withheld[index] = Withheld(EntryRef(index, one.name, 0), one.kind, one.ground, said[by].ref)
            found[name] = [entry for entry in entries if entry.index not in among]
        return found

    def _read(self, reads: Reads, names: Sequence[str], size: int) -> dict[str, list[Entry]]:
        """Whole streams as of a published size.

        Raises:
            StoreError: A stream has a hole.
        """
        whole = reads.rows_of(reads.find_streams(names))
        rows = {name: [row for row in found if row[1] < size] for name, found in whole.items()}
        entries = self._entries_at(reads, {index for found in rows.values() for _, index in found})
        for name, found in rows.items():
            if any(position != place or index not in entries for place, (position, index) in enumerate(found)):
                raise StoreError(f"the stream {name[:2]} of this story has a hole")
        return {name: [entries[index] for _, index in found] for name, found in rows.items()}

    def _entries_at(self, reads: Reads, indexes: set[int]) -> dict[int, Entry]:
        """Entries at these indexes, those that are kept without a look at the book; absent ones are left out."""
        with self._lock:
            found = {index: self._entries[index] for index in indexes if index in self._entries}
        read = {index: read_entry(index, body) for index, body in reads.leaves_at(indexes - found.keys()).items()}
        with self._lock:
            self._entries.update(read)
            while len(self._entries) > ENTRIES_KEPT:
                self._entries.popitem(last=False)
        return found | read

    def _text(self, statement: bytes) -> str | None:
        """The text behind a statement's commitment, where the vault still holds it."""
        opening = self._service.vault.get(self._service.book, statement, "page").get("/body/text")
        return opening.value if opening is not None and is_public(opening.value) else None

    def _counts(self, uscc: str) -> tuple[int, int, int, int]:
        return self.once("counts", uscc, lambda: self._count(uscc))

    def _count(self, uscc: str) -> tuple[int, int, int, int]:
        with self._accounts.reading(uscc, self.published) as account:
            facts = parcel_facts(account.tally(self.directory, account.as_of_ms))
            return facts.accepted, facts.delivered, facts.late, account.complaints.upheld()

    def _courier(self, uscc: str) -> CourierPage | None:
        published = self.published
        actor = f"uscc:{uscc}"
        with self._service.book.snapshot() as reads:
            standing = self._read(reads, [f"a:{actor}"], published.size).get(f"a:{actor}", [])
        with self._accounts.reading(uscc, published) as account:
            if not account.position and not account.is_behind and self.directory.role(actor) != "courier":
                return None
            page = courier_page(account, self.directory, account.as_of_ms, standing)
        return replace(page, as_of_ms=account.as_of_ms) if account.is_behind else page

    def _couriers(self) -> tuple[CourierRow, ...]:
        known = [actor.actor[5:] for actor in list(self.directory.actors.values()) if actor.role == "courier"]
        until = time.monotonic() + WAIT_S
        return tuple(self._row(uscc, self.published, until) for uscc in known)

    def _row(self, uscc: str, published: Published, until: float) -> CourierRow:
        with self._accounts.reading(uscc, published, max(0.0, until - time.monotonic())) as account:
            row = courier_row(account, self.directory, account.as_of_ms)
        return replace(row, as_of_ms=account.as_of_ms) if account.is_behind else row


_STORIES: WeakKeyDictionary[Service, Stories] = WeakKeyDictionary()
_STORIES_LOCK = threading.Lock()


def stories_of(service: Service) -> Stories:
    """The stories of a served book; the same object for the same service."""
    with _STORIES_LOCK:
        if service not in _STORIES:
            _STORIES[service] = Stories(service)
        return _STORIES[service]

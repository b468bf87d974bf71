"""What a story is told from: the entries of its streams, indexed the ways the folds need. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from ..ledger.bodies import ConfirmBody, ConsignBody, CorrectionBody, DeliveryBody, ScanBody
from ..ledger.carriage import Handling
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.party import party_of
from ..ledger.refs import Party
from .record import Withheld

Texts = Callable[[bytes], str | None]  # statement hash to the text behind its commitment, None when it is not public


def no_texts(_statement: bytes) -> str | None:
    """Texts of a story that is told without a vault."""
    return None


class Material:
    """A story's entries.

    Attributes:
        streams: Every stream of the story and its entries, in log order; empty for a stream without entries.
        directory: Who is who.
        now_ms: As of when, Unix milliseconds: the time of the published epoch.
        texts: Texts that the vault holds.
        withheld: Entries withheld by law, which are in none of the streams here.
        shown: Entries about the goods and their parcels, in log order; those about actors are not among them.
        by_name: Entries of `shown` by statement hash (base64url).
        referring: Entries that refer to another, by its hash, in log order.
        undone: Hashes of statements whose author later said that what they tell did not occur, and of the
            countersignatures under them.
    """

    def __init__(
        self,
        streams: Mapping[str, tuple[Entry, ...]],
        directory: Directory,
        now_ms: int,
        texts: Texts = no_texts,
        withheld: tuple[Withheld, ...] = (),
    ) -> None:
        self.streams = streams
        self.directory = directory
        self.now_ms = now_ms
        self.texts = texts
        self.withheld = withheld
        found = {e.index: e for name, entries in streams.items() if name[0] in "plw" for e in entries}
        self.shown = [entry for _, entry in sorted(found.items())]
        self.by_name = {entry.name: entry for entry in self.shown}
        self.referring: dict[str, list[Entry]] = defaultdict(list)
        self.undone: set[str] = set()
        for entry in self.shown:
            body = entry.statement.body
            if entry.statement.ref is not None:
                self.referring[entry.statement.ref].append(entry)
                if isinstance(body, CorrectionBody) and body.reason == "did_not_occur":
                    self.undone.add(entry.statement.ref)
        for name in list(self.undone):  # a countersignature has nothing left to stand on
            self.undone.update(e.name for e in self.referring.get(name, ()) if isinstance(e.statement.body, ConfirmBody))
        self._parties: dict[str, Party] = {}

    def party(self, actor: str) -> Party:
        """An actor as the page shows it; the same value every time."""
        if actor not in self._parties:
            self._parties[actor] = party_of(self.directory, actor)
        return self._parties[actor]

    def holds(self, entry: Entry) -> bool:
        """Whether an entry still stands: its author has not taken it back."""
        return entry.name not in self.undone

    def of_type(self, stream: str, *types: str) -> list[Entry]:
        """Entries of a stream with one of these types that still stand, in log order."""
        return [e for e in self.streams.get(stream, ()) if e.statement.type in types and self.holds(e)]

    def confirms(self, entry: Entry, *kinds: str) -> list[Entry]:
        """Countersignatures under an entry, in log order."""
        return [
            e
            for e in self.referring.get(entry.name, ())
            if isinstance(e.statement.body, ConfirmBody) and e.statement.body.kind in kinds and self.holds(e)
        ]

    def referred(self, entry: Entry) -> Entry | None:
        """The entry that another refers to."""
        return None if entry.statement.ref is None else self.by_name.get(entry.statement.ref)


class Parcel:
    """One waybill of a story; made once, so that a parcel of thousands of scans is still read in one go.

    Attributes:
        waybill: Its key, `{carrier}/{ref}`.
        consign: The live consign, or None.
        moves: Its own carrier's scans and deliveries, in log order.
        first: Of these the earliest by claimed time, or None.
        acceptances: Its carrier's `accepts`, in log order.
        handled: What its own carrier did with it: scans, deliveries, acceptances; in log order.
        deliveries: Sign-offs, in log order.
        handovers: Scans of the carrier before, which name this waybill as their next.
        confirms: Countersignatures in its stream, in log order.
        next: Waybill under which the parcel goes on, or None.
    """

    def __init__(self, waybill: str, material: Material) -> None:
        self.waybill = waybill
        stream = f"w:{waybill}"
        consigns = material.of_type(stream, "consign")
        self.consign = consigns[-1] if consigns else None
        moves = material.of_type(stream, "scan", "delivery")
        self.moves = [e for e in moves if e.statement.subjects.get("waybill") == waybill]
        self.first = min(self.moves, key=lambda e: (e.statement.at_ms, e.index), default=None)
        self.handovers = [e for e in moves if e.statement.subjects.get("next") == waybill]
        self.deliveries = [e for e in self.moves if e.statement.type == "delivery"]
        self.confirms = material.of_type(stream, "confirm")
        company = material.directory.company
        self.acceptances = [e for e in self.confirms if _kind(e) == "accepts" and company(e.statement.party) == self.carrier]
        self._scans: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.moves:
            if isinstance(entry.statement.body, ScanBody):
                self._scans[entry.statement.body.code].append(entry)
        # A CREATED says only that data was sent; nobody had the parcel in hand.
        created = {entry.index for entry in self.scans("CREATED")}
        handled = [entry for entry in self.moves if entry.index not in created] + self.acceptances
        self.handled = sorted(handled, key=lambda entry: entry.index)
        onward = [e.statement.subjects["next"] for e in self.moves if "next" in e.statement.subjects]
        self.next = onward[-1] if onward else None

    @property
    def carrier(self) -> str:
        """Actor id of the carrier that the waybill names."""
        return f"uscc:{self.waybill[:18]}"

    def scans(self, code: str) -> list[Entry]:
        """Its own carrier's scans with one code, in log order."""
        return self._scans.get(code, [])

    def handlings(self) -> dict[Handling, Entry]:
        """Every handling that moves the parcel's state, with its entry."""
        found = {}
        accepted = {entry.index for entry in self.acceptances}
        for entry in (*self.moves, *self.handovers, *self.confirms, *((self.consign,) if self.consign else ())):
            code = "ACCEPTED" if entry.index in accepted else _code(entry)
            if code:
                found[Handling(entry.statement.at_ms, entry.index, code)] = entry
        return found


def _kind(confirm: Entry) -> str:
    body = confirm.statement.body
    return body.kind if isinstance(body, ConfirmBody) else ""


def _code(entry: Entry) -> str:
    """Code of a handling as `ledger/carriage.py` knows it, "" for a countersignature that moves nothing."""
    body = entry.statement.body
    if isinstance(body, ConsignBody):
        return "CONSIGNED"
    if isinstance(body, ScanBody):
        return body.code
    if isinstance(body, DeliveryBody):
        return "DELIVERED"
    ends = entry.statement.re is not None and entry.statement.re["type"] in ("delivery", "scan")
    return "RECEIVED" if _kind(entry) == "received" and ends else ""

"""Files of evidence that the entries of a story name by hash: reports, photos, signatures. Pure; the files lie elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ..ledger.encoding import unb64u
from ..ledger.oddity import claimed_time
from ..ledger.refs import ClaimedTime, EntryRef, Name, Party
from .details import code_of
from .material import Material


@dataclass(frozen=True, slots=True)
class Paper:
    """One file, as its entry names it.

    Attributes:
        ref: The entry.
        kind: Statement type of the entry.
        code: What kind of that kind, as a record's row has it.
        number: Number of an inspection's report, "" elsewhere.
        by: Who signed.
        time: When, as claimed.
        form: photo, signature, report, document, weight, recording or other.
        size: Its bytes.
        sha256: Its SHA-256, 64 hexadecimal digits, as programs print it.
        is_here: Whether this server has a file of that name to hand out.
    """

    ref: EntryRef
    kind: str
    code: str
    number: str
    by: Party
    time: ClaimedTime
    form: str
    size: int
    sha256: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class PapersPage:
    """The page on which a file is held against the record.

    Attributes:
        path: Unprefixed path, `/papers` and the item's or the parcel's path.
        item: The item's or the parcel's own path.
        name: Name of the goods, "" for a parcel.
        papers: What the entries name, the newest first.
        bundle_path: Path of the bundle under /v1.
    """

    path: str
    item: str
    name: Name
    papers: tuple[Paper, ...]
    bundle_path: str


def papers_of(material: Material) -> tuple[Paper, ...]:
    """Every file that the entries about the goods and their parcels name, the newest entry first."""
    found: list[Paper] = []
    for entry in reversed(material.shown):
        number = getattr(entry.statement.body, "report", "")
        told = (entry.ref, entry.statement.type, code_of(entry), number if isinstance(number, str) else "")
        by = (material.party(entry.statement.party), claimed_time(entry))
        found += [Paper(*told, *by, one.kind, one.bytes, unb64u(one.sha256, 32).hex()) for one in entry.statement.evidence]
    return tuple(found)

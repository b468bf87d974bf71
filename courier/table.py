"""A fact table: its sections as files, and the root that a publication carries. Pure.

One file a month, each line a row in canonical JSON, in the order of their bytes; so a month in which nothing changed is the
same file as before. Source: DESIGN section 5, docs/formats/fact-table.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ..ledger.canonical import check
from ..ledger.encoding import b64u
from ..ledger.errors import Refused
from ..ledger.hashing import leaf_hash
from ..ledger.merkle import inclusion_path, nodes_of, root_of
from .errors import CreditError
from .factfile import BookState, Facts
from .rollup import Rollup, days_before
from .row import (
    ApartRow,
    CheckRow,
    ComplaintRow,
    HeadRow,
    OrderRow,
    ParcelRow,
    PreviousRow,
    ReviewRow,
    Row,
    SectionRow,
    StandingRow,
    TrafficRow,
    row_bytes,
)
from .ruleset import Ruleset

STANDING: Final = "standing"
_ROWS: Final = ParcelRow | ComplaintRow | ReviewRow | CheckRow | TrafficRow | StandingRow | OrderRow | PreviousRow | ApartRow
_FILE: Final = "fact table"


@dataclass(frozen=True, slots=True)
class FactTable:
    """A fact table.

    Attributes:
        head: Whose, as of when, by which rules.
        index: Lines of the index: the head, then a line for each section.
        sections: Lines of each section, by its name: a month, or `standing`.
    """

    head: HeadRow
    index: tuple[bytes, ...]
    sections: Mapping[str, tuple[bytes, ...]]

    @property
    def root(self) -> str:
        """What a publication carries: the RFC 6962 root over the lines of the index."""
        return table_root(self.index)

    def path(self, section: str, position: int) -> list[str]:
        """Path of one row to the root of its section."""
        leaves = [leaf_hash(line) for line in self.sections[section]]
        return [b64u(part) for part in inclusion_path(position, len(leaves), nodes_of(leaves))]


def table_root(lines: Iterable[bytes]) -> str:
    """RFC 6962 root over lines, base64url."""
    return b64u(root_of([leaf_hash(line) for line in lines]))


def make_table(company: str, as_of: str, rules: Ruleset, rows: Iterable[Row]) -> FactTable:
    """Put rows in their order and hash them.

    Args:
        company: Social credit code.
        as_of: The day.
        rules: By which the rows were made.
        rows: In any order.
    """
    parted: dict[str, list[bytes]] = {}
    for row in rows:
        # Copied: what the encoder gives holds on to the 4 KB it was written in, and there may be a million rows.
        parted.setdefault(section_of(row), []).append(bytes(memoryview(row_bytes(row))))
    sections = {name: tuple(sorted(lines)) for name, lines in sorted(parted.items())}
    head = HeadRow(1, company, as_of, rules.version, rules.digest)
    index: list[HeadRow | SectionRow] = [
        head,
        *(SectionRow(name, len(lines), table_root(lines)) for name, lines in sections.items()),
    ]
    return FactTable(head, tuple(row_bytes(line) for line in index), sections)


def section_of(row: Row) -> str:
    """Name of the section a row stands in."""
    return STANDING if isinstance(row, StandingRow | OrderRow | PreviousRow | ApartRow) else row.day[:7]


def read_table(index: bytes, sections: Mapping[str, bytes], root: str | None = None) -> FactTable:
    """Read a fact table and check that it fits.

    Args:
        index: Its index, a line each ending in a line feed.
        sections: Its sections likewise, by name.
        root: What it is to be, as a publication says.

    Raises:
        CreditError: A line of the index that is no row or not canonical, sections out of order or missing, hashes that do not
            fit.
    """
    lines = _lines(index, "index")
    if root is not None and table_root(lines) != root:
        raise CreditError(f"has the root {table_root(lines)}, not {root}", "", _FILE)
    head: HeadRow = _row(lines[0], HeadRow, "index", 0)
    listed: list[SectionRow] = [_row(line, SectionRow, "index", n) for n, line in enumerate(lines[1:], 1)]
    names = [section.section for section in listed]
    if names != sorted(set(names)):
        raise CreditError("sections stand once each, in the order of their names", "", _FILE)
    if set(names) != set(sections):
        raise CreditError(f"has the sections {', '.join(names)}; given are {', '.join(sorted(sections))}", "", _FILE)
    found = {}
    for section in listed:
        rows = _lines(sections[section.section], section.section)
        if len(rows) != section.rows or table_root(rows) != section.root:
            raise CreditError(f"section {section.section} does not fit its root", "", _FILE)
        found[section.section] = tuple(rows)
    return FactTable(head, tuple(lines), found)


def rows_of(table: FactTable) -> Iterator[Row]:
    """The rows of a table that fits its root, one after another: they may be a million.

    Raises:
        CreditError: A line that is no row, or where it may not stand.
    """
    months = {day[:7] for day in days_before(table.head.as_of)}
    parcels: set[str] = set()
    for name, lines in table.sections.items():
        if name != STANDING and name not in months:
            raise CreditError(f"section {name} lies outside the year of {table.head.as_of}", "", _FILE)
        if list(lines) != sorted(lines):
            raise CreditError(f"section {name} is not in the order of its bytes", "", _FILE)
        for n, line in enumerate(lines):
            row: Row = _row(line, _ROWS, name, n)
            if section_of(row) != name:
                raise CreditError(f"a row of {section_of(row)} in section {name}", f"/{n}", _FILE)
            if isinstance(row, ParcelRow):
                if row.parcel in parcels:
                    raise CreditError("a parcel stands twice", f"/{n}", _FILE)
                parcels.add(row.parcel)
            yield row


def facts_of(table: FactTable, rules: Ruleset, book: BookState | None = None) -> Facts:
    """The facts that a table adds up.

    Raises:
        CreditError: The rules are not those it was made by, or a row may not stand where it stands.
    """
    if (table.head.rules, table.head.digest) != (rules.version, rules.digest):
        raise CreditError(
            f"was made by {table.head.rules} {table.head.digest}, not by {rules.version} {rules.digest}", "/0", _FILE
        )
    rollup = Rollup(table.head.company, rules).add(rows_of(table))
    return rollup.facts(table.head.as_of, book, table.root)


def _lines(raw: bytes, where: str) -> list[bytes]:
    if not raw.endswith(b"\n"):
        raise CreditError(f"{where} does not end in a line feed", "", _FILE)
    return raw[:-1].split(b"\n")


def _row(line: bytes, kind: Any, where: str, n: int) -> Any:  # noqa: ANN401 - an instance of `kind`
    try:
        check(line)
        return msgspec.json.decode(line, type=kind)
    except (Refused, msgspec.DecodeError) as error:
        raise CreditError(f"{where}: {error}", f"/{n}", _FILE) from error

"""Fact tables: read back row by row, and whatever does not fit is refused with its place."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
import pytest
from fakes.haul import Haul

from suxin.courier.errors import CreditError
from suxin.courier.row import ApartRow, HeadRow, OrderRow, PreviousRow, SectionRow, StandingRow, row_bytes
from suxin.courier.rulebook import rule_set
from suxin.courier.table import FactTable, facts_of, make_table, read_table, rows_of, table_root
from suxin.ledger.encoding import unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.proof import verify_inclusion

RULES = rule_set()


@lru_cache(maxsize=1)
def table() -> FactTable:
    haul = Haul()
    for number in range(5):
        waybill = haul.send()
        haul.rate(waybill, stars=1 + number)
    haul.wait(12)
    return haul.table()


def files(of: FactTable) -> tuple[bytes, dict[str, bytes]]:
    return b"\n".join(of.index) + b"\n", {name: b"\n".join(lines) + b"\n" for name, lines in of.sections.items()}


def rebuilt(sections: dict[str, list[bytes]], of: FactTable) -> FactTable:
    """A table with other lines and hashes that fit them."""
    index = [of.index[0]]
    index += [row_bytes(SectionRow(name, len(lines), table_root(lines))) for name, lines in sections.items()]
    return FactTable(of.head, tuple(index), {name: tuple(lines) for name, lines in sections.items()})


def test_a_table_reads_back_row_by_row() -> None:
    made = table()
    index, sections = files(made)
    read = read_table(index, sections, made.root)
    assert read == made
    assert make_table(made.head.company, made.head.as_of, RULES, reversed(list(rows_of(read)))) == made
    assert facts_of(read, RULES).measures["I9C"].n != "0"


def test_each_row_leads_to_the_root_of_its_section_by_its_path() -> None:
    made = table()
    roots = {row.section: row.root for line in made.index[1:] if (row := msgspec.json.decode(line, type=SectionRow))}
    for name, lines in made.sections.items():
        for position, line in enumerate(lines):
            path = [unb64u(part) for part in made.path(name, position)]
            verify_inclusion(leaf_hash(line), position, len(lines), path, unb64u(roots[name]))


def test_every_flipped_bit_is_found() -> None:
    index, sections = files(table())
    for name, raw in {"": index, **sections}.items():
        for position in range(0, len(raw), 41):
            bad = raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]
            with pytest.raises(CreditError):
                read_table(bad if not name else index, sections | ({name: bad} if name else {}), table().root)


def test_a_row_left_out_added_or_a_section_missing_is_found() -> None:
    made = table()
    index, sections = files(made)
    month = next(iter(sections))
    first, rest = sections[month].split(b"\n", 1)
    for other in (rest, first + b"\n" + sections[month], sections[month][:-1]):
        with pytest.raises(CreditError):
            read_table(index, sections | {month: other}, made.root)
    with pytest.raises(CreditError, match="has the sections"):
        read_table(index, {name: raw for name, raw in sections.items() if name != month}, made.root)
    with pytest.raises(CreditError, match="not A"):
        read_table(index, sections, "A" * 43)


def edited(change: Any) -> FactTable:
    sections = {name: list(lines) for name, lines in table().sections.items()}
    change(sections)
    return rebuilt(sections, table())


def parcel_at(sections: dict[str, list[bytes]]) -> int:
    return next(n for n, line in enumerate(sections["2026-11"]) if b'"row":"parcel"' in line)


def again(sections: dict[str, list[bytes]]) -> None:
    sections["2026-11"].insert(parcel_at(sections), sections["2026-11"][parcel_at(sections)])


def moved(sections: dict[str, list[bytes]]) -> None:
    sections["2026-10"] = [sections["2026-11"].pop()]


def unordered(sections: dict[str, list[bytes]]) -> None:
    sections["2026-11"].reverse()


def old(sections: dict[str, list[bytes]]) -> None:
    sections["2019-01"] = [sections["2026-11"][0].replace(b"2026-11", b"2019-01")]


def odd(sections: dict[str, list[bytes]]) -> None:
    at = parcel_at(sections)
    sections["2026-11"][at] = sections["2026-11"][at].replace(b'"end":"delivered"', b'"end":"vanished"')
    sections["2026-11"].sort()


def spaced(sections: dict[str, list[bytes]]) -> None:
    sections["2026-11"][0] = sections["2026-11"][0].replace(b'":"', b'": "', 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (again, "stands twice"),
        (moved, "a row of 2026-11 in section 2026-10"),
        (unordered, "order of its bytes"),
        (old, "outside the year"),
        (odd, "vanished"),
        (spaced, "canonical"),
    ],
)
def test_rows_that_fit_their_root_and_may_not_stand_are_refused(change: Any, words: str) -> None:
    with pytest.raises(CreditError, match=words):
        list(rows_of(edited(change)))


def test_a_table_is_scored_by_the_rules_it_was_made_by_only() -> None:
    made = table()
    head = HeadRow(1, made.head.company, made.head.as_of, "KD-2025.1", made.head.digest)
    with pytest.raises(CreditError, match="was made by KD-2025"):
        facts_of(FactTable(head, (row_bytes(head), *made.index[1:]), made.sections), RULES)


def test_a_month_in_which_nothing_changed_is_the_same_file() -> None:
    haul = Haul()
    haul.send()
    haul.wait(40)
    haul.send()
    haul.wait(12)
    before = haul.table()
    haul.send()
    haul.wait(30)
    after = haul.table()
    assert before.sections["2026-11"] == after.sections["2026-11"]
    assert before.root != after.root


def test_what_stands_beside_the_months_reads_back() -> None:
    from fakes.credit import ORDER, PENALTY

    from suxin.courier.factfile import Apart, Order, Previous, Standing

    rows = [
        StandingRow(msgspec.convert(PENALTY, Standing)),
        OrderRow(msgspec.convert(ORDER, Order)),
        PreviousRow(Previous("2026-11-01", "B", "81.2")),
        ApartRow(Apart(outside=3)),
    ]
    made = make_table(table().head.company, "2026-12-01", RULES, rows)
    facts = facts_of(read_table(*files(made), made.root), RULES)
    assert [standing.degree for standing in facts.standing] == ["general"]
    assert [order.trigger for order in facts.orders] == ["suspension"]
    assert facts.previous == Previous("2026-11-01", "B", "81.2")
    assert facts.apart.outside == 3


def test_a_parcel_whose_cohort_is_open_is_counted_and_stands_in_no_table() -> None:
    haul = Haul()
    haul.send()
    haul.wait(6)
    haul.send()
    haul.wait(5)
    made = haul.table()
    assert sum(b'"row":"parcel"' in line for lines in made.sections.values() for line in lines) == 1
    assert facts_of(made, RULES).apart.closing == 1

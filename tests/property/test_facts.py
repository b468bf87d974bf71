"""Facts of a company are the same from its entries in any order, from its fact table, and from counts kept from day to day."""

from __future__ import annotations

import random
from functools import lru_cache

import msgspec
from fakes.haul import CHAIN, Haul
from fakes.world import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from suxin.courier.conduct import day_of
from suxin.courier.rollup import Rollup
from suxin.courier.row import ApartRow, ParcelRow, Row
from suxin.courier.table import facts_of, read_table
from suxin.ledger.entry import Entry


@lru_cache(maxsize=1)
def busy() -> Haul:
    """Some weeks with a little of everything."""
    haul = Haul()
    own = haul.tale.firm("merchant", controllers=[haul.courier.actor])
    chance = random.Random(7)
    for number in range(30):
        shipper = own if number % 11 == 0 else haul.shop
        waybill = haul.consign(shipper=shipper, promise_h=chance.choice([None, 24, 72]), weight_g=chance.choice([20, 900]))
        haul.carry(waybill, CHAIN[: chance.choice([1, 2, 3, 4, 4, 4, 4])], step_h=chance.choice([2, 9, 25]))
        fate = chance.random()
        if fate < 0.7:
            haul.sign_off(waybill, chance.choice(["in_person", "locker"]), confirmed=chance.random() < 0.7)
        elif fate < 0.8:
            haul.tale.scan(haul.courier, waybill, "LOST")
        if chance.random() < 0.3:
            haul.rate(waybill, stars=chance.randint(1, 5))
        if chance.random() < 0.3:
            complaint = haul.complain(waybill, chance.choice(["lost", "damaged", "delay", "false_signoff"]))
            if chance.random() < 0.5:
                haul.decide(complaint, chance.choice(["upheld", "not_upheld"]))
    haul.wait(20)
    return haul


def shuffled(entries: list[Entry], seed: int) -> list[Entry]:
    """The entries in another order within each day, an answer still after what it answers."""
    chance = random.Random(seed)
    keyed = sorted(entries, key=lambda entry: (day_of(entry.statement.at_ms), chance.random()))
    placed: list[Entry] = []
    names: set[str] = set()
    known = {entry.name for entry in entries}
    while keyed:
        for entry in keyed:
            if entry.statement.ref not in known or entry.statement.ref in names:
                break
        keyed.remove(entry)
        names.add(entry.name)
        placed.append(Entry(1 + len(placed), entry.received_ms, entry.statement, entry.batched))
    return placed


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9))
def test_the_order_of_entries_within_a_day_moves_nothing(seed: int) -> None:
    haul = busy()
    entries = haul.entries()
    other = shuffled(entries, seed)
    assert [entry.name for entry in other] != [entry.name for entry in entries]
    assert haul.facts(entries=other) == haul.facts()


def test_the_table_adds_up_to_the_facts() -> None:
    haul = busy()
    table = haul.table()
    whole = {name: b"\n".join(lines) + b"\n" for name, lines in table.sections.items()}
    read = read_table(b"\n".join(table.index) + b"\n", whole, table.root)
    facts = facts_of(read, haul.rules)
    assert facts.table == table.root
    assert msgspec.structs.replace(facts, table=None) == haul.facts()
    assert facts.apart.own_house
    assert facts.measures["I1"].x != "0"


def test_counts_kept_from_day_to_day_are_those_of_the_whole() -> None:
    """A rollup in which only what changed is taken out and counted anew, over every day of the story."""
    haul = busy()
    rollup, known = Rollup(haul.uscc, haul.rules), dict[str, list[Row]]()
    days = sorted({day_of(entry.statement.at_ms) for entry in haul.entries()} | {haul.today})
    for day in days:
        for key, rows in keyed_rows(haul, day).items():
            if known.get(key) != rows:
                rollup.add(known.get(key, ()), -1).add(rows)
                known[key] = rows
        assert rollup.facts(day) == haul.facts(day), day


def keyed_rows(haul: Haul, day: str) -> dict[str, list[Row]]:
    """Rows by what they are about; parcels also before their cohort has closed, as a rollup keeps them."""
    cohort = haul.cohort(day)
    found: dict[str, list[Row]] = {"others": []}
    for row in cohort.rows():
        if isinstance(row, ApartRow):
            found["apart"] = [ApartRow(msgspec.structs.replace(row.apart, closing=0))]
        elif not isinstance(row, ParcelRow):
            found["others"].append(row)
    for waybill in haul.consigns:
        if waybill in cohort.waybills and (parcel := cohort.parcel(waybill)) is not None:
            found[waybill] = [parcel]
    return found


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.sampled_from(["lost", "damaged", "delay", "false_signoff", "locker_without_consent", "other"]), max_size=6),
    st.integers(0, 29),
)
def test_allegations_and_strangers_move_nothing(categories: list[str], about: int) -> None:
    haul = busy()
    before, count = haul.facts(), len(haul.tale.entries)
    waybill = list(haul.consigns)[about]
    for number, category in enumerate(categories):
        haul.complain(waybill, category, by=Signer.nobody(f"stranger {number}"))
    after = haul.facts()
    haul.tale.entries = haul.tale.entries[:count]
    assert after.apart.unproved == before.apart.unproved + len(categories)
    assert msgspec.structs.replace(after, apart=before.apart) == before

"""The plan against the CSV files read by the csv module alone, and against the rules of the trade."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.judge import Judge
from fakes.olist_csv import Table, expected_counts, has_words, read_tables

from suxin.client.olist_plan import Plan, build_plan
from suxin.client.olist_read import COLUMNS_LEFT_OUT, Order, read_orders
from suxin.client.statement import Signed
from suxin.ledger.commitment import verify_commitment
from suxin.ledger.encoding import unb64u

BOOK = "suxin.example/olist"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data/olist"


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, Table]:
    return read_tables(folder)


@pytest.fixture(scope="module")
def orders(folder: Path) -> list[Order]:
    return read_orders(folder)


@pytest.fixture(scope="module")
def plan(orders: list[Order]) -> Plan:
    return build_plan(orders, BOOK)


def _all(plan: Plan) -> Iterator[Signed]:
    yield from plan.actors
    yield from plan.openings
    for order in plan.orders:
        yield from order


def test_counts_per_type_are_those_of_the_files(plan: Plan, tables: dict[str, Table]) -> None:
    expected = expected_counts(tables)
    assert plan.types == expected
    assert Counter(signed.type for signed in _all(plan)) == expected
    assert (expected["consign"], expected["review"]) == (6_352, 7_447)  # as the data's own page says


def test_what_is_left_out_is_listed(plan: Plan, tables: dict[str, Table]) -> None:
    with_items = {row["order_id"] for row in tables["order_items"]}
    reviews = tables["order_reviews"]
    assert plan.left_out == {
        "orders without items": sum(row["order_id"] not in with_items for row in tables["orders"]),
        "reviews of orders without items": sum(row["order_id"] not in with_items for row in reviews),
        "orders with items that no carrier got: no parcel": sum(
            row["order_id"] in with_items and not row["order_delivered_carrier_date"] for row in tables["orders"]
        ),
        "reviews of 2 stars or fewer without words: no complaint": sum(
            row["order_id"] in with_items and int(row["review_score"]) <= 2 and not has_words(row) for row in reviews
        ),
    }


def test_every_column_is_used_or_listed_as_left_out(tables: dict[str, Table]) -> None:
    columns = {f"{name}.{column}" for name, rows in tables.items() for column in rows[0]}
    source = Path(read_orders.__code__.co_filename).read_text()
    used = {name for name in columns if f'"{name.partition(".")[2]}"' in source or f"'{name.partition('.')[2]}'" in source}
    assert used | set(COLUMNS_LEFT_OUT) == columns
    assert not used & set(COLUMNS_LEFT_OUT)


def test_the_rules_of_the_trade_admit_all_of_it(plan: Plan, soak: bool) -> None:
    judge = Judge(now_ms=1_795_000_000_000)
    judge.admit(plan.actors)
    judge.admit(plan.openings)
    for order in plan.orders if soak else plan.orders[::5]:  # the import itself, in the long run, takes all of them in
        judge.admit(order)
    assert {entry.mode for entry in judge.entries} == {"simulated"}
    numbers: dict[str, list[int]] = defaultdict(list)
    for signed in _all(plan):
        statement = json.loads(signed.raw)
        numbers[statement["key"]].append(statement["n"])
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def test_orders_need_nothing_of_each_other(plan: Plan) -> None:
    judge = Judge(now_ms=1_795_000_000_000)
    judge.admit(reversed(plan.actors))
    judge.admit(reversed(plan.openings))
    for order in reversed(plan.orders[:500]):
        judge.admit(order)


def test_texts_are_only_in_the_openings_and_open_their_commitments(plan: Plan, tables: dict[str, Table]) -> None:
    opened = 0
    for signed in _all(plan):
        for opening in signed.openings:
            committed = json.loads(signed.raw)["body"]["text"]
            verify_commitment(unb64u(committed, 32), opening.salt, signed.type, opening.pointer, opening.value)
            assert opening.value.encode() not in signed.raw or len(opening.value) < 5
            opened += 1
    with_items = {row["order_id"] for row in tables["order_items"]}
    texts = sum(row["order_id"] in with_items and has_words(row) for row in tables["order_reviews"])
    assert opened == texts + plan.types["complaint"]
    salts = [opening.salt for signed in _all(plan) for opening in signed.openings]
    assert len(set(salts)) == len(salts)


def test_a_second_plan_is_the_same_byte_for_byte_and_a_smaller_one_is_part_of_it(
    plan: Plan, orders: list[Order], folder: Path
) -> None:
    lines = {signed.line() for signed in _all(plan)}
    part = build_plan(read_orders(folder), BOOK, limit=400)
    assert {signed.line() for signed in _all(part)} <= lines
    assert part.types["item"] == sum(len(order.items) for order in orders[:400])
    assert build_plan(orders, BOOK, limit=0).types == {}

"""What the Olist files give, worked out with the csv module alone: nothing here knows the importer."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from pathlib import Path

Table = list[dict[str, str]]
NAMES = ("orders", "customers", "sellers", "products", "order_items", "order_reviews")
CARRIERS = 9  # invented, because the files name none


def read_tables(folder: Path) -> dict[str, Table]:
    """All rows of all files."""
    return {name: _table(folder, name) for name in NAMES}


def _table(folder: Path, name: str) -> Table:
    with gzip.open(folder / f"olist_{name}_dataset.csv.gz") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")))


def first_orders(tables: dict[str, Table], count: int) -> dict[str, Table]:
    """The tables as if there were only the first so many orders by time of purchase, then id."""
    ordered = sorted(tables["orders"], key=lambda row: (row["order_purchase_timestamp"], row["order_id"]))
    kept = {row["order_id"] for row in ordered[:count]}
    of_orders = ("orders", "order_items", "order_reviews")
    return {name: [row for row in rows if name not in of_orders or row["order_id"] in kept] for name, rows in tables.items()}


def has_words(row: dict[str, str]) -> bool:
    """Whether a review has a title or a message."""
    return bool(row["review_comment_title"].strip() or row["review_comment_message"].strip())


def expected_counts(tables: dict[str, Table]) -> dict[str, int]:
    """Statements per type."""
    items: dict[str, Table] = defaultdict(list)
    for row in sorted(tables["order_items"], key=lambda row: int(row["order_item_id"])):
        items[row["order_id"]].append(row)
    carried = [row["order_id"] for row in tables["orders"] if row["order_delivered_carrier_date"]]
    parcels = [order for order in carried if order in items]
    reviews = [row for row in tables["order_reviews"] if row["order_id"] in items]
    mandates = {
        (row["seller_id"], items[order][0]["seller_id"])
        for order in parcels
        for row in items[order]
        if row["seller_id"] != items[order][0]["seller_id"]
    }
    return {
        "actor": len({row["seller_id"] for row in tables["order_items"]}) + CARRIERS,
        "mandate": len(mandates),
        "listing": len({(row["seller_id"], row["product_id"]) for row in tables["order_items"]}),
        "item": len(tables["order_items"]),
        "sale": len(tables["order_items"]),
        "consign": len(parcels),
        "dispatch": sum(len(items[order]) for order in parcels),
        "scan": len(carried),
        "delivery": sum(bool(row["order_delivered_customer_date"]) for row in tables["orders"]),
        "review": len(reviews),
        "complaint": sum(int(row["review_score"]) <= 2 and has_words(row) for row in reviews),
    }

"""The CSV files of the Olist sample, read into orders with their items and reviews. Nothing is invented here.

Source: ../shared/data/olist/README.md: times have no zone and are read as America/Sao_Paulo.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import TextIO, TypeVar
from unicodedata import normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import LocalError

FILES = ("orders", "customers", "sellers", "products", "order_items", "order_reviews")
ZONE = "America/Sao_Paulo"
DAY_END = "23:59:59"  # a promise names a day; it is kept until that day is over

_BROKEN = (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError, InvalidOperation)
_Made = TypeVar("_Made")

# What the files tell and a book has no place for, or must not hold.
COLUMNS_LEFT_OUT = (
    "orders.order_status",
    "orders.order_approved_at",
    "customers.customer_unique_id",
    "customers.customer_zip_code_prefix",
    "customers.customer_city",
    "sellers.seller_zip_code_prefix",
    "sellers.seller_city",
    "products.product_name_lenght",
    "products.product_description_lenght",
    "products.product_photos_qty",
    "products.product_length_cm",
    "products.product_height_cm",
    "products.product_width_cm",
    "order_items.freight_value",
    "order_reviews.review_creation_date",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of order_items.

    Attributes:
        position: From 1 within its order.
        product: Product id.
        seller: Seller id.
        seller_state: Two letters, for example SP.
        category: Category in Portuguese, "" where none is given.
        weight_g: Weight of the product in grams, or None.
        price_minor: Price in centavos.
        dispatch_by: Shipping limit, with offset.
    """

    position: int
    product: str
    seller: str
    seller_state: str
    category: str
    weight_g: int | None
    price_minor: int
    dispatch_by: str


@dataclass(frozen=True, slots=True)
class Review:
    """One row of order_reviews.

    Attributes:
        review: Review id; one id may stand beside several orders.
        stars: 1 to 5.
        text: Title and message, "" where there are no words.
        at: When it was answered, with offset.
    """

    review: str
    stars: int
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Order:
    """One row of orders with what belongs to it; times with offset, None where the file has none.

    Attributes:
        order: Order id.
        customer_state: Two letters.
        bought: Time of purchase.
        promised: End of the day of the estimated delivery.
        carried: When the carrier got it.
        delivered: When the customer got it.
        items: By position.
        reviews: Oldest first.
    """

    order: str
    customer_state: str
    bought: str
    promised: str
    carried: str | None
    delivered: str | None
    items: tuple[Item, ...]
    reviews: tuple[Review, ...]


def read_orders(folder: Path) -> list[Order]:
    """All orders, by time of purchase and then by id.

    Args:
        folder: Has `olist_{name}_dataset.csv.gz`, or `.csv`, for every name in `FILES`.

    Raises:
        LocalError: A file is missing or a row cannot be read; the text names file and line.
    """
    moment = _clock()
    customers = {row["customer_id"]: row["customer_state"] for row in _rows(folder, "customers", _same)}
    sellers = {row["seller_id"]: row["seller_state"] for row in _rows(folder, "sellers", _same)}
    products = {row["product_id"]: row for row in _rows(folder, "products", _same)}
    items: dict[str, list[Item]] = {}
    for order, item in _rows(folder, "order_items", lambda row: (row["order_id"], _item(row, sellers, products, moment))):
        items.setdefault(order, []).append(item)
    reviews: dict[str, list[Review]] = {}
    for order, review in _rows(folder, "order_reviews", lambda row: (row["order_id"], _review(row, moment))):
        reviews.setdefault(order, []).append(review)

    def order_of(row: dict[str, str]) -> Order:
        name = row["order_id"]
        return Order(
            order=name,
            customer_state=customers[row["customer_id"]],
            bought=moment(row["order_purchase_timestamp"]),
            promised=moment(f"{row['order_estimated_delivery_date'][:10]} {DAY_END}"),
            carried=moment(at) if (at := row["order_delivered_carrier_date"]) else None,
            delivered=moment(at) if (at := row["order_delivered_customer_date"]) else None,
            items=tuple(sorted(items.get(name, ()), key=attrgetter("position"))),
            reviews=tuple(sorted(reviews.get(name, ()), key=_by_time)),
        )

    orders = list(_rows(folder, "orders", order_of))
    return sorted(orders, key=lambda order: (datetime.fromisoformat(order.bought), order.order))


def _item(
    row: dict[str, str], sellers: dict[str, str], products: dict[str, dict[str, str]], moment: Callable[[str], str]
) -> Item:
    product = products[row["product_id"]]
    weight = product["product_weight_g"]
    return Item(
        position=int(row["order_item_id"]),
        product=row["product_id"],
        seller=row["seller_id"],
        seller_state=sellers[row["seller_id"]],
        category=product["product_category_name"],
        weight_g=int(Decimal(weight)) if weight else None,
        price_minor=int(Decimal(row["price"]) * 100),
        dispatch_by=moment(row["shipping_limit_date"]),
    )


def _review(row: dict[str, str], moment: Callable[[str], str]) -> Review:
    words = (row["review_comment_title"].strip(), row["review_comment_message"].strip())
    text = normalize("NFC", "\n".join(filter(None, words)).replace("\r\n", "\n").replace("\r", "\n"))
    return Review(row["review_id"], int(row["review_score"]), text, moment(row["review_answer_timestamp"]))


def _by_time(review: Review) -> tuple[datetime, str]:
    return datetime.fromisoformat(review.at), review.review


def _clock() -> Callable[[str], str]:
    try:
        zone = ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as error:
        raise LocalError(f"this machine has no time zone {ZONE}; `pip install tzdata` brings it") from error
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=zone).isoformat(timespec="seconds")


def _same(row: dict[str, str]) -> dict[str, str]:
    return row


def _rows(folder: Path, name: str, make: Callable[[dict[str, str]], _Made]) -> Iterator[_Made]:
    """Rows of one file, each made into what is wanted of it."""
    path = _file(folder, name)
    line = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else _plain(path) as file:
            reader = csv.DictReader(file, strict=True)
            for row in reader:
                line = reader.line_num
                yield make(row)
    except _BROKEN as error:
        raise LocalError(f"{path} cannot be read after line {line}: {type(error).__name__} {error}") from error


def _file(folder: Path, name: str) -> Path:
    for path in _paths(folder, name):
        if path.is_file():
            return path
    raise LocalError(f"{_paths(folder, name)[0]} is not there, and no {_paths(folder, name)[1].name} beside it")


def check_folder(folder: Path) -> None:
    """Make sure that every file is there.

    Raises:
        LocalError: One is not; the text names it.
    """
    for name in FILES:
        _file(folder, name)


def _plain(path: Path) -> TextIO:
    return path.open(encoding="utf-8", newline="")


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"olist_{name}_dataset.csv.gz", folder / f"olist_{name}_dataset.csv"

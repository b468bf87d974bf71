from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from suxin.client.errors import LocalError
from suxin.client.olist_read import FILES, read_orders

HEADS = {
    "orders": "order_id,customer_id,order_purchase_timestamp,order_delivered_carrier_date,order_delivered_customer_date,"
    "order_estimated_delivery_date",
    "customers": "customer_id,customer_state",
    "sellers": "seller_id,seller_state",
    "products": "product_id,product_category_name,product_weight_g",
    "order_items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price",
    "order_reviews": "review_id,order_id,review_score,review_comment_title,review_comment_message,review_answer_timestamp",
}
ROWS = {
    "orders": [
        "o2,c,2017-11-19 12:00:00,,,2017-12-01 00:00:00",
        "o1,c,2017-07-09 21:57:05,2017-07-11 14:58:04,,2017-08-01 00:00:00",
    ],
    "customers": ["c,MG"],
    "sellers": ["s,SP"],
    "products": ["p,bebes,7150", "q,,"],
    "order_items": ["o1,2,q,s,2017-07-15 00:00:00,19.9", "o1,1,p,s,2017-07-15 00:00:00,1234.05"],
    "order_reviews": [
        'r2,o1,1, Ruim ,"não chegou\r\nde novo",2017-09-02 10:00:00',
        "r1,o1,5,,  ,2017-09-01 10:00:00",
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        _write(tmp_path, name, ROWS[name])
    return tmp_path


def _write(folder: Path, name: str, rows: list[str]) -> None:
    (folder / f"olist_{name}_dataset.csv").write_text("\n".join([HEADS[name], *rows]) + "\n", newline="")


def test_orders_come_by_purchase_with_items_by_position_and_reviews_by_time(folder: Path) -> None:
    first, second = read_orders(folder)
    assert (first.order, second.order) == ("o1", "o2")
    assert [item.product for item in first.items] == ["p", "q"]
    assert [review.review for review in first.reviews] == ["r1", "r2"]
    assert (second.items, second.reviews, second.carried, second.delivered) == ((), (), None, None)


def test_times_are_read_in_sao_paulo_with_its_summer_time(folder: Path) -> None:
    first, second = read_orders(folder)
    assert first.bought == "2017-07-09T21:57:05-03:00"
    assert second.bought == "2017-11-19T12:00:00-02:00"
    assert first.promised == "2017-08-01T23:59:59-03:00"


def test_prices_are_exact_and_weights_may_be_missing(folder: Path) -> None:
    items = read_orders(folder)[0].items
    assert [(item.price_minor, item.weight_g, item.category) for item in items] == [(123_405, 7_150, "bebes"), (1_990, None, "")]


def test_words_are_title_and_message_without_the_space_around(folder: Path) -> None:
    empty, words = read_orders(folder)[0].reviews
    assert (empty.text, empty.stars) == ("", 5)
    assert (words.text, words.stars) == ("Ruim\nnão chegou\nde novo", 1)


def test_compressed_files_are_read_as_well(folder: Path) -> None:
    plain = folder / "olist_orders_dataset.csv"
    with gzip.open(folder / "olist_orders_dataset.csv.gz", "wb") as file:
        file.write(plain.read_bytes())
    plain.unlink()
    assert len(read_orders(folder)) == 2


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "olist_sellers_dataset.csv").unlink()
    with pytest.raises(LocalError, match=r"olist_sellers_dataset\.csv\.gz is not there"):
        read_orders(folder)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("order_items", "o1,1,p,s,2017-07-15 00:00:00,cheap"),
        ("order_items", "o1,1,unknown,s,2017-07-15 00:00:00,1.0"),
        ("order_items", "o1,1,p,s,soon,1.0"),
        ("order_items", "o1,1"),
        ("order_reviews", "r1,o1,many,,,2017-09-01 10:00:00"),
        ("orders", "o1,unknown,2017-07-09 21:57:05,,,2017-08-01 00:00:00"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(folder: Path, name: str, row: str) -> None:
    _write(folder, name, [*ROWS[name], row])
    with pytest.raises(LocalError, match=rf"olist_{name}_dataset\.csv cannot be read after line {{0,1}}\d+"):
        read_orders(folder)


def test_a_torn_compressed_file_is_named(folder: Path) -> None:
    whole = gzip.compress((folder / "olist_orders_dataset.csv").read_bytes())
    (folder / "olist_orders_dataset.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(LocalError, match=r"olist_orders_dataset\.csv\.gz cannot be read"):
        read_orders(folder)

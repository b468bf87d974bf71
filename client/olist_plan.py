"""From the Olist orders to statements: who says what, in which order, with which number. Pure, and the same every time.

A listing is a distinct pair of seller and product; an item and a sale are a row of order_items; a parcel is an order with
items and a carrier date; a review is a row of order_reviews of an order with items. A key's numbers follow the orders by
time of purchase: a plan of the first orders is a part of the plan of all, with the same bytes, and may be finished later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ledger.canonical import JsonValue
from .olist_names import CARRIERS, carrier_actor, class_of, key_of, seller_actor
from .olist_order import COMPLAINT_STARS_MAX, district, is_complaint, write_order
from .olist_pen import MODE, Pen
from .olist_read import Item, Order
from .statement import Draft, Signed

FOOD = frozenset(("alimentos", "alimentos_bebidas", "bebidas"))
MANDATED = ("consign", "dispatch")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to be posted, in three stages; a stage may begin when the one before it is in the book.

    Attributes:
        actors: Registrations of carriers and sellers.
        openings: Mandates and listings.
        orders: The statements of each order, in its own order; different orders need not wait for each other.
        types: How many statements of each type there are.
        left_out: What of the files finds no place in the book, and how often.
    """

    actors: list[Signed]
    openings: list[Signed]
    orders: list[list[Signed]]
    types: dict[str, int]
    left_out: dict[str, int]


@dataclass(slots=True)
class _Known:
    """What the orders so far have brought into the book."""

    sellers: set[str] = field(default_factory=set)
    offers: set[tuple[str, str]] = field(default_factory=set)
    mandates: set[tuple[str, str]] = field(default_factory=set)


def build_plan(orders: Sequence[Order], book: str, limit: int | None = None) -> Plan:
    """Write all statements of the first `limit` orders.

    Args:
        orders: As `read_orders` gives them.
        book: Origin of the place they go to.
        limit: How many orders; None for all.
    """
    pen, known = Pen(book), _Known()
    chosen = orders if limit is None else orders[:limit]
    plan = Plan([], [], [], {}, dict(left_out(chosen)))
    if chosen:
        plan.actors.extend(_carrier(pen, number, chosen[0].bought) for number in range(CARRIERS))
    for order in chosen:
        for item in order.items:
            if item.seller not in known.sellers:
                known.sellers.add(item.seller)
                plan.actors.append(_seller(pen, item, order.bought))
        plan.openings.extend(_open(pen, order, known))
        written = write_order(pen, order)
        if written:
            plan.orders.append(written)
    plan.types.update(pen.types)
    return plan


def _open(pen: Pen, order: Order, known: _Known) -> list[Signed]:
    """Mandates and listings that this order is the first to need."""
    written = []
    for item in order.items:
        pair = (item.seller, order.items[0].seller)
        if order.carried is not None and pair[0] != pair[1] and pair not in known.mandates:
            known.mandates.add(pair)
            written.append(_mandate(pen, *pair, order.bought))
        if (item.seller, item.product) not in known.offers:
            known.offers.add((item.seller, item.product))
            written.append(_listing(pen, item, order.bought))
    return written


def _seller(pen: Pen, item: Item, at: str) -> Signed:
    key, actor = key_of("seller", item.seller), seller_actor(item.seller)
    name: JsonValue = {"en": f"Olist seller {item.seller[:8]} (simulated)", "zh": f"Olist 卖家 {item.seller[:8]}（模拟）"}
    body: dict[str, JsonValue] = {
        "district": district(item.seller_state), "event": "register", "key": key.public_text, "name": name, "role": "merchant",
    }  # fmt: skip
    return pen.write(key, actor, Draft("actor", at, {"party": actor}, body, mode=MODE), "seller", item.seller)[0]


def _carrier(pen: Pen, number: int, at: str) -> Signed:
    key, actor = key_of("carrier", str(number)), carrier_actor(number)
    name: JsonValue = {"en": f"Assigned carrier {number + 1} (simulated)", "zh": f"指派承运人 {number + 1}（模拟）"}
    body: dict[str, JsonValue] = {
        "district": district(""), "event": "register", "key": key.public_text, "name": name, "role": "courier",
    }  # fmt: skip
    return pen.write(key, actor, Draft("actor", at, {"party": actor}, body, mode=MODE), "carrier", str(number))[0]


def _mandate(pen: Pen, seller: str, shipper: str, at: str) -> Signed:
    actor = seller_actor(seller)
    body: dict[str, JsonValue] = {"event": "grant", "to": seller_actor(shipper), "types": list(MANDATED)}
    draft = Draft("mandate", at, {"party": actor}, body, mode=MODE)
    return pen.write(key_of("seller", seller), actor, draft, seller, shipper)[0]


def _listing(pen: Pen, item: Item, at: str) -> Signed:
    actor = seller_actor(item.seller)
    name, category = item.product[:8], item.category.replace("_", " ")
    title: JsonValue = {
        "en": f"Olist product {name}" + (f" ({category})" if category else ""),
        "zh": f"Olist 商品 {name}" + (f"（{category}）" if category else ""),
    }
    body: dict[str, JsonValue] = {
        "category": "food" if item.category in FOOD else "general",
        "currency": "BRL",
        "event": "open",
        "origin": district(item.seller_state),
        "price_minor": item.price_minor,
        "title": title,
    }
    draft = Draft("listing", at, {"offer": actor + class_of(item.seller, item.product)}, body, mode=MODE)
    return pen.write(key_of("seller", item.seller), actor, draft, item.seller, item.product)[0]


def left_out(orders: Sequence[Order]) -> Counter[str]:
    """What has no statement, by its reason; `olist_read.COLUMNS_LEFT_OUT` lists the columns that are not used at all."""
    found: Counter[str] = Counter()
    for order in orders:
        if not order.items:
            found["orders without items"] += 1
            found["reviews of orders without items"] += len(order.reviews)
            continue
        if order.carried is None:
            found["orders with items that no carrier got: no parcel"] += 1
        for review in order.reviews:
            if review.stars <= COMPLAINT_STARS_MAX and not is_complaint(review):
                found[f"reviews of {COMPLAINT_STARS_MAX} stars or fewer without words: no complaint"] += 1
    return found

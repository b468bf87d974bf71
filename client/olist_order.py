"""What the parties of one Olist order say: from the making of its items to the last complaint.

Each function writes one kind of step and returns what it wrote, in the order in which a book takes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..ledger.canonical import JsonValue
from ..ledger.commitment import content_leaf
from ..ledger.encoding import b64u
from ..ledger.merkle import inclusion_path, nodes_of, root_of
from ..ledger.statement import Statement
from .olist_names import carrier_actor, carrier_of, class_of, derive, item_of, key_of, seller_actor, waybill_of
from .olist_pen import MODE, Pen
from .olist_read import Item, Order, Review
from .statement import Draft, Signed

COMPLAINT_STARS_MAX = 2
# The files do not say how a parcel was handed over, and a delivery has to say it; the zone of its time is assumed as well.
METHOD = "in_person"


def district(state: str) -> str:
    """Region code of a Brazilian state, ISO 3166-2 without its hyphen; the country where no state is known."""
    return f"BR{state}"


def write_order(pen: Pen, order: Order) -> list[Signed]:
    """Everything about one order whose sellers are registered and whose offers are listed."""
    written = _items(pen, order) + _sales(pen, order)
    if order.carried is not None:
        consign = None
        if order.items:
            signed, consign = _consign(pen, order, order.carried)
            written += [signed, *_dispatches(pen, order, order.carried, consign)]
        written.append(_scan(pen, order, order.carried, consign))
    if order.delivered is not None:
        written.append(_delivery(pen, order, order.delivered))
    return written + (_reviews(pen, order) if order.items else [])


def _draft(
    kind: str, at: str, subjects: Mapping[str, str], body: Mapping[str, JsonValue], text: str = "", **more: object
) -> Draft:
    return Draft(kind, at, subjects, body, {"/body/text": text} if text else {}, mode=MODE, **more)  # type: ignore[arg-type]


def _item_key(order: Order, item: Item) -> str:
    return item_of(item.seller, item.product, order.order, item.position)


def _sold(order: Order, item: Item) -> dict[str, str]:
    return {"item": _item_key(order, item), "offer": seller_actor(item.seller) + class_of(item.seller, item.product)}


def _items(pen: Pen, order: Order) -> list[Signed]:
    written = []
    for item in order.items:
        body: dict[str, JsonValue] = {"origin": district(item.seller_state)}
        if item.weight_g is not None:
            body["weight_g"] = item.weight_g
        draft = _draft("item", order.bought, {"item": _item_key(order, item)}, body)
        written.append(_by_seller(pen, item.seller, draft, order.order, str(item.position)))
    return written


def _sales(pen: Pen, order: Order) -> list[Signed]:
    written = []
    for item in order.items:
        body: dict[str, JsonValue] = {
            "channel": "platform",
            "currency": "BRL",
            "deliver_by": order.promised,
            "dispatch_by": item.dispatch_by,
            "price_minor": item.price_minor,
        }
        if item is order.items[0]:  # the order has one code; a review of the order speaks of its first item
            body["claim"] = key_of("order", order.order).public_text
        draft = _draft("sale", order.bought, _sold(order, item), body)
        written.append(_by_seller(pen, item.seller, draft, order.order, str(item.position)))
    return written


def _by_seller(pen: Pen, seller: str, draft: Draft, *about: str) -> Signed:
    return pen.write(key_of("seller", seller), seller_actor(seller), draft, *about)[0]


def _waybill(order: Order) -> tuple[int, str]:
    carrier = carrier_of(order.items[0].seller_state if order.items else "", order.order)
    return carrier, waybill_of(carrier, order.order)


def _salt(order: Order, item: Item) -> bytes:
    return derive("contents", order.order, str(item.position))


def _leaves(order: Order) -> list[bytes]:
    return [content_leaf(_salt(order, item), f"p:{_item_key(order, item)}") for item in order.items]


def _consign(pen: Pen, order: Order, at: str) -> tuple[Signed, Statement]:
    shipper = order.items[0]
    body: dict[str, JsonValue] = {
        "contents": {"count": len(order.items), "root": b64u(root_of(_leaves(order)))},
        "deliver_by": order.promised,
        "destination": district(order.customer_state),
        "origin": district(shipper.seller_state),
    }
    weights = [item.weight_g for item in order.items if item.weight_g is not None]
    if len(weights) == len(order.items):
        body["weight_g"] = sum(weights)
    draft = _draft("consign", at, {"waybill": _waybill(order)[1]}, body)
    return pen.write(key_of("seller", shipper.seller), seller_actor(shipper.seller), draft, order.order)


def _dispatches(pen: Pen, order: Order, at: str, consign: Statement) -> list[Signed]:
    """Every item goes into the order's one parcel; for another seller's item the shipper signs under its mandate."""
    shipper = order.items[0].seller
    leaves = _leaves(order)
    node = nodes_of(leaves)
    written = []
    for position, item in enumerate(order.items):
        body: dict[str, JsonValue] = {
            "consign": b64u(consign.hash),
            "path": [b64u(part) for part in inclusion_path(position, len(leaves), node)],
            "piece": 1,
            "pieces": 1,
            "position": position,
            "salt": b64u(_salt(order, item)),
        }
        party = None if item.seller == shipper else seller_actor(item.seller)
        subjects = {"item": _item_key(order, item), "waybill": _waybill(order)[1]}
        draft = _draft("dispatch", at, subjects, body, for_=party)
        written.append(_by_seller(pen, shipper, draft, order.order, str(item.position)))
    return written


def _scan(pen: Pen, order: Order, at: str, consign: Statement | None) -> Signed:
    state = order.items[0].seller_state if order.items else ""
    body: dict[str, JsonValue] = {"code": "PICKED_UP", "place": {"district": district(state)}, "time_source": "assumed"}
    if consign is not None:
        body["accepts"] = b64u(consign.hash)
    return _by_carrier(pen, order, "scan", at, body)


def _delivery(pen: Pen, order: Order, at: str) -> Signed:
    place: dict[str, JsonValue] = {"district": district(order.customer_state)}
    return _by_carrier(pen, order, "delivery", at, {"method": METHOD, "place": place, "time_source": "assumed"})


def _by_carrier(pen: Pen, order: Order, kind: str, at: str, body: Mapping[str, JsonValue]) -> Signed:
    carrier, waybill = _waybill(order)
    draft = _draft(kind, at, {"waybill": waybill}, body)
    return pen.write(key_of("carrier", str(carrier)), carrier_actor(carrier), draft, order.order)[0]


def _reviews(pen: Pen, order: Order) -> list[Signed]:
    """The first review, later ones as follow-ups to it, and a complaint beside each bad one that has words."""
    key = key_of("order", order.order)
    written: list[Signed] = []
    first: Statement | None = None
    for review in order.reviews:
        kind = "first" if first is None else "follow"
        subjects = _sold(order, order.items[0])
        draft = _draft("review", review.at, subjects, {"kind": kind, "stars": review.stars}, review.text, ref=first)
        signed, statement = pen.write(key, f"anon:{key.public_text}", draft, order.order, review.review)
        first = first or statement
        written.append(signed)
        if is_complaint(review):
            written.append(_complaint(pen, order, review))
    return written


def is_complaint(review: Review) -> bool:
    """Whether a row is a complaint too: one or two stars, and words."""
    return review.stars <= COMPLAINT_STARS_MAX and bool(review.text)


def _complaint(pen: Pen, order: Order, review: Review) -> Signed:
    key = key_of("complainant", order.order, review.review)
    body: Sequence[tuple[str, JsonValue]] = (("against", "seller"), ("category", "other"))  # the words are not read for more
    draft = _draft("complaint", review.at, {"item": _item_key(order, order.items[0])}, dict(body), review.text)
    return pen.write(key, f"anon:{key.public_text}", draft, order.order, review.review)[0]

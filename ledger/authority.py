"""Who may say what: role × type × relation to the subject, deny by default, as one table.

The relation is worked out by the rules of the trade (`trace/relation.py`); here stands only what each relation
allows. `tests/unit/ledger/test_authority.py` walks every cell. Source: DESIGN 3.5.
"""

from __future__ import annotations

from functools import lru_cache

from .errors import Refused

ROLES = (
    "operator", "platform", "merchant", "warehouse", "courier", "outlet", "station", "device", "lab", "regulator", "consumer",
)  # fmt: skip

# How the party bound by a statement stands to what it speaks of.
RELATIONS = (
    "self",  # the party is the subject, or registers itself
    "company",  # the subject is a device of the party
    "seller",  # of the offer named, or of a sale of the item named
    "maker",  # a unit of its own number range, or a class it has listed
    "shipper",  # signed the waybill's consign
    "carrier",  # the waybill's carrier, or the carrier it is handed on to
    "holder",  # holds the key of the item's or parcel's code, or the key bound to it by a claim
    "author",  # of the statement referred to
    "concerned",  # seller or carrier that the statement referred to is about, or its author
    "thread",  # author of what the statement referred to answers, directly or through others
    "public",  # none of these
)

_TRADERS = ("merchant", "platform", "warehouse")
_CARRIERS = ("courier", "outlet", "station", "device")
_FIRMS = ("operator", "platform", "merchant", "warehouse", "courier", "outlet", "station", "lab", "regulator")

# type -> relation -> roles
_ROWS: dict[str, dict[str, tuple[str, ...]]] = {
    "item": {"maker": _TRADERS},
    "listing": {"seller": ("merchant", "platform")},
    "sale": {"seller": ("merchant", "platform")},
    "dispatch": {"seller": _TRADERS, "shipper": _TRADERS},
    "return": {"seller": _TRADERS, "holder": ("consumer",)},
    "relist": {"seller": ("merchant", "platform")},
    "claim": {"holder": ("consumer",)},
    "review": {"holder": ("consumer",), "shipper": _TRADERS, "seller": ()},
    "complaint": dict.fromkeys(("seller", "shipper", "holder", "public"), ("consumer", *_TRADERS)),
    "consign": {
        "public": ("merchant", "platform", "warehouse", "courier"),
        "shipper": ("merchant", "platform", "warehouse", "courier"),
    },
    "scan": {"carrier": _CARRIERS},
    "delivery": {"carrier": _CARRIERS},
    "confirm": {
        "carrier": _CARRIERS,
        "holder": ("consumer",),
        "shipper": _TRADERS,
        "seller": _TRADERS,
        "public": ("operator", "platform", "regulator"),
    },
    "reply": {
        "concerned": ("consumer", *_TRADERS, *_CARRIERS, "lab", "regulator"),
        "author": ("consumer", *_TRADERS, *_CARRIERS),
        "thread": ("consumer", *_TRADERS, *_CARRIERS),
    },
    "case": {
        "concerned": ("merchant", "warehouse", "courier", "platform"),
        "author": ("consumer", *_TRADERS),
        "public": ("operator", "platform", "regulator"),
    },
    "correction": {"author": (*_FIRMS, "device", "consumer")},
    "erasure": {"author": ("consumer",), "holder": ("consumer",), "public": ("operator", "regulator")},
    "inspection": {"public": ("lab", "regulator")},
    "recall": {"maker": _TRADERS, "public": ("regulator",)},
    "appeal": {"public": ("operator", "regulator")},
    "check": {"public": ("operator", "regulator")},
    "traffic": {"public": ("operator", "regulator")},
    "exclusion": {"public": ("operator", "regulator")},
    "penalty": {"public": ("operator", "regulator")},
    "breach": {"public": ("operator", "regulator")},
    "licence": {"public": ("operator", "regulator")},
    "list": {"public": ("operator", "regulator")},
    "warning": {"public": ("operator", "regulator")},
    "objection": {"self": ("courier",), "carrier": ("courier",), "public": ("operator", "regulator")},
    "repair": {"public": ("regulator",)},
    "publication": {"public": ("operator", "regulator")},
    "commitment": {"self": ("platform", "merchant", "warehouse", "courier", "outlet", "station", "lab")},
    "mandate": {"self": _FIRMS},
    "actor": {"self": _FIRMS, "company": ("courier", "warehouse", "merchant", "platform", "outlet", "station")},
    "key": {"self": (*_FIRMS, "device"), "company": _FIRMS, "public": ("operator",)},
    "void": {"self": (*_FIRMS, "device"), "company": _FIRMS},
}

TABLE: frozenset[tuple[str, str, str]] = frozenset(
    (role, type_name, relation) for type_name, rows in _ROWS.items() for relation, roles in rows.items() for role in roles
)

# Who may move a complaint's case to which state, from peers.md section 3; a party can never close by redirect.
# HIDDEN and RESTORED are of a review's words: docs/adr/0010.
CASE_MOVES: dict[str, frozenset[str]] = {
    "concerned": frozenset(("WITH_PARTY", "PROPOSED", "REMEDIED", "APPEALED")),
    "author": frozenset(("ACCEPTED", "REJECTED_BY_CONSUMER", "ESCALATED", "APPEALED", "REOPENED")),
    "operator": frozenset(
        ("ACKNOWLEDGED", "TRIAGED", "WITH_PARTY", "ESCALATED", "OVERDUE", "CLOSED_NO_ANSWER", "HIDDEN", "RESTORED")
    ),
    "platform": frozenset(("ACKNOWLEDGED", "TRIAGED", "WITH_PARTY", "ESCALATED", "OVERDUE", "HIDDEN", "RESTORED")),
    "regulator": frozenset(("TRIAGED", "WITH_PARTY", "DECIDED", "OVERDUE", "REOPENED", "HIDDEN", "RESTORED")),
}


@lru_cache(maxsize=8_192)  # a pure look-up in a small table, asked for every entry
def permitted(role: str, type_name: str, relations: frozenset[str]) -> frozenset[str]:
    """Those of the given relations that allow a role to write a type; empty means no authority."""
    return frozenset(relation for relation in relations if (role, type_name, relation) in TABLE)


def require(role: str | None, type_name: str, relations: frozenset[str]) -> frozenset[str]:
    """The relations that give authority.

    Raises:
        Refused: `no-authority`, naming role and relations.
    """
    allowed = frozenset() if role is None else permitted(role, type_name, relations)
    if not allowed:
        stands = ", ".join(sorted(relations))
        raise Refused(
            "no-authority", f"a {role or 'stranger'} who stands to this as {stands} may not write a {type_name}", "/actor"
        )
    return allowed

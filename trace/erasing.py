"""Rules of an `erasure`: what may be erased, on which ground, at whose word. Pure.

A consumer erases her own words, and what her own sale or parcel says of her; an office erases or seals on a ground that the
table of `ledger/withholding.py` gives it. Source: DESIGN 3.2, 3.6; docs/adr/0009.
"""

from __future__ import annotations

from typing import Final

from ..ledger.bodies import ConsignBody, SaleBody
from ..ledger.encoding import unb64u
from ..ledger.erasure import ErasureBody
from ..ledger.errors import Refused
from ..ledger.registry import NEVER_WITHHELD, TYPES
from ..ledger.statement import Statement
from ..ledger.withholding import MAY_WITHHOLD
from .context import Context
from .retention import day_of
from .story import is_holder

# Types under which values of persons may lie beside the book; `trace/data/retention.json` says how long each is kept.
BESIDE: Final = frozenset(("review", "complaint", "reply", "case", "sale", "consign"))


def check_erasure(statement: Statement, context: Context) -> None:
    """Admit an erasure.

    Raises:
        Refused: `erasure-type`, `no-authority`, `field-invalid`, `field-missing`.
    """
    body, referred = statement.body, context.referred
    assert isinstance(body, ErasureBody)
    assert referred is not None
    withholds = isinstance(body.index, int)
    if referred.type in NEVER_WITHHELD or not (referred.type in BESIDE or withholds):
        raise Refused("erasure-type", f"nothing about a person lies beside a {referred.type}", "/ref")
    if withholds != isinstance(body.leaf, str):
        raise Refused("field-missing", "`index` and `leaf` name the entry together", "/body/leaf" if withholds else "/body/index")
    if context.role == "consumer":
        _check_own(statement, body, referred, context)
    elif context.role not in MAY_WITHHOLD["erasure"].get(body.ground, ()):
        raise Refused("no-authority", f"a {context.role} does not erase on the ground of {body.ground}", "/body/ground")
    if isinstance(body.until, str) and body.until <= day_of(statement.at_ms):
        raise Refused("field-invalid", "a seal ends on a later day", "/body/until")
    if withholds:
        _check_entry(statement, body, referred, context)


def _check_own(statement: Statement, body: ErasureBody, referred: Statement, context: Context) -> None:
    if body.ground != "request" or isinstance(body.until, str) or isinstance(body.index, int):
        raise Refused("no-authority", "a consumer asks for her own values to be erased, and for nothing else", "/body")
    if referred.actor != statement.actor and not _is_about(statement.actor, referred, context):
        raise Refused("no-authority", "these are neither your words nor your purchase or parcel", "/ref")


def _is_about(actor: str, referred: Statement, context: Context) -> bool:
    """Whether a sale or consign was to the holder of this key, by its code or by the key that a claim bound to it."""
    body = referred.body
    if isinstance(body, ConsignBody):
        return actor == f"anon:{body.claim}"
    if isinstance(body, SaleBody) and isinstance(body.claim, str):
        sales = context.story("p", referred.subjects["item"]).sales
        return any(sale.claim == body.claim and is_holder(sale, actor) for sale in sales)
    return False


def _check_entry(statement: Statement, body: ErasureBody, referred: Statement, context: Context) -> None:
    if body.ground not in TYPES[referred.type].withhold:
        raise Refused("erasure-type", f"a {referred.type} is not withheld on the ground of {body.ground}", "/body/ground")
    assert statement.ref is not None
    wanted = unb64u(statement.ref, 32)
    if body.index not in {state.known.get(wanted) for state in context.states.values()}:
        raise Refused("field-invalid", "the entry referred to does not stand there", "/body/index")

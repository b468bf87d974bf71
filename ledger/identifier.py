"""Who and what a statement speaks of: actors, products, offers and waybills, as strict ASCII text.

Check digits come from python-stdnum (USCC by GB 32100, GTIN and GLN by GS1). Source: DESIGN 3.1, 3.2, 3.5.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from stdnum import ean
from stdnum.cn import uscc

from .errors import Refused, VerificationError
from .keys import parse_public

_USCC = r"[0-9A-HJ-NPQRTUWXY]{18}"
_CODE = r"[A-Za-z0-9._-]"  # what GS1 AI 10 and 21 and GB/T 33993 both allow
CLASS = rf"(?:/01/[0-9]{{14}}|/s/{_USCC}/{_CODE}{{1,40}})"
# 11 characters of a 64-letter alphabet are 66 bits: nobody guesses a neighbour's serial.
ITEM = rf"{CLASS}/21/{_CODE}{{11,20}}"
LOT = rf"{CLASS}/10/{_CODE}{{1,20}}"
WAYBILL = rf"{_USCC}/[A-Za-z0-9_-]{{22}}"
AUTHORITY_KINDS = ("operator", "postal", "market", "customs", "traffic", "court")
_AUTH = rf"auth:(?:{'|'.join(AUTHORITY_KINDS)}):[0-9]{{6}}"
COMPANY = rf"(?:uscc:{_USCC}|gln:[0-9]{{13}})"
ACTOR = rf"(?:{COMPANY}|dev:[A-Za-z0-9_-]{{22}}|{_AUTH}|anon:[A-Za-z0-9_-]{{44}})"
OFFER = rf"{COMPANY}{CLASS}"
ROOT_ACTOR: Final = "auth:operator:000000"  # the operator's own actor; its first key stands in the genesis leaf

_SPLIT_OFFER = re.compile(rf"({COMPANY})({CLASS})\Z")


@lru_cache(maxsize=8_192)
def check_class(text: str, pointer: str) -> None:
    """Check the number inside `/01/{gtin}` or `/s/{uscc}/{sku}`.

    Raises:
        Refused: `check-digit`.
    """
    if text.startswith("/01/"):
        if not ean.is_valid(text[4:18]):
            raise Refused("check-digit", "the GTIN's last digit does not fit the others", pointer)
    else:
        check_uscc(text[3:21], pointer)


_is_uscc = lru_cache(maxsize=8_192)(uscc.is_valid)  # the same firms come again and again, under many pointers


def check_uscc(text: str, pointer: str) -> None:
    """Check a unified social credit code of 18 characters.

    Raises:
        Refused: `check-digit`.
    """
    if not _is_uscc(text):
        raise Refused("check-digit", "the unified social credit code's last character does not fit the others", pointer)


@lru_cache(maxsize=8_192)
def check_actor(text: str, pointer: str) -> None:
    """Check the digits, or the public key, inside an actor id that already has the right shape.

    Raises:
        Refused: `check-digit`, or `actor-malformed` for an anonymous actor whose key is none.
    """
    kind, _, rest = text.partition(":")
    if kind == "uscc":
        check_uscc(rest, pointer)
    elif kind == "gln" and not ean.is_valid(rest):
        raise Refused("check-digit", "the GLN's last digit does not fit the others", pointer)
    elif kind == "anon":
        try:
            parse_public(rest)
        except (Refused, VerificationError) as error:
            raise Refused("actor-malformed", "the anonymous actor's public key is not usable", pointer) from error


def class_of(product: str) -> str:
    """The class inside an item or lot key: everything before its serial or lot."""
    end = product.find("/21/")
    return product[: end if end >= 0 else product.find("/10/")]


def split_offer(offer: str) -> tuple[str, str]:
    """Seller and class of an offer key.

    Raises:
        Refused: `subject-malformed`.
    """
    match = _SPLIT_OFFER.match(offer)
    if match is None:
        raise Refused("subject-malformed", "an offer is a seller's id followed by a class key", "/subjects/offer")
    return match[1], match[2]


def carrier_of(waybill: str) -> str:
    """USCC (18 characters) of the carrier named in a waybill key."""
    return waybill[:18]

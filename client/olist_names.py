r"""Names, keys, salts and carriers that the Olist orders lack, invented so that a second run invents the very same.

Everything is HMAC-SHA-256 under one published key over a label and what the data set gives. Nobody is kept out by these
keys: whoever reads this can sign as any of the signers, which is one reason why such a book is a sandbox and why all
of it says `simulated`. Source: docs/guide/client.md.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256

from stdnum.cn import uscc

from ..ledger.encoding import b64u
from ..ledger.keys import SEED_SIZE, SigningKey

PUBLISHED_KEY = b"suxin olist importer, simulated signers, version 1"
CARRIERS = 9  # invented carriers in all
CARRIERS_OF_STATE = 3  # of these, how many collect in one state

# GB 11714: weights of the eight characters of an organisation code, whose ninth is their check character.
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Registered by a market authority (9), a company (1), in a region that GB/T 2260 does not have: no real firm has this code.
_USCC_START = "91990000"


def derive(label: str, *parts: str) -> bytes:
    """32 bytes for a purpose and what it is about; other parts give other bytes.

    Args:
        label: Purpose, without a line feed.
        parts: Ids of the data set, without line feeds.
    """
    return hmac.digest(PUBLISHED_KEY, "\n".join((label, *parts)).encode(), sha256)


@lru_cache(maxsize=16_384)
def key_of(label: str, *parts: str) -> SigningKey:
    """Signing key of a seller, a carrier, an order's tear-off code or a complainant."""
    return SigningKey(derive(f"key {label}", *parts)[:SEED_SIZE])


@lru_cache(maxsize=16_384)
def uscc_of(kind: str, name: str) -> str:
    """Invented unified social credit code with both check characters right."""
    number = int.from_bytes(derive("uscc", kind, name)[:8], "big")
    code = "".join(_CODE_ALPHABET[number // 31**place % 31] for place in range(8))
    rest = -sum(_VALUES[character] * weight for character, weight in zip(code, _CODE_WEIGHTS, strict=True)) % 11
    body = _USCC_START + code + ("X" if rest == 10 else str(rest))
    return body + str(uscc.calc_check_digit(body))


def seller_actor(seller: str) -> str:
    """Actor id of a seller."""
    return f"uscc:{uscc_of('seller', seller)}"


def carrier_actor(number: int) -> str:
    """Actor id of one of the invented carriers, from 0."""
    return f"uscc:{uscc_of('carrier', str(number))}"


def carrier_of(seller_state: str, order: str) -> int:
    """Which carrier has a parcel: three collect in a seller's state, and the order's hash picks one of them.

    An order without items has no seller; its state is then "".
    """
    return _carriers_of(seller_state)[derive("parcel", order)[0] % CARRIERS_OF_STATE]


@lru_cache(maxsize=64)
def _carriers_of(state: str) -> tuple[int, ...]:
    ranked = sorted(range(CARRIERS), key=lambda number: derive("carrier", state, str(number)))
    return tuple(ranked[:CARRIERS_OF_STATE])


def class_of(seller: str, product: str) -> str:
    """Key of a seller's product: its own number range, for the goods have no GTIN."""
    return f"/s/{uscc_of('seller', seller)}/{product}"


def item_of(seller: str, product: str, order: str, position: int) -> str:
    """Key of one unit; 96 bits of serial."""
    return f"{class_of(seller, product)}/21/{b64u(derive('serial', order, str(position))[:12])}"


def waybill_of(carrier: int, order: str) -> str:
    """Key of an order's parcel."""
    return f"{uscc_of('carrier', str(carrier))}/{b64u(derive('waybill', order)[:16])}"

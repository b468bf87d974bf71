"""The tear-off code: a secret that lies with a product, and the seed of the two keys that its holder signs with.

The code never reaches a server. What a seller prints is in the buyer's hand alone; the public halves stand in `sale` (the item)
and in `consign` (the parcel), and nobody can tell that they come from one code. Source: DESIGN 3.5; docs/formats/claim.md.
"""

from __future__ import annotations

from typing import Final, Literal

from .errors import Refused
from .hashing import CLAIM_TAG, digest
from .keys import SigningKey

CODE_SIZE: Final = 16  # bytes: 128 bits that nobody guesses
_CHECK_SIZE: Final = 1
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O or U to misread
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH: Final = 28  # 136 bits and four that are zero
_GROUP: Final = 4

Use = Literal["item", "parcel"]


def format_code(code: bytes) -> str:
    """Write a code for a label: seven groups of four letters.

    Args:
        code: 16 random bytes.
    """
    if len(code) != CODE_SIZE:
        raise ValueError(f"a code of {len(code)} bytes")
    bits = int.from_bytes(code + _check(code), "big") << (5 * _LENGTH - 8 * (CODE_SIZE + _CHECK_SIZE))
    text = "".join(_LETTERS[bits >> (5 * place) & 31] for place in reversed(range(_LENGTH)))
    return "-".join(text[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def parse_code(text: str) -> bytes:
    """Read what a person typed or a scanner read; small letters, blanks and the usual misreadings are forgiven.

    Raises:
        Refused: `claim-code`: another length, a letter that is none, or a check that does not fit. The code is not in it.
    """
    letters = text.upper().translate(_READ_AS)
    if len(letters) != _LENGTH:
        raise Refused("claim-code", f"{len(letters)} letters where a code has {_LENGTH}")
    bits = 0
    for letter in letters:
        value = _LETTERS.find(letter)
        if value < 0:
            raise Refused("claim-code", "a sign that no code has")
        bits = bits << 5 | value
    spare = 5 * _LENGTH - 8 * (CODE_SIZE + _CHECK_SIZE)
    whole = (bits >> spare).to_bytes(CODE_SIZE + _CHECK_SIZE, "big")
    code = whole[:CODE_SIZE]
    if bits & ((1 << spare) - 1) or whole[CODE_SIZE:] != _check(code):
        raise Refused("claim-code", "a letter is wrong: the check does not fit")
    return code


def key_of(code: bytes, use: Use) -> SigningKey:
    """The key that a code's holder signs with, about the item or about the parcel.

    Args:
        code: 16 bytes.
        use: Which of the two.
    """
    if len(code) != CODE_SIZE:
        raise ValueError(f"a code of {len(code)} bytes")
    return SigningKey(digest(CLAIM_TAG, f"{use}\n".encode(), code))


def _check(code: bytes) -> bytes:
    return digest(CLAIM_TAG, b"check\n", code)[:_CHECK_SIZE]

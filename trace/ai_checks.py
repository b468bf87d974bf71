"""What a part of a GS1 value must be beyond its length and letters: one small check a name of the syntax dictionary.

Lists that others keep (countries, currencies, package types, coupons) are checked by their form only: nothing here depends on
them, and a code that a list has gained since must not be refused. Source: GS1 General Specifications; trace/data/ai.json.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from typing import Final

from stdnum import iban
from stdnum.ean import calc_check_digit

CSET_82: Final = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_PAIR_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_MODULUS: Final = 1021
_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def has_check_digit(value: str) -> bool:
    """The last digit of a GS1 key of digits, by weights 3 and 1 from the right."""
    return bool(calc_check_digit(value[:-1]) == value[-1])


def check_pair(text: str) -> str:
    """The two check characters of a Global Model Number; GS1 General Specifications, 7.9.5."""
    total = sum(CSET_82.index(letter) * prime for letter, prime in zip(reversed(text), _PRIMES, strict=False)) % _PAIR_MODULUS
    return _PAIR_LETTERS[total >> 5] + _PAIR_LETTERS[total & 31]


def _has_check_pair(value: str) -> bool:
    return 2 < len(value) <= len(_PRIMES) + 2 and check_pair(value[:-2]) == value[-2:]


def _is_day(year: str, month: str, day: str, *, open_day: bool) -> bool:
    """Whether there is such a day; `00` stands for the end of the month where that is allowed."""
    # The century is not written; two digits name the same length of February in any that anybody will see.
    whole = int(year) if len(year) == 4 else 2000 + int(year)
    if whole < 1 or not 1 <= int(month) <= 12:
        return False
    return (open_day and day == "00") or 1 <= int(day) <= monthrange(whole, int(month))[1]


def _is_escaped(value: str) -> bool:
    return re.search(r"%(?![0-9A-Fa-f]{2})", value) is None


def _is_piece(value: str) -> bool:
    return "00" < value[:2] <= value[2:]


def _is_birth_order(value: str) -> bool:
    return re.fullmatch(r"[1-9]/[1-9]", value) is not None and value[0] <= value[2]


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


CHECKS: dict[str, Callable[[str], bool]] = {
    "csum": has_check_digit,
    "csumalpha": _has_check_pair,
    "gcppos1": _matches(r"[0-9]{4}.*"),
    "gcppos2": _matches(r".[0-9]{4}.*"),
    "hasnondigit": _matches(r".*[^0-9].*"),
    "yymmdd": lambda value: _is_day(value[:2], value[2:4], value[4:], open_day=False),
    "yymmd0": lambda value: _is_day(value[:2], value[2:4], value[4:], open_day=True),
    "yyyymmdd": lambda value: _is_day(value[:4], value[4:6], value[6:], open_day=False),
    "hh": _matches(r"[01][0-9]|2[0-3]"),
    "mi": _matches(r"[0-5][0-9]"),
    "ss": _matches(r"[0-5][0-9]"),
    "hhmi": _matches(r"(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "zero": _matches(r"0"),
    "nonzero": _matches(r".*[1-9].*"),
    "nozeroprefix": _matches(r"0|[1-9].*"),
    "winding": _matches(r"[019]"),
    "yesno": _matches(r"[01]"),
    "hyphen": _matches(r"-"),
    "pcenc": _is_escaped,
    "pieceoftotal": _is_piece,
    "posinseqslash": _is_birth_order,
    "latitude": lambda value: int(value) <= 1_800_000_000,
    "longitude": lambda value: int(value) <= 3_600_000_000,
    "iso5218": _matches(r"[0129]"),
    "iban": lambda value: bool(iban.is_valid(value)),
    "importeridx": _matches(r"[A-Za-z0-9_-]"),
    "iso3166": _matches(r"[0-9]{3}"),
    "iso3166999": _matches(r"[0-9]{3}"),
    "iso3166alpha2": _matches(r"[A-Z]{2}"),
    "iso4217": _matches(r"[0-9]{3}"),
    "mediatype": _matches(r"[0-9]{2}"),
    "packagetype": _matches(r"[A-Z0-9]{1,4}"),
    "couponcode": _matches(r".+"),
    "couponposoffer": _matches(r".+"),
}
